"""What IAM refuses, in its words: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tabard.policy import Dialect, Kind, PolicyError, parse

VECTORS = Path(__file__).parent.parent / "vectors" / "policy" / "create_policy_validity.jsonl"
CASES = [json.loads(line) for line in VECTORS.read_text().splitlines()]


def refusal(text: str, kind: Kind = Kind.IDENTITY, dialect: Dialect = Dialect.IAM) -> tuple[str, str] | None:
    try:
        parse(text, kind, dialect)
    except PolicyError as error:
        return error.code, error.message
    return None


def test_a_refusal_is_a_bad_request() -> None:
    with pytest.raises(PolicyError) as refused:
        parse("{}", Kind.IDENTITY)
    assert refused.value.status == 400


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_create_policy_answers_as_recorded(case: dict[str, Any]) -> None:
    error = case["error"]
    expected = (error["code"], error["message"]) if error else None
    assert refusal(json.dumps(case["document"])) == expected


def statement(**more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"} | more


def identity(*statements: dict[str, Any], **more: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements) or [statement()]} | more)


def trust(**more: Any) -> str:
    one = {
        "Effect": "Allow",
        "Principal": {"Service": "ec2.amazonaws.com"},
        "Action": "sts:AssumeRole",
    } | more
    return json.dumps(
        {"Version": "2012-10-17", "Statement": [{k: v for k, v in one.items() if v is not None}]}
    )


def bucket(**more: Any) -> str:
    one = statement(Principal="*", Resource="arn:aws:s3:::b/*") | more
    return json.dumps(
        {"Version": "2012-10-17", "Statement": [{k: v for k, v in one.items() if v is not None}]}
    )


SYNTAX = ("MalformedPolicyDocument", "Syntax errors in policy.")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "\ufeff" + identity(),
        identity() + "x",
        '{"Version": "2012-10-17", "Version": "2012-10-17", "Statement": []}',
        identity().replace('"Effect"', '"Effect": "Deny", "Effect"'),
        identity(statement(Condition={"NumericEquals": {"a:b": 1}})).replace(": 1}", ": NaN}"),
        identity(statement(Condition={"NumericEquals": {"a:b": 1}})).replace(": 1}", ": Infinity}"),
        identity(statement(Sid="x")).replace('"x"', '"\\ud800"'),
        identity(statement(Sid="\ud800")).encode("unicode_escape").decode().replace("\\\\", "\\"),
        "[" * 100_000,
        '{"Version":"2012-10-17","Statement":' + "[" * 50_000 + "]" * 50_000 + "}",
        '{"a":' * 50_000,
        json.dumps([1, 2]),
        json.dumps("text"),
        identity(Id=3),
        identity(statement(Sid=None)),
        identity(statement(Effect=["Allow"])),
        identity(statement(Principal={"AWS": {}})),
        identity(statement(Condition={"StringEquals": {"a:b": None}})),
        identity(statement(Condition={"NullIfExists": {"a:b": "true"}})),
        identity(statement(Condition={"ForSomeValues:StringEquals": {"a:b": "true"}})),
    ],
    ids=str,
)
def test_bad_json_and_bad_shapes_are_syntax_errors(text: str) -> None:
    assert refusal(text) == SYNTAX


def test_numbers_too_large_for_a_machine_are_taken_as_values() -> None:
    huge = identity(statement(Condition={"NumericEquals": {"a:b": 1}})).replace(
        ": 1}", ": " + "9" * 5000 + "}"
    )
    assert refusal(huge) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (identity(statement(Principal="*")), "Policy document should not specify a principal."),
        (" " + identity(), "JSON strings must not have leading spaces"),
        (identity(statement(Effect="allow")), "The policy failed legacy parsing"),
        (
            identity(statement(Sid="not alpha numeric")),
            "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*",
        ),
        (
            identity(statement(Resource="arn:aws:iam:us-east-1::user/x")),
            "IAM resource arn:aws:iam:us-east-1::user/x cannot contain region information.",
        ),
        (
            identity(statement(Resource="arn:aws:s3:us-east-1::b")),
            "Resource arn:aws:s3:us-east-1::b can not contain region information.",
        ),
        (
            identity(statement(Resource="aws:s3:::b")),
            'Partition "s3" is not valid for resource "arn:s3:::b:*".',
        ),
        (
            identity(statement(Resource="arn:aws:s*:::b")),
            "Resource vendor must be fully qualified and cannot contain regexes.",
        ),
    ],
)
def test_identity_policies_are_refused_in_aws_words(text: str, message: str) -> None:
    assert refusal(text) == ("MalformedPolicyDocument", message)


def test_iam_paths_are_checked() -> None:
    text = identity(statement(Resource="arn:aws:iam::111122223333:nonsense/x"))
    found = refusal(text)
    assert found is not None
    assert found[1].startswith(
        'IAM resource path must either be "*" or start with user/, federated-user/, role/'
    )
    assert refusal(identity(statement(Resource="arn:aws:iam::111122223333:r*"))) is None


@pytest.mark.parametrize(
    "value", ["01T", "2016-12-13t2:00:00.593194+23", "-292275054", "1420070400", "2019-07-01"]
)
def test_dates_that_aws_takes(value: str) -> None:
    assert refusal(identity(statement(Condition={"DateGreaterThan": {"a": value}}))) is None


@pytest.mark.parametrize(
    "value",
    [
        "234-13",
        "2016-12-13t2:00:00.593194+1",
        "2016-12-13t2:00:00.1999999999+10:59",
        "9223372036854775808",
        "",
    ],
)
def test_dates_that_aws_does_not_take(value: str) -> None:
    found = refusal(identity(statement(Condition={"DateGreaterThan": {"a": value}})))
    assert found == ("MalformedPolicyDocument", "The policy failed legacy parsing")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "This policy contains invalid Json"),
        (trust(Resource="*"), "Has prohibited field Resource"),
        (trust(NotResource="*"), "Has prohibited field NotResource"),
        (trust(Principal=None), "Missing required field Principal"),
        (trust(Action=None), "Missing required field Action"),
        (trust(Effect=None), "Missing required field Effect"),
        (trust(Comment="x"), "Unknown field Comment"),
        (trust(Action="s3:GetObject"), "AssumeRole policy may only specify STS AssumeRole actions."),
        (trust(Principal={"AWS": "nobody"}), 'Invalid principal in policy: "AWS":"nobody"'),
        (trust(Principal={"Service": "nobody"}), 'Invalid principal in policy: "SERVICE":"nobody"'),
        (
            trust(Principal={"AWS": "arn:aws:iam::111122223333:user/*"}),
            'Invalid principal in policy: "AWS":"arn:aws:iam::111122223333:user/*"',
        ),
    ],
)
def test_trust_policies_are_refused_in_aws_words(text: str, message: str) -> None:
    assert refusal(text, Kind.TRUST) == ("MalformedPolicyDocument", message)


@pytest.mark.parametrize(
    "principal",
    [
        "*",
        {"AWS": "*"},
        {"AWS": ["111122223333", "arn:aws:iam::111122223333:root", "AIDACKCEVSQ6C2EXAMPLE"]},
        {"AWS": "arn:aws:sts::111122223333:assumed-role/r/s"},
        {"Service": ["ec2.amazonaws.com", "lambda.amazonaws.com"]},
        {"Federated": "arn:aws:iam::111122223333:oidc-provider/token.example.com"},
    ],
)
def test_trust_policies_take_every_form_of_principal(principal: Any) -> None:
    assert refusal(trust(Principal=principal), Kind.TRUST) is None


def test_trust_policies_may_be_of_the_old_version() -> None:
    assert refusal(trust().replace("2012", "2008"), Kind.TRUST) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "Policies must be valid JSON and the first byte must be '{'"),
        (" {}", "Policies must be valid JSON and the first byte must be '{'"),
        ("{}", "Missing required field Statement"),
        (bucket(Principal=None), "Missing required field Principal"),
        (bucket(Action=None), "Missing required field Action"),
        (bucket(Resource=None), "Missing required field Resource"),
        (bucket(Effect=None), "Missing required field Effect"),
        (bucket(Effect="allow"), "Invalid effect: allow"),
        (bucket(Action="ec2:RunInstances"), "Policy has invalid action"),
        (bucket(Resource="*"), "Policy has invalid resource"),
        (bucket(Extra=1), "Unknown field Extra"),
        (bucket(Resource="arn:aws:s3:::b"), "Action does not apply to any resource(s) in statement"),
        (
            bucket(Action="s3:ListBucket", Resource="arn:aws:s3:::b/k"),
            "Action does not apply to any resource(s) in statement",
        ),
        (bucket(Condition={"Nonsense": {"aws:x": "y"}}), "Invalid Condition type : Nonsense"),
        (bucket(Condition={"StringEquals": {"x": "y"}}), "Policy has an invalid condition key"),
        (bucket(Principal={"Nobody": "x"}), "Invalid principal in policy"),
    ],
)
def test_bucket_policies_are_refused_in_s3_words(text: str, message: str) -> None:
    assert refusal(text, Kind.RESOURCE, Dialect.S3) == ("MalformedPolicy", message)


def test_a_bucket_policy_that_s3_takes() -> None:
    assert refusal(bucket(), Kind.RESOURCE, Dialect.S3) is None
    both = bucket(Action=["s3:ListBucket", "s3:GetObject"], Resource=["arn:aws:s3:::b", "arn:aws:s3:::b/*"])
    assert refusal(both, Kind.RESOURCE, Dialect.S3) is None
