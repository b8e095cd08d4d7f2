"""The condition operators: each makes, from a policy's values, a test of one value of the request.

Negation, ``IfExists``, sets and missing keys are the same for every operator and live in ``conditions``.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

import operator as compare
import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct

from tabard.policy.globs import Matcher, glob_text
from tabard.policy.patterns import (
    Plain,
    Token,
    Variable,
    arn_matcher,
    arn_text_matcher,
    glob,
    plain,
    resolve,
    tokens_of,
)
from tabard.policy.values import (
    address_bits,
    parse_binary,
    parse_bool,
    parse_date,
    parse_number,
    parse_range,
)

if TYPE_CHECKING:
    from tabard.policy.context import Context

Quantifier = Literal["", "ForAllValues", "ForAnyValue"]
_CACHED_VARIANTS = 64
Build = Callable[[tuple[str, ...]], Matcher]


class Dynamic(Struct, frozen=True):
    """A matcher that depends on the request's own values, through policy variables.

    ``variables`` are those in question; ``bind`` makes the matcher for the values that a context has for them.
    """

    variables: tuple[Variable, ...]
    bind: Callable[[Context], Matcher]
    sole: Variable | None = None
    """The variable that a value must equal, where that is all."""

    def test(self, make: Callable[[Matcher], Callable[[Context], bool]]) -> Callable[[Context], bool]:
        """What tests a context; ``make`` turns a matcher into a test, once for each combination of values."""
        variables, bind = self.variables, self.bind
        variants: dict[tuple[str | None, ...], Callable[[Context], bool]] = {}

        def test(context: Context) -> bool:
            values = tuple([variable.value(context) for variable in variables])
            found = variants.get(values)
            if found is None:
                if len(variants) >= _CACHED_VARIANTS:
                    variants.clear()
                found = variants[values] = make(bind(context))
            return found(context)

        return test


class Operator(Struct, frozen=True, gc=False):
    """An operator's name taken apart: ``ForAnyValue:StringNotLikeIfExists``."""

    base: str
    negated: bool
    quantifier: Quantifier
    if_exists: bool


_FORM = re.compile(r"(?:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?", re.ASCII | re.IGNORECASE)
_QUANTIFIERS: dict[str, Quantifier] = {"forallvalues": "ForAllValues", "foranyvalue": "ForAnyValue"}


@lru_cache(maxsize=512)
def parse_operator(name: str) -> Operator | None:
    """The operator that a name means, without regard to case; None where there is none."""
    match = _FORM.fullmatch(name)
    if match is None:
        return None
    base = match[2].lower()
    negated = base in _NEGATED
    base = _NEGATED.get(base, base)
    if base == "null":
        return None if match[3] else Operator("null", negated=False, quantifier="", if_exists=False)
    if base not in BUILDERS:
        return None
    return Operator(base, negated, _QUANTIFIERS.get((match[1] or "").lower(), ""), match[3] is not None)


def is_operator(name: str) -> bool:
    """Whether a Condition block may use this name."""
    return parse_operator(name) is not None


_NEGATED = {
    "stringnotequals": "stringequals",
    "stringnotequalsignorecase": "stringequalsignorecase",
    "stringnotlike": "stringlike",
    "numericnotequals": "numericequals",
    "datenotequals": "dateequals",
    "notipaddress": "ipaddress",
    "arnnotequals": "arnlike",
    "arnnotlike": "arnlike",
}


def takes_variables(base: str) -> bool:
    """Whether the operator's values may hold policy variables: those of strings, ARNs and Bool may."""
    return base in TEXT_BUILDERS


def _texts(values: Iterable[list[Plain]]) -> list[str]:
    return ["".join([token for token in tokens if isinstance(token, str)]) for tokens in values]


def string_equals(values: list[list[Plain]]) -> Matcher:
    """Equal to one of the values: one look-up, however many there are."""
    texts = _texts(values)
    return texts[0].__eq__ if len(texts) == 1 else frozenset(texts).__contains__


def string_equals_ignore_case(values: list[list[Plain]]) -> Matcher:
    """Equal to one of the values but for case."""
    texts = frozenset([text.casefold() for text in _texts(values)])
    return lambda value: value.casefold() in texts


def string_like(values: list[list[Plain]]) -> Matcher:
    """Matches one of the patterns; those without wildcards are looked up together."""
    return _exact_or(values, glob)


def _texts_like(values: tuple[str, ...], build: Callable[[str], Matcher]) -> Matcher:
    """``string_like`` or ``arn_like`` of texts in which nothing but wildcards is special."""
    exact = [value for value in values if "*" not in value and "?" not in value]
    wild = [build(value) for value in values if "*" in value or "?" in value]
    if exact:
        wild.insert(0, exact[0].__eq__ if len(exact) == 1 else frozenset(exact).__contains__)
    return _any_of(wild)


def arn_like(values: list[list[Plain]]) -> Matcher:
    """Matches one of the ARN patterns, segment by segment."""
    return _exact_or(values, arn_matcher)


def _exact_or(values: list[list[Plain]], build: Callable[[list[Plain]], Matcher]) -> Matcher:
    exact: list[list[Plain]] = []
    wild: list[Matcher] = []
    for tokens in values:
        if all(isinstance(token, str) for token in tokens):
            exact.append(tokens)
        else:
            wild.append(build(tokens))
    if exact:
        wild.insert(0, string_equals(exact))
    return _any_of(wild)


def _any_of(wild: list[Matcher]) -> Matcher:
    if len(wild) == 1:
        return wild[0]

    def match(value: str) -> bool:
        for one in wild:  # noqa: SIM110 # a loop that returns is twice as fast as any() over a generator
            if one(value):
                return True
        return False

    return match


