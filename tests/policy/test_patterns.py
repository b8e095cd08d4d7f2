"""Wildcards and variables: what they match, and that no pattern is slow.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
"""

from __future__ import annotations

import re
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.laws import reference
from tests.policy.steps import steps

from tabard.policy.compiled import ResourcePattern
from tabard.policy.context import EMPTY, Context
from tabard.policy.globs import glob_text
from tabard.policy.patterns import (
    Plain,
    arn_matcher,
    arn_segments,
    automaton,
    glob,
    plain,
    resolve,
    resource_matcher,
    tokens_of,
)
from tabard.policy.places import Places


def compiled(text: str) -> list[Plain]:
    tokens = plain(tokens_of(text, variables=False))
    assert tokens is not None
    return list(tokens)


def matches(pattern: str, text: str) -> bool:
    tokens = plain(tokens_of(pattern, variables=False))
    assert tokens is not None
    return glob(tokens)(text)


def is_resource(pattern: str, arn: str) -> bool:
    """By its tokens and by its text, which take different ways."""
    tokens = plain(tokens_of(pattern, variables=False))
    assert tokens is not None
    found = resource_matcher(tokens)(arn)
    assert ResourcePattern(pattern, variables=True).matches(arn, EMPTY) is found
    return found


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


@settings(max_examples=500, deadline=None)
@given(
    st.lists(st.text(alphabet="ab*?", max_size=6), min_size=6, max_size=7),
    st.lists(st.text(alphabet="ab", max_size=5), min_size=6, max_size=9),
)
def test_patterns_with_stars_everywhere_match_as_the_reference_says(
    pattern: list[str], arn: list[str]
) -> None:
    wanted, found = ":".join(pattern), ":".join(arn)
    assert is_resource(wanted, found) == reference.arn_like(reference.wildcards(wanted), found)


@settings(max_examples=80, deadline=None)
@given(st.lists(SMALL, min_size=1, max_size=4), st.integers(0, 40), st.text(alphabet="abc", max_size=9))
def test_long_texts_match_as_the_reference_says(pieces: list[str], times: int, rest: str) -> None:
    """Texts in which searching again and again would be slow, and sets of places go on."""
    pattern, text = "*aab*" + "*".join(pieces), "aaab" * times + "a" * 250 + rest
    assert matches(pattern, text) == reference.like(reference.wildcards(pattern), text)
    assert glob_text(pattern)(text) == matches(pattern, text)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="aé", max_size=40), st.text(alphabet="aé", min_size=1, max_size=3))
def test_places_are_where_a_piece_stands(text: str, piece: str) -> None:
    places = Places(text * 50)
    found = places.of(piece)
    wanted = [place for place in range(len(text) * 50) if (text * 50).startswith(piece, place)]
    assert [place for place in range(len(text) * 50 + 2) if found >> place & 1] == wanted


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
        ("*a?b" * 1000 + "*a?c*", "ab" * 2000),
        ("*" + "a?" * 2000 + "*c*", "a" * 4000),
    ],
)
def test_no_pattern_is_slow(pattern: str, text: str) -> None:
    """A few steps for each character of the pattern, whatever the text has of what nearly matches."""
    for match in (glob(compiled(pattern)), glob_text(pattern)):
        assert steps(lambda match=match: match(text)) < 20 * len(pattern)  # type: ignore[misc] # a default binds it
        assert not match(text)


def test_no_resource_pattern_is_slow() -> None:
    pattern = "arn:a*s:" + "*a?" * 300 + ":" + "*a" * 300 + "b:*:" + "*a" * 500 + "b"
    arn = "arn:aws:" + "a" * 900 + ":" + "a" * 900 + ":x:" + "a" * 1000
    assert not is_resource(pattern, arn)
    assert steps(lambda: is_resource(pattern, arn)) < 60 * len(pattern)
    near = ResourcePattern("arn:aws:s3:" + "?*:" * 2 + "*a?c" * 300 + "b", variables=True)
    assert steps(lambda: near.matches("arn:aws:s3:::" + "a:" * 500 + "b", EMPTY)) < 20 * 1200


def test_sets_of_places_take_over_where_searching_grows_slow() -> None:
    text = "a" * 1023 + "b"
    piece = "a" * 50 + "b" + "a" * 50
    places = Places(text)
    assert {places.find(piece, 0, len(text)) for _ in range(20)} == {-1}
    assert piece in places._known  # the text is searched twice, then its sets are asked
    assert places.find("aab", 0, len(text)) == 1021
    assert places.find("aab", 1022, len(text)) == places.find("aab", 0, 1023) == -1


def test_a_glob_of_a_text_matches_as_a_regular_expression_does() -> None:
    random = Random(7)  # noqa: S311 # repeatable cases, not secrets
    for _ in range(5_000):
        pattern = "".join(random.choice("ab*?*?") for _ in range(random.randint(0, 9)))
        text = "".join(random.choice("ab") for _ in range(random.randint(0, 8)))
        wanted = re.fullmatch(pattern.replace("*", ".*").replace("?", "."), text) is not None
        match = glob_text(pattern)
        assert [match(text), match(text)] == [wanted, wanted], (pattern, text)
