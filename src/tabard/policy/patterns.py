"""Texts with ``*``, ``?`` and ``${variables}``, and matching them in at most pattern times text.

A pattern is cut at its stars; each piece is then looked for from where the last one ended, which is greedy
but never goes back, so that no number of stars is exponential. In a resource ARN a ``?`` and a ``*`` inside
one of the first five segments stop at a colon, while a ``*`` that ends its segment may run past it. Those
rare patterns are first tried loosely, then segment by segment, and only where these disagree by a
bit-parallel automaton.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from enum import Enum
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from tabard.policy.context import Context

Matcher = Callable[[str], bool]


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

_MARKS = re.compile(r"[*?]|\$\{[^}]*\}")
_WILD_MARKS = re.compile(r"[*?]")
_WILDS = {"*": Wild.STAR, "?": Wild.ONE}


def tokens_of(text: str, *, variables: bool, wildcards: bool = True) -> list[Token]:
    """Cut a policy's text into literals, wildcards and variables; neighbouring literals are one."""
    if "*" not in text and "?" not in text and "${" not in text:
        return [text] if text else []
    if wildcards and text.find("*") == len(text) - 1 and "?" not in text and "${" not in text:
        return [text[:-1], Wild.STAR] if len(text) > 1 else [Wild.STAR]
    result: list[Token] = []
    literal: list[str] = []
    end = 0
    for match in (_MARKS if variables else _WILD_MARKS).finditer(text):
        token = _token(match.group(), wildcards=wildcards)
        literal.append(text[end : match.start()])
        end = match.end()
        if isinstance(token, str):
            literal.append(token)
            continue
        _flush(literal, result)
        if not (token is Wild.STAR and result and result[-1] is Wild.STAR):
            result.append(token)
    literal.append(text[end:])
    _flush(literal, result)
    return result


def _token(mark: str, *, wildcards: bool) -> Token:
    if mark in _WILDS:
        return _WILDS[mark] if wildcards else mark
    return _variable(mark)


def _flush(literal: list[str], result: list[Token]) -> None:
    joined = "".join(literal)
    literal.clear()
    if joined:
        result.append(joined)


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
    if Wild.ONE not in tokens:
        simple = _simple(tokens)
        if simple is not None:
            return simple
        return _literals(
            ["".join([part for part in piece if isinstance(part, str)]) for piece in _cut(tokens)]
        )
    return _pieces([_piece_of(piece) for piece in _cut(tokens)])


def glob_text(text: str) -> Matcher:
    """``glob`` of a text in which nothing but ``*`` and ``?`` is special, without cutting it into tokens first.

    Pieces are made as far as a text ever gets, so that a long pattern costs nothing before something comes near to it.
    """
    if "*?" in text:
        text = _MIXED.sub(_stars_last, text)
    pieces = text.split("*")
    if len(pieces) == 1:
        return _piece_of_text(text).whole if "?" in text else text.__eq__
    if "?" not in text:
        return _literals(pieces)
    return _pieces([pieces[0], *[piece for piece in pieces[1:-1] if piece], pieces[-1]])


_MIXED = re.compile(r"[*?]*\*\?[*?]*")


def _stars_last(match: re.Match[str]) -> str:
    """``*?*?`` means ``??*``: so many characters, or more."""
    return "?" * match.group().count("?") + "*"


def _pieces(pieces: Sequence[_Piece | str]) -> Matcher:
    if len(pieces) == 1 and isinstance(pieces[0], _Piece):
        return pieces[0].whole
    head, tail = _made(pieces[0]), _made(pieces[-1])
    waiting = [piece for piece in pieces[1:-1] if isinstance(piece, str) or piece.length]
    middle = list(waiting)  # pieces are made in place: threads may do the same twice
    shortest = head.length + tail.length
    for piece in waiting:
        shortest += len(piece) if isinstance(piece, str) else piece.length

    def match(text: str) -> bool:
        end = len(text) - tail.length
        if len(text) < shortest or not head.at(text, 0) or not tail.at(text, end):
            return False
        position = head.length
        for number, piece in enumerate(middle):
            if not isinstance(piece, str):
                position, length = piece.find(text, position, end), piece.length
            elif "?" in piece:
                made = middle[number] = _piece_of_text(piece)
                position, length = made.find(text, position, end), made.length
            else:
                position, length = text.find(piece, position, end), len(piece)
            if position < 0:
                return False
            position += length
        return True

    return match


