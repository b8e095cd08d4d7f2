# Everything a developer or a newcomer types. `make lab` needs nothing but Python 3.11 and an ssh client.
#
#   make PYTHON=python3.13 lab     picks the interpreter that .venv is made with

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PYTEST := $(BIN)/python -m pytest

.DEFAULT_GOAL := help
.PHONY: help lab test test-long bench lint format clean

help:  ## say what there is
	@sed -n 's/^\([a-z-]*\):.*## /  make \1|/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-18s %s\n", $$1, $$2}'

$(VENV)/.tabard-runs: pyproject.toml tools/set-up
	@tools/set-up $(VENV) $(PYTHON) run

$(VENV)/.tabard-develops: pyproject.toml tools/set-up
	@tools/set-up $(VENV) $(PYTHON) develop

lab: $(VENV)/.tabard-runs  ## watch a role being worn: the whole story with the real aws and ssh
	@$(BIN)/tabard lab

test: lint  ## lint, types, floors and the tests, on every core
	@$(PYTEST) -n auto -m "not long"

test-long: $(VENV)/.tabard-develops  ## everything, the long suite too
	@$(PYTEST) -n auto

bench: $(VENV)/.tabard-develops  ## print every figure of docs/benchmarks.md beside its peers
	@$(BIN)/python -m benchmarks

lint: $(VENV)/.tabard-develops  ## ruff, formatting, strict types, the floors
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(VENV)/.tabard-develops  ## put imports and white space in order
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

clean:  ## remove what make made
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
