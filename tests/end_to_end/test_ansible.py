"""Ansible's IAM modules (the amazon.aws collection): a playbook run twice changes nothing the second time, and takes all away.

`make ansible` sets them up; the test skips where that has not been done.
"""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.server import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import TabardServer

VENV = ROOT / ".venv-ansible"
DOCUMENT = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"


def tasks(state: str, account: str) -> list[dict[str, Any]]:
    """What is there (``present``) or not (``absent``), in an order in which it can be made."""
    own = f"arn:aws:iam::{account}:policy/ansible-reads"
    gone = state == "absent"
    return [
        {
            "amazon.aws.iam_managed_policy": {
                "name": "ansible-reads",
                "description": "reads",
                "policy": DOCUMENT,
                "tags": {"team": "blue"},
                "state": state,
            }
        },
        {
            "amazon.aws.iam_group": {
                "name": "ansible-readers",
                "managed_policies": [READ_ONLY],
                "purge_policies": True,
                "state": state,
            }
        },
        {
            "amazon.aws.iam_user": {
                "name": "ansible-ana",
                "managed_policies": [own],
                "password": "Correct-horse-battery-1",
                "update_password": "on_create",
                "tags": {"who": "ana", "with space": "ü"},
                "state": state,
            }
        },
        {
            "amazon.aws.iam_group": {
                "name": "ansible-readers",
                "users": [] if gone else ["ansible-ana"],
                "state": state,
            }
        },
        {
            "amazon.aws.iam_role": {
                "name": "ansible-app",
                "path": "/team/",
                "assume_role_policy_document": json.dumps(TRUST),
                "description": "made by Ansible",
                "managed_policies": [own],
                "boundary": READ_ONLY,
                "max_session_duration": 7200,
                "create_instance_profile": False,
                "tags": {"team": "blue"},
                "state": state,
            }
        },
        {
            "amazon.aws.iam_policy": {
                "iam_type": "role",
                "iam_name": "ansible-app",
                "policy_name": "inline",
                "policy_json": json.dumps(DOCUMENT),
                "state": state,
            }
        },
        {
            "amazon.aws.iam_instance_profile": {
                "name": "ansible-extra",
                "path": "/team/",
                "role": "ansible-app",
                "tags": {"team": "blue"},
                "state": state,
            }
        },
        {
            "amazon.aws.iam_password_policy": {
                "min_pw_length": 12,
                "require_numbers": True,
                "allow_pw_change": True,
                "pw_max_age": 90,
                "pw_reuse_prevent": 3,
                "state": state,
            }
        },
    ]


class Ansible:
    """Playbooks of single tasks, run against a server."""

    def __init__(self, folder: Path, server: TabardServer) -> None:
        self._folder = folder
        self._environment = {
            **server.environment(),
            "PATH": f"{VENV / 'bin'}:{os.environ['PATH']}",
            "HOME": str(folder),
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_COLLECTIONS_PATH": str(VENV / "collections"),
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_LOCALHOST_WARNING": "0",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "0",
        }

    def __call__(self, listed: list[dict[str, Any]]) -> list[str]:
        """Run tasks; how each ended (``ok`` or ``changed``), or the tests fail with what Ansible said."""
        marked = [{**task, "name": f"task {number}"} for number, task in enumerate(listed)]
        play = {"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": marked}
        book = self._folder / "book.json"
        book.write_text(json.dumps([play]))
        done = subprocess.run(
            [VENV / "bin" / "ansible-playbook", book],
            cwd=self._folder,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return [
            line.split(":")[0]
            for line in done.stdout.splitlines()
            if line.startswith(("ok: [", "changed: ["))
        ]


@pytest.fixture
def ansible(own_server: TabardServer, tmp_path: Path) -> Ansible:
    if not (VENV / "bin" / "ansible-playbook").exists():
        pytest.skip("Ansible is not set up: make ansible")
    return Ansible(tmp_path, own_server)


@pytest.mark.long
def test_the_second_run_changes_nothing(ansible: Ansible, own_server: TabardServer) -> None:
    iam = own_server.client("iam")
    present = tasks("present", own_server.account)
    assert ansible(present) == ["changed"] * len(present)
    role = iam.get_role(RoleName="ansible-app")["Role"]
    assert role["PermissionsBoundary"]["PermissionsBoundaryArn"] == READ_ONLY
    assert iam.get_group(GroupName="ansible-readers")["Users"][0]["UserName"] == "ansible-ana"
    assert ansible(present) == ["ok"] * len(present)
    absent = tasks("absent", own_server.account)
    # memberships and policies first, as they were made last; a policy goes once nothing uses it
    assert set(ansible(absent[::-1])) <= {"ok", "changed"}
    # the module of inline policies wants the role that holds them to be there, on AWS too
    still = [task for task in absent[::-1] if "amazon.aws.iam_policy" not in task]
    assert set(ansible(still)) == {"ok"}
    assert iam.list_roles(PathPrefix="/team/")["Roles"] == []
    assert iam.list_users()["Users"] == []
    assert iam.list_policies(Scope="Local")["Policies"] == []
