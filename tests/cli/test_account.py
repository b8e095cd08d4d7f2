"""`tabard account` on a real server: several accounts that know nothing of each other."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from tests.support.server import start

from tabard.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import TabardServer


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert main(["account", *arguments, "--output", "json"]) == 0
    return json.loads(capsys.readouterr().out)


def as_key(made: dict[str, str]) -> dict[str, str]:
    return {"AccessKeyId": made["accessKeyId"], "SecretAccessKey": made["secretAccessKey"]}


def test_an_account_is_made_and_its_root_key_works_and_is_told_once(
    own_server: TabardServer, capsys: pytest.CaptureFixture[str]
) -> None:
    data = ["--data", str(own_server.data)]
    made = told(capsys, "create", "research", "--id", "000000000042", *data)
    assert (made["account"], made["name"]) == ("000000000042", "research")
    me = own_server.client("sts", as_key(made)).get_caller_identity()
    assert me["Arn"] == "arn:aws:iam::000000000042:root"
    listed = told(capsys, "list", *data)
    assert {each["account"] for each in listed} == {"000000000042", own_server.account}
    assert "secretAccessKey" not in repr(listed)
    another = told(capsys, "key", "000000000042", *data)
    assert own_server.client("iam", as_key(another)).list_users()["Users"] == []
    assert main(["account", "key", "000000000042", *data]) == 1
    assert "has 2 access keys" in capsys.readouterr().err
    assert main(["account", "create", "again", "--id", "000000000042", *data]) == 1
    assert "There is an account 000000000042 already." in capsys.readouterr().err
    assert main(["account", "key", "999999999999", *data]) == 1
    assert main(["account", "create", "x" * 51, *data]) == 1
    assert main(["account", "create", "two\nlines", *data]) == 1
    capsys.readouterr()
    assert main(["account", "create", "made up", *data]) == 0
    shown = capsys.readouterr().out
    assert "shown this once" in shown
    assert main(["account", "list", *data]) == 0
    assert "made up" in capsys.readouterr().out
    assert stat.S_IMODE((own_server.data / "control").stat().st_mode) == 0o600
    trail = "".join(path.read_text() for path in (own_server.data / "audit").iterdir())
    assert '"create-account"' in trail
    assert made["secretAccessKey"] not in trail


def test_the_servers_own_account_stays_the_first_one_whatever_the_numbers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "data"
    server = start(tmp_path / "log", data=str(data))
    try:
        first = server.account
        told(capsys, "create", "early", "--id", "000000000001", "--data", str(data))
    finally:
        server.stop()
    server = start(tmp_path / "log", data=str(data))
    try:
        assert server.account == first
        assert server.client("sts").get_caller_identity()["Account"] == first
    finally:
        server.stop()
    assert main(["account", "list", "--data", str(data)]) == 1
    assert "No Tabard is running" in capsys.readouterr().err


def test_accounts_meet_in_policies_alone(
    own_server: TabardServer, capsys: pytest.CaptureFixture[str]
) -> None:
    server, data = own_server, ["--data", str(own_server.data)]
    made = told(capsys, "create", "research", *data)
    other, mine = made["account"], server.account
    theirs = server.client("iam", as_key(made))
    server.client("iam").create_user(UserName="ann")
    key = server.client("iam").create_access_key(UserName="ann")["AccessKey"]
    allow = {"Effect": "Allow", "Action": ["sts:AssumeRole", "s3:*"], "Resource": "*"}
    server.client("iam").put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=policy(allow))
    trusted = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{mine}:root"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": "12345"}},
    }
    theirs.create_role(RoleName="app", AssumeRolePolicyDocument=policy(trusted))
    ann = server.client("sts", key)
    ask = {"RoleArn": f"arn:aws:iam::{other}:role/app", "RoleSessionName": "me"}
    session = ann.assume_role(**ask, ExternalId="12345")["Credentials"]
    assert server.client("sts", session).get_caller_identity()["Account"] == other
    heard = [refusal(ann.assume_role, **ask), refusal(ann.assume_role, **ask, ExternalId="54321")]
    missing = refusal(ann.assume_role, **{**ask, "RoleArn": f"{ask['RoleArn']}x"}, ExternalId="12345")
    assert {code for code, _ in (*heard, missing)} == {"AccessDenied"}
    assert heard[0][1] == missing[1].replace("role/appx", "role/app")
    s3, bucket = server.client("s3", as_key(made)), f"shared-{other}"
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="k", Body=b"v")
    guest = server.client("s3", key)
    assert refusal(guest.get_object, Bucket=bucket, Key="k") == ("AccessDenied", "Access Denied")
    grant = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{mine}:user/ann"},
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
    }
    s3.put_bucket_policy(Bucket=bucket, Policy=policy(grant))
    assert guest.get_object(Bucket=bucket, Key="k")["Body"].read() == b"v"
    assert refusal(guest.put_object, Bucket=bucket, Key="k", Body=b"")[0] == "AccessDenied"
    server.client("iam").delete_user_policy(UserName="ann", PolicyName="p")
    assert refusal(guest.get_object, Bucket=bucket, Key="k")[0] == "AccessDenied"


def policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def refusal(operation: Any, **parameters: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        operation(**parameters)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]
