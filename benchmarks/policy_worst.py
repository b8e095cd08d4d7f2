"""Documents made to be slow, each as large as IAM or S3 takes, with a request that is as unkind."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks.policy_cases import ACCOUNT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tabard.policy.context import Lazy


class Worst(NamedTuple):
    """A document's text, and the resource and the context that it is asked about."""

    document: str
    resource: str
    context: Mapping[str, Lazy] = {}  # never written to


_TEXT = "a" * 1023 + "b"
_ARN, _SHORT = f"arn:aws:s3:::{_TEXT}", "arn:aws:s3:::b/k"


def worst_documents() -> dict[str, Worst]:
    """All of them by name."""
    return _patterns() | _values() | _sets() | _statements()


def _document(*statements: dict[str, Any]) -> str:
    allow = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    whole = [statement if "Effect" in statement else allow | statement for statement in statements]
    return json.dumps({"Version": "2012-10-17", "Statement": whole}, ensure_ascii=False)


def _on(resource: str | list[str]) -> str:
    return _document({"Resource": resource})


def _when(operator: str, values: str | list[str], key: str = "s3:prefix") -> str:
    return _document({"Condition": {operator: {key: values}}})


def _many(value: Callable[[int], str], size: int = 19_000) -> list[str]:
    """So many different values as fit."""
    return [value(number) for number in range(size // (len(value(100).encode()) + 4))]


def _tag(number: int) -> str:
    return f"aws:principaltag/k{number:03}"


def _two_letters(number: int) -> str:
    """A number in eleven letters, each ``a`` or ``b``."""
    return format(number % 2048, "011b").translate({ord("0"): "a", ord("1"): "b"})


def _patterns() -> dict[str, Worst]:
    """In the elements Resource and Action."""
    return {
        "one pattern of many stars": Worst(_on("arn:aws:s3:::" + "a*" * 10_000 + "c"), _ARN),
        "one pattern of stars and question marks": Worst(_on("arn:aws:s3:::" + "*a?" * 6_600 + "c"), _ARN),
        "question marks in the account": Worst(_on("arn:aws:s3::" + "?*" * 3_000 + ":" + "*a" * 6_000), _ARN),
        "patterns that nearly match": Worst(
            _on(["arn:aws:s3::" + "?*" * 480 + ":" + "*a" * 500 + f"*{number:02}*b" for number in range(10)]),
            "arn:aws:s3:::" + "a:" * 512 + "ab",
        ),
        "many patterns": Worst(_on(["arn:aws:s3:::" + f"*a{number:03}*?a*b" for number in range(700)]), _ARN),
        "many patterns of segments": Worst(
            _on(_many(lambda number: f"arn:aws:s3:*?::*a{number:03}:*b")),
            "arn:aws:s3:::" + "a::" * 300 + "ab",
        ),
        "many patterns with a variable each": Worst(
            _on(_many(lambda number: f"arn:aws:s3:::*${{aws:PrincipalTag/k{number:03}}}*")),
            _ARN,
            {f"aws:principaltag/k{number:03}": f"a{number}" for number in range(500)},
        ),
        "many variables": Worst(
            _on("arn:aws:s3:::" + "${aws:username}*" * 1_200),
            "arn:aws:s3:::" + "ana" * 340,
            {"aws:username": "ana"},
        ),
        "many actions": Worst(
            _document({"Action": _many(lambda number: f"s3:*t*{number % 90:02}?t")}), _SHORT
        ),
        "one variable again and again": Worst(
            _on("arn:aws:s3:::" + "*${aws:PrincipalTag/k000}" * 700),
            "arn:aws:s3:::" + "a" * 1000,
            {_tag(0): "a" * 100 + "b"},
        ),
        "variables within variables": Worst(
            _on("arn:aws:s3:::" + "${aws:${aws:" * 1_200 + "username" + "}}*" * 1_200),
            _ARN,
            {"aws:username": "ana"},
        ),
        "a long NotAction": Worst(
            _document(
                {
                    "Effect": "Allow",
                    "NotAction": [*_many(lambda number: f"s3:*t*{number % 90:02}?t"), "s3:*"],
                    "Resource": "*",
                }
            ),
            _SHORT,
        ),
    }


def _values() -> dict[str, Worst]:
    """In the values of a condition on one value."""
    return {
        "many values with stars": Worst(
            _when("StringLike", [f"*a*{number:04}*a*" for number in range(1_000)]),
            _SHORT,
            {"s3:prefix": _TEXT},
        ),
        "many values with question marks": Worst(
            _when("StringLike", _many(lambda number: f"*a?{number:04}*")),
            _SHORT,
            {"s3:prefix": _TEXT},
        ),
        "the same, in a text of 8,000 characters": Worst(
            _when("StringLike", _many(lambda number: f"*a?b{number:04}*")),
            _SHORT,
            {"s3:prefix": "a" * 7_999 + "b"},
        ),
        "long values that nearly match": Worst(
            _when("StringLike", _many(lambda number: "*" + "a" * (50 + number % 9) + "b" + "a" * 50 + "*")),
            _SHORT,
            {"s3:prefix": _TEXT},
        ),
        "many ARNs in a condition": Worst(
            _when("ArnLike", _many(lambda number: f"*?:*?:*?:*?:*?:*{number:03}a?b")),
            _SHORT,
            {"s3:prefix": f"arn:aws:s3:us-east-1:{ACCOUNT}:" + "0123456789a" * 80},
        ),
        "many plain values": Worst(
            _when("StringEquals", [f"{number:05}" for number in range(2_500)]),
            _SHORT,
            {"s3:prefix": _TEXT},
        ),
        "many address blocks": Worst(
            _when("IpAddress", [f"10.{n // 250}.{n % 250}.0/24" for n in range(1_200)], "aws:SourceIp"),
            _SHORT,
            {"aws:sourceip": "192.0.2.1"},
        ),
        "many values of two letters, in a text of 8,000 characters": Worst(
            _when("StringLike", _many(lambda number: "*" + _two_letters(number) + "?c*")),
            _SHORT,
            {"s3:prefix": "".join([_two_letters(number) for number in range(727)])},
        ),
        "many values with question marks and a variable each": Worst(
            _when("StringLike", _many(lambda number: f"*?${{aws:PrincipalTag/k{number:03}}}?a*")),
            _SHORT,
            {"s3:prefix": _TEXT} | {_tag(number): f"a{number}" for number in range(600)},
        ),
        "many variables in one value": Worst(
            _when("StringLike", "*".join([f"${{{_tag(number % 50)}}}" for number in range(700)])),
            _SHORT,
            {"s3:prefix": "a" * 8_000} | {_tag(number): "a" * 200 + "b" for number in range(50)},
        ),
        "many values with letters beyond ASCII": Worst(
            _when("StringLike", _many(lambda number: f"*{chr(0x100 + number)}?{chr(0x101 + number)}*")),
            _SHORT,
            {"s3:prefix": "".join([chr(0x100 + number % 3_000) for number in range(8_000)])},
        ),
    }


def _sets() -> dict[str, Worst]:
    """In the values of a condition on a key of many values."""
    names = [f"v{number:05}" for number in range(2_048)]
    return {
        "2,048 values, each one of 2,000": Worst(
            _when("ForAllValues:StringEquals", names[:2_000]), _SHORT, {"s3:prefix": [*names[:2_000], "x"]}
        ),
        "2,048 values, each of a prefix of 1,400": Worst(
            _when("ForAllValues:StringLike", [f"{name}*" for name in names[:1_400]]),
            _SHORT,
            {"s3:prefix": [*[name + "x" for name in names[:1_400]] * 2, "x"][-2_048:]},
        ),
        "2,048 values, many patterns": Worst(
            _when("ForAnyValue:StringLike", _many(lambda number: f"*a?{number:04}*")),
            _SHORT,
            {"s3:prefix": [f"abc{number:04}" for number in range(2_048)]},
        ),
        "50 tag keys of 128 characters, many patterns": Worst(
            _when("ForAnyValue:StringLike", _many(lambda number: f"*a?{number:04}*"), "aws:TagKeys"),
            _SHORT,
            {"aws:tagkeys": [f"{number:04}a?b1234" * 10 for number in range(50)]},
        ),
        "50 tag keys of two letters, many patterns of both": Worst(
            _when("ForAnyValue:StringLike", _many(lambda number: "*" + _two_letters(number) + "?c*")),
            _SHORT,
            {"s3:prefix": [("ab" * number + "aab" * 40)[:128] for number in range(50)]},
        ),
    }


def _statements() -> dict[str, Worst]:
    """In many statements, some of which cannot be filed."""
    tags: dict[str, Lazy] = {_tag(number): _TEXT for number in range(2_048)}

    def under_tags(count: int, operator: str, value: str) -> str:
        return _document(
            *[
                {"Condition": {operator: {f"aws:PrincipalTag/k{number:03}": value.format(number)}}}
                for number in range(count)
            ]
        )

    return {
        "many statements": Worst(
            _document(*[{"Resource": f"arn:aws:s3:::*a?{number:03}*"} for number in range(230)]), _ARN
        ),
        "many NotResource": Worst(
            _document(
                *[
                    {
                        "Effect": "Allow",
                        "Action": "s3:*",
                        "NotResource": [f"arn:aws:s3:::*a?{number:03}*", "*"],
                    }
                    for number in range(190)
                ]
            ),
            _ARN,
        ),
        "many IfExists": Worst(under_tags(150, "StringLikeIfExists", "*a?{}*"), _SHORT, tags),
        "many Null": Worst(under_tags(190, "Null", "true"), _SHORT, tags),
        "many StringNotLike": Worst(
            _document(
                *[
                    {"Condition": {"StringNotLike": {"s3:prefix": "*a*b*" if number % 2 else "*a*b"}}}
                    for number in range(160)
                ]
            ),
            _SHORT,
            {"s3:prefix": _TEXT},
        ),
        "a key of the request's 2,048 in each statement": Worst(
            under_tags(170, "StringLike", "*a?{}*"), _SHORT, tags
        ),
    }
