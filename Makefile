# Everything a developer or a newcomer types. `make lab` needs nothing but Python 3.11 and an ssh client.
#
#   make PYTHON=python3.13 lab     picks the interpreter that .venv is made with
#   make lab ARGS=--keep           leaves the lab running, and says how to go on by hand

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
# a worker that has nothing left takes from the other's end: files stay whole for the most part, and so do their servers
PYTEST := $(BIN)/python -m pytest -n auto --dist worksteal --durations 25 --durations-min 1

# an environment belongs to the folder that it was made in: its stamps carry that folder's checksum
HERE     := $(shell pwd -P | cksum | cut -d ' ' -f 1)
RUNS     := $(VENV)/.tabard-runs-$(HERE)
DEVELOPS := $(VENV)/.tabard-develops-$(HERE)

CONSOLE := console/dist/index.html
CONSOLE_SOURCES := $(shell find console/src console/index.html -type f 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help lab console test long test-long ansible moto coverage bench bench-console pictures lint lint-python lint-console console-linted format clean

help:  ## say what there is
	@sed -n 's/^\([a-z-]*\):.*## /  make \1|/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-18s %s\n", $$1, $$2}'

$(RUNS): pyproject.toml tools/set-up
	@tools/set-up $(VENV) $(PYTHON) run
	@touch $@

$(DEVELOPS): pyproject.toml tools/set-up
	@tools/set-up $(VENV) $(PYTHON) develop
	@touch $(RUNS) $@

lab: $(RUNS)  ## watch a role being worn: the whole story with the real aws and ssh
	@$(BIN)/python -m tabard.cli lab $(ARGS)

$(CONSOLE): console/package-lock.json console/package.json console/vite.config.ts console/tsconfig.json $(CONSOLE_SOURCES)
	@tools/build-console

console: $(CONSOLE)  ## build the console, where Node is installed

test: $(DEVELOPS)  ## lint, types, floors and the tests, on every core
	@$(MAKE) --no-print-directory -j 2 lint-python console-linted
	@$(PYTEST) -m "not long"

long: $(DEVELOPS) $(CONSOLE)  ## the long suite alone
	@$(PYTEST) -m long

test-long: $(DEVELOPS) $(CONSOLE)  ## everything, the long suite too
	@$(PYTEST)

.venv-ansible/collections: tools/set-up-ansible
	@tools/set-up-ansible .venv-ansible $(PYTHON)
	@touch $@

ansible: .venv-ansible/collections  ## set up Ansible, which some tests of the long suite drive

build/moto/site: tools/set-up-moto
	@tools/set-up-moto build/moto $(BIN)/python
	@touch $@

moto: $(DEVELOPS) build/moto/site  ## unpack moto's own tests, which the long suite runs against Tabard

coverage: $(DEVELOPS)  ## write docs/coverage.md, which operations there are and which tests call them
	@$(BIN)/python tools/coverage.py

bench: $(DEVELOPS)  ## print every figure of docs/benchmarks.md beside its peers
	@$(BIN)/python -m benchmarks

bench-console: $(DEVELOPS) $(CONSOLE)  ## print the console's figures; an hour (ARGS="--minutes 5", ARGS="--only roles")
	@$(BIN)/python -m benchmarks.console $(ARGS)

pictures: $(DEVELOPS) $(CONSOLE)  ## take the console's pictures of docs/images again
	@PYTHONPATH=. $(BIN)/python tools/console_pictures.py $(ARGS)

lint: lint-python lint-console  ## ruff, formatting, strict types, the floors; the console's where its packages are installed

lint-python: $(DEVELOPS)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

lint-console:
	@[ ! -x console/node_modules/.bin/eslint ] || npm --prefix console run --silent lint

console-linted: $(CONSOLE)
	@[ ! -x console/node_modules/.bin/eslint ] || npm --prefix console run --silent lint

format: $(DEVELOPS)  ## put imports and white space in order
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

clean:  ## remove what make made
	@rm -rf $(VENV) .venv-ansible .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
