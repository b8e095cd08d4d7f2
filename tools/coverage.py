"""Write ``docs/coverage.md``: every operation of AWS's models, whether it is built, and the tests that call it.

    python tools/coverage.py            writes the page
    python tools/coverage.py --check    says what is not as the page has it, and fails if anything is

What is built is read from the registry of operations; a test calls an operation where it names its method (``create_role``)
or its command (``create-role``). Tests that are generated from the models reach every operation, and are named once, above.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import NamedTuple

import botocore.session
from botocore import xform_name

import tabard.app  # noqa: F401 - importing it registers every operation
from tabard.services.operation import OPERATIONS

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "coverage.md"
SERVICES = {"iam": "IAM", "sts": "STS", "ec2": "EC2", "s3": "S3"}
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
_ROW = re.compile(r"^\| (\w+) \| (.*) \|$", re.MULTILINE)

HEAD = """# Which operations there are

Made by `make coverage` from the registry of operations and the tests; not to be edited.

Every operation that is built is also asked by tests that are made from the models: what it is asked for and refused
(`services/iam/test_authorization`), attacked parameter by parameter (`hostile/test_operations`), taken apart and put together
(`wire/test_round_trip`). What is not built answers as AWS does for an operation that it does not know.
"""


class Covered(NamedTuple):
    """One service: the operations that are built with the tests that call each, and those that are not built."""

    service: str
    built: dict[str, list[str]]
    missing: list[str]


def operations(service: str) -> list[str]:
    """Every operation of a service's model."""
    return sorted(botocore.session.get_session().get_service_model(service).operation_names)


def tests_by_word() -> dict[str, set[str]]:
    """The test files (below ``tests``, without their ending) in which each word stands, kinds of entities filled in."""
    found: dict[str, set[str]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        name = str(path.relative_to(ROOT / "tests").with_suffix(""))
        text = path.read_text()
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


def page(found: list[Covered]) -> str:
    """The page's text."""
    parts = [HEAD]
    for service, built, missing in found:
        parts.append(f"\n## {SERVICES[service]}: {len(built)} of {len(built) + len(missing)}\n")
        parts.append("| operation | tests |\n|---|---|")
        parts += [
            f"| {name} | {', '.join(tests) or 'those of the models alone'} |" for name, tests in built.items()
        ]
        if missing:
            parts.append(f"\nNot built: {', '.join(missing)}.")
    return "\n".join(parts) + "\n"


def rows(text: str) -> dict[str, list[str]]:
    """The operations of a page, and the tests that it names for each."""
    return {match[1]: match[2].split(", ") for match in _ROW.finditer(text) if match[1] != "operation"}


def problems(text: str, found: list[Covered]) -> list[str]:
    """What a page says that is not so, or does not say: operations that are built, tests that call them no more."""
    listed, words = rows(text), tests_by_word()
    told = []
    for service, built, missing in found:
        told += [f"{service}:{name} is built and not on the page" for name in built if name not in listed]
        told += [f"{service}:{name} is on the page and not built" for name in missing if name in listed]
        for name in built:
            method = xform_name(name)
            there = words.get(method, set()) | words.get(method.replace("_", "-"), set())
            gone = set(listed.get(name, [])) - there - {"those of the models alone"}
            told += [f"{service}:{name} is not called in tests/{test}.py" for test in sorted(gone)]
    return told


def main() -> int:
    """Write the page, or check it."""
    found = covered()
    if "--check" in sys.argv[1:]:
        told = problems(PAGE.read_text(), found)
        print("\n".join(told) or "as it is")
        return 1 if told else 0
    PAGE.write_text(page(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