def _made(piece: _Piece | str) -> _Piece:
    return _piece_of_text(piece) if isinstance(piece, str) else piece


def _simple(tokens: list[Plain]) -> Matcher | None:
    texts = [token for token in tokens if isinstance(token, str)]
    if len(texts) == len(tokens):
        return "".join(texts).__eq__
    if tokens.count(Wild.STAR) == 1:
        where = tokens.index(Wild.STAR)
        head, tail = "".join(texts[:where]), "".join(texts[where:])
        if not head and not tail:
            return _anything
        if not tail:
            return lambda text: text.startswith(head)
        if not head:
            return lambda text: text.endswith(tail)
        shortest = len(head) + len(tail)
        return lambda text: text.startswith(head) and text.endswith(tail) and len(text) >= shortest
    return None


def _literals(pieces: list[str]) -> Matcher:
    """``glob`` where nothing but stars is wild, which is nearly always, without a call per piece."""
    head, tail = pieces[0], pieces[-1]
    middle = tuple((piece, len(piece)) for piece in pieces[1:-1] if piece)
    start, after = len(head), len(tail)
    shortest = sum(len(piece) for piece in pieces)

    def match(text: str) -> bool:
        if len(text) < shortest or not text.startswith(head) or not text.endswith(tail):
            return False
        position, end = start, len(text) - after
        for piece, length in middle:
            position = text.find(piece, position, end)
            if position < 0:
                return False
            position += length
        return True

    return match


def _anything(_: str) -> bool:
    return True


def _nothing(_: str) -> bool:
    return False


def _cut(tokens: list[Plain]) -> list[list[Plain]]:
    pieces: list[list[Plain]] = [[]]
    for token in tokens:
        if token is Wild.STAR:
            pieces.append([])
        else:
            pieces[-1].append(token)
    return pieces


class _Piece:
    """What stands between two stars: a text of fixed length, some of whose characters may be any.

    It is looked for by its longest run of given characters, and the other runs are compared where that one is found.
    """

    __slots__ = ("anchor", "length", "place", "runs")

    def __init__(self, length: int, runs: list[tuple[int, str]]) -> None:
        self.length = length
        self.place, self.anchor = max(runs, key=_length_of_run, default=(0, ""))
        self.runs = tuple([run for run in runs if run != (self.place, self.anchor)]) if len(runs) > 1 else ()

    def whole(self, text: str) -> bool:
        return len(text) == self.length and self.at(text, 0)

    def at(self, text: str, position: int) -> bool:
        return text.startswith(self.anchor, position + self.place) and self._others(text, position)

    def _others(self, text: str, position: int) -> bool:
        for offset, run in self.runs:  # noqa: SIM110 # a loop that returns is twice as fast as all()
            if not text.startswith(run, position + offset):
                return False
        return True

    def find(self, text: str, position: int, end: int) -> int:
        start = position + self.place
        limit = end - self.length + self.place + len(self.anchor)
        while True:
            found = text.find(self.anchor, start, limit)
            if found < 0 or self._others(text, found - self.place):
                return found - self.place if found >= 0 else -1
            start = found + 1


def _length_of_run(run: tuple[int, str]) -> int:
    return len(run[1])


def _piece_of(tokens: list[Plain]) -> _Piece:
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
    return _Piece(length, runs)


def _piece_of_text(text: str) -> _Piece:
    if "?" not in text:
        return _Piece(len(text), [(0, text)])
    runs: list[tuple[int, str]] = []
    place = 0
    for run in text.split("?"):
        if run:
            runs.append((place, run))
        place += len(run) + 1
    return _Piece(len(text), runs)


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


