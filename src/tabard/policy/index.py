"""Finding, among many statements about one action, one that applies, without reading them all.

Statements are filed under what they say of the resource: an exact ARN is found by one look-up, a prefix by one look-up per
length that occurs, another pattern by its literal head or tail. Under one resource they are filed in the same way under
what one of their conditions says of its key. What cannot be filed is read in order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from tabard.policy.compiled import CompiledStatement, Shape
from tabard.policy.conditions import Test, condition_test, conditions_test
from tabard.policy.globs import Matcher
from tabard.policy.inspect import has_variables
from tabard.policy.operators import BUILDERS, parse_operator, takes_variables, text_tokens
from tabard.policy.patterns import Wild, arn_matcher, glob, plain
from tabard.policy.values import address_bits, parse_range

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tabard.policy.context import Context

Find = Callable[[str, "Context"], CompiledStatement | None]
"""Finds a statement by a text (the resource's ARN, or a key's value) and the request's context."""

Leaf = CompiledStatement | Callable[["Context"], CompiledStatement | None]
"""Statements filed under one text: one that always applies, or what finds one by the context."""

Applies = Callable[[str, "Context"], bool]
Block = tuple[int, int, int]
"""IP version, prefix length and leading bits, as ``values.parse_range`` gives them."""

Held = tuple[Matcher | None, Applies, Test | None, CompiledStatement]
V = TypeVar("V")
_FEW = 4
_REMEMBERED = 32
_FILED = frozenset(("stringequals", "stringlike", "arnlike", "arnequals"))
_ARNS = frozenset(("arnlike", "arnequals"))


class Entry(NamedTuple):
    """A pattern with its statement: ``head`` and ``tail`` are its literal ends.

    ``match`` is the whole test, or None where it needs the context: then ``applies`` is. ``test`` is what else must
    hold; None where nothing must.
    """

    shape: Shape
    head: str
    tail: str
    match: Matcher | None
    applies: Applies
    statement: CompiledStatement
    test: Test | None


Finish = Callable[[list[Entry]], Leaf]


class Filed(NamedTuple):
    """A statement taken out of the condition that it is filed under: what else must hold, None where nothing must."""

    statement: CompiledStatement
    test: Test | None


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
                    return _constant(statement)
                anywhere.append(statement)
            else:
                entries.append(
                    Entry(
                        *(pattern.shape, pattern.head, pattern.tail, pattern.match, pattern.applies),
                        statement,
                        statement.test,
                    )
                )
    stages = by_text(entries, lambda found: by_condition([entry.statement for entry in found]))
    if anywhere:
        stages.append(_ignoring_text(by_condition(anywhere)))
    if others:
        stages.append(_in_order(others))
    return _chain(stages)


def by_condition(statements: list[CompiledStatement]) -> Leaf:
    """What finds a statement among those about one resource."""
    for statement in statements:
        if statement.test is None:
            return statement
    if len(statements) <= _FEW:
        return by_test([Filed(statement, statement.test) for statement in statements])
    keys, rest = _file(statements)
    last = by_test([Filed(statement, statement.test) for statement in rest])

    def find(context: Context) -> CompiledStatement | None:
        for key, look_up in keys:
            value = context.lookup(key)
            if value.__class__ is str:
                found = look_up(value, context)
                if found is not None:
                    return found
        return last(context) if rest else None  # type: ignore[operator] # each has a test: the first lines

    return find


def _file(statements: list[CompiledStatement]) -> tuple[list[tuple[str, Find]], list[CompiledStatement]]:
    """The look-ups by key, and the statements that cannot be filed under one."""
    filed: dict[str, list[Entry]] = {}
    blocks: dict[str, list[tuple[Block, Filed]]] = {}
    values: dict[str, list[tuple[Test, Filed]]] = {}
    rest: list[CompiledStatement] = []
    for statement in statements:
        key, entries = _file_under(statement)
        where, ranges = ("", []) if entries else _file_under_blocks(statement)
        if entries:
            filed.setdefault(key, []).extend(entries)
        elif ranges:
            blocks.setdefault(where, []).extend(ranges)
        else:
            key, test, others = _file_under_value(statement)
            if test is None:
                rest.append(statement)
            else:
                values.setdefault(key, []).append((test, others))
    keys = [(key, _chain(by_text(entries, _entries_by_test))) for key, entries in filed.items()]
    keys += [(key, _by_block(held)) for key, held in blocks.items()]
    keys += [(key, _by_value(held)) for key, held in values.items()]
    return keys, rest


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


def _entries_by_test(entries: list[Entry]) -> Leaf:
    return by_test([Filed(entry.statement, entry.test) for entry in entries])


def _required(statement: CompiledStatement, bases: frozenset[str]) -> Iterator[tuple[int, str]]:
    """The conditions, by place and operator, that only one value of their key can make hold."""
    for place, condition in enumerate(statement.statement.conditions):
        operator = parse_operator(condition.operator)
        if operator is None or operator.base not in bases:
            continue
        if not operator.negated and not operator.quantifier and not operator.if_exists:
            yield place, operator.base


def _others(statement: CompiledStatement, place: int) -> Test | None:
    """The test of every condition but one."""
    conditions = statement.statement.conditions
    return conditions_test(conditions[:place] + conditions[place + 1 :], variables=statement.variables)


def _file_under(statement: CompiledStatement) -> tuple[str, list[Entry]]:
    """The key and values of a condition without whose match the statement cannot apply; no entries where it has none."""
    for place, base in _required(statement, _FILED):
        condition = statement.statement.conditions[place]
        others = _others(statement, place)
        entries: list[Entry] = []
        for value in condition.values:
            entry = _value_entry(base, value, statement, others)
            if entry is None:
                break
            entries.append(entry)
        else:
            return condition.key.lower(), entries
    return "", []


