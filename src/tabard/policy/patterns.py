"""Texts with ``*``, ``?`` and ``${variables}``, and matching them in at most pattern times text.

Most patterns are globs (``globs``). In a resource ARN a ``?`` and a ``*`` inside one of the first five segments stop at
a colon, while a ``*`` that ends its segment may run past it; those rare patterns are first tried loosely, and what passes is
matched by an automaton over sets of places.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
"""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec import Struct

from tabard.policy.globs import (
    Matcher,
    Piece,
    anything,
    glob_text,
    literals,
    nothing,
    pieces_in_turn,
    rest_text,
)
from tabard.policy.places import places_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tabard.policy.context import Context


class Wild(Enum):
    """The two wildcards."""

    STAR = "*"
    ONE = "?"


class Variable(Struct, frozen=True, gc=False):
    """``${key}`` or ``${key, 'default'}``; ``key`` is in lower case."""

    key: str
    default: str | None

    def value(self, context: Context) -> str | None:
        """What stands for it: None where the key is absent without a default, or has several values."""
        found = context.lookup(self.key)
        if found is None:
            return self.default
        return found if isinstance(found, str) else None


Token = str | Wild | Variable
Plain = str | Wild
Step = tuple[Plain, bool]
"""A token, and whether it stops at colons."""

_MARKS = re.compile(r"([*?]|\$\{[^}]*\})")
_WILD_MARKS = re.compile(r"([*?])")
_WILDS = {"*": Wild.STAR, "?": Wild.ONE}


def tokens_of(text: str, *, variables: bool, wildcards: bool = True) -> list[Token]:
    """Cut a policy's text into literals, wildcards and variables; neighbouring literals are one."""
    if "*" not in text and "?" not in text and "${" not in text:
        return [text] if text else []
    if wildcards and text.find("*") == len(text) - 1 and "?" not in text and "${" not in text:
        return [text[:-1], Wild.STAR] if len(text) > 1 else [Wild.STAR]
    first, *parts = (_MARKS if variables else _WILD_MARKS).split(text)
    result: list[Token] = []
    literal = first
    for mark, rest in zip(parts[::2], parts[1::2], strict=True):
        token = _token(mark, wildcards=wildcards)
        if isinstance(token, str):
            literal += token + rest
            continue
        if literal:
            result.append(literal)
        if not (token is Wild.STAR and result and result[-1] is Wild.STAR):
            result.append(token)
        literal = rest
    if literal:
        result.append(literal)
    return result


def _token(mark: str, *, wildcards: bool) -> Token:
    if mark in _WILDS:
        return _WILDS[mark] if wildcards else mark
    return _variable(mark)


@lru_cache(maxsize=1024)
def _variable(mark: str) -> Token:
    inner = mark[2:-1]
    if inner in {"*", "?", "$"}:
        return inner
    key, comma, rest = inner.partition(",")
    rest = rest.strip()
    default = rest[1:-1] if comma and len(rest) > 1 and rest[0] == rest[-1] == "'" else None
    return Variable(key.strip().lower(), default)


def plain(tokens: list[Token]) -> list[Plain] | None:
    """The tokens, where none is a variable; None otherwise."""
    result: list[Plain] = []
    for token in tokens:
        if isinstance(token, Variable):
            return None
        result.append(token)
    return result


def resolve(tokens: list[Token], context: Context) -> list[Plain] | None:
    """The tokens with each variable replaced by its (literal) value; None where one has no value."""
    result: list[Plain] = []
    for token in tokens:
        if isinstance(token, Variable):
            value = token.value(context)
            if value is None:
                return None
            result.append(value)
        else:
            result.append(token)
    return result


def glob(tokens: list[Plain]) -> Matcher:
    """A matcher of whole texts."""
    pieces = _cut(tokens)
    if Wild.ONE not in tokens:
        texts = ["".join([part for part in piece if isinstance(part, str)]) for piece in pieces]
        return literals(texts) if len(texts) > 1 else texts[0].__eq__
    if len(pieces) == 1:
        return _piece_of(pieces[0]).whole
    return pieces_in_turn([_piece_of(piece) for piece in pieces])


