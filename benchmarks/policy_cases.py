"""The requests that policy engines are timed on: documents of IAM's language, one question each, and the right answer.

Run by Tabard's interpreter and by the peers', so it needs nothing but the standard library.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

ACCOUNT = "111122223333"
USER = f"arn:aws:iam::{ACCOUNT}:user/ana"
ACTION = "s3:GetObject"
SIZES = (51, 1000)


class Case(NamedTuple):
    """One question to one policy document; ``portable`` is whether it needs nothing but prefixes, as every peer has."""

    name: str
    statements: list[dict[str, Any]]
    resource: str
    context: dict[str, str]
    allowed: bool
    portable: bool

    @property
    def document(self) -> str:
        """The policy's text."""
        return json.dumps({"Version": "2012-10-17", "Statement": self.statements})


def cases() -> list[Case]:
    """Every question; the statement that answers it is the last."""
    return [case for size in SIZES for case in _cases(size)]


def _allow(resource: str, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": ACTION, "Resource": resource, **more}


def _when(operator: str, key: str, value: str) -> dict[str, Any]:
    return _allow("*", Condition={operator: {key: value}})


def _cases(size: int) -> list[Case]:
    last = size - 1
    prefixes = [_allow(f"arn:aws:s3:::bucket-{number:04}/*") for number in range(size)]
    anywhere = "arn:aws:s3:::bucket/key"
    topic = f"arn:aws:sns:us-east-1:{ACCOUNT}:topic-"

    def case(
        name: str,
        statements: list[dict[str, Any]],
        resource: str,
        *,
        allowed: bool = True,
        portable: bool = False,
        context: dict[str, str] | None = None,
        **keys: str,
    ) -> Case:
        known = {key.replace("__", ":"): value for key, value in keys.items()} | (context or {})
        return Case(f"{name}, {size:,} statements", statements, resource, known, allowed, portable)

    return [
        case("allow by prefix", prefixes, f"arn:aws:s3:::bucket-{last:04}/key", portable=True),
        case("implicit deny", prefixes, "arn:aws:s3:::elsewhere/key", allowed=False, portable=True),
        case(
            "allow by a star inside",
            [_allow(f"arn:aws:s3:::bucket-{number:04}/*.jpg") for number in range(size)],
            f"arn:aws:s3:::bucket-{last:04}/picture.jpg",
        ),
        case(
            "allow by several stars",
            [_allow(f"arn:aws:s3:::*/team-{number:04}/*/x{number:04}") for number in range(size)],
            f"arn:aws:s3:::bucket/team-{last:04}/key/x{last:04}",
        ),
        case(
            "allow by a variable",
            [_allow(f"arn:aws:s3:::bucket-{number:04}/${{aws:username}}/*") for number in range(size)],
            f"arn:aws:s3:::bucket-{last:04}/ana/key",
            aws__username="ana",
        ),
        case(
            "allow by StringEquals",
            [_when("StringEquals", "aws:PrincipalTag/team", f"team-{number}") for number in range(size)],
            anywhere,
            context={"aws:principaltag/team": f"team-{last}"},
        ),
        case(
            "allow by StringLike",
            [_when("StringLike", "aws:PrincipalTag/team", f"team-{number:04}-*") for number in range(size)],
            anywhere,
            context={"aws:principaltag/team": f"team-{last:04}-x"},
        ),
        case(
            "allow by ArnLike",
            [_when("ArnLike", "aws:SourceArn", f"{topic}{number:04}*") for number in range(size)],
            anywhere,
            aws__sourcearn=f"{topic}{last:04}x",
        ),
        case(
            "allow by IpAddress",
            [
                _when("IpAddress", "aws:SourceIp", f"10.{number // 250}.{number % 250}.0/24")
                for number in range(size)
            ],
            anywhere,
            aws__sourceip=f"10.{last // 250}.{last % 250}.7",
        ),
        case(
            "allow by a number",
            [_when("NumericLessThan", "s3:max-keys", str(number)) for number in range(size)],
            anywhere,
            context={"s3:max-keys": str(last - 1)},
        ),
        case(
            "allow by a key of its own",
            [_when("StringEquals", f"aws:RequestTag/key-{number}", "yes") for number in range(size)],
            anywhere,
            context={f"aws:requesttag/key-{last}": "yes", "aws:username": "ana"},
        ),
        case(
            "allow by a variable of its own",
            [
                _when("StringEquals", "aws:ResourceTag/owner", f"${{aws:PrincipalTag/key-{number}}}")
                for number in range(size)
            ],
            anywhere,
            context={"aws:resourcetag/owner": "ana", f"aws:principaltag/key-{last}": "ana"},
        ),
        case(
            "allow by a path with a variable of its own",
            [_allow(f"arn:aws:s3:::bucket/${{aws:PrincipalTag/key-{number}}}/*") for number in range(size)],
            "arn:aws:s3:::bucket/ana/key",
            context={f"aws:principaltag/key-{last}": "ana"},
        ),
        case(
            "allow by the rarer of two conditions",
            [
                _allow(
                    "*",
                    Condition={
                        "StringEquals": {"aws:RequestedRegion": "us-east-1"},
                        "StringLike": {"aws:PrincipalTag/team": f"team-{number:04}*"},
                    },
                )
                for number in range(size)
            ],
            anywhere,
            context={"aws:requestedregion": "us-east-1", "aws:principaltag/team": f"team-{last:04}x"},
        ),
        case(
            "allow by StringEqualsIfExists",
            [
                _when("StringEqualsIfExists", "aws:PrincipalTag/team", f"team-{number}")
                for number in range(size)
            ],
            anywhere,
            context={"aws:principaltag/team": f"team-{last}"},
        ),
        case(
            "allow by NotResource",
            [
                {
                    "Effect": "Allow",
                    "Action": ACTION,
                    "NotResource": "arn:aws:s3:::bucket/*" if number < last else "arn:aws:s3:::other/*",
                }
                for number in range(size)
            ],
            anywhere,
        ),
        case(
            "allow by StringNotEquals",
            [
                _when("StringNotEquals", "aws:PrincipalTag/team", "blue" if number < last else "red")
                for number in range(size)
            ],
            anywhere,
            context={"aws:principaltag/team": "blue"},
        ),
        case(
            "allow by prefix and Bool",
            [{**statement, "Condition": {"Bool": {"aws:SecureTransport": "true"}}} for statement in prefixes],
            f"arn:aws:s3:::bucket-{last:04}/key",
            aws__securetransport="true",
        ),
    ]


def microseconds(ask: Callable[[], object], at_least: float = 0.2) -> float:
    """Processor time of one call, in µs: the best of five rounds, after a warm-up."""
    for _ in range(3):
        ask()
    began = time.process_time()
    ask()
    once = max(time.process_time() - began, 1e-6)
    rounds = max(1, int(at_least / 5 / once))
    if rounds > 1000:
        rounds = 20_000
    best = float("inf")
    for _ in range(5):
        began = time.process_time()
        for _ in range(rounds):
            ask()
        best = min(best, (time.process_time() - began) / rounds)
    return best * 1e6
