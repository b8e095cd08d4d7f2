"""The AWS CLI, version 1 from PyPI and version 2 from Debian, does the everyday work of every service."""

from __future__ import annotations

import json
import os
import uuid
from typing import TYPE_CHECKING

import pytest
from tests.end_to_end.clients import V1, V2, AwsCli, is_version_2

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import TabardServer

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)


@pytest.fixture(params=["v1", "v2"])
def aws(request: pytest.FixtureRequest, server: TabardServer) -> AwsCli:
    if request.param == "v1":
        return AwsCli(V1, server)
    if not is_version_2(V2):
        pytest.skip("version 2 of the AWS CLI is not installed")
    return AwsCli(V2, server)


@pytest.fixture
def name() -> str:
    return f"cli-{uuid.uuid4().hex[:10]}"


def test_roles_and_profiles(aws: AwsCli, name: str) -> None:
    role = aws("iam", "create-role", "--role-name", name, "--assume-role-policy-document", TRUST).json["Role"]
    assert role["AssumeRolePolicyDocument"] == json.loads(TRUST)
    administrator = "arn:aws:iam::aws:policy/AdministratorAccess"
    assert aws("iam", "attach-role-policy", "--role-name", name, "--policy-arn", administrator).code == 0
    attached = aws("iam", "list-attached-role-policies", "--role-name", name).json["AttachedPolicies"]
    assert attached == [{"PolicyName": "AdministratorAccess", "PolicyArn": administrator}]
    assert aws("iam", "create-instance-profile", "--instance-profile-name", name).code == 0
    added = aws("iam", "add-role-to-instance-profile", "--instance-profile-name", name, "--role-name", name)
    assert added.code == 0, added.err
    profile = aws("iam", "get-instance-profile", "--instance-profile-name", name).json["InstanceProfile"]
    assert [each["Arn"] for each in profile["Roles"]] == [role["Arn"]]
    refused = aws("iam", "delete-role", "--role-name", name)
    assert "An error occurred (DeleteConflict) when calling the DeleteRole operation" in refused.err


def test_a_user_sees_only_what_it_may(aws: AwsCli, name: str) -> None:
    aws("iam", "create-user", "--user-name", name)
    key = aws("iam", "create-access-key", "--user-name", name).json["AccessKey"]
    who = aws("sts", "get-caller-identity", credentials=key).json
    assert who["Arn"].endswith(f":user/{name}")
    refused = aws("s3", "ls", credentials=key)
    assert refused.code != 0
    assert "(AccessDenied) when calling the ListBuckets operation" in refused.err
    assert "because no identity-based policy allows the s3:ListAllMyBuckets action" in refused.err


def test_objects_come_back_as_they_went(aws: AwsCli, name: str, tmp_path: Path) -> None:
    content = os.urandom(9_000_000)
    (tmp_path / "here").write_bytes(content)
    assert aws("s3", "mb", f"s3://{name}").code == 0
    sent = aws("s3", "cp", str(tmp_path / "here"), f"s3://{name}/a folder/ü+%25.bin", "--no-progress")
    assert sent.code == 0, sent.err
    listed = aws("s3", "ls", f"s3://{name}", "--recursive")
    assert "9000000 a folder/ü+%25.bin" in listed.out
    back = aws("s3", "cp", f"s3://{name}/a folder/ü+%25.bin", str(tmp_path / "back"), "--no-progress")
    assert back.code == 0, back.err
    assert (tmp_path / "back").read_bytes() == content
    assert aws("s3", "rb", f"s3://{name}").code != 0
    assert aws("s3", "rm", f"s3://{name}", "--recursive").code == 0
    assert aws("s3", "rb", f"s3://{name}").code == 0


def test_a_folder_is_synchronised_and_the_second_time_nothing_moves(
    aws: AwsCli, name: str, tmp_path: Path
) -> None:
    for number in range(20):
        path = tmp_path / f"file-{number}"
        path.write_text("x" * number)
        os.utime(
            path, (1_700_000_000, 1_700_000_000)
        )  # the CLI sends again what is newer: S3's times are whole seconds
    aws("s3", "mb", f"s3://{name}")
    first = aws("s3", "sync", str(tmp_path), f"s3://{name}/copy", "--no-progress")
    assert first.out.count("upload:") == 20
    assert aws("s3", "sync", str(tmp_path), f"s3://{name}/copy", "--no-progress").out == ""


def test_a_presigned_link_opens_for_anyone(aws: AwsCli, name: str, tmp_path: Path) -> None:
    from urllib.request import urlopen

    (tmp_path / "file").write_text("shared")
    aws("s3", "mb", f"s3://{name}")
    aws("s3", "cp", str(tmp_path / "file"), f"s3://{name}/file")
    link = aws("s3", "presign", f"s3://{name}/file").out.strip()
    with urlopen(link) as reply:
        assert reply.read() == b"shared"


def test_what_ec2_offers(aws: AwsCli) -> None:
    regions = aws("ec2", "describe-regions").json["Regions"]
    assert "us-east-1" in {region["RegionName"] for region in regions}
    images = aws("ec2", "describe-images", "--owners", "amazon").json["Images"]
    assert images[0]["State"] == "available"
    vpcs = aws("ec2", "describe-vpcs").json["Vpcs"]
    assert [vpc["IsDefault"] for vpc in vpcs] == [True]
