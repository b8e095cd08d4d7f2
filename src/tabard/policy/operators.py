"""The condition operators: each makes, from a policy's values, a test of one value of the request.

Negation, ``IfExists``, sets and missing keys are the same for every operator and live in ``conditions``.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

import operator as compare
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct

from tabard.policy.crowds import AnyOf, Pattern, arn_steps, glob_steps, token_steps
from tabard.policy.globs import Matcher, glob_text
from tabard.policy.patterns import (
    Plain,
    Token,
    Variable,
    Wild,
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
    return base in TEXT_BUILDERS or base in _LIKE


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


def _is_like(value: str) -> bool:
    return "*" in value or "?" in value


def _is_arn_like(value: str) -> bool:
    """What has too few segments to be an ARN matches nothing, but for a star alone."""
    return value.count(":") >= 5 or (value != "" and not value.strip("*"))


def _strings_like(values: tuple[str, ...]) -> Matcher:
    wild = [value for value in values if _is_like(value)]
    if len(wild) == 1 == len(values):
        return glob_text(wild[0])
    prefixes = [each[:-1] for each in wild if each.find("*") == len(each) - 1 and "?" not in each]
    others = [each for each in wild if each.find("*") != len(each) - 1 or "?" in each]
    patterns = [Pattern(len(each), partial(glob_text, each), partial(glob_steps, each)) for each in others]
    return AnyOf(set(values).difference(wild), patterns, prefixes=prefixes)


def _arns_like(values: tuple[str, ...]) -> Matcher:
    if len(values) == 1:
        return arn_text_matcher(values[0])
    arns = list(filter(_is_arn_like, values))
    wild = list(filter(_is_like, arns))
    patterns = [
        Pattern(len(each), partial(arn_text_matcher, each), partial(arn_steps, each)) for each in wild
    ]
    return AnyOf(set(arns).difference(wild), patterns)


def _tokens_like(values: list[list[Plain]], base: AnyOf | None, *, arn: bool) -> AnyOf:
    """What matches one of the patterns; those without wildcards are looked up together."""
    exact: list[str] = []
    patterns: list[Pattern] = []
    for tokens in values:
        texts = [token for token in tokens if isinstance(token, str)]
        text = "".join(texts)
        if arn and text.count(":") < 5 and tokens != [Wild.STAR]:
            continue
        if len(texts) == len(tokens):
            exact.append(text)
        else:
            build = partial(arn_matcher if arn else glob, tokens)
            patterns.append(Pattern(len(text) + len(tokens), build, partial(token_steps, tokens, arn=arn)))
    return AnyOf(exact, patterns, base=base)


TEXT_BUILDERS: dict[str, Callable[[list[list[Plain]]], Matcher]] = {
    "stringequals": string_equals,
    "stringequalsignorecase": string_equals_ignore_case,
    "bool": lambda values: BUILDERS["bool"](tuple(_texts(values))),
}
_ARNS = frozenset(("arnlike", "arnequals"))
_LIKE = _ARNS | {"stringlike"}


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
    """One search among the blocks in order, those of each IP version merged where they meet."""
    held: dict[int, list[tuple[int, int]]] = {4: [], 6: []}
    for value in values:
        block = parse_range(value)
        if block is not None:
            version, length, network = block
            size = (32 if version == 4 else 128) - length
            held[version].append((network << size, ((network + 1) << size) - 1))
    merged = {version: _merged(ranges) for version, ranges in held.items()}

    def match(value: str) -> bool:
        address = address_bits(value)
        if address is None:
            return False
        firsts, lasts = merged[address[0]]
        place = bisect_right(firsts, address[2]) - 1
        return place >= 0 and address[2] <= lasts[place]

    return match


def _merged(ranges: list[tuple[int, int]]) -> tuple[list[int], list[int]]:
    """The first and the last numbers of ranges in order, none within another."""
    firsts: list[int] = []
    lasts: list[int] = []
    for first, last in sorted(ranges):
        if lasts and first <= lasts[-1]:
            lasts[-1] = max(last, lasts[-1])
        else:
            firsts.append(first)
            lasts.append(last)
    return firsts, lasts


BUILDERS: dict[str, Build] = {
    "stringequals": lambda values: values[0].__eq__ if len(values) == 1 else frozenset(values).__contains__,
    "stringequalsignorecase": lambda values: string_equals_ignore_case([[value] for value in values]),
    "stringlike": _strings_like,
    "arnlike": _arns_like,
    "arnequals": _arns_like,
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
    if not (variables and takes_variables(base) and any("${" in value for value in values)):
        return BUILDERS[base](values)
    tokens = [text_tokens(base, value, variables=variables) for value in values]
    fixed = [each for each in map(plain, tokens) if each is not None]
    moving = [each for each in tokens if plain(each) is None]
    variables_used = tuple([token for each in moving for token in each if isinstance(token, Variable)])
    if base in _LIKE:
        patterns = _tokens_like(fixed, None, arn=base in _ARNS)
        if not moving:
            return patterns
        return Dynamic(
            variables_used,
            lambda context: _tokens_like(_resolved(moving, context), patterns, arn=base in _ARNS),
        )
    build = TEXT_BUILDERS[base]
    static = build(fixed) if fixed else _never
    if not moving:
        return static

    def bind(context: Context) -> Matcher:
        found = _resolved(moving, context)
        return _either(static, build(found)) if found else static

    sole = moving[0][0] if base == "stringequals" and len(tokens) == 1 == len(moving[0]) else None
    return Dynamic(variables_used, bind, sole if isinstance(sole, Variable) else None)


def _resolved(moving: list[list[Token]], context: Context) -> list[list[Plain]]:
    """The values whose variables all have values."""
    return [each for each in [resolve(one, context) for one in moving] if each is not None]


def _either(one: Matcher, other: Matcher) -> Matcher:
    return other if one is _never else lambda value: one(value) or other(value)
