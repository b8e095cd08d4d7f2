"""Where things stand in a text: a set of positions is one integer, and a step of a pattern moves all of them at once.

Searching again from every place where a piece might begin costs the piece's length times the text's for each; here a
character of the piece costs one pass over the text's bits, whatever the text is.
"""

from __future__ import annotations

from functools import lru_cache

LONG = 256
"""Characters: in a text no longer than this, plain searching is the fastest whatever is searched for."""
_TEXTS = 4
_ROOM = 4 << 20
"""Bytes that the sets of one text may take."""
_TRIES = 8
_FEW = 64
"""Places of a character that are faster set one by one."""
_LITTLE, _PLENTY = 4_096, 200_000
"""Characters to compare at worst, before sets of places are the better way: for one search, for all of a text's."""


class Places:
    """The places of one text. Bit number ``i`` of a set stands for the place before the character ``i``."""

    __slots__ = ("_characters", "_known", "_planes", "_spent", "_within", "end", "everywhere", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.end = len(text)
        self.everywhere = (1 << (len(text) + 1)) - 1
        self._known: dict[str, int] = {"": self.everywhere}
        self._planes = _planes(text[::-1])
        self._characters: dict[str, list[int]] | None = None
        """Where each character stands, of a text with so many that few stand in many places."""
        self._within: int | None = None
        self._spent = 0

    def of(self, piece: str) -> int:
        """Where a piece stands."""
        found = self._known.get(piece)
        if found is None:
            if len(self._known) * self.end > 8 * _ROOM:
                self._known = {"": self.everywhere}
            found = self._known[piece] = self._search(piece)
        return found

    def _search(self, piece: str) -> int:
        if len(piece) == 1:
            return self._of_character(piece)
        found = self.everywhere
        if self.end * len(piece) <= _LITTLE:
            found, place = 0, -1
            for _ in range(_TRIES):
                place = self.text.find(piece, place + 1)
                if place < 0:
                    return found
                found |= 1 << place
            found = self.everywhere
        for offset, character in enumerate(piece):
            found &= self.of(character) >> offset
            if not found:
                break
        return found

    def _of_character(self, character: str) -> int:
        if len(self._planes) > 1 and self._characters is None:
            self._characters = {}
            for place, each in enumerate(self.text):
                self._characters.setdefault(each, []).append(place)
        if self._characters is not None:
            where = self._characters.get(character, ())
            if len(where) <= _FEW:
                return sum([1 << place for place in where])
        code = character.encode("utf-32-le", "surrogatepass")
        if any(code[len(self._planes) :]):
            return 0
        found = self.everywhere
        for plane, byte in zip(self._planes, code, strict=False):
            found &= int(plane.translate(_only(byte)) or b"0", 2)
            if not found:
                break
        return found

    @property
    def within(self) -> int:
        """The places before anything but a colon."""
        if self._within is None:
            self._within = (self.everywhere >> 1) & ~self.of(":")
        return self._within

    def find(self, piece: str, start: int, end: int) -> int:
        """``text.find(piece, start, end)``, which after some work goes on with sets of places."""
        if self._spent < _PLENTY:
            self._spent += (end - start) * len(piece)
            return self.text.find(piece, start, end)
        return first(self.of(piece), start, end - len(piece))


def first(places: int, start: int, last: int) -> int:
    """The first of some places between two, or -1."""
    rest = places >> start
    place = start + (rest & -rest).bit_length() - 1
    return place if rest and place <= last else -1


def _planes(text: str) -> list[bytes]:
    """The first bytes of a text's characters, their second, their third: as many as say which they are."""
    try:
        return [text.encode("latin-1")]
    except UnicodeEncodeError:
        code = text.encode("utf-32-le", "surrogatepass")
        return [code[plane::4] for plane in range(3)]


@lru_cache(maxsize=256)
def _only(byte: int) -> bytes:
    table = bytearray(b"0" * 256)
    table[byte] = ord("1")
    return bytes(table)


_kept: dict[str, Places] = {}


def places_of(text: str) -> Places:
    """The places of a text; those of the last few texts are kept."""
    found = _kept.get(text)
    if found is None:
        if len(_kept) >= _TEXTS:
            _kept.clear()
        found = _kept[text] = Places(text)
    return found
