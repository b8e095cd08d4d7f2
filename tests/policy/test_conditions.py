"""Condition operators at their edges; the rules themselves are in tests/laws/documented_elements.py.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

import time
from typing import Any

import pytest

from tabard.policy.conditions import condition_test
from tabard.policy.context import Context
from tabard.policy.document import Condition


def holds(operator: str, values: list[str], found: Any) -> bool:
    test = condition_test(Condition(operator, "a:b", tuple(values)), variables=True)
    return test(Context({} if found is None else {"a:b": found}))


@pytest.mark.parametrize(
    ("operator", "values", "found", "expected"),
    [
        ("stringequals", ["a"], "a", True),
        ("NumericEquals", ["nonsense"], "nonsense", False),
        ("NumericNotEquals", ["1"], "nonsense", True),
        ("NumericEquals", ["1_000"], "1000", False),
        ("NumericEquals", ["NaN"], "NaN", False),
        ("NumericEquals", ["9" * 300], "9" * 300, True),
        ("NumericLessThan", ["9007199254740993"], "9007199254740992", True),
        ("NumericGreaterThan", ["1e400"], "9" * 5000, False),
        ("NumericLessThan", ["1", "5"], "4", True),
        ("NumericGreaterThan", ["1", "5"], "4", True),
        ("DateLessThan", ["2026-01-01T00:00:00.5Z"], "2026-01-01T00:00:00.4Z", True),
        ("DateEquals", ["2024-02-30"], "2024-02-30", False),
        ("DateEquals", ["2024-02-29T24:00"], "2024-03-01", False),
        ("DateEquals", ["-0001-01-01"], "-0001-01-01T00:00:00Z", True),
        ("DateGreaterThan", ["292278993-12-31"], "2026-01-01", False),
        ("Bool", ["yes"], "yes", False),
        ("Bool", ["true"], True, True),
        ("BinaryEquals", ["QUJD"], "QUJD", True),
        ("BinaryEquals", ["***"], "***", False),
        ("IpAddress", ["10.0.0.0/8"], "::ffff:10.0.0.1", False),
        ("IpAddress", ["10.0.0.1/8"], "10.9.9.9", True),
        ("IpAddress", ["10.0.0.0/33", "nonsense", "10.0.0.0/"], "10.0.0.0", False),
        ("NotIpAddress", ["10.0.0.0/8"], "nonsense", True),
        ("IpAddress", ["0.0.0.0/0"], "::1", False),
        ("IpAddress", ["::/0"], "::1", True),
        ("Null", ["true", "false"], "x", True),
        ("Null", ["true"], [], True),
        ("Null", ["maybe"], "x", False),
        ("StringEquals", [], "x", False),
        ("StringNotEquals", [], "x", True),
        ("StringLike", [""], "", True),
        ("StringEqualsIgnoreCase", ["STRASSE"], "straße", True),
        ("ForAnyValue:StringEqualsIfExists", ["a"], None, True),
        ("ForAllValues:StringEquals", ["a"], [], True),
        ("ForAnyValue:StringEquals", ["a"], [], False),
        ("StringNotEquals", ["a"], ["b", "c"], False),
        ("StringEqualsIfExists", ["a"], ["a"], False),
    ],
)
def test_operators_at_their_edges(operator: str, values: list[str], found: Any, *, expected: bool) -> None:
    assert holds(operator, values, found) is expected


@pytest.mark.parametrize(
    ("operator", "values", "found"),
    [
        ("StringEquals", [f"value-{n}" for n in range(5000)], "none"),
        ("StringEqualsIgnoreCase", [f"value-{n}" for n in range(5000)], "none"),
        ("StringLike", [f"value-{n}" for n in range(5000)], "none"),
        ("ArnLike", [f"arn:aws:iam::111122223333:role/r{n}" for n in range(2000)], "none"),
        ("IpAddress", [f"10.{n // 256}.{n % 256}.0/24" for n in range(5000)], "11.0.0.1"),
        ("NumericEquals", [str(n) for n in range(5000)], "-1"),
        ("DateEquals", [str(n) for n in range(10_000, 15_000)], "1"),
        (
            "ForAllValues:StringEquals",
            [f"value-{n}" for n in range(5000)],
            [f"value-{n}" for n in range(500)] + ["x"],
        ),
    ],
)
def test_thousands_of_values_cost_no_more_than_a_few(operator: str, values: list[str], found: Any) -> None:
    test = condition_test(Condition(operator, "a:b", tuple(values)), variables=True)
    context = Context({"a:b": found})
    started = time.perf_counter()
    for _ in range(10):
        assert not test(context)
    assert (time.perf_counter() - started) / 10 < 0.001