def _cut(tokens: list[Plain]) -> list[list[Plain]]:
    pieces: list[list[Plain]] = [[]]
    for token in tokens:
        if token is Wild.STAR:
            pieces.append([])
        else:
            pieces[-1].append(token)
    return pieces


def _piece_of(tokens: list[Plain]) -> Piece:
    runs: list[tuple[int, str]] = []
    length = 0
    for token in tokens:
        if not isinstance(token, str):
            length += 1
        elif runs and runs[-1][0] + len(runs[-1][1]) == length:
            runs[-1] = (runs[-1][0], runs[-1][1] + token)
            length += len(token)
        else:
            runs.append((length, token))
            length += len(token)
    return Piece(length, runs)


def arn_segments(tokens: list[Plain]) -> list[list[Plain]]:
    """The tokens between the first five colons, and the rest.

    Stars fill up a pattern with fewer segments, unless it ends in one, which then stands for the rest.
    """
    segments: list[list[Plain]] = [[]]
    for token in tokens:
        if isinstance(token, str):
            first, *others = token.split(":", 6 - len(segments)) if len(segments) < 6 else [token]
            if first:
                segments[-1].append(first)
            segments.extend([[other] if other else [] for other in others])
        else:
            segments[-1].append(token)
    if segments[-1][-1:] != [Wild.STAR]:
        segments.extend([[Wild.STAR]] * (6 - len(segments)))
    return segments


def _joined(segments: list[list[Plain]]) -> list[Plain]:
    result: list[Plain] = []
    for number, segment in enumerate(segments):
        if number:
            result.append(":")
        result.extend(segment)
    return result


def resource_text_matcher(text: str, head: str, tail: str) -> Matcher:
    """``resource_matcher`` of a ``whole_arn`` in which nothing but ``*`` and ``?`` is special, given its literal ends."""
    if head.count(":") >= 5:
        return glob_text(text)
    parts = text.split(":", 5)
    if not _INNER.search(text, 0, len(text) - len(parts[5]) if len(parts) > 5 else len(text)):
        return glob_text(text)
    follow: Matcher | None = None

    def match(found: str) -> bool:
        nonlocal follow
        if not found.startswith(head) or not found.endswith(tail):
            return False
        if follow is None:
            follow = _follow_text(head, text)
        return follow(found)

    return match


def whole_arn(text: str) -> str:
    """A pattern with as many segments as an ARN has: stars stand for the missing ones, unless it ends in one."""
    return text if text.endswith("*") else text + ":*" * (5 - text.count(":"))


_INNER = re.compile(r"\?|\*[^:]")
_STEPS = re.compile(r"[*?]+|:|[^*?:]+")
"""``?*?*`` in one segment is two characters and a star."""


def _follow_text(head: str, text: str) -> Matcher:
    """What matches a pattern's text, from the end of its head on."""
    number, place = head.count(":"), len(head)
    steps: list[Step] = []
    for mark in _STEPS.findall(text, place):
        place += len(mark)
        if mark[0] not in _WILDS:
            number += mark == ":"
            steps.append((mark, False))
            continue
        steps += [(Wild.ONE, number < 5)] * mark.count("?")
        if "*" in mark:
            if number >= 5:
                return _following(head, steps, rest_text("*" + text[place:]))
            ends = mark[-1] == "*" and (place == len(text) or text[place] == ":")
            steps.append((Wild.STAR, not ends))
    return _following(head, steps)


def resource_matcher(tokens: list[Plain]) -> Matcher:
    """A matcher of resource ARNs."""
    if isinstance(tokens[0] if tokens else None, str) and tokens[0].count(":") >= 5:  # type: ignore[union-attr] # a text
        return glob(tokens)
    if tokens == [Wild.STAR]:
        return anything
    segments = arn_segments(tokens)
    if not any(Wild.ONE in segment or Wild.STAR in segment[:-1] for segment in segments[:5]):
        return glob(_joined(segments))
    return automaton(segments)


