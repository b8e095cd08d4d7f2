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


def test_every_operation_of_iam_and_sts_is_seen_in_two_states_denied_and_refused(
    found: list[coverage.Covered],
) -> None:
    """One test each, by its name, or why there can be none."""
    seen = coverage.seen_on(coverage.PAGE.read_text())
    for service, built, _ in found:
        if service in coverage.OBSERVED:
            for name in built:
                assert coverage.UNSEEN not in seen[service, name], f"{service}:{name}"


def test_what_is_not_so_is_told(found: list[coverage.Covered]) -> None:
    seen = coverage.seen_on(coverage.PAGE.read_text())
    text = coverage.page(found, seen)
    assert coverage.problems(text, found) == []
    assert coverage.seen_on(text) == seen
    first = next(iter(found[0].built))
    without = "\n".join(line for line in text.splitlines() if not line.startswith(f"| {first} |"))
    assert coverage.problems(without, found) == [f"iam:{first} is built and not on the page"]
    row = next(line for line in text.splitlines() if line.startswith(f"| {first} |"))
    wrong = text.replace(row, f"{row.removesuffix(' |')}, nowhere/test_it |")
    assert coverage.problems(wrong, found) == [f"iam:{first} is not called in tests/nowhere/test_it.py"]
    denied = seen["iam", first].denied
    wrong = text.replace(row, row.replace(denied, "services/iam/test_groups::test_nothing", 1))
    assert coverage.problems(wrong, found) == [
        f"iam:{first} has no test of denied: services/iam/test_groups::test_nothing"
    ]
    missing = next(each for each in found if each.missing)
    title = coverage.SERVICES[missing.service]
    at = text.index(f"## {title}:")
    more = text[:at] + text[at:].replace("|---|\n", f"|---|\n| {missing.missing[0]} | nothing |\n", 1)
    assert coverage.problems(more, found) == [
        f"{missing.service}:{missing.missing[0]} is on the page and not built"
    ]
