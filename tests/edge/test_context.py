"""The keys of a request are found whichever way the engine asks for them: by name, or among the keys of many statements."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tabard import policy
from tabard.core.caller import Caller
from tabard.edge.context import RequestContext
from tabard.services.operation import Call, Check

ACCOUNT = "111122223333"
ARN = f"arn:aws:iam::{ACCOUNT}:user/ana"


def context(**more: Any) -> RequestContext:
    caller = Caller("User", ACCOUNT, ARN, ARN, "AIDA", "AIDA", "ana", **more)
    call = SimpleNamespace(caller=caller, source_ip="192.0.2.1", secure=True, region="eu-west-1")
    return RequestContext(cast("Call", call), Check("s3:GetObject", "*", keys={"s3:prefix": "p"}))


def decide(effect: str, condition: tuple[str, str, str], more: dict[str, Any]) -> list[str]:
    """Decisions on one request, of which one statement speaks among many that each speak of a key of their own."""
    operator, key, value = condition
    speaking = {"Effect": effect, "Action": "*", "Resource": "*", "Condition": {operator: {key: value}}}
    others = [
        speaking | {"Condition": {"StringEquals": {f"aws:PrincipalTag/other-{n}": "x"}}} for n in range(9)
    ]
    free = {"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::open/*"}
    if effect == "Deny":
        free["Resource"] = "*"
    text = json.dumps({"Version": "2012-10-17", "Statement": [free, *others, speaking]})
    document = policy.parse(text, policy.Kind.IDENTITY)
    linked = policy.link([policy.compile(document, policy.Source(policy.Kind.IDENTITY))])
    layers = policy.Layers(identity=linked)

    def ask(resource: str, with_tags: dict[str, Any]) -> str:
        asked = context(**with_tags)
        request = policy.Request(asked._call.caller, "s3:GetObject", resource, ACCOUNT, asked)
        return policy.decide(request, layers).outcome.value

    for _ in range(3):  # so that the set is indexed
        ask("arn:aws:s3:::open/key", {})
    return [ask("arn:aws:s3:::b/key", more) for _ in range(2)]


@pytest.mark.parametrize(
    ("condition", "more"),
    [
        (("StringEquals", "aws:PrincipalTag/Team", "blue"), {"tags": {"Team": "blue"}}),
        (("IpAddress", "aws:SourceIp", "192.0.2.0/24"), {}),
        (("StringEquals", "aws:ResourceAccount", ACCOUNT), {}),
        (("StringEquals", "s3:prefix", "p"), {}),
        (("StringEquals", "saml:aud", "here"), {"identity_keys": {"saml:aud": "here"}}),
    ],
)
def test_a_key_of_one_statement_among_many_is_found(
    condition: tuple[str, str, str], more: dict[str, Any]
) -> None:
    assert decide("Allow", condition, more) == ["Allowed"] * 2


def test_a_deny_under_a_key_of_its_own_denies_when_the_policy_is_indexed_too() -> None:
    tags = {"tags": {"Team": "blue"}}
    assert decide("Deny", ("StringEquals", "aws:PrincipalTag/Team", "blue"), tags) == ["ExplicitlyDenied"] * 2
    assert decide("Deny", ("StringEquals", "aws:PrincipalTag/Team", "red"), tags) == ["Allowed"] * 2


def test_keys_are_found_among_others_as_they_are_found_by_name() -> None:
    keys = ["aws:principaltag/team", "aws:sourceip", "saml:aud", "s3:prefix", "aws:resourceaccount", "aws:no"]
    families = frozenset(("aws:principaltag/",))
    more: dict[str, Any] = {"tags": {"Team": "blue"}, "identity_keys": {"saml:aud": "here"}}
    asked = context(**more)
    assert {key for key in keys if asked.lookup(key) is not None} == set(keys[:-1])
    assert set(context(**more).among(dict.fromkeys(keys).keys(), families)) == set(keys[:-1])
