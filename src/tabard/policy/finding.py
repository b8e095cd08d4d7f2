"""Finding, among statements filed under texts, those whose text a request's text matches.

An exact text is found by one look-up, a prefix by one look-up per length that occurs, another pattern by its literal head
or tail.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from tabard.policy.compiled import CompiledStatement, Shape

if TYPE_CHECKING:
    from tabard.policy.conditions import Test
    from tabard.policy.context import Context
    from tabard.policy.globs import Matcher

Find = Callable[[str, "Context"], CompiledStatement | None]
"""Finds a statement by a text (the resource's ARN, or a key's value) and the request's context."""

Leaf = CompiledStatement | Find
"""Statements filed under one text: one that always applies, or what finds one."""

Applies = Callable[[str, "Context"], bool]
Held = tuple["Matcher | None", Applies, "Test | None", CompiledStatement]
"""A pattern's test, what stands for it where it needs the context, what else must hold, and the statement."""

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
    """What finds a statement by trying each one's conditions in order, whatever the text is."""
    if len(filed) == 1:
        only, test = filed[0]
        if test is None:
            return only
        return lambda _, context: only if test(context) else None
    in_order = tuple(filed)

    def find(_: str, context: Context) -> CompiledStatement | None:
        for statement, test in in_order:
            if test is None or test(context):
                return statement
        return None

    return find


def found_by(leaf: Leaf) -> Find:
    """A leaf as what finds."""
    if isinstance(leaf, CompiledStatement):
        return lambda _, __: leaf
    return leaf


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
        stages.append(_prefixes({text: finish(found) for text, found in prefixes.items()}))
    by_tail = len({entry.tail for entry in globs}) > len({entry.head for entry in globs})
    heads: dict[str, list[Entry]] = {}
    tails: dict[str, list[Entry]] = {}
    for entry in globs:
        table, text = (tails, entry.tail) if by_tail and entry.tail else (heads, entry.head)
        table.setdefault(text, []).append(entry)
    if len(heads) == 1 and _have_a_key_each(globs):
        stages.append(_globs(globs))  # each asks for the head by itself
    elif heads:
        stages.append(_prefixes({text: _globs(held) for text, held in heads.items()}))
    if tails:
        stages.append(_suffixes({text: _globs(held) for text, held in tails.items()}))
    return stages


def _have_a_key_each(entries: list[Entry]) -> bool:
    return len({entry.needs for entry in entries}) == len(entries) and all(
        len(entry.needs) == 1 for entry in entries
    )


def _globs(entries: list[Entry]) -> Find:
    """What tries patterns with one literal end in turn, those that need a key only where the request has it."""
    shared = Counter([key for entry in entries for key in entry.needs])
    held: list[Held] = []
    keyed: dict[str, list[Held]] = {}
    for entry in entries:
        key = min(entry.needs, key=shared.__getitem__) if entry.needs else ""
        into = keyed.setdefault(key, []) if key and shared[key] <= len(entries) // _FEW else held
        into.append((entry.match, entry.applies, entry.test, entry.statement))
    stages = [_tried(held)] if held else []
    if keyed and all(len(each) == 1 and each[0][0] is None and each[0][2] is None for each in keyed.values()):
        stages.append(_keyed_alone({key: (each[0][1], each[0][3]) for key, each in keyed.items()}))
    elif keyed:
        stages.append(_keyed({key: _tried(each) for key, each in keyed.items()}))
    return chain(stages)


def _tried(held: list[Held]) -> Find:
    if len(held) == 1:
        return _one(*held[0])

    def find(text: str, context: Context) -> CompiledStatement | None:
        for match, applies, test, statement in held:
            if (applies(text, context) if match is None else match(text)) and (test is None or test(context)):
                return statement
        return None

    return find


def _one(match: Matcher | None, applies: Applies, test: Test | None, statement: CompiledStatement) -> Find:
    if test is None:
        if match is None:
            return lambda text, context: statement if applies(text, context) else None
        return lambda text, _: statement if match(text) else None
    if match is None:
        return lambda text, context: statement if applies(text, context) and test(context) else None
    return lambda text, context: statement if match(text) and test(context) else None


def _keyed(finds: dict[str, Find]) -> Find:
    keys, families = finds.keys(), frozenset(map(family, finds))

    def find(text: str, context: Context) -> CompiledStatement | None:
        for key in context.among(keys, families):
            found = finds[key](text, context)
            if found is not None:
                return found
        return None

    return find


def _keyed_alone(held: dict[str, tuple[Applies, CompiledStatement]]) -> Find:
    """``_keyed`` where each key is of one pattern, which is all that its statement asks."""
    keys, families = held.keys(), frozenset(map(family, held))

    def find(text: str, context: Context) -> CompiledStatement | None:
        for key in context.among(keys, families):
            applies, statement = held[key]
            if applies(text, context):
                return statement
        return None

    return find


def _by_length(table: Mapping[str, Leaf]) -> list[tuple[int, dict[str, Leaf]]]:
    lengths: dict[int, dict[str, Leaf]] = {}
    for text, value in table.items():
        lengths.setdefault(len(text), {})[text] = value
    return list(lengths.items())


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
        return leaf(text, context)  # type: ignore[operator] # a function: the lines above

    return find


def _prefixes(table: Mapping[str, Leaf]) -> Find:
    """One look-up for each length that occurs, of what a text begins with."""
    lengths = _by_length(table)
    if len(lengths) == 1:
        ((only, leaves),) = lengths

        def find_one(text: str, context: Context) -> CompiledStatement | None:
            leaf = leaves.get(text[:only])
            if leaf is None or leaf.__class__ is CompiledStatement:
                return leaf
            return leaf(text, context)  # type: ignore[operator] # a function: the lines above

        return find_one

    def find(text: str, context: Context) -> CompiledStatement | None:
        for length, leaves in lengths:
            leaf = leaves.get(text[:length])
            if leaf is not None:
                if leaf.__class__ is CompiledStatement:
                    return leaf
                found = leaf(text, context)  # type: ignore[operator] # a function: the lines above
                if found is not None:
                    return found
        return None

    return find


def _suffixes(table: Mapping[str, Find]) -> Find:
    """One look-up for each length that occurs, of what a text ends with."""
    lengths = _by_length(table)

    def find(text: str, context: Context) -> CompiledStatement | None:
        for length, leaves in lengths:
            leaf = leaves.get(text[-length:])
            if leaf is not None:
                found = leaf(text, context)  # type: ignore[operator] # never a statement alone
                if found is not None:
                    return found
        return None

    return find
