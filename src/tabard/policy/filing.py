"""Finding, among many statements about one resource, one whose conditions hold, without testing them all.

A statement is filed under the condition that it shares with the fewest others: under what that condition says of its key
(a text, an address block, a number), or, where that depends on the request, under the key that it cannot do without.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from tabard.policy.compiled import CompiledStatement, Shape
from tabard.policy.conditions import conditions_test
from tabard.policy.finding import Entry, Filed, Find, Leaf, by_test, by_text, chain, family, found_by
from tabard.policy.globs import glob_text, nothing
from tabard.policy.operators import ORDERS, Operator, parse_operator, takes_variables, text_tokens
from tabard.policy.patterns import Variable, arn_text_matcher
from tabard.policy.values import address_bits, parse_range

if TYPE_CHECKING:
    from tabard.policy.context import Context, Value
    from tabard.policy.document import Condition

Look = Callable[["Value", "Context"], CompiledStatement | None]
"""Finds a statement by a key's value, which is None where the request does not have the key."""

Block = tuple[int, int, int]
"""IP version, prefix length and leading bits, as ``values.parse_range`` gives them."""

_FEW = 4
_TEXTUAL = frozenset(("stringequals", "stringlike", "arnlike", "arnequals"))
_ARNS = frozenset(("arnlike", "arnequals"))


def by_condition(statements: list[CompiledStatement]) -> Leaf:
    """What finds a statement among those about one resource."""
    for statement in statements:
        if statement.test is None:
            return statement
    statements = _different(statements)
    if len(statements) <= _FEW:
        return by_test([Filed(statement, statement.test) for statement in statements])
    drawers, rest = _file(statements)
    required = {key: drawer.look() for key, drawer in drawers.items() if not drawer.absent}
    others = [(key, drawer.look()) for key, drawer in drawers.items() if drawer.absent]
    if len(required) <= _FEW:
        others = [*required.items(), *others]
        required = {}
    stages = [_asking(others)] if others else []
    if required:
        stages.append(_requiring(required))
    if rest:
        stages.append(found_by(by_test(rest)))
    return chain(stages)


def _different(statements: list[CompiledStatement]) -> list[CompiledStatement]:
    """The statements without those that have an earlier one's conditions."""
    kept: dict[tuple[tuple[Condition, ...], bool], CompiledStatement] = {}
    for statement in statements:
        kept.setdefault((statement.statement.conditions, statement.variables), statement)
    return list(kept.values())


def _asking(looks: list[tuple[str, Look]]) -> Find:
    """What looks under each of a few keys."""
    if len(looks) == 1:
        ((only, look_there),) = looks
        return lambda _, context: look_there(context.lookup(only), context)

    def find(_: str, context: Context) -> CompiledStatement | None:
        for key, look in looks:
            found = look(context.lookup(key), context)
            if found is not None:
                return found
        return None

    return find


def _requiring(looks: dict[str, Look]) -> Find:
    """What looks under those keys that the request has."""
    keys, families = looks.keys(), frozenset(map(family, looks))

    def find(_: str, context: Context) -> CompiledStatement | None:
        for key in context.among(keys, families):
            found = looks[key](context.lookup(key), context)
            if found is not None:
                return found
        return None

    return find


class Option(NamedTuple):
    """A way to file a statement: under a key; ``label`` is what statements share that one look-up would find together."""

    key: str
    label: tuple[str, ...]
    file: Callable[[Drawer], None]


def _file(statements: list[CompiledStatement]) -> tuple[dict[str, Drawer], list[Filed]]:
    """The drawers by key, and the statements that cannot be filed."""
    options = [_options(statement) for statement in statements]
    shared = Counter([(option.key, option.label) for each in options for option in each])
    drawers: dict[str, Drawer] = {}
    rest: list[Filed] = []
    for statement, each in zip(statements, options, strict=True):
        if not each:
            rest.append(Filed(statement, statement.test))
            continue
        rarest = min(each, key=lambda option: shared[option.key, option.label])
        rarest.file(drawers.setdefault(rarest.key, Drawer()))
    return drawers, rest


