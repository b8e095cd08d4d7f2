"""An instance of a second account puts on a role of the first, by a profile as the SDKs and the AWS CLI read it."""

from __future__ import annotations

import json
import shutil
import time
from typing import TYPE_CHECKING, Any

import pytest
from tests.services.ec2.test_real_instances import TRUST, Lab, lab_on
from tests.support.server import running

from tabard.cli.account import ask

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(shutil.which("ssh") is None, reason="ssh is not installed")


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    with running() as server:
        yield lab_on(server, tmp_path)


def policy(**statement: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


def test_a_profile_inside_puts_on_a_role_of_another_account(lab: Lab) -> None:
    server = lab.server
    made = ask(server.data, {"do": "create-account", "name": "tenant"})
    tenant = {"AccessKeyId": made["accessKeyId"], "SecretAccessKey": made["secretAccessKey"]}
    theirs, ours = server.client("iam", tenant), server.client("iam")
    theirs.create_role(RoleName="box", AssumeRolePolicyDocument=TRUST)
    theirs.put_role_policy(
        RoleName="box", PolicyName="p", PolicyDocument=policy(Action="sts:AssumeRole", Resource="*")
    )
    theirs.create_instance_profile(InstanceProfileName="box")
    theirs.add_role_to_instance_profile(InstanceProfileName="box", RoleName="box")
    box = f"arn:aws:iam::{made['account']}:role/box"
    target = ours.create_role(
        RoleName="app", AssumeRolePolicyDocument=policy(Action="sts:AssumeRole", Principal={"AWS": box})
    )["Role"]["Arn"]
    public = lab.key.with_name(f"{lab.key.name}.pub")
    ec2 = server.client("ec2", tenant)
    material = public.read_bytes() if public.exists() else _public(lab.key)
    ec2.import_key_pair(KeyName="lab", PublicKeyMaterial=material)
    image = ec2.describe_images()["Images"][0]["ImageId"]
    started = ec2.run_instances(
        ImageId=image,
        MinCount=1,
        MaxCount=1,
        KeyName="lab",
        InstanceType="t3.nano",
        IamInstanceProfile={"Name": "box"},
    )["Instances"][0]["InstanceId"]
    instance = _running(ec2, started)
    config = f"[profile app]\nrole_arn = {target}\ncredential_source = Ec2InstanceMetadata\nrole_session_name = me\n"
    lab.ssh(instance, f"mkdir -p ~/.aws && printf '%s' '{config}' > ~/.aws/config")
    who = "aws sts get-caller-identity --query Arn --output text"
    assert lab.ssh(instance, who).strip() == (f"arn:aws:sts::{made['account']}:assumed-role/box/{started}")
    assert lab.ssh(instance, f"{who} --profile app").strip() == (
        f"arn:aws:sts::{server.account}:assumed-role/app/me"
    )
    assert lab.ec2.describe_instances()["Reservations"] == []  # the first account knows nothing of it
    assert started not in json.dumps(lab.ec2.describe_instance_status()["InstanceStatuses"])


def _running(ec2: Any, identifier: str) -> Any:
    until = time.monotonic() + 90
    while True:
        [reservation] = ec2.describe_instances(InstanceIds=[identifier])["Reservations"]
        [instance] = reservation["Instances"]
        if instance["State"]["Name"] == "running":
            return instance
        assert time.monotonic() < until, instance["State"]
        time.sleep(0.1)


def _public(key: Path) -> bytes:
    import subprocess

    return subprocess.run(["ssh-keygen", "-y", "-f", key], capture_output=True, check=True).stdout
