"""Write ``docs/coverage.md``: every operation of AWS's models, whether it is built, and the tests that call it.

    python tools/coverage.py            writes the page
    python tools/coverage.py --observe  runs the tests of IAM and STS first, to see what each call in them came to
    python tools/coverage.py --check    says what is not as the page has it, and fails if anything is

What is built is read from the registry of operations; a test calls an operation where it names its method (``create_role``)
or its command (``create-role``). Tests that are generated from the models reach every operation, and are named once, above.
What IAM's and STS's calls came to is seen by ``tools/observed.py`` while their tests run; without ``--observe`` it stays as
the page has it.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import botocore.session
from botocore import xform_name

import tabard.app  # noqa: F401 - importing it registers every operation
from tabard.services.operation import OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from botocore.model import ServiceModel

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "coverage.md"
SERVICES = {
    "iam": "IAM",
    "sts": "STS",
    "ec2": "EC2",
    "s3": "S3",
    "cloudtrail": "CloudTrail",
    "ec2-instance-connect": "EC2 Instance Connect",
}
OBSERVED = ("iam", "sts")
"""Services of which the page tells for each operation which test sees it in two states, refused, and given bad input."""
OBSERVED_TESTS = ("tests/services/iam", "tests/services/sts", "tests/identity/test_escalation.py")
_WORD = re.compile(r"[A-Za-z0-9_-]+")
_WITH_KIND = re.compile(r"\b([a-z_]+_)\{\w*\}([a-z_]*)")
"""``attach_{kind}_policy``, as tests of several kinds of entities write it."""
KINDS = (
    "user",
    "group",
    "role",
    "policy",
    "instance_profile",
    "mfa_device",
    "server_certificate",
    "saml_provider",
)
_SECTION = re.compile(r"^## (.+): \d+ of \d+$", re.MULTILINE)
_ROW = re.compile(r"^\| (\w+) \| (.*) \|$", re.MULTILINE)
_BAD_INPUT = ("Invalid", "Malformed", "Missing", "Unrecognized", "Validation")
_DENIED = "AccessDenied"
UNSEEN = "not seen"

HEAD = """# Which operations there are

Made by `make coverage` from the registry of operations and the tests; not to be edited.

Every operation that is built is also asked by tests that are made from the models: what it is asked for and refused
(`services/iam/test_authorization`), attacked parameter by parameter (`hostile/test_operations`), taken apart and put together
(`wire/test_round_trip`). What is not built answers as AWS does for an operation that it does not know.

