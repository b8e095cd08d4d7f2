"""A Condition block as one test of a request's context.

What a missing key, a multi-valued key and a negated operator mean is decided here, once for every operator:

* missing: false; true for a negated operator, for ``IfExists`` and for ``ForAllValues``; false for
  ``ForAnyValue`` (with ``IfExists``: true);
* several values and no set operator: never true, negated or not, since such keys need a set operator;
* an empty list is a missing key, and to a set operator so is an empty string.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tabard.policy.context import Context
from tabard.policy.crowds import AnyOf
from tabard.policy.operators import Dynamic, Operator, build_matcher, parse_operator
from tabard.policy.values import parse_bool

if TYPE_CHECKING:
    from tabard.policy.document import Condition
    from tabard.policy.globs import Matcher
    from tabard.policy.patterns import Variable

Test = Callable[[Context], bool]


def _never(_: Context) -> bool:
    return False


def condition_test(condition: Condition, *, variables: bool) -> Test:
    """The test that one operator on one key is."""
    operator = parse_operator(condition.operator)
    key = condition.key.lower()
    if operator is None:
        return _never
    if operator.base == "null":
        return _null(key, condition.values)
    matcher = build_matcher(operator.base, condition.values, variables=variables)
    if isinstance(matcher, Dynamic):
        return _dynamic(key, operator, matcher)
    if operator.quantifier:
        return _set(key, operator, matcher)
    return _single(key, matcher, negated=operator.negated, missing=operator.negated or operator.if_exists)


def conditions_test(conditions: tuple[Condition, ...], *, variables: bool) -> Test | None:
    """The test that a whole block is: every one of its conditions must hold. None where it has none."""
    tests = [condition_test(condition, variables=variables) for condition in conditions]
    if not tests:
        return None
    if len(tests) == 1:
        return tests[0]

    def every(context: Context) -> bool:
        for test in tests:  # noqa: SIM110 # a loop that returns is twice as fast as all() over a generator
            if not test(context):
                return False
        return True

    return every


def _single(key: str, matcher: Matcher, *, negated: bool, missing: bool) -> Test:
    def positive(context: Context) -> bool:
        value = context.lookup(key)
        if value.__class__ is str:
            return matcher(value)
        return value is None and missing

    def negative(context: Context) -> bool:
        value = context.lookup(key)
        if value.__class__ is str:
            return not matcher(value)
        return value is None

    return negative if negated else positive


def _members(value: str | tuple[str, ...] | None) -> tuple[str, ...]:
    if not value:
        return ()
    return (value,) if isinstance(value, str) else value


def _set(key: str, operator: Operator, matcher: Matcher) -> Test:
    negated = operator.negated
    if isinstance(matcher, AnyOf):
        return _set_of_patterns(key, operator, matcher)
    if operator.quantifier == "ForAllValues":

        def every(context: Context) -> bool:
            for value in _members(context.lookup(key)):  # noqa: SIM110 # twice as fast as all()
                if matcher(value) is negated:
                    return False
            return True

        return every

    if_exists = operator.if_exists

    def some(context: Context) -> bool:
        found = context.lookup(key)
        if found is None:
            return if_exists
        for value in _members(found):  # noqa: SIM110 # twice as fast as any()
            if matcher(value) is not negated:
                return True
        return False

    return some


def _set_of_patterns(key: str, operator: Operator, patterns: AnyOf) -> Test:
    """The same of many patterns, to which all of a key's values are put at once."""
    negated, if_exists = operator.negated, operator.if_exists
    if operator.quantifier == "ForAllValues":

        def every(context: Context) -> bool:
            values = _members(context.lookup(key))
            return not values or (not patterns.some(values) if negated else patterns.every(values))

        return every

    def some(context: Context) -> bool:
        found = context.lookup(key)
        if found is None:
            return if_exists
        values = _members(found)
        return bool(values) and (not patterns.every(values) if negated else patterns.some(values))

    return some


def _dynamic(key: str, operator: Operator, matcher: Dynamic) -> Test:
    missing = operator.negated or operator.if_exists
    if matcher.sole is not None and not operator.quantifier:
        return _equal(key, matcher.sole, negated=operator.negated, missing=missing)

    def make(bound: Matcher) -> Test:
        if operator.quantifier:
            return _set(key, operator, bound)
        return _single(key, bound, negated=operator.negated, missing=missing)

    return matcher.test(make)


def _equal(key: str, variable: Variable, *, negated: bool, missing: bool) -> Test:
    """Whether a key's value is a variable's, as conditions on tags mostly ask."""
    other, default = variable.key, variable.default

    def test(context: Context) -> bool:
        value = context.lookup(key)
        if value.__class__ is not str:
            return value is None and missing
        found = context.lookup(other)
        if found is None:
            found = default
        return (found == value) is not negated

    return test


def _null(key: str, values: tuple[str, ...]) -> Test:
    wanted = {parse_bool(value) for value in values} - {None}

    def test(context: Context) -> bool:
        return (context.lookup(key) is None) in wanted

    return test
