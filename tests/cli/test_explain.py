"""`tabard explain` says of any denial what decided it and what nearly allowed it, with the values that were compared."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tabard.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import TabardServer

LINE = {
    "principal": "arn:aws:iam::111122223333:user/ana",
    "action": "s3:PutObject",
    "resource": "arn:aws:s3:::b/k",
    "context": {"aws:SourceIp": "10.0.0.1"},
    "identityPolicies": [
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "Own",
                    "Effect": "Allow",
                    "Action": "s3:*",
                    "Resource": "arn:aws:s3:::b/${aws:username}/*",
                },
                {
                    "Effect": "Allow",
                    "Action": "s3:Put*",
                    "Resource": "*",
                    "Condition": {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}},
                },
            ],
        }
    ],
}


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert main(["explain", *arguments, "--output", "json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_line_is_explained_with_the_values_that_were_compared(capsys: pytest.CaptureFixture[str]) -> None:
    report = told(capsys, json.dumps(LINE))
    assert (report["decision"], report["layer"]) == ("deny", "identity-based policy")
    resource, condition = report["nearMisses"]
    assert (resource["sid"], resource["element"]) == ("Own", "Resource")
    assert (resource["expected"], resource["found"]) == (["arn:aws:s3:::b/ana/*"], ["arn:aws:s3:::b/k"])
    assert (condition["operator"], condition["key"]) == ("IpAddress", "aws:SourceIp")
    assert (condition["expected"], condition["found"]) == (["192.0.2.0/24"], ["10.0.0.1"])


def test_people_read_it_in_sentences(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", json.dumps(LINE)]) == 0
    text = capsys.readouterr().out
    assert text.startswith("Denied  s3:PutObject on arn:aws:s3:::b/k")
    assert 'identityPolicies[0], statement 1 "Own"' in text
    assert "policy:  arn:aws:s3:::b/ana/*" in text
    assert "but for its condition IpAddress on aws:SourceIp" in text


ROLE = "arn:aws:iam::111122223333:role/app"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            LINE | {"identityPolicies": []},
            (
                'in a policy of the principal, or of a group that it is in|{"Effect": "Allow", "Action": "s3:PutObject", '
                '"Resource": "arn:aws:s3:::b/k"}'
            ),
        ),
        (
            LINE | {"principal": {"service": "sns.amazonaws.com"}},
            'in the policy of the resource|"Principal": {"Service": "sns.amazonaws.com"}',
        ),
        (LINE | {"principal": {"type": "Anonymous"}}, 'in the policy of the resource|"Principal": "*"'),
        (
            LINE
            | {
                "action": "sts:AssumeRole",
                "resource": ROLE,
                "resourcePolicy": {
                    "Version": "2012-10-17",
                    "Statement": {
                        "Effect": "Allow",
                        "Principal": {"Service": "ec2.amazonaws.com"},
                        "Action": "sts:AssumeRole",
                    },
                },
                "identityPolicies": [
                    {
                        "Version": "2012-10-17",
                        "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"},
                    }
                ],
            },
            (
                "in the trust policy of the role|"
                '{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:user/ana"}, "Action": "sts:AssumeRole"}'
            ),
        ),
        (
            LINE
            | {
                "identityPolicies": [
                    {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}
                ]
            },
            "No allow outweighs it",
        ),
    ],
)
def test_people_are_told_what_is_missing_and_where(
    capsys: pytest.CaptureFixture[str], line: Any, said: str
) -> None:
    assert main(["explain", json.dumps(line)]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert all(part in text for part in said.split("|")), text


def test_a_line_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", '{"principal": 1}']) == 1
    assert "no request to evaluate" in capsys.readouterr().err


def test_a_folder_without_a_trail_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "--data", str(tmp_path)]) == 1
    error = capsys.readouterr().err
    assert "no audit trail" in error
    assert "--data DIR" in error


def test_a_denied_request_is_explained_by_its_id_its_encoded_message_and_as_the_newest(
    server: TabardServer, capsys: pytest.CaptureFixture[str]
) -> None:
    data, iam, name = str(server.data), server.client("iam"), f"denied-{uuid.uuid4().hex[:8]}"
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    statement = {
        "Sid": "Elsewhere",
        "Effect": "Allow",
        "Action": "ec2:DescribeInstances",
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:RequestedRegion": "eu-west-3"}},
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName=name, PolicyName="far", PolicyDocument=document)
    with pytest.raises(ClientError) as refused:
        server.client("ec2", key).describe_instances()
    iam.delete_user_policy(UserName=name, PolicyName="far")  # what was compared then is told all the same

    newest = told(capsys, "--data", data, "--principal", name)
    assert newest["principal"].endswith(f"user/{name}")
    (miss,) = newest["nearMisses"]
    assert (miss["policy"], miss["sid"], miss["element"]) == (f"user/{name}/far", "Elsewhere", "Condition")
    assert (miss["expected"], miss["found"]) == (["eu-west-3"], ["us-east-1"])
    assert newest["request"]["event"] == "ec2.amazonaws.com DescribeInstances"

    request_id = refused.value.response["ResponseMetadata"]["RequestId"]
    assert told(capsys, "--data", data, request_id) == newest
    assert told(capsys, "--data", data, str(refused.value)) == newest  # all that a client printed
    encoded = refused.value.response["Error"]["Message"].rpartition(" ")[2]
    assert told(capsys, "--data", data, encoded) == newest


def test_a_request_that_was_not_denied_is_said_not_to_be(
    server: TabardServer, capsys: pytest.CaptureFixture[str]
) -> None:
    request_id = server.client("sts").get_caller_identity()["ResponseMetadata"]["RequestId"]
    assert main(["explain", "--data", str(server.data), request_id]) == 1
    assert "was not denied" in capsys.readouterr().err
    assert main(["explain", "--data", str(server.data), "no-such-request"]) == 1
    assert "No recorded request" in capsys.readouterr().err
