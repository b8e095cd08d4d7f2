"""The page of operations says what is built; whoever builds one more makes it again (``make coverage``)."""

from __future__ import annotations

import pytest
from tools import coverage


@pytest.fixture(scope="module")
def found() -> list[coverage.Covered]:
    return coverage.covered()


def test_the_page_is_as_the_registry_and_the_tests_are(found: list[coverage.Covered]) -> None:
    told = coverage.problems(coverage.PAGE.read_text(), found)
    assert told == [], "make coverage"


def test_every_operation_of_iam_and_sts_is_built_and_called_by_tests_of_its_own(
    found: list[coverage.Covered],
) -> None:
    for service, built, missing in found:
        if service in {"iam", "sts"}:
            assert missing == []
            assert [name for name, tests in built.items() if not tests] == []


def test_what_is_not_so_is_told(found: list[coverage.Covered]) -> None:
    text = coverage.page(found)
    assert coverage.problems(text, found) == []
    first = next(iter(found[0].built))
    without = "\n".join(line for line in text.splitlines() if not line.startswith(f"| {first} |"))
    assert coverage.problems(without, found) == [f"iam:{first} is built and not on the page"]
    wrong = text.replace(f"| {first} | ", f"| {first} | nowhere/test_it, ")
    assert coverage.problems(wrong, found) == [f"iam:{first} is not called in tests/nowhere/test_it.py"]
    missing = next(each for each in found if each.missing)
    more = f"{text}| {missing.missing[0]} | nothing |\n"
    assert coverage.problems(more, found) == [
        f"{missing.service}:{missing.missing[0]} is on the page and not built"
    ]