def _value_entry(base: str, value: str, statement: CompiledStatement, others: Test | None) -> Entry | None:
    fixed = plain(text_tokens(base, value, variables=statement.variables))
    if fixed is None or fixed == [Wild.STAR]:
        return None
    head = fixed[0] if fixed and isinstance(fixed[0], str) else ""
    tail = fixed[-1] if len(fixed) > 1 and isinstance(fixed[-1], str) else ""
    match = arn_matcher(fixed) if base in _ARNS else glob(fixed)
    if len(fixed) <= 1 and head == "".join([token for token in fixed if isinstance(token, str)]):
        shape = Shape.EXACT
    elif len(fixed) == 2 and head and fixed[1] is Wild.STAR and (base not in _ARNS or head.count(":") >= 5):
        shape = Shape.PREFIX
    else:
        shape = Shape.GLOB
    return Entry(shape, head, tail, match, _never, statement, others)


_BLOCKS = frozenset(("ipaddress",))


def _file_under_blocks(statement: CompiledStatement) -> tuple[str, list[tuple[Block, Filed]]]:
    """The same for an IpAddress condition."""
    for place, _ in _required(statement, _BLOCKS):
        condition = statement.statement.conditions[place]
        filed = Filed(statement, _others(statement, place))
        return condition.key.lower(), [
            (block, filed) for block in map(parse_range, condition.values) if block is not None
        ]
    return "", []


_ORDERED = frozenset(
    base
    for base in BUILDERS
    if base.startswith(("numeric", "date", "bool", "binary", "stringequalsignorecase"))
)


def _file_under_value(statement: CompiledStatement) -> tuple[str, Test | None, Filed]:
    """A condition whose answer depends on its key's value alone, as a number's, a date's or a Bool's does."""
    for place, base in _required(statement, _ORDERED):
        condition = statement.statement.conditions[place]
        if not takes_variables(base) or not any(map(has_variables, condition.values)):
            test = condition_test(condition, variables=False)
            return condition.key.lower(), test, Filed(statement, _others(statement, place))
    return "", None, Filed(statement, statement.test)


def _by_value(held: list[tuple[Test, Filed]]) -> Find:
    """Finds by a value, and remembers for the last values which statements those conditions let through."""
    known: dict[str, Leaf | None] = {}

    def find(text: str, context: Context) -> CompiledStatement | None:
        try:
            leaf = known[text]
        except KeyError:
            passed: list[Filed] = []
            for test, filed in held:
                if test(context):
                    passed.append(filed)
                    if filed.test is None:
                        break
            if len(known) >= _REMEMBERED:
                known.clear()
            leaf = known[text] = by_test(passed) if passed else None
        if leaf is None or leaf.__class__ is CompiledStatement:
            return leaf
        return leaf(context)  # type: ignore[operator] # a function: the lines above

    return find


def _by_block(held: list[tuple[Block, Filed]]) -> Find:
    """Finds by an address: one look-up per IP version and prefix length that occur."""
    tables: dict[int, dict[int, dict[int, list[Filed]]]] = {4: {}, 6: {}}
    for (version, length, network), filed in held:
        tables[version].setdefault(length, {}).setdefault(network, []).append(filed)
    lengths = {version: tuple(by_length.items()) for version, by_length in tables.items()}

    def find(text: str, context: Context) -> CompiledStatement | None:
        address = address_bits(text)
        if address is not None:
            version, bits, number = address
            for length, networks in lengths[version]:
                for statement, test in networks.get(number >> (bits - length), ()):
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
    heads: dict[str, list[Held]] = {}
    tails: dict[str, list[Held]] = {}
    for entry in globs:
        table, text = (tails, entry.tail) if by_tail and entry.tail else (heads, entry.head)
        table.setdefault(text, []).append((entry.match, entry.applies, entry.test, entry.statement))
    if heads:
        stages.append(_heads(_by_length(heads)))
    if tails:
        stages.append(_tails(_by_length(tails)))
    return stages


def _by_length(table: dict[str, V]) -> tuple[tuple[int, dict[str, V]], ...]:
    lengths: dict[int, dict[str, V]] = {}
    for text, value in table.items():
        lengths.setdefault(len(text), {})[text] = value
    return tuple(lengths.items())


def _chain(stages: list[Find]) -> Find:
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


def _constant(statement: CompiledStatement) -> Find:
    return lambda _, __: statement


def _ignoring_text(leaf: Leaf) -> Find:
    if isinstance(leaf, CompiledStatement):
        return _constant(leaf)
    return lambda _, context: leaf(context)


def _never(_: str, __: Context) -> bool:
    return False


def _in_order(statements: list[CompiledStatement]) -> Find:
    def find(text: str, context: Context) -> CompiledStatement | None:
        for statement in statements:
            if statement.has_resource(text, context) and statement.holds(context):
                return statement
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


def _heads(lengths: tuple[tuple[int, dict[str, list[Held]]], ...]) -> Find:
    def find(text: str, context: Context) -> CompiledStatement | None:
        for length, table in lengths:
            for match, applies, test, statement in table.get(text[:length], ()):
                if (applies(text, context) if match is None else match(text)) and (
                    test is None or test(context)
                ):
                    return statement
        return None

    return find


def _tails(lengths: tuple[tuple[int, dict[str, list[Held]]], ...]) -> Find:
    def find(text: str, context: Context) -> CompiledStatement | None:
        for length, table in lengths:
            for match, applies, test, statement in table.get(text[-length:], ()):
                if (applies(text, context) if match is None else match(text)) and (
                    test is None or test(context)
                ):
                    return statement
        return None

    return find