def _options(statement: CompiledStatement) -> list[Option]:
    found: list[Option] = []
    for place, condition in enumerate(statement.statement.conditions):
        operator = parse_operator(condition.operator)
        if operator is None or operator.negated or operator.quantifier == "ForAllValues":
            continue
        filing = _Filing(statement, place, condition, operator)
        option = filing.by_value()
        if option is not None:
            found.append(option)
        found += filing.by_presence()
    return found


class _Filing:
    """One condition of a statement, as something to file the statement under."""

    def __init__(
        self, statement: CompiledStatement, place: int, condition: Condition, operator: Operator
    ) -> None:
        self.statement = statement
        self.place = place
        self.condition = condition
        self.operator = operator
        self.key = condition.key.lower()

    def filed(self) -> Filed:
        """The statement with the test that its other conditions are."""
        conditions = self.statement.statement.conditions
        others = conditions[: self.place] + conditions[self.place + 1 :]
        return Filed(self.statement, conditions_test(others, variables=self.statement.variables))

    def by_value(self) -> Option | None:
        """Under what the condition says of its key."""
        base, values = self.operator.base, self.condition.values
        several = self.operator.quantifier == "ForAnyValue"
        if several and (base not in _TEXTUAL or self.operator.if_exists):
            return None
        variables = self.statement.variables and any("${" in value for value in values)
        if takes_variables(base) and variables:
            return None
        label = (base, *values)
        if base in _TEXTUAL:
            if not all(value.strip("*") or not value or base == "stringequals" for value in values):
                return None  # a star alone matches whatever there is
            return Option(self.key, label, self._into_texts)
        if base == "ipaddress":
            return Option(self.key, label, self._into_blocks)
        return Option(self.key, label, self._into_orders) if base in ORDERS else None

    def by_presence(self) -> list[Option]:
        """Under the keys without which the condition does not hold."""
        operator, values = self.operator, self.condition.values
        if operator.if_exists:
            return []
        if operator.base == "null" and {value.lower() for value in values} != {"false"}:
            return []
        needed = [self.key]
        if self.statement.variables and "${" in "".join(values) and len(values) == 1:
            tokens = text_tokens(operator.base, values[0], variables=takes_variables(operator.base))
            needed += [token.key for token in tokens if isinstance(token, Variable) and token.default is None]
        return [Option(key, (), self._into_present) for key in needed]

    def _into_present(self, drawer: Drawer) -> None:
        drawer.present.append(Filed(self.statement, self.statement.test))

    def _into_texts(self, drawer: Drawer) -> None:
        filed, base = self.filed(), self.operator.base
        into = drawer.several if self.operator.quantifier else drawer.single
        into += [_entry(base, value, filed) for value in self.condition.values]
        self._into_absent(drawer, filed)

    def _into_blocks(self, drawer: Drawer) -> None:
        filed = self.filed()
        blocks = map(parse_range, self.condition.values)
        drawer.blocks += [(block, filed) for block in blocks if block is not None]
        self._into_absent(drawer, filed)

    def _into_orders(self, drawer: Drawer) -> None:
        filed = self.filed()
        drawer.orders.setdefault(self.operator.base, []).append((self.condition.values, filed))
        self._into_absent(drawer, filed)

    def _into_absent(self, drawer: Drawer, filed: Filed) -> None:
        if self.operator.if_exists:
            drawer.absent.append(filed)


