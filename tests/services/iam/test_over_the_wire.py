"""IAM on a real server, by the unmodified SDK and command line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError
from tests.services.iam.conftest import EC2_TRUST

if TYPE_CHECKING:
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


def test_the_command_line_makes_a_role(server: TabardServer) -> None:
    def aws(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(Path(sys.executable).with_name("aws")), "iam", *arguments, "--output", "json"],
            env=server.environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    made = aws("create-role", "--role-name", "wire-app", "--assume-role-policy-document", EC2_TRUST)
    assert made.returncode == 0, made.stderr
    assert json.loads(made.stdout)["Role"]["AssumeRolePolicyDocument"] == json.loads(EC2_TRUST)
    assert aws("attach-role-policy", "--role-name", "wire-app", "--policy-arn", ADMIN).returncode == 0
    refused = aws("delete-role", "--role-name", "wire-app")
    assert refused.returncode != 0
    assert "(DeleteConflict)" in refused.stderr
    assert "Cannot delete entity, must detach all policies first." in refused.stderr