def resource_text_matcher(text: str) -> Matcher:
    """``resource_matcher`` of a text in which nothing but ``*`` and ``?`` is special."""
    parts = text.split(":", 5)
    ends = text[: len(text) - len(parts[-1])] if len(parts) == 6 else "*"
    if "*" not in ends and "?" not in ends:
        return glob_text(text)
    if not parts[-1].endswith("*"):
        parts += ["*"] * (6 - len(parts))
    loose = glob_text(":".join(parts))
    if not any("?" in part or "*" in part[:-1] for part in parts[:5]):
        return loose

    def exactly() -> tuple[list[Matcher], Matcher]:
        tokens = plain(tokens_of(text, variables=False)) or []
        return [glob_text(part) for part in parts], automaton(arn_segments(tokens))

    return _segment_wise(loose, exactly)


def resource_matcher(tokens: list[Plain]) -> Matcher:
    """A matcher of resource ARNs."""
    if tokens == [Wild.STAR]:
        return _anything
    segments = arn_segments(tokens)
    loose = glob(_joined(segments))
    if not any(Wild.ONE in segment or Wild.STAR in segment[:-1] for segment in segments[:5]):
        return loose
    return _segment_wise(loose, lambda: ([glob(segment) for segment in segments], automaton(segments)))


def _segment_wise(loose: Matcher, exactly: Callable[[], tuple[list[Matcher], Matcher]]) -> Matcher:
    """Loosely first; what passes, segment by segment; and where these disagree by an automaton. The last two are made late."""
    made: tuple[list[Matcher], Matcher] | None = None

    def match(text: str) -> bool:
        nonlocal made
        if not loose(text):
            return False
        if made is None:
            made = exactly()
        strict, slow = made
        parts = text.split(":", 5)
        if len(parts) == len(strict) and all(one(part) for one, part in zip(strict, parts, strict=True)):
            return True
        return slow(text)

    return match


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
    key, default, start = variable.key, variable.default, len(head)
    end = "".join([each for each in ends if isinstance(each, str)])

    def match(text: str, context: Context) -> bool:
        value = context.lookup(key)
        if value is None:
            value = default
        if not isinstance(value, str):
            return False
        whole = value + end
        if not text.startswith(whole, start) or not text.startswith(head):
            return False
        return star or len(text) == start + len(whole)

    return match


def arn_matcher(tokens: list[Plain]) -> Matcher:
    """A matcher for the Arn condition operators: each of the six segments is matched by itself.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN
    """
    if tokens == [Wild.STAR]:
        return _anything
    if not any(isinstance(token, Wild) for token in tokens):
        return "".join([token for token in tokens if isinstance(token, str)]).__eq__
    if sum(token.count(":") for token in tokens if isinstance(token, str)) < 5:
        return _nothing
    if isinstance(tokens[0], str) and tokens[0].count(":") >= 5:
        return glob(tokens)
    strict = [glob(segment) for segment in arn_segments(tokens)]

    def match(text: str) -> bool:
        parts = text.split(":", 5)
        return len(parts) == 6 and all(one(part) for one, part in zip(strict, parts, strict=True))

    return match


def automaton(segments: list[list[Plain]]) -> Matcher:
    """A bit-parallel automaton for resource ARNs: one step per character of the text."""
    literals: dict[str, int] = {}
    within = anywhere = loop_within = loop_anywhere = 0
    bit = 1
    for number, segment in enumerate(segments):
        items: list[Plain] = [":", *segment] if number else list(segment)
        for place, token in enumerate(items):
            if isinstance(token, str):
                for char in token:
                    literals[char] = literals.get(char, 0) | bit
                    bit <<= 1
            elif token is Wild.ONE:
                if number < 5:
                    within |= bit
                else:
                    anywhere |= bit
                bit <<= 1
            elif number < 5 and place < len(items) - 1:
                loop_within |= bit
            else:
                loop_anywhere |= bit
    final = bit

    def match(text: str) -> bool:
        states = 1
        for char in text:
            accepts = literals.get(char, 0) | anywhere
            loops = loop_anywhere
            if char != ":":
                accepts |= within
                loops |= loop_within
            states = ((states & accepts) << 1) | (states & loops)
            if not states:
                return False
        return bool(states & final)

    return match
