"""Finding, among many statements about one action, one that applies, without reading them all.

Statements are filed under what they say of the resource (``finding``); those under one resource under what one of their
conditions says of its key (``filing``). What cannot be filed is read in order, what says the same but once: NotResource, and
conditions that hold where their key is missing (negated ones, ``ForAllValues``) where a statement has no others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tabard.policy.compiled import CompiledStatement, Shape
from tabard.policy.filing import by_condition
from tabard.policy.finding import Entry, Find, Leaf, by_text, chain, found_by

if TYPE_CHECKING:
    from tabard.policy.context import Context


def unconditional(statements: list[CompiledStatement]) -> CompiledStatement | None:
    """The statement that a finder gives whatever is asked; None where it depends on that."""
    for statement in statements:
        if (
            statement.statement.not_resources is None
            and statement.test is None
            and any(pattern.shape is Shape.ANY for pattern in statement.patterns)
        ):
            return statement
    return None


def finder(statements: list[CompiledStatement]) -> Find:
    """An index of statements about one action, by resource and then by conditions."""
    anywhere: list[CompiledStatement] = []
    entries: list[Entry] = []
    others: list[CompiledStatement] = []
    for statement in statements:
        if statement.statement.not_resources is not None:
            others.append(statement)
            continue
        for pattern in statement.patterns:
            if pattern.shape is Shape.ANY:
                if statement.test is None:
                    return found_by(statement)
                anywhere.append(statement)
            else:
                entries.append(
                    Entry(
                        *(pattern.shape, pattern.head, pattern.tail, pattern.match, pattern.applies),
                        statement,
                        statement.test,
                        pattern.needs,
                    )
                )
    stages = by_text(entries, lambda found: by_condition([entry.statement for entry in found]))
    if anywhere:
        stages.append(found_by(by_condition(anywhere)))
    if others:
        stages += _outside(others)
    return chain(stages)


def _outside(statements: list[CompiledStatement]) -> list[Find]:
    """Statements with NotResource: those that leave out the same are asked once, and then by their conditions."""
    alike: dict[tuple[tuple[str, ...] | None, bool], list[CompiledStatement]] = {}
    for statement in statements:
        alike.setdefault((statement.statement.not_resources, statement.variables), []).append(statement)
    return [_outside_of(held[0], by_condition(held)) for held in alike.values()]


def _outside_of(one: CompiledStatement, inside: Leaf) -> Find:
    prefixes = tuple([each.head for each in one.patterns if each.shape is Shape.PREFIX])
    others = [each for each in one.patterns if each.shape is not Shape.PREFIX]

    def find(text: str, context: Context) -> CompiledStatement | None:
        if text.startswith(prefixes):
            return None
        for pattern in others:
            if pattern.matches(text, context):
                return None
        if inside.__class__ is CompiledStatement:
            return inside
        return inside(text, context)  # type: ignore[operator] # a function: the lines above

    return find
