"""What an unconditional Allow settles stays settled only as long as it is true."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tabard import policy
from tabard.core.caller import Caller

CALLER = Caller(
    "User",
    "111122223333",
    "arn:aws:iam::111122223333:user/u",
    "arn:aws:iam::111122223333:user/u",
    "AIDA",
    "AIDA",
    "u",
)
EVERYWHERE = {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}
SOMEWHERE = {"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::mine/*"}


def asked(*statements: dict[str, Any]) -> list[str]:
    """The outcomes for two resources, each asked four times in turn."""
    document = policy.parse(policy_text(*statements), policy.Kind.IDENTITY, policy.Dialect.EVALUATE)
    layers = policy.Layers(
        identity=policy.link([policy.compile(document, policy.Source(policy.Kind.IDENTITY))])
    )
    told = []
    for _ in range(4):
        for bucket, agent in (("mine", "a"), ("theirs", "b")):
            context = policy.Context({"aws:useragent": agent})
            request = policy.Request(CALLER, "s3:GetObject", f"arn:aws:s3:::{bucket}/key", "", context)
            told.append(policy.decide(request, layers).outcome.value)
    return told


def policy_text(*statements: dict[str, Any]) -> str:

    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@pytest.mark.parametrize(
    ("statements", "outcomes"),
    [
        ([EVERYWHERE], ["Allowed", "Allowed"]),
        ([SOMEWHERE], ["Allowed", "ImplicitlyDenied"]),
        ([SOMEWHERE, EVERYWHERE], ["Allowed", "Allowed"]),
        ([EVERYWHERE, SOMEWHERE | {"Effect": "Deny"}], ["ExplicitlyDenied", "Allowed"]),
        (
            [EVERYWHERE | {"Condition": {"StringEquals": {"aws:UserAgent": "a"}}}],
            ["Allowed", "ImplicitlyDenied"],
        ),
        (
            [{"Effect": "Allow", "Action": "s3:Get*", "NotResource": "arn:aws:s3:::mine/*"}],
            ["ImplicitlyDenied", "Allowed"],
        ),
    ],
)
def test_each_question_has_its_own_answer(statements: list[dict[str, Any]], outcomes: list[str]) -> None:
    assert asked(*statements) == outcomes * 4