TEXT_BUILDERS: dict[str, Callable[[list[list[Plain]]], Matcher]] = {
    "stringequals": string_equals,
    "stringequalsignorecase": string_equals_ignore_case,
    "stringlike": string_like,
    "arnlike": arn_like,
    "arnequals": arn_like,
    "bool": lambda values: BUILDERS["bool"](tuple(_texts(values))),
}
_LIKE = frozenset(("stringlike", "arnlike", "arnequals"))


def text_tokens(base: str, value: str, *, variables: bool) -> list[Token]:
    """A textual operator's value cut into tokens; only Like and Arn operators know wildcards."""
    return tokens_of(value, variables=variables, wildcards=base in _LIKE)


def _number(
    accepts: Callable[[float, float], bool], pick: Callable[[list[int | float]], int | float]
) -> Build:
    return _ordered(parse_number, accepts, pick)


def _date(accepts: Callable[[float, float], bool], pick: Callable[[list[int | float]], int | float]) -> Build:
    return _ordered(parse_date, accepts, pick)


def _ordered(
    parse: Callable[[str], int | float | None],
    accepts: Callable[[float, float], bool],
    pick: Callable[[list[int | float]], int | float],
) -> Build:
    """Less than any of the values is less than their largest; more than any, more than their smallest."""

    def build(values: tuple[str, ...]) -> Matcher:
        parsed = [number for number in map(parse, values) if number is not None]
        if not parsed:
            return _never
        bound = pick(parsed)

        def match(value: str) -> bool:
            number = parse(value)
            return number is not None and accepts(number, bound)

        return match

    return build


def _equals(parse: Callable[[str], object]) -> Build:
    def build(values: tuple[str, ...]) -> Matcher:
        wanted = frozenset([each for each in map(parse, values) if each is not None])

        def match(value: str) -> bool:
            found = parse(value)
            return found is not None and found in wanted

        return match

    return build


def _never(_: str) -> bool:
    return False


def _ip_address(values: tuple[str, ...]) -> Matcher:
    """One look-up per prefix length that occurs, however many blocks there are."""
    blocks: dict[int, dict[int, set[int]]] = {4: {}, 6: {}}
    for value in values:
        block = parse_range(value)
        if block is not None:
            version, length, network = block
            blocks[version].setdefault(length, set()).add(network)
    by_version = {version: tuple(lengths.items()) for version, lengths in blocks.items()}

    def match(value: str) -> bool:
        address = address_bits(value)
        if address is None:
            return False
        version, bits, number = address
        for length, networks in by_version[version]:  # noqa: SIM110 # twice as fast as any()
            if number >> (bits - length) in networks:
                return True
        return False

    return match


BUILDERS: dict[str, Build] = {
    "stringequals": lambda values: values[0].__eq__ if len(values) == 1 else frozenset(values).__contains__,
    "stringequalsignorecase": lambda values: string_equals_ignore_case([[value] for value in values]),
    "stringlike": lambda values: _texts_like(values, glob_text),
    "arnlike": lambda values: _texts_like(values, arn_text_matcher),
    "arnequals": lambda values: _texts_like(values, arn_text_matcher),
    "numericequals": _equals(parse_number),
    "numericlessthan": _number(compare.lt, max),
    "numericlessthanequals": _number(compare.le, max),
    "numericgreaterthan": _number(compare.gt, min),
    "numericgreaterthanequals": _number(compare.ge, min),
    "dateequals": _equals(parse_date),
    "datelessthan": _date(compare.lt, max),
    "datelessthanequals": _date(compare.le, max),
    "dategreaterthan": _date(compare.gt, min),
    "dategreaterthanequals": _date(compare.ge, min),
    "bool": _equals(parse_bool),
    "binaryequals": _equals(parse_binary),
    "ipaddress": _ip_address,
}


ORDERS: dict[str, tuple[Callable[[str], Any], str]] = {
    "stringequalsignorecase": (str.casefold, "="),
    "numericequals": (parse_number, "="),
    "numericlessthan": (parse_number, "<"),
    "numericlessthanequals": (parse_number, "<="),
    "numericgreaterthan": (parse_number, ">"),
    "numericgreaterthanequals": (parse_number, ">="),
    "dateequals": (parse_date, "="),
    "datelessthan": (parse_date, "<"),
    "datelessthanequals": (parse_date, "<="),
    "dategreaterthan": (parse_date, ">"),
    "dategreaterthanequals": (parse_date, ">="),
    "bool": (parse_bool, "="),
    "binaryequals": (parse_binary, "="),
}
"""Operators that compare what values mean: how a value is read, and how it must stand to the policy's."""


def build_matcher(base: str, values: tuple[str, ...], *, variables: bool) -> Matcher | Dynamic:
    """What tests a value against a policy's values."""
    if not values:
        return _never
    if not (variables and base in TEXT_BUILDERS and any("${" in value for value in values)):
        return BUILDERS[base](values)
    tokens = [text_tokens(base, value, variables=variables) for value in values]
    fixed = [each for each in map(plain, tokens) if each is not None]
    build = TEXT_BUILDERS[base]
    if len(fixed) == len(tokens):
        return build(fixed)
    moving = [each for each in tokens if plain(each) is None]
    static = build(fixed) if fixed else _never
    variables_used = tuple([token for each in moving for token in each if isinstance(token, Variable)])

    def bind(context: Context) -> Matcher:
        found = [each for each in [resolve(one, context) for one in moving] if each is not None]
        return _either(static, build(found)) if found else static

    sole = moving[0][0] if base == "stringequals" and len(tokens) == 1 == len(moving[0]) else None
    return Dynamic(variables_used, bind, sole if isinstance(sole, Variable) else None)


def _either(one: Matcher, other: Matcher) -> Matcher:
    return other if one is _never else lambda value: one(value) or other(value)
