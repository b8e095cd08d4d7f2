"""IAM on a real server, by the unmodified SDK and command line."""

from __future__ import annotations

import base64
import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from tests.support.quick_aws import quick_aws
from tests.support.world import EC2_TRUST

from tabard.identity import mfa

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from tests.support.server import TabardServer

ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"


def test_a_user_gets_a_key_and_then_permission(server: TabardServer) -> None:
    iam = server.client("iam")
    iam.create_user(UserName="wire-bob")
    key = iam.create_access_key(UserName="wire-bob")["AccessKey"]
    bob = server.client("iam", key)
    with pytest.raises(ClientError) as denied:
        bob.list_roles()
    assert denied.value.response["Error"]["Code"] == "AccessDenied"
    iam.attach_user_policy(UserName="wire-bob", PolicyArn=ADMIN)
    assert "Roles" in bob.list_roles()
    iam.detach_user_policy(UserName="wire-bob", PolicyArn=ADMIN)
    with pytest.raises(ClientError):
        bob.list_roles()


def test_the_command_line_enables_a_virtual_mfa_device(server: TabardServer, tmp_path: Path) -> None:
    def aws(service: str, *arguments: str) -> dict[str, Any]:
        done = quick_aws([service, *arguments, "--output", "json"], server.environment(), tmp_path)
        assert done.returncode == 0, done.stderr.decode()
        told: dict[str, Any] = json.loads(done.stdout or "{}")
        return told

    seed = tmp_path / "seed"
    name = ("--virtual-mfa-device-name", "wire-phone")
    file = ("--outfile", str(seed), "--bootstrap-method", "Base32StringSeed")
    serial = aws("iam", "create-virtual-mfa-device", *name, *file)["VirtualMFADevice"]["SerialNumber"]
    aws("iam", "create-user", "--user-name", "wire-ann")
    key, step = base64.b32decode(seed.read_text()), mfa.step_at(time.time())
    device = ("--user-name", "wire-ann", "--serial-number", serial)
    codes = (
        "--authentication-code1",
        mfa.code_of(key, step - 1),
        "--authentication-code2",
        mfa.code_of(key, step),
    )
    aws("iam", "enable-mfa-device", *device, *codes)
    listed = aws("iam", "list-mfa-devices", "--user-name", "wire-ann")["MFADevices"]
    assert [each["SerialNumber"] for each in listed] == [serial]
    ann = server.client("sts", server.client("iam").create_access_key(UserName="wire-ann")["AccessKey"])
    session = ann.get_session_token(SerialNumber=serial, TokenCode=mfa.code_of(key, step + 1))["Credentials"]
    with pytest.raises(ClientError) as denied:
        server.client("iam", session).list_roles()
    assert denied.value.response["Error"]["Code"] == "AccessDenied"


def test_the_command_line_makes_a_role(server: TabardServer, tmp_path: Path) -> None:
    def aws(*arguments: str) -> subprocess.CompletedProcess[bytes]:
        return quick_aws(["iam", *arguments, "--output", "json"], server.environment(), tmp_path)

    made = aws("create-role", "--role-name", "wire-app", "--assume-role-policy-document", EC2_TRUST)
    assert made.returncode == 0, made.stderr
    assert json.loads(made.stdout)["Role"]["AssumeRolePolicyDocument"] == json.loads(EC2_TRUST)
    assert aws("attach-role-policy", "--role-name", "wire-app", "--policy-arn", ADMIN).returncode == 0
    refused = aws("delete-role", "--role-name", "wire-app")
    assert refused.returncode != 0
    assert b"(DeleteConflict)" in refused.stderr
    assert b"Cannot delete entity, must detach all policies first." in refused.stderr
