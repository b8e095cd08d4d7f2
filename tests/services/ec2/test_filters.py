"""The laws of filters and pages."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.work import steps

from tabard.services.ec2.filters import _parts, _pattern, filtered, matcher
from tabard.services.ec2.pages import page

TEXT = st.text("ab*?\\.[", max_size=6)


def escaped(text: str) -> str:
    return "".join("\\" + char if char in "*?\\" else char for char in text)


@given(TEXT)
def test_an_escaped_value_matches_itself_alone(text: str) -> None:
    matches = matcher([escaped(text)])
    assert matches(text)
    assert not matches(text + "x")
    assert not matches("x" + text)


@given(st.text("ab.[(", max_size=6), st.text("ab.[(", max_size=6))
def test_a_star_stands_for_anything_and_a_question_mark_for_one(head: str, tail: str) -> None:
    assert matcher([head + "*"])(head + tail)
    assert matcher(["*" + tail])(head + tail)
    assert matcher(["?" * len(head) + tail])(head + tail)
    assert not matcher(["?" * (len(head) + len(tail) + 1)])(head + tail)


@given(st.lists(TEXT), st.lists(TEXT, min_size=1, max_size=4), st.lists(TEXT, min_size=1, max_size=4))
def test_filters_narrow_and_their_order_does_not_matter(
    items: list[str], first: list[str], second: list[str]
) -> None:
    readers = {"x": lambda item: item, "y": lambda item: [item, None]}
    one, two = {"Name": "x", "Values": first}, {"Name": "y", "Values": second}
    both = filtered(items, [one, two], readers)
    assert both == filtered(items, [two, one], readers)
    assert both == filtered(filtered(items, [one], readers), [two], readers)
    assert filtered(items, [one], readers) == [
        item for item in items if any(matcher([value])(item) for value in first)
    ]


@given(st.sets(st.text(min_size=1, max_size=5), max_size=30), st.integers(5, 10))
def test_pages_put_together_are_the_whole(names: set[str], size: int) -> None:
    items = sorted(names)
    seen: list[str] = []
    request: dict[str, Any] = {"MaxResults": size}
    while True:
        shown, token = page(items, request, str)
        seen += shown
        if token is None:
            break
        request["NextToken"] = token
    assert seen == items


@given(st.text("ab*?", max_size=8), st.text("ab", max_size=8))
def test_wildcards_mean_what_the_shell_means_by_them(pattern: str, value: str) -> None:
    assert matcher([pattern])(value) == fnmatchcase(value, pattern)


@pytest.mark.parametrize(
    "pattern",
    ["*a" * 200 + "*b", "*" * 5000 + "b", "*a?" * 100 + "b", "?" * 100_000, "*" + "a" * 255 + "b*"],
)
def test_no_pattern_costs_more_than_its_length(pattern: str) -> None:
    """What stands between two stars is looked for once, and nothing in it repeats: no way is ever tried again."""
    assert not matcher([pattern])("a" * 256)
    parts = _parts(pattern)
    assert steps(lambda: matcher([pattern])("a" * 256)) < 20 * len(pattern) + 2000
    for part in parts:
        expression = _pattern(part).pattern
        assert expression == "(?!)" or not set(re.sub(r"\\.", "", expression)) & set("*+?{|(")