class Drawer:
    """What is filed under one key."""

    __slots__ = ("absent", "blocks", "orders", "present", "several", "single")

    def __init__(self) -> None:
        self.single: list[Entry] = []
        """By the text of a key with one value."""
        self.several: list[Entry] = []
        """By one of the texts of a key with any number of values."""
        self.blocks: list[tuple[Block, Filed]] = []
        self.orders: dict[str, list[tuple[tuple[str, ...], Filed]]] = {}
        self.present: list[Filed] = []
        """Whatever the key's value is."""
        self.absent: list[Filed] = []
        """Where the request does not have the key."""

    def look(self) -> Look:
        """What finds a statement of this drawer."""
        finds = by_text(self.single, _entries_by_test)
        if self.blocks:
            finds.append(_by_block(self.blocks))
        finds += [_by_order(base, held) for base, held in self.orders.items()]
        single = chain(finds)
        if not self.several and not self.present and not self.absent:
            return lambda value, context: single(value, context) if value.__class__ is str else None
        if self.present and not finds and not self.several and not self.absent:
            there = found_by(by_test(self.present))
            return lambda value, context: None if value is None else there("", context)
        several = chain(by_text(self.several, _entries_by_test))
        present = by_test(self.present) if self.present else None
        absent = by_test(self.absent) if self.absent else None

        def look(value: Value, context: Context) -> CompiledStatement | None:
            found = None
            if value is None:
                return _ask(absent, context)
            if isinstance(value, str):
                found = single(value, context) or (several(value, context) if value else None)
            else:
                for each in value:
                    found = several(each, context)
                    if found is not None:
                        break
            return found if found is not None else _ask(present, context)

        return look


def _ask(leaf: Leaf | None, context: Context) -> CompiledStatement | None:
    if leaf is None or leaf.__class__ is CompiledStatement:
        return leaf
    return leaf("", context)  # type: ignore[operator] # a function: the lines above


def _entries_by_test(entries: list[Entry]) -> Leaf:
    return by_test([Filed(entry.statement, entry.test) for entry in entries])


def _entry(base: str, value: str, filed: Filed) -> Entry:
    star, one = value.find("*"), value.find("?")
    of_arns = base in _ARNS
    if base == "stringequals" or (star < 0 and one < 0 and not of_arns):
        return Entry(Shape.EXACT, value, "", value.__eq__, _never, filed.statement, filed.test, ())
    match = arn_text_matcher(value) if of_arns else glob_text(value)
    if star < 0 and one < 0:
        shape = Shape.EXACT if match is not nothing else Shape.GLOB
        return Entry(shape, value, "", match, _never, filed.statement, filed.test, ())
    head = value[: star if one < 0 else one if star < 0 else min(star, one)]
    tail = value[max(value.rfind("*"), value.rfind("?")) + 1 :]
    prefix = head and one < 0 and star == len(value) - 1 and (not of_arns or head.count(":") >= 5)
    shape = Shape.PREFIX if prefix else Shape.GLOB
    return Entry(shape, head, tail, match, _never, filed.statement, filed.test, ())


def _never(_: str, __: Context) -> bool:
    return False


def _by_order(base: str, held: list[tuple[tuple[str, ...], Filed]]) -> Find:
    """Finds by a number, a date, or another value that is compared as what it means."""
    parse, order = ORDERS[base]
    if order == "=":
        return _by_meaning(parse, held)
    pick, above = (max, True) if order[0] == "<" else (min, False)
    bisect = bisect_left if order in {"<=", ">"} else bisect_right
    bounds: list[tuple[float, Filed]] = []
    for values, filed in held:
        parsed = [number for number in map(parse, values) if number is not None]
        if parsed:
            bounds.append((pick(parsed), filed))
    bounds.sort(key=lambda bound: bound[0])
    places = [bound for bound, _ in bounds]
    in_order = [filed for _, filed in bounds]
    always = [(place, filed.statement) for place, filed in enumerate(in_order) if filed.test is None]
    extreme = always[-1 if above else 0] if always else None

    def find(text: str, context: Context) -> CompiledStatement | None:
        number = parse(text)
        if number is None:
            return None
        place = bisect(places, number)
        if extreme is not None and (extreme[0] >= place if above else extreme[0] < place):
            return extreme[1]
        for statement, test in in_order[place:] if above else in_order[:place]:
            if test is None or test(context):
                return statement
        return None

    return find


def _by_meaning(parse: Callable[[str], object], held: list[tuple[tuple[str, ...], Filed]]) -> Find:
    table: dict[object, list[Filed]] = {}
    for values, filed in held:
        for value in map(parse, values):
            if value is not None:
                table.setdefault(value, []).append(filed)
    leaves = {value: by_test(filed) for value, filed in table.items()}

    def find(text: str, context: Context) -> CompiledStatement | None:
        value = parse(text)
        return None if value is None else _ask(leaves.get(value), context)

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
