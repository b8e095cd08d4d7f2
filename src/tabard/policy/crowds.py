"""Many patterns against many texts at once, at the cost of a few operations on integers for each step of a pattern.

Patterns that begin alike share their beginning in a tree; texts stand side by side in one, so that a step of a pattern moves
the places in all of them (``places``). A condition with a thousand wildcards, asked of fifty tag keys, would else be fifty
thousand single matches.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

from tabard.policy.patterns import Plain, Step, Wild, arn_segments
from tabard.policy.places import Places, places_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tabard.policy.globs import Matcher


_BETWEEN = "\U0010ffff"
"""Stands between texts that stand side by side; it is no character, and no pattern has it."""
MANY, _PAIRS, _LONG = 32, 64, 100
"""Patterns, and pairs of a pattern and a text, from which on they are matched at once; characters of a pattern, up to which."""
_TOLD_APART = 8
"""Characters of a literal, up to which each is a step, so that a tree shares them."""


class Texts:
    """Texts side by side: where they begin and end, and where a place may move on to the next."""

    __slots__ = ("_places", "alone", "ends", "in_segment", "in_text", "of", "starts")

    def __init__(self, texts: Sequence[str]) -> None:
        self.alone = len(texts) == 1
        self._places = places = Places(_BETWEEN.join(texts)) if len(texts) > 1 else places_of(texts[0])
        self.of = places.of
        between = places.of(_BETWEEN) if len(texts) > 1 else 0
        self.starts = between << 1 | 1
        self.ends = between | 1 << places.end
        self.in_text = (places.everywhere >> 1) & ~between
        self.in_segment = places.within & ~between


_Nodes = dict[Step, "_Nodes"]
_END: Step = ("", False)
"""No step: a pattern ends here."""


class Tree:
    """Patterns that share their beginnings."""

    __slots__ = ("_root",)

    def __init__(self, patterns: Iterable[Sequence[Step]]) -> None:
        self._root: _Nodes = {}
        for steps in patterns:
            node = self._root
            for step in steps:
                following = node.get(step)
                if following is None:
                    following = node[step] = {}
                node = following
            node[_END] = {}

    def reached(self, texts: Texts) -> int:
        """The ends of the texts that a pattern matches."""
        found, of, ends, alone = 0, texts.of, texts.ends, texts.alone
        waiting = [(self._root, texts.starts, 0)]
        while waiting:
            node, standing, behind = waiting.pop()
            for (token, within), following in node.items():
                if token is Wild.ONE and alone and not within:  # there is no text but this one to step into
                    waiting.append((following, standing, behind + 1))
                    continue
                if behind:
                    standing <<= behind
                    behind = 0
                if token is Wild.STAR:
                    free = texts.in_segment if within else texts.in_text
                    waiting.append((following, standing | ((free + (standing & free)) ^ free), 0))
                elif token is Wild.ONE:
                    moved = standing & (texts.in_segment if within else texts.in_text)
                    if moved:
                        waiting.append((following, moved, 1))
                elif token:
                    moved = standing & of(token)
                    if moved:
                        waiting.append((following, moved, len(token)))
                else:
                    found |= standing & ends
                    if found == ends:
                        return found
        return found


class AnyOf:
    """Whether one of several patterns matches a text, or which texts of several; a matcher of whole texts."""

    __slots__ = ("_base", "_exact", "_matchers", "_patterns", "_prefixes", "_tree")

    def __init__(
        self,
        exact: Iterable[str],
        patterns: Sequence[Pattern],
        *,
        prefixes: Iterable[str] = (),
        base: AnyOf | None = None,
    ) -> None:
        self._exact = frozenset(exact)
        self._prefixes = _without_longer(prefixes)
        self._patterns = patterns
        self._base = base
        """What else matches."""
        self._matchers: list[Matcher] = []
        self._tree: Tree | None = None
        if len(patterns) >= MANY and sum([pattern.size for pattern in patterns]) <= _LONG * len(patterns):
            self._grown()
        else:
            self._matchers = [pattern.build() for pattern in patterns]

    def _grown(self) -> Tree:
        tree = self._tree
        if tree is None:
            tree = self._tree = Tree([pattern.steps() for pattern in self._patterns])
        return tree

    def __call__(self, text: str) -> bool:
        """Whether one of the patterns matches a text."""
        if text in self._exact or (self._prefixes and self._begun(text)):
            return True
        if self._matchers:
            for match in self._matchers:
                if match(text):
                    return True
        elif self._tree is not None and self._tree.reached(Texts((text,))):
            return True
        return self._base is not None and self._base(text)

    def some(self, texts: Sequence[str]) -> bool:
        """Whether one of several texts matches."""
        if self._few(texts):
            return any(map(self, texts))
        return self._found(texts) or (len(self) > 0 and self._reached(Texts(texts)) != 0)

    def every(self, texts: Sequence[str]) -> bool:
        """Whether each of several texts matches."""
        if self._few(texts):
            return all(map(self, texts))
        rest = [text for text in texts if not self._found((text,))]
        if not rest or not len(self):
            return not rest
        together = Texts(rest)
        return self._reached(together) == together.ends

    def _few(self, texts: Sequence[str]) -> bool:
        return len(texts) * (1 + len(self)) < _PAIRS or _BETWEEN in "".join(texts)

    def __len__(self) -> int:
        return len(self._patterns) + (0 if self._base is None else len(self._base))

    def _found(self, texts: Sequence[str]) -> bool:
        """Whether one of the texts is found by looking it up."""
        return (
            not self._exact.isdisjoint(texts)
            or (bool(self._prefixes) and any(map(self._begun, texts)))
            or (self._base is not None and self._base._found(texts))  # noqa: SLF001 # of this class
        )

    def _begun(self, text: str) -> bool:
        """Whether a text begins with one of the prefixes: if so, with the last that comes before it in order."""
        place = bisect_right(self._prefixes, text) - 1
        return place >= 0 and text.startswith(self._prefixes[place])

    def _reached(self, texts: Texts) -> int:
        found = self._grown().reached(texts)
        return found if self._base is None else found | self._base._reached(texts)  # noqa: SLF001 # of this class


def _without_longer(prefixes: Iterable[str]) -> list[str]:
    """Prefixes in order, without those that begin with another."""
    kept: list[str] = []
    for prefix in sorted(prefixes):
        if not kept or not prefix.startswith(kept[-1]):
            kept.append(prefix)
    return kept


class Pattern(NamedTuple):
    """A pattern with wildcards: how long it is, what makes its matcher, and what makes its steps."""

    size: int
    build: Callable[[], Matcher]
    steps: Callable[[], list[Step]]


_PARTS = re.compile(r"[*?]|[^*?]+")
_WILDS: dict[str, Step] = {"*": (Wild.STAR, False), "?": (Wild.ONE, False)}
_WILDS_WITHIN: dict[str, Step] = {"*": (Wild.STAR, True), "?": (Wild.ONE, True)}
_COLON: Step = (":", False)


def glob_steps(text: str, wilds: dict[str, Step] = _WILDS) -> list[Step]:
    """The steps of a text in which nothing but ``*`` and ``?`` is special."""
    steps: list[Step] = []
    for part in _PARTS.findall(text):
        wild = wilds.get(part)
        if wild is not None:
            steps.append(wild)
        else:
            steps += _literal(part)
    return steps


def _literal(part: str) -> list[Step]:
    if len(part) > _TOLD_APART:
        return [(part, False)]
    return [(character, False) for character in part]


def arn_steps(text: str) -> list[Step]:
    """The steps of an Arn condition operator's text, whose first five segments are each matched by themselves."""
    if not text.strip("*"):
        return glob_steps(text)  # a star alone matches whatever there is
    steps: list[Step] = []
    for number, segment in enumerate(text.split(":", 5)):
        if number:
            steps.append(_COLON)
        steps += glob_steps(segment, _WILDS_WITHIN if number < 5 else _WILDS)
    return steps


def resource_steps(text: str) -> list[Step]:
    """The steps of a resource pattern: a star that ends one of the first five segments may run past it."""
    steps: list[Step] = []
    for number, segment in enumerate(text.split(":", 5)):
        if number:
            steps.append(_COLON)
        if number == 5:
            steps += glob_steps(segment)
        elif segment[-1:] == "*":
            steps += [*glob_steps(segment[:-1], _WILDS_WITHIN), _WILDS["*"]]
        else:
            steps += glob_steps(segment, _WILDS_WITHIN)
    return steps


def token_steps(tokens: Sequence[Plain], *, arn: bool) -> list[Step]:
    """The steps of tokens, some of which may be literals with what would else be wildcards."""
    segments = arn_segments(list(tokens)) if arn else [tokens]
    steps: list[Step] = []
    for number, segment in enumerate(segments):
        if number:
            steps.append(_COLON)
        for token in segment:
            if isinstance(token, str):
                steps += _literal(token)
            else:
                steps.append((token, number < len(segments) - 1))
    return steps
