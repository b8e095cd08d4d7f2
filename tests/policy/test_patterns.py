"""Wildcards and variables: what they match, and that no pattern is slow.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
"""

from __future__ import annotations

import re
import time
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.laws import reference

from tabard.policy.context import Context
from tabard.policy.patterns import (
    arn_matcher,
    arn_segments,
    automaton,
    glob,
    glob_text,
    plain,
    resolve,
    resource_matcher,
    tokens_of,
)


def compiled(text: str) -> list[object]:
    tokens = plain(tokens_of(text, variables=False))
    assert tokens is not None
    return list(tokens)


def matches(pattern: str, text: str) -> bool:
    tokens = plain(tokens_of(pattern, variables=False))
    assert tokens is not None
    return glob(tokens)(text)


def is_resource(pattern: str, arn: str) -> bool:
    tokens = plain(tokens_of(pattern, variables=False))
    assert tokens is not None
    return resource_matcher(tokens)(arn)


SMALL = st.text(alphabet="ab*?", max_size=8)
TEXT = st.text(alphabet="ab", max_size=8)
ARN_PART = st.text(alphabet="a*?", max_size=3)
ARN_TEXT = st.text(alphabet="a", max_size=3)


@settings(max_examples=500, deadline=None)
@given(SMALL, TEXT)
def test_globs_match_as_the_reference_says(pattern: str, text: str) -> None:
    assert matches(pattern, text) == reference.like(reference.wildcards(pattern), text)


@settings(max_examples=500, deadline=None)
@given(st.lists(ARN_PART, min_size=1, max_size=7), st.lists(ARN_TEXT, min_size=5, max_size=9))
def test_resource_patterns_match_as_the_reference_says(pattern: list[str], arn: list[str]) -> None:
    wanted, found = ":".join(pattern), ":".join(arn)
    expected = reference.arn_like(reference.wildcards(wanted), found)
    assert is_resource(wanted, found) == expected
    tokens = plain(tokens_of(wanted, variables=False))
    assert tokens is not None
    assert automaton(arn_segments(tokens))(found) == expected


@pytest.mark.parametrize(
    ("pattern", "arn", "expected"),
    [
        ("arn:aws:s3:::b/*", "arn:aws:s3:::b/a/b:c", True),
        ("arn:aws:s3:::b/*/x", "arn:aws:s3:::b/a:b/c/x", True),
        ("arn:aws:ec2:*:*:instance/*", "arn:aws:ec2:us-east-1:111122223333:instance/i-1", True),
        ("arn:aws:ec2:*:instance/*", "arn:aws:ec2:us-east-1:111122223333:instance/i-1", True),
        ("arn:aws:ec2:us-*-1:1:i/*", "arn:aws:ec2:us-east-1:1:i/1", True),
        ("arn:aws:ec2:us-*-1:1:i/*", "arn:aws:ec2:us-x:y-1:1:i/1", False),
        ("arn:aws:ec2:u?:1:i/*", "arn:aws:ec2:u::1:i/1", False),
        ("arn:aws:ec2", "arn:aws:ec2:us-east-1:1:i/1", True),
        ("arn:aws:s3:::b", "arn:aws:s3:::B", False),
        ("*", "*", True),
        ("arn:aws:s3:::*", "*", False),
    ],
)
def test_wildcards_keep_to_the_segments_of_an_arn(pattern: str, arn: str, *, expected: bool) -> None:
    assert is_resource(pattern, arn) is expected


def test_the_arn_operators_check_each_segment_by_itself() -> None:
    tokens = plain(tokens_of("arn:aws:sns:*:1:topic", variables=False))
    assert tokens is not None
    matcher = arn_matcher(tokens)
    assert matcher("arn:aws:sns:us-east-1:1:topic")
    assert not matcher("arn:aws:sns:us-east-1:2:1:topic")
    assert not matcher("not an arn")


def resolved(text: str, values: dict[str, str | list[str]]) -> object:
    return resolve(tokens_of(text, variables=True), Context(dict(values)))


def test_variables_stand_for_literal_values() -> None:
    assert resolved("a${aws:username}b", {"aws:username": "*"}) == ["a", "*", "b"]
    assert resolved("${AWS:UserName}", {"aws:username": "ana"}) == ["ana"]
    assert resolved("${aws:none}", {}) is None
    assert resolved("${aws:none, 'x, y'}", {}) == ["x, y"]
    assert resolved("${aws:none,''}", {}) == [""]
    assert resolved("${aws:many}", {"aws:many": ["a"]}) is None
    assert resolved("${*}${?}${$}", {}) == ["*?$"]
    assert resolved("${unfinished", {}) == ["${unfinished"]
    assert resolved("${aws:${aws:username}}", {"aws:username": "ana"}) is None


def test_a_document_without_variables_keeps_them_as_text() -> None:
    assert tokens_of("a${aws:x}", variables=False) == ["a${aws:x}"]
    assert matches("${*}", "${anything}")


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("*a" * 2000 + "b", "a" * 4000),
        ("a*" * 2000 + "b", "a" * 4000),
        ("*?a" * 1333 + "b", "a" * 4000),
        ("?*" * 2000 + "b", "a" * 4000),
        ("*" * 4000 + "b", "a" * 4000),
        ("*" + "a" * 2000 + "b*c", "a" * 4000),
        ("*" + "?" * 1000 + "a" * 1000 + "b*c", "a" * 4000),
        ("*ab" * 1300 + "*c", "ab" * 2000),
    ],
)
def test_no_pattern_is_slow(pattern: str, text: str) -> None:
    matcher = glob(compiled(pattern))  # type: ignore[arg-type] # a list of plain tokens
    started = time.perf_counter()
    assert not matcher(text)
    assert time.perf_counter() - started < 0.05


def test_no_resource_pattern_is_slow() -> None:
    pattern = "arn:a*s:" + "*a?" * 300 + ":" + "*a" * 300 + "b:*:" + "*a" * 500 + "b"
    arn = "arn:aws:" + "a" * 900 + ":" + "a" * 900 + ":x:" + "a" * 1000
    started = time.perf_counter()
    assert not is_resource(pattern, arn)
    assert time.perf_counter() - started < 0.1


def test_a_glob_of_a_text_matches_as_a_regular_expression_does() -> None:
    random = Random(7)  # noqa: S311 # repeatable cases, not secrets
    for _ in range(5_000):
        pattern = "".join(random.choice("ab*?*?") for _ in range(random.randint(0, 9)))
        text = "".join(random.choice("ab") for _ in range(random.randint(0, 8)))
        wanted = re.fullmatch(pattern.replace("*", ".*").replace("?", "."), text) is not None
        match = glob_text(re.sub(r"\*+", "*", pattern))
        assert [match(text), match(text)] == [wanted, wanted], (pattern, text)