def variable_prefix(tokens: list[Token]) -> Callable[[str, Context], bool] | None:
    """The test that a whole ARN with one variable and at most one star, at its end, is; None for other patterns.

    It is by far the most common use of variables (``arn:aws:s3:::bucket/${aws:username}/*``) and needs no matcher made.
    """
    if len(tokens) < 2:
        return None
    head, variable, *rest = tokens
    if not isinstance(head, str) or head.count(":") < 5:
        return None
    star = bool(rest) and rest[-1] is Wild.STAR
    ends = rest[:-1] if star else rest
    if not isinstance(variable, Variable) or len(ends) > 1 or not all(isinstance(each, str) for each in ends):
        return None
    key, default = variable.key, variable.default
    end = "".join([each for each in ends if isinstance(each, str)])

    def begins(text: str, context: Context) -> bool:
        value = context.lookup(key)
        if value is None:
            value = default
        return value.__class__ is str and text.startswith(f"{head}{value}{end}")

    def is_whole(text: str, context: Context) -> bool:
        value = context.lookup(key)
        if value is None:
            value = default
        return value.__class__ is str and text == f"{head}{value}{end}"

    return begins if star else is_whole


def arn_matcher(tokens: list[Plain]) -> Matcher:
    """A matcher for the Arn condition operators: each of the six segments is matched by itself.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN
    """
    if tokens == [Wild.STAR]:
        return anything
    if not any(isinstance(token, Wild) for token in tokens):
        text = "".join([token for token in tokens if isinstance(token, str)])
        return text.__eq__ if text.count(":") >= 5 else nothing
    if sum(token.count(":") for token in tokens if isinstance(token, str)) < 5:
        return nothing
    if isinstance(tokens[0], str) and tokens[0].count(":") >= 5:
        return glob(tokens)
    strict = [glob(segment) for segment in arn_segments(tokens)]

    def match(text: str) -> bool:
        parts = text.split(":", 5)
        return len(parts) == 6 and all(one(part) for one, part in zip(strict, parts, strict=True))

    return match


def arn_text_matcher(text: str) -> Matcher:
    """``arn_matcher`` of a text in which nothing but ``*`` and ``?`` is special."""
    if text and not text.strip("*"):
        return anything
    if text.count(":") < 5:
        return nothing
    star, one = text.find("*"), text.find("?")
    if star < 0 and one < 0:
        return text.__eq__
    if text.count(":", 0, star if one < 0 else one if star < 0 else min(star, one)) >= 5:
        return glob_text(text)
    wanted = text.split(":", 5)

    def match(found: str) -> bool:
        parts = found.split(":", 5)
        if len(parts) < 6:
            return False
        for each, part in zip(wanted, parts, strict=True):  # noqa: SIM110 # twice as fast as all()
            if each not in {part, "*"} and not _segment(each)(part):
                return False
        return True

    return match


@lru_cache(maxsize=1024)
def _segment(text: str) -> Matcher:
    return glob_text(text)


def automaton(segments: list[list[Plain]]) -> Matcher:
    """A matcher of resource ARNs that follows all the ways of matching at once."""
    steps: list[Step] = []
    for number, segment in enumerate(segments):
        tokens: list[Plain] = [":", *segment] if number else segment
        for place, token in enumerate(tokens):
            steps.append((token, number < 5 and (token is Wild.ONE or place < len(tokens) - 1)))  # clearer
    return _following("", steps)


def _following(head: str, steps: list[Step], rest: Callable[[str, int], bool] | None = None) -> Matcher:
    """What matches by moving a set of places, from the end of a head that the text is known to have, step by step."""
    begun = 1 << len(head)

    def match(text: str) -> bool:
        places = places_of(text)
        standing = begun
        for token, within in steps:
            if token is Wild.STAR:
                if within:
                    standing |= (places.within + (standing & places.within)) ^ places.within
                else:
                    standing = places.everywhere & -(standing & -standing)
            elif token is Wild.ONE:
                standing = ((standing & places.within if within else standing) << 1) & places.everywhere
            else:
                standing = (standing & places.of(token)) << len(token)
            if not standing:
                return False
        if rest is not None:
            return rest(text, (standing & -standing).bit_length() - 1)
        return bool(standing >> places.end)

    return match