Of IAM and STS the page names one test each in which the same operation gives two replies in two states, in which it is denied
for want of permission, and in which it is refused for what it was given; or says why there is none. That was seen while the
tests ran (`tools/observed.py`): `.venv/bin/python tools/coverage.py --observe` looks again.
"""
ONE_ANSWER = {
    **dict.fromkeys(
        (
            "ListOrganizationsFeatures",
            "EnableOrganizationsRootCredentialsManagement",
            "DisableOrganizationsRootCredentialsManagement",
            "EnableOrganizationsRootSessions",
            "DisableOrganizationsRootSessions",
        ),
        "no account is in an organisation",
    ),
    "GenerateOrganizationsAccessReport": "always begins a job",
    "DeleteOpenIDConnectProvider": "AWS answers the same where there is none",
    "DecodeAuthorizationMessage": "answers what the message says",
    "PutAccountProperties": "answers nothing, whatever was set before",
    "SetSecurityTokenServicePreferences": "answers nothing, whatever was set before",
    "UpdateAccountPasswordPolicy": "answers nothing, whatever was set before",
    "AcquireRole": "there are no role templates",
    "GetRoleTemplateVersion": "there are no role templates",
    "AssumeRoot": "no account is in an organisation",
}
"""Operations that say the same in every state, and why."""


class Seen(NamedTuple):
    """Tests of one operation: in which it gave two replies, in which it was denied, in which its input was refused."""

    states: str
    denied: str
    bad: str


class Covered(NamedTuple):
    """One service: the operations that are built with the tests that call each, and those that are not built."""

    service: str
    built: dict[str, list[str]]
    missing: list[str]


def excuses(service: str, name: str) -> Seen:
    """What an operation can not be seen to do, and why; empty where it can."""
    shape = model(service).operation_model(name).input_shape
    built = OPERATIONS[service, name]
    takes = shape is not None and bool(shape.members)
    return Seen(
        ONE_ANSWER.get(name, ""),
        "needs no permission" if built.checks is None else "",
        "" if takes else "takes no parameters",
    )


def observe() -> dict[tuple[str, str], Seen]:
    """Run the tests and see, for each operation, the test that shows each outcome and calls the fewest others."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "observed"
        pytest = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "tools.observed")
        environment = {**os.environ, "TABARD_OBSERVED": str(file), "PYTHONPATH": str(ROOT)}
        subprocess.run([*pytest, *OBSERVED_TESTS], cwd=ROOT, env=environment, check=True)
        lines = [json.loads(line) for line in file.read_text().splitlines()]
    outcomes: dict[tuple[str, str], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    called: dict[str, set[str]] = defaultdict(set)
    for line in lines:
        mark = "ok:" if line["status"] < 300 else ""
        outcomes[line["service"], line["operation"]][line["test"]].add(mark + line["outcome"])
        called[line["test"]].add(line["operation"])
    return {
        (service, name): Seen(
            *(
                excuse or _narrowest((test for test, told in of.items() if shows(told)), called)
                for excuse, shows in zip(excuses(service, name), (_two_states, _denied, _bad), strict=True)
            )
        )
        for service in OBSERVED
        for name in operations(service)
        if (service, name) in OPERATIONS
        for of in [outcomes[service, name]]
    }


def _narrowest(tests: Iterable[str], called: dict[str, set[str]]) -> str:
    best = min(tests, key=lambda test: (len(called[test]), test), default=None)
    if best is None:
        return UNSEEN
    file, _, function = best.removeprefix("tests/").partition("::")
    return f"{file.removesuffix('.py')}::{function}"


def _two_states(told: set[str]) -> bool:
    states = {each for each in told if not each.startswith(_BAD_INPUT) and each != _DENIED}
    return len(states) > 1 and any(each.startswith("ok:") for each in states)


def _denied(told: set[str]) -> bool:
    return _DENIED in told


def _bad(told: set[str]) -> bool:
    return any(each.startswith(_BAD_INPUT) for each in told)


@lru_cache
def model(service: str) -> ServiceModel:
    """AWS's model of a service."""
    return botocore.session.get_session().get_service_model(service)


def operations(service: str) -> list[str]:
    """Every operation of a service's model."""
    return sorted(model(service).operation_names)


@lru_cache
def text_of(test: str) -> str:
    """A test file's text, by its path below ``tests`` without its ending; empty where there is none."""
    path = ROOT / "tests" / f"{test}.py"
    return path.read_text() if path.is_file() else ""


@lru_cache
def tests_by_word() -> dict[str, set[str]]:
    """The test files (below ``tests``, without their ending) in which each word stands, kinds of entities filled in."""
    found: dict[str, set[str]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        name = str(path.relative_to(ROOT / "tests").with_suffix(""))
        text = text_of(name)
        words = set(_WORD.findall(text))
        for before, after in _WITH_KIND.findall(text):
            words.update(f"{before}{kind}{after}" for kind in KINDS)
        for word in words:
            found.setdefault(word, set()).add(name)
    return found


def covered() -> list[Covered]:
    """What is built of each service, and where it is tested."""
    words = tests_by_word()
    found = []
    for service in SERVICES:
        built: dict[str, list[str]] = {}
        missing = []
        for operation in operations(service):
            if (service, operation) not in OPERATIONS:
                missing.append(operation)
                continue
            method = xform_name(operation)
            tests = words.get(method, set()) | words.get(method.replace("_", "-"), set())
            built[operation] = sorted(tests)
        found.append(Covered(service, built, missing))
    return found


def page(found: list[Covered], seen: dict[tuple[str, str], Seen]) -> str:
    """The page's text."""
    parts = [HEAD]
    for service, built, missing in found:
        parts.append(f"\n## {SERVICES[service]}: {len(built)} of {len(built) + len(missing)}\n")
        if service in OBSERVED:
            parts.append("| operation | in two states | denied | bad input | tests |\n|---|---|---|---|---|")
        else:
            parts.append("| operation | tests |\n|---|---|")
        for name, tests in built.items():
            cells = list(seen.get((service, name), Seen(*[UNSEEN] * 3))) if service in OBSERVED else []
            parts.append(f"| {' | '.join([name, *cells, ', '.join(tests) or 'those of the models alone'])} |")
        if missing:
            parts.append(f"\nNot built: {', '.join(missing)}.")
    return "\n".join(parts) + "\n"


def sections(text: str) -> dict[str, dict[str, list[str]]]:
    """The cells of each operation's row of a page, by service."""
    titles = {title: service for service, title in SERVICES.items()}
    parts = _SECTION.split(text)[1:]
    return {
        titles[title]: {row[1]: row[2].split(" | ") for row in _ROW.finditer(part) if row[1] != "operation"}
        for title, part in zip(parts[::2], parts[1::2], strict=True)
        if title in titles
    }


def seen_on(text: str) -> dict[tuple[str, str], Seen]:
    """What a page says was seen."""
    listed = sections(text)
    return {
        (service, name): Seen(*cells[:3])
        for service in OBSERVED
        for name, cells in listed.get(service, {}).items()
        if len(cells) == 4
    }


def problems(text: str, found: list[Covered]) -> list[str]:
    """What a page says that is not so, or does not say: operations that are built, tests that call them no more."""
    listed, words = sections(text), tests_by_word()
    told = []
    for service, built, missing in found:
        rows = listed.get(service, {})
        told += [f"{service}:{name} is built and not on the page" for name in built if name not in rows]
        told += [f"{service}:{name} is on the page and not built" for name in missing if name in rows]
        for name in built:
            method = xform_name(name)
            there = words.get(method, set()) | words.get(method.replace("_", "-"), set())
            *cells, tests = rows.get(name, [""])
            gone = set(filter(None, tests.split(", "))) - there - {"those of the models alone"}
            told += [f"{service}:{name} is not called in tests/{test}.py" for test in sorted(gone)]
            if service in OBSERVED and name in rows:
                told += _unseen(service, name, cells)
    return told


def _unseen(service: str, name: str, cells: list[str]) -> Iterator[str]:
    """What is missing of an operation's observed cells: no test, or one that is not there."""
    if len(cells) != 3:
        yield f"{service}:{name} does not say what was seen of it"
        return
    for what, cell, excuse in zip(Seen._fields, cells, excuses(service, name), strict=True):
        file, _, function = cell.partition("::")
        if cell == excuse:
            continue
        if not function or f"def {function}(" not in text_of(file):
            yield f"{service}:{name} has no test of {what}: {cell}"


def main() -> int:
    """Write the page, or check it."""
    found = covered()
    if "--check" in sys.argv[1:]:
        told = problems(PAGE.read_text(), found)
        print("\n".join(told) or "as it is")
        return 1 if told else 0
    seen = observe() if "--observe" in sys.argv[1:] else seen_on(PAGE.read_text())
    PAGE.write_text(page(found, seen))
    return 0


if __name__ == "__main__":
    sys.exit(main())
