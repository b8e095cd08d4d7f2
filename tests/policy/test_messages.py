"""What an encoded authorization message tells of the statements that denied, field by field as in recorded messages."""

from __future__ import annotations

import json
from typing import Any

from tabard import policy
from tabard.core.caller import Caller
from tabard.policy import Kind, Layers, Source

ANA = "arn:aws:iam::111122223333:user/ana"
CALLER = Caller("User", "111122223333", ANA, ANA, "AIDAANA", "AIDAANA", "ana")


def decided(kind: Kind, *statements: dict[str, Any]) -> policy.Decision:
    text = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    policies = policy.link([policy.compile(policy.parse(text, kind), Source(kind))])
    request = policy.Request(CALLER, "s3:GetObject", "arn:aws:s3:::b/k", "", policy.Context({"a:b": "x"}))
    return policy.decide(
        request, Layers(identity=policies) if kind is Kind.IDENTITY else Layers(resource=policies)
    )


def items(*values: str) -> dict[str, Any]:
    return {"items": [{"value": value} for value in values]}


def test_a_denying_statement_is_told_whole_but_for_its_operators() -> None:
    denying = {
        "Sid": "No",
        "Effect": "Deny",
        "Action": ["s3:Get*", "s3:Put*"],
        "Resource": "*",
        "Condition": {"StringEquals": {"a:b": ["x", "y"]}},
    }
    decision = decided(Kind.IDENTITY, denying)
    assert policy.matched_statements(decision, "AIDAANA") == [
        {
            "statementId": "No",
            "effect": "DENY",
            "principals": items("AIDAANA"),
            "principalGroups": {"items": []},
            "actions": items("s3:Get*", "s3:Put*"),
            "resources": items("*"),
            "conditions": {"items": [{"key": "a:b", "values": items("x", "y")}]},
        }
    ]


def test_a_resource_policys_statement_has_its_own_principals() -> None:
    denying = {"Effect": "Deny", "Principal": {"AWS": ANA}, "Action": "s3:*", "Resource": "*"}
    (told,) = policy.matched_statements(decided(Kind.RESOURCE, denying), "AIDAANA")
    assert told["principals"] == items(ANA)
    assert told["conditions"] == {"items": []}


def test_an_implicit_denial_matched_nothing() -> None:
    decision = decided(Kind.IDENTITY, {"Effect": "Allow", "Action": "s3:Put*", "Resource": "*"})
    assert policy.matched_statements(decision, "AIDAANA") == []
