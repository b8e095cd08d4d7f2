"""``tabard evaluate``'s lines: what comes back, also for lines that are wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.policy.steps import steps

from tabard.policy.evaluate import Evaluator, evaluate_line

ANA = "arn:aws:iam::111122223333:user/ana"


def line(**more: Any) -> dict[str, Any]:
    return {"id": "1", "principal": ANA, "action": "s3:GetObject", "resource": "arn:aws:s3:::b/k"} | more


def answer(value: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        evaluate_line(value if isinstance(value, (str, bytes)) else json.dumps(value))
    )
    return found


def allowing(*actions: str, **more: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"} | more
    return {"Version": "2012-10-17", "Statement": [statement]}


def test_an_allowed_request_names_its_statement() -> None:
    assert answer(line(identityPolicies=[allowing("ec2:*"), allowing("s3:*", Sid="Read")])) == {
        "id": "1",
        "decision": "allow",
        "result": "Allowed",
        "reason": "Allowed by identityPolicies[1] statement 1 (Read)",
    }


def test_a_denied_request_says_why_in_aws_words() -> None:
    assert answer(line()) == {
        "id": "1",
        "decision": "deny",
        "result": "ImplicitlyDenied",
        "reason": f'User: {ANA} is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::b/k" '
        "because no identity-based policy allows the s3:GetObject action",
    }


def test_an_id_may_be_anything_and_may_be_missing() -> None:
    assert answer(line(id={"n": [1]}))["id"] == {"n": [1]}
    bare = line()
    del bare["id"]
    assert answer(bare)["id"] is None


@pytest.mark.parametrize("absent", [None, [], {}])
def test_an_absent_or_empty_layer_does_not_apply(absent: Any) -> None:
    layers = ("permissionBoundaries", "sessionPolicy", "scps", "rcps", "endpointPolicies", "resourcePolicy")
    found = answer(line(identityPolicies=[allowing("s3:*")], **dict.fromkeys(layers, absent)))
    assert found["result"] == "Allowed"


def test_documents_may_be_text() -> None:
    assert answer(line(identityPolicies=[json.dumps(allowing("s3:*"))]))["result"] == "Allowed"


def test_who_needs_no_permission() -> None:
    denying = allowing("s3:*")
    denying["Statement"][0] |= {"Effect": "Deny", "Action": "*"}
    found = answer(line(action="sts:GetCallerIdentity", resource="*", identityPolicies=[denying]))
    assert found["result"] == "Allowed"


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ("", "line: Input data was truncated"),
        ("nonsense", "line: JSON is malformed: invalid character (byte 4)"),
        ("[]", "line: Expected `object`, got `array`"),
        (b"\xff", "line: JSON is malformed: invalid character (byte 0)"),
        ({"id": "1", "action": "a:b"}, "line: Object missing required field `principal`"),
        (line(action=1), "line: Expected `str`, got `int` - at `$.action`"),
        (line(scp=[]), "line: Object contains unknown field `scp`"),
        (line(action=""), "action: must not be empty"),
        (line(principal="nobody"), "principal: nobody is not the ARN of an IAM or STS principal"),
        (line(identityPolicies=[{"Statement": 1}]), "identityPolicies[0]: Syntax errors in policy."),
        (line(identityPolicies={"Statement": []}), "identityPolicies: Expected `array`, got `object`"),
        (line(scps=[[allowing()]]), "scps[0][0]: Policy statement must contain actions."),
        (line(scps=[allowing("s3:*")]), "scps: Expected `array`, got `object` - at `$[0]`"),
        (line(sessionPolicy="{"), "sessionPolicy: Syntax errors in policy."),
        (
            line(context={"a": {"b": 1}}),
            "line: Expected `bool | int | float | str | array | null`, got `object` - at `$.context",
        ),
    ],
)
def test_a_bad_line_answers_what_is_wrong_and_where(wrong: Any, reason: str) -> None:
    found = answer(wrong)
    assert found["decision"] == "error"
    assert found["reason"].startswith(reason)


def test_a_bad_line_that_has_an_id_keeps_it() -> None:
    assert answer(line(id=7, action=1))["id"] == 7


def test_duplicate_keys_in_a_document_are_refused() -> None:
    text = json.dumps(line(identityPolicies=[allowing("s3:*")])).replace(
        '"Effect"', '"Effect": "Deny", "Effect"'
    )
    assert answer(text)["decision"] == "error"


def documents(number: int) -> dict[str, Any]:
    statements = [
        {
            "Sid": f"S{n}",
            "Effect": "Allow",
            "Action": ["s3:GetObject", f"s3:Put{n}*"],
            "Resource": [f"arn:aws:s3:::bucket-{number}-{n}/*", f"arn:aws:s3:::bucket-{number}-{n}"],
            "Condition": {"StringEquals": {"aws:PrincipalTag/team": "x"}},
        }
        for n in range(5)
    ]
    return {"Version": "2012-10-17", "Statement": statements}


def test_a_document_that_comes_again_is_not_read_again() -> None:
    """The first time nothing is kept, since most come once; from the third time on it is only looked up."""
    evaluator = Evaluator()
    again = json.dumps(line(identityPolicies=[documents(0)], context={"aws:PrincipalTag/team": "x"}))
    first, *_, last = [steps(lambda: evaluator.evaluate_line(again)) for _ in range(5)]
    assert last < first / 2
