"""Matching texts with ``*`` and ``?`` in at most pattern times text.

A pattern is cut at its stars; each piece is then looked for from where the last one ended, which is greedy but never goes
back, so that no number of stars is exponential. Where a text makes searching slow, sets of places go on (``places``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tabard.policy.places import LONG, first, places_of

Matcher = Callable[[str], bool]
Search = Callable[[str, int, int], int]
_TRIES = 4


def glob_text(text: str) -> Matcher:
    """A matcher of whole texts, of a pattern in which nothing but ``*`` and ``?`` is special."""
    if "?" not in text:
        pieces = text.split("*")
        return literals(pieces) if len(pieces) > 1 else text.__eq__
    if "*" not in text:
        return _piece_of_text(text).whole
    return pieces_in_turn(text.split("*"))


def literals(pieces: Sequence[str]) -> Matcher:
    """A matcher of literal pieces with stars between them, which nearly every pattern is."""
    head, tail = pieces[0], pieces[-1]
    if len(pieces) == 2:
        return _ends(head, tail)
    middle = list(filter(None, pieces[1:-1]))
    if not middle:
        return _ends(head, tail)
    start, after = len(head), len(tail)
    if len(middle) == 1:
        return _between(head, middle[0], tail)
    searched = list(zip(middle, map(len, middle), strict=True))
    shortest = len("".join(pieces))

    def match(text: str) -> bool:
        size = len(text)
        if size < shortest or not text.startswith(head) or not text.endswith(tail):
            return False
        position, end = start, size - after
        find = text.find if size <= LONG else places_of(text).find
        for piece, length in searched:
            position = find(piece, position, end)
            if position < 0:
                return False
            position += length
        return True

    return match


def _between(head: str, piece: str, tail: str) -> Matcher:
    """A matcher of two literal ends and one piece somewhere between them."""
    start, after = len(head), len(tail)

    def match(text: str) -> bool:
        end = len(text) - after
        if end < start or not text.endswith(tail) or not text.startswith(head):
            return False
        return (text if end < LONG else places_of(text)).find(piece, start, end) >= 0

    return match


def _ends(head: str, tail: str) -> Matcher:
    if not tail:
        return (lambda text: text.startswith(head)) if head else anything
    if not head:
        return lambda text: text.endswith(tail)
    shortest = len(head) + len(tail)
    return lambda text: text.startswith(head) and text.endswith(tail) and len(text) >= shortest


def anything(_: str) -> bool:
    """What every text matches."""
    return True


def nothing(_: str) -> bool:
    """What no text matches."""
    return False


class Piece:
    """What stands between two stars: a text of fixed length, some of whose characters may be any.

    It is looked for by its longest run of given characters, and the other runs are compared where that one is found.
    """

    __slots__ = ("after", "anchor", "length", "place", "runs")

    def __init__(self, length: int, runs: list[tuple[int, str]]) -> None:
        self.length = length
        if len(runs) == 1:
            self.place, self.anchor = runs[0]
            self.runs: Sequence[tuple[int, str]] = ()
        elif len(runs) == 2:
            longer = len(runs[1][1]) > len(runs[0][1])
            self.place, self.anchor = runs.pop(longer)
            self.runs = runs
        else:
            self.place, self.anchor = max(runs, key=_length_of_run, default=(0, ""))
            self.runs = tuple([run for run in runs if run != (self.place, self.anchor)])

        self.after = length - self.place - len(self.anchor)

    def __len__(self) -> int:
        return self.length

    def whole(self, text: str) -> bool:
        """Whether a whole text is of this form."""
        return len(text) == self.length and self.at(text, 0)

    def at(self, text: str, position: int) -> bool:
        """Whether it stands at a place of a text that is long enough."""
        return text.startswith(self.anchor, position + self.place) and self._others(text, position)

    def _others(self, text: str, position: int) -> bool:
        for offset, run in self.runs:  # noqa: SIM110 # a loop that returns is twice as fast as all()
            if not text.startswith(run, position + offset):
                return False
        return True

    def find(self, search: Search, text: str, position: int, end: int) -> int:
        """The first place where it stands, from a position on and before an end; -1 where there is none.

        ``search`` is what finds a literal in the text.
        """
        place, anchor = self.place, self.anchor
        limit = end - self.after
        found = search(anchor, position + place, limit)
        if found < 0 or not self.runs:
            return found - place if found >= 0 else -1
        for _ in range(_TRIES):
            if self._others(text, found - place):
                return found - place
            found = search(anchor, found + 1, limit)
            if found < 0:
                return -1
        places = places_of(text)
        standing = places.of(anchor) >> place
        for offset, run in self.runs:
            standing &= places.of(run) >> offset
            if not standing:
                return -1
        return first(standing, found - place, end - self.length)


def _length_of_run(run: tuple[int, str]) -> int:
    return len(run[1])


def _piece_of_text(text: str) -> Piece:
    """A piece from a text in which ``?`` is any character."""
    head, _, tail = text.partition("?")
    if head and tail and "?" not in tail:
        return Piece(len(text), [(0, head), (len(head) + 1, tail)])
    runs: list[tuple[int, str]] = []
    place = 0
    for run in text.split("?"):
        if run:
            runs.append((place, run))
        place += len(run) + 1
    return Piece(len(text), runs)


def _made(piece: Piece | str) -> Piece | str:
    return _piece_of_text(piece) if isinstance(piece, str) and "?" in piece else piece


def _at(piece: Piece | str, text: str, position: int) -> bool:
    return text.startswith(piece, position) if isinstance(piece, str) else piece.at(text, position)


def pieces_in_turn(pieces: Sequence[Piece | str]) -> Matcher:
    """A matcher of pieces with stars between them; what a ``str`` has of ``?`` is read when a text comes so far."""
    head, tail = _made(pieces[0]), _made(pieces[-1])
    middle = list(filter(None, pieces[1:-1]))
    shortest = sum(map(len, pieces))
    start, after = len(head), len(tail)

    def match(text: str) -> bool:
        size = len(text)
        if size < shortest or (head and not _at(head, text, 0)):
            return False
        end = size - after
        return (not tail or _at(tail, text, end)) and _in_turn(middle, text, start, end)

    return match


def _in_turn(pieces: list[Any], text: str, position: int, end: int) -> bool:
    """Whether pieces stand one after another between two places; those with ``?`` are made in their place when needed."""
    find = text.find if len(text) <= LONG else places_of(text).find
    for number, piece in enumerate(pieces):
        if piece.__class__ is not str:
            position = piece.find(find, text, position, end)
        elif "?" in piece:
            made = pieces[number] = _piece_of_text(piece)
            position = made.find(find, text, position, end)
        else:
            position = find(piece, position, end)
        if position < 0:
            return False
        position += len(piece)
    return position <= end


def rest_text(text: str) -> Callable[[str, int], bool]:
    """A matcher of the rest of texts, from a place on, of a pattern that begins with a star."""
    _, *middle, last = text.split("*")
    tail = _made(last)
    pieces: list[Piece | str] = list(filter(None, middle))
    after = len(tail)

    def match(found: str, position: int) -> bool:
        end = len(found) - after
        return (
            position <= end and (not tail or _at(tail, found, end)) and _in_turn(pieces, found, position, end)
        )

    return match
