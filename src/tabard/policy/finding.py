"""Finding, among statements filed under texts, those whose text a request's text matches.

An exact text is found by one look-up, a prefix by one look-up per length that occurs, another pattern by its literal head
or tail.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from tabard.policy.compiled import CompiledStatement, Shape

if TYPE_CHECKING:
    from tabard.policy.conditions import Test
    from tabard.policy.context import Context
    from tabard.policy.globs import Matcher

Find = Callable[[str, "Context"], CompiledStatement | None]
"""Finds a statement by a text (the resource's ARN, or a key's value) and the request's context."""

Leaf = CompiledStatement | Callable[["Context"], CompiledStatement | None]
"""Statements filed under one text: one that always applies, or what finds one by the context."""

Applies = Callable[[str, "Context"], bool]
Held = tuple["Matcher | None", Applies, "Test | None", CompiledStatement]
"""A pattern's test, what stands for it where it needs the context, what else must hold, and the statement."""

V = TypeVar("V")
_FEW = 4


class Entry(NamedTuple):
    """A pattern with its statement: ``head`` and ``tail`` are its literal ends.

    ``match`` is the whole test, or None where it needs the context: then ``applies`` is, and ``needs`` are the keys without
    which it does not. ``test`` is what else must hold; None where nothing must.
    """

    shape: Shape
    head: str
    tail: str
    match: Matcher | None
    applies: Applies
    statement: CompiledStatement
    test: Test | None
    needs: tuple[str, ...]


class Filed(NamedTuple):
    """A statement taken out of the condition that it is filed under: what else must hold, None where nothing must."""

    statement: CompiledStatement
    test: Test | None


Finish = Callable[[list[Entry]], Leaf]


def family(key: str) -> str:
    """The prefix that a key has in common with others of its family (``aws:resourcetag/``); empty where it has none."""
    return key[: key.find("/") + 1]


def by_test(filed: list[Filed]) -> Leaf:
    """What finds a statement by trying each one's conditions in order."""
    if len(filed) == 1:
        only, test = filed[0]
        if test is None:
            return only
        return lambda context: only if test(context) else None
    in_order = tuple(filed)

    def find(context: Context) -> CompiledStatement | None:
        for statement, test in in_order:
            if test is None or test(context):
                return statement
        return None

    return find


def by_text(entries: list[Entry], finish: Finish) -> list[Find]:
    """The stages of looking up a text: exact, by prefix, by a pattern's head, by its tail."""
    exact: dict[str, list[Entry]] = {}
    prefixes: dict[str, list[Entry]] = {}
    globs: list[Entry] = []
    for entry in entries:
        if entry.shape is Shape.EXACT:
            exact.setdefault(entry.head, []).append(entry)
        elif entry.shape is Shape.PREFIX:
            prefixes.setdefault(entry.head, []).append(entry)
        else:
            globs.append(entry)
    stages: list[Find] = []
    if exact:
        stages.append(_exact({text: finish(found) for text, found in exact.items()}))
    if prefixes:
        stages.append(_prefixes(_by_length({text: finish(found) for text, found in prefixes.items()})))
    by_tail = len({entry.tail for entry in globs}) > len({entry.head for entry in globs})
    heads: dict[str, list[Entry]] = {}
    tails: dict[str, list[Entry]] = {}
    for entry in globs:
        table, text = (tails, entry.tail) if by_tail and entry.tail else (heads, entry.head)
        table.setdefault(text, []).append(entry)
    if heads:
        stages.append(_heads(_by_length({text: _bucket(held) for text, held in heads.items()})))
    if tails:
        stages.append(_tails(_by_length({text: _bucket(held) for text, held in tails.items()})))
    return stages


class Bucket(NamedTuple):
    """Patterns with one literal end: those to be tried in turn, and those that need a key, under that key."""

    held: tuple[Held, ...]
    keyed: dict[str, tuple[Held, ...]]
    families: frozenset[str]


def _bucket(entries: list[Entry]) -> Bucket:
    shared = Counter([key for entry in entries for key in entry.needs])
    held: list[Held] = []
    keyed: dict[str, list[Held]] = {}
    for entry in entries:
        key = min(entry.needs, key=shared.__getitem__) if entry.needs else ""
        into = keyed.setdefault(key, []) if key and shared[key] <= len(entries) // _FEW else held
        into.append((entry.match, entry.applies, entry.test, entry.statement))
    return Bucket(
        tuple(held), {key: tuple(each) for key, each in keyed.items()}, frozenset(map(family, keyed))
    )


def _search(bucket: Bucket, text: str, context: Context) -> CompiledStatement | None:
    """A statement among those that need a key which the request has."""
    for key in context.among(bucket.keyed, bucket.families):
        for match, applies, test, statement in bucket.keyed[key]:
            if (applies(text, context) if match is None else match(text)) and (test is None or test(context)):
                return statement
    return None


def _by_length(table: dict[str, V]) -> tuple[tuple[int, dict[str, V]], ...]:
    lengths: dict[int, dict[str, V]] = {}
    for text, value in table.items():
        lengths.setdefault(len(text), {})[text] = value
    return tuple(lengths.items())


def chain(stages: list[Find]) -> Find:
    """One stage after another, until one finds."""
    if len(stages) == 1:
        return stages[0]
    in_turn = tuple(stages)

    def find(text: str, context: Context) -> CompiledStatement | None:
        for stage in in_turn:
            found = stage(text, context)
            if found is not None:
                return found
        return None

    return find


def _exact(table: dict[str, Leaf]) -> Find:
    def find(text: str, context: Context) -> CompiledStatement | None:
        leaf = table.get(text)
        if leaf is None or leaf.__class__ is CompiledStatement:
            return leaf
        return leaf(context)  # type: ignore[operator] # a function: the lines above

    return find


def _prefixes(lengths: tuple[tuple[int, dict[str, Leaf]], ...]) -> Find:
    def find(text: str, context: Context) -> CompiledStatement | None:
        for length, table in lengths:
            leaf = table.get(text[:length])
            if leaf is not None:
                if leaf.__class__ is CompiledStatement:
                    return leaf
                found = leaf(context)  # type: ignore[operator] # a function: the lines above
                if found is not None:
                    return found
        return None

    return find


def _heads(lengths: tuple[tuple[int, dict[str, Bucket]], ...]) -> Find:
    def find(text: str, context: Context) -> CompiledStatement | None:
        for length, table in lengths:
            bucket = table.get(text[:length])
            if bucket is not None:
                for match, applies, test, statement in bucket.held:
                    if (applies(text, context) if match is None else match(text)) and (
                        test is None or test(context)
                    ):
                        return statement
                found = _search(bucket, text, context) if bucket.keyed else None
                if found is not None:
                    return found
        return None

    return find


def _tails(lengths: tuple[tuple[int, dict[str, Bucket]], ...]) -> Find:
    def find(text: str, context: Context) -> CompiledStatement | None:
        for length, table in lengths:
            bucket = table.get(text[-length:])
            if bucket is not None:
                for match, applies, test, statement in bucket.held:
                    if (applies(text, context) if match is None else match(text)) and (
                        test is None or test(context)
                    ):
                        return statement
                found = _search(bucket, text, context) if bucket.keyed else None
                if found is not None:
                    return found
        return None

    return find
