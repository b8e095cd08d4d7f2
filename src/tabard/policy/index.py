"""Finding, among many statements about one action, one that applies, without reading them all.

Statements are filed under what they say of the resource (``finding``); those under one resource under what one of their
conditions says of its key (``filing``). What cannot be filed is read in order: NotResource, and conditions that hold where
their key is missing (negated ones, ``ForAllValues``) where a statement has no others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tabard.policy.compiled import CompiledStatement, Shape
from tabard.policy.filing import by_condition
from tabard.policy.finding import Entry, Find, by_text, chain, found_by

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
        stages.append(_in_order(others))
    return chain(stages)


def _in_order(statements: list[CompiledStatement]) -> Find:
    def find(text: str, context: Context) -> CompiledStatement | None:
        for statement in statements:
            if statement.has_resource(text, context) and statement.holds(context):
                return statement
        return None

    return find
