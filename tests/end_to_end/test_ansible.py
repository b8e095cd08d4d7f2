"""Ansible's modules of AWS (amazon.aws, community.aws): run twice, a playbook changes nothing, and it takes all away.

`make ansible` sets them up; the test skips where that has not been done.
"""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from tests.services.iam import certificates
from tests.services.iam.test_saml_providers import metadata
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
SAML = metadata()
WEB = certificates.make("example.com")
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
        {
            "community.aws.iam_saml_federation": {
                "name": "ansible-corp",
                **({} if gone else {"saml_metadata_document": SAML}),
                "state": state,
            }
        },
        {
            "community.aws.iam_server_certificate": {
                "name": "ansible-web",
                **({} if gone else {"path": "/team/", "cert": WEB.certificate.strip(), "key": WEB.key}),
                "state": state,
            }
        },
    ]


def machines(state: str, image: str) -> list[dict[str, Any]]:
    """A machine with all that it needs, and a bucket."""
    gone = state == "absent"
    trust = json.dumps(TRUST)
    group = {
        "description": "web",
        "rules": [{"proto": "tcp", "ports": [22, 443], "cidr_ip": "10.0.0.0/8", "rule_desc": "inside"}],
        "tags": {"team": "blue"},
    }
    machine = {
        "image_id": image,
        "instance_type": "t3.micro",
        "key_name": "ansible-me",
        "security_group": "ansible-web",
        "iam_instance_profile": "ansible-machine",
        "metadata_options": {"http_endpoint": "enabled", "http_tokens": "required"},
        "tags": {"team": "blue"},
    }
    return [
        {"amazon.aws.ec2_key": {"name": "ansible-me", "key_type": "ed25519", "state": state}},
        {"amazon.aws.ec2_security_group": {"name": "ansible-web", **({} if gone else group), "state": state}},
        {
            "amazon.aws.iam_role": {
                "name": "ansible-machine",
                **({} if gone else {"assume_role_policy_document": trust, "create_instance_profile": False}),
                "state": state,
            }
        },
        {
            "amazon.aws.iam_instance_profile": {
                "name": "ansible-machine",
                **({} if gone else {"role": "ansible-machine"}),
                "state": state,
            }
        },
        {
            "amazon.aws.ec2_instance": {
                "name": "ansible-machine",
                **({} if gone else machine),
                "state": "absent" if gone else "running",
            }
        },
        {
            "amazon.aws.s3_bucket": {
                "name": "ansible-papers",
                **({} if gone else {"tags": {"team": "blue"}}),
                "force": gone,
                "state": state,
            }
        },
        *(
            []
            if gone
            else [
                {
                    "amazon.aws.s3_object": {
                        "bucket": "ansible-papers",
                        "object": "a/é key",
                        "content": "hello",
                        "mode": "put",
                        "overwrite": "different",
                    }
                }
            ]
        ),
    ]


QUESTIONS: list[dict[str, dict[str, Any]]] = [
    {"amazon.aws.aws_caller_info": {}},
    {"amazon.aws.aws_az_info": {}},
    {"amazon.aws.aws_region_info": {}},
    {"amazon.aws.ec2_instance_info": {"filters": {"tag:team": "blue"}}},
    {"amazon.aws.ec2_key_info": {"names": ["ansible-me"]}},
    {"amazon.aws.ec2_security_group_info": {"filters": {"group-name": "ansible-web"}}},
    {"amazon.aws.ec2_ami_info": {"owners": "amazon"}},
    {"amazon.aws.ec2_vpc_net_info": {}},
    {"amazon.aws.ec2_vpc_subnet_info": {}},
    {"amazon.aws.ec2_vol_info": {}},
    {"amazon.aws.ec2_eni_info": {}},
    {"amazon.aws.iam_role_info": {"name": "ansible-machine"}},
    {"amazon.aws.iam_instance_profile_info": {"name": "ansible-machine"}},
    {"amazon.aws.iam_user_info": {}},
    {"amazon.aws.iam_policy_info": {"iam_type": "role", "iam_name": "ansible-machine"}},
    {"amazon.aws.iam_mfa_device_info": {}},
    {"amazon.aws.s3_bucket_info": {"name": "ansible-papers"}},
    {"amazon.aws.s3_object_info": {"bucket_name": "ansible-papers", "object_name": "a/é key"}},
]
"""Modules that only look."""


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
    assert iam.list_saml_providers()["SAMLProviderList"] == []
    assert iam.list_server_certificates()["ServerCertificateMetadataList"] == []


@pytest.mark.long
def test_machines_and_buckets_twice(ansible: Ansible, own_server: TabardServer) -> None:
    ec2 = own_server.client("ec2")
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    present = machines("present", image)
    assert ansible(present) == ["changed"] * len(present)
    assert ansible([*present, *QUESTIONS]) == ["ok"] * (len(present) + len(QUESTIONS))
    assert set(ansible(machines("absent", image)[::-1])) == {"changed"}
    assert ec2.describe_key_pairs()["KeyPairs"] == []
    assert own_server.client("s3").list_buckets()["Buckets"] == []
    assert own_server.client("iam").list_roles()["Roles"] == []
