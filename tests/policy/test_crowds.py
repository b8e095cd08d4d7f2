"""Many patterns at once match what each matches by itself, of one text and of many side by side."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest
from tests.laws import reference

from tabard.policy.compiled import ActionSet, CompiledStatement
from tabard.policy.context import EMPTY, Context
from tabard.policy.crowds import MANY, AnyOf
from tabard.policy.document import Condition, Kind, Source, Statement
from tabard.policy.operators import build_matcher

if TYPE_CHECKING:
    from collections.abc import Callable

CASES = 40


def text(random: Random, letters: str, most: int) -> str:
    return "".join([random.choice(letters) for _ in range(random.randint(0, most))])


def arn(random: Random, letters: str, most: int) -> str:
    return ":".join([text(random, letters, most) for _ in range(random.choice([1, 2, 5, 6, 6, 6, 6, 7]))])


def several(random: Random, make: Callable[[Random, str, int], str], letters: str, count: int) -> list[str]:
    return [make(random, letters, 5 if make is text else 2) for _ in range(count)]


def said(pattern: str, found: str) -> bool:
    return reference.like(reference.wildcards(pattern), found)


def said_of_arns(pattern: str, found: str) -> bool:
    return reference.compare({"principal": {"type": "Anonymous"}}, {}, "ArnLike", found, pattern)


def agree(base: str, patterns: list[str], texts: list[str], says: Callable[[str, str], bool]) -> None:
    wanted = [any(says(pattern, each) for pattern in patterns) for each in texts]
    matcher = build_matcher(base, tuple(patterns), variables=False)
    assert isinstance(matcher, AnyOf)
    assert [matcher(each) for each in texts] == wanted, (patterns, texts)
    assert matcher.some(texts) is any(wanted), (patterns, texts)
    assert matcher.every(texts) is all(wanted), (patterns, texts)


def test_many_patterns_of_texts() -> None:
    random = Random(1)  # noqa: S311 # repeatable cases, not secrets
    for _ in range(CASES):
        patterns, texts = several(random, text, "ab*?é𝄞", MANY), several(random, text, "abé𝄞", 5)
        agree("stringlike", patterns, texts, said)


def test_many_patterns_of_arns() -> None:
    random = Random(2)  # noqa: S311 # repeatable cases, not secrets
    for _ in range(CASES):
        patterns, texts = several(random, arn, "ab*?", MANY), several(random, arn, "ab", 5)
        agree("arnlike", patterns, texts, said_of_arns)


def test_some_patterns_of_many_texts() -> None:
    random = Random(3)  # noqa: S311 # repeatable cases, not secrets
    for _ in range(CASES):
        patterns, texts = several(random, text, "ab*?", 4), several(random, text, "ab", 30)
        agree("stringlike", [*patterns, "a*"], texts, said)


def test_many_resource_patterns() -> None:
    random = Random(4)  # noqa: S311 # repeatable cases, not secrets
    for _ in range(CASES):
        patterns, found = several(random, arn, "ab*?", MANY), arn(random, "ab", 2)
        wanted = any(reference.arn_like(reference.wildcards(pattern), found) for pattern in patterns)
        assert about(tuple(patterns)).has_resource(found, EMPTY) is wanted, (patterns, found)


def about(resources: tuple[str, ...]) -> CompiledStatement:
    statement = Statement(0, "", "Allow", None, None, ("s3:*",), None, resources, None, ())
    return CompiledStatement(statement, Source(Kind.IDENTITY), variables=True)


def test_escapes_and_variables_among_many_resource_patterns_keep_their_meaning() -> None:
    many = tuple([f"arn:aws:s3:::*no{number}?" for number in range(MANY)])
    statement = about((*many, "arn:aws:s3:::b/${*}", "arn:aws:s3:::*/${aws:username}/?"))
    asked = Context({"aws:username": "ana"})
    arns = ["b/*", "b/x", "x/ana/k", "x/eva/k", "no7x", "no7xx"]
    found = [each for each in arns if statement.has_resource(f"arn:aws:s3:::{each}", asked)]
    assert found == ["b/*", "x/ana/k", "no7x"]


def test_many_actions() -> None:
    random = Random(5)  # noqa: S311 # repeatable cases, not secrets
    for _ in range(CASES):
        patterns, action = several(random, text, "ab*?", MANY), text(random, "ab", 5)
        assert ActionSet(tuple(patterns)).has(action) is any(said(pattern, action) for pattern in patterns)


@pytest.mark.parametrize("operator", ["ForAnyValue:StringLike", "ForAllValues:StringLike"])
@pytest.mark.parametrize("negated", ["", "Not"])
@pytest.mark.parametrize("texts", [["a1x"], ["a1x", "q"], ["q"] * 70, ["a9x"] * 70, [""], []])
def test_sets_of_many_patterns_mean_what_sets_of_one_mean(
    operator: str, negated: str, texts: list[str]
) -> None:
    """One by one, by the test of a single pattern that says the same."""
    operator = operator.replace("StringLike", f"String{negated}Like")
    many = Condition(operator, "k", tuple([f"?{number}*x" for number in range(MANY)] + ["${aws:username}z?"]))
    single = Condition(operator, "k", ("a?x",))
    asked = Context({"k": tuple(texts), "aws:username": "u"})

    def holds(condition: Condition) -> bool:
        statement = Statement(0, "", "Allow", None, None, ("s3:*",), None, ("*",), None, (condition,))
        return CompiledStatement(statement, Source(Kind.IDENTITY), variables=True).holds(asked)

    assert holds(many) is holds(single)


def test_what_stands_between_texts_is_no_way_from_one_to_the_next() -> None:
    matcher = build_matcher("stringlike", tuple([f"a*{number}?b" for number in range(MANY)]), variables=False)
    assert isinstance(matcher, AnyOf)
    assert not matcher.some(["a", "1xb", "a1", "xb"])
    assert not matcher.some(["a\U0010ffff1", "b"])
    assert matcher.some(["a", "a\U0010ffff1xb"])
