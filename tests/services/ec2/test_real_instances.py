"""Instances for real: the sandbox, the ordinary ssh client and boto3 inside, and a server that is killed."""

from __future__ import annotations

import contextlib
import shutil
import signal
import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import EndpointConnectionError
from tests.support.server import TabardServer, running, start

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

TRUST = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},'
    '"Action":"sts:AssumeRole"}]}'
)
STARTED_AT = "cut -d ' ' -f 22 /proc/1/stat"
"""Prints when an instance's first process was started."""
USER_DATA = "#!/bin/sh\necho hello from $(hostname)\necho made > ~/made\n"
pytestmark = pytest.mark.skipif(shutil.which("ssh") is None, reason="ssh is not installed")


@dataclass
class Lab:
    """A server and the key with which its instances are entered."""

    server: TabardServer
    key: Path

    @property
    def ec2(self) -> Any:
        return self.server.client("ec2")

    def launch(self, count: int = 1, **parameters: Any) -> list[dict[str, Any]]:
        image = self.ec2.describe_images()["Images"][0]["ImageId"]
        reply = self.ec2.run_instances(
            ImageId=image, MinCount=count, MaxCount=count, KeyName="lab", InstanceType="t3.nano", **parameters
        )
        ids = [each["InstanceId"] for each in reply["Instances"]]
        eventually(lambda: all(each["State"]["Name"] == "running" for each in self.described(ids)))
        return self.described(ids)

    def described(self, ids: list[str]) -> list[dict[str, Any]]:
        reply = self.ec2.describe_instances(InstanceIds=ids)
        return [each for one in reply["Reservations"] for each in one["Instances"]]

    def ssh(self, instance: dict[str, Any], command: str) -> str:
        done = subprocess.run(
            [
                "ssh",
                "-F",
                "none",
                "-i",
                str(self.key),
                "-p",
                str(self.server.started["ssh_port"]),
                "-o",
                "StrictHostKeyChecking=no",
                "-o",
                "UserKnownHostsFile=/dev/null",
                "-o",
                "LogLevel=ERROR",
                "-o",
                "BatchMode=yes",
                f"ec2-user@{instance['PublicIpAddress']}",
                command,
            ],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


def eventually(holds: Callable[[], bool], within: float = 90.0) -> None:
    deadline = time.monotonic() + within
    while not holds():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.05)


def lab_on(server: TabardServer, folder: Path) -> Lab:
    if server.started["problems"]:
        pytest.skip(f"instances cannot run here: {server.started['problems']}")
    key = folder / "lab.pem"
    if not key.exists():
        made = server.client("ec2").create_key_pair(KeyName="lab", KeyType="ed25519")
        key.write_text(made["KeyMaterial"])
        key.chmod(0o600)
    return Lab(server, key)


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    with running() as server:
        yield lab_on(server, tmp_path)


def test_user_data_runs_once_and_its_output_is_on_the_console(lab: Lab) -> None:
    (instance,) = lab.launch(UserData=USER_DATA)
    name = f"ip-{instance['PrivateIpAddress'].replace('.', '-')}"

    def console() -> str:
        import base64

        output = lab.ec2.get_console_output(InstanceId=instance["InstanceId"]).get("Output", "")
        return output if "hello" in output else base64.b64decode(output).decode()

    eventually(lambda: f"hello from {name}" in console())
    assert lab.ssh(instance, "cat made; rm made; hostname") == f"made\n{name}\n"
    before = lab.ssh(instance, STARTED_AT)
    lab.ec2.reboot_instances(InstanceIds=[instance["InstanceId"]])
    eventually(lambda: _answers(lab, instance) and lab.ssh(instance, STARTED_AT) != before)
    assert lab.ssh(instance, "ls") == ""


def _answers(lab: Lab, instance: dict[str, Any]) -> bool:
    with contextlib.suppress(AssertionError):
        return lab.ssh(instance, "echo yes") == "yes\n"
    return False


def test_a_role_is_worn_inside_and_taken_off(lab: Lab) -> None:
    (instance,) = lab.launch()
    iam = lab.server.client("iam")
    iam.create_role(RoleName="app", AssumeRolePolicyDocument=TRUST)
    iam.create_instance_profile(InstanceProfileName="app")
    iam.add_role_to_instance_profile(InstanceProfileName="app", RoleName="app")
    ask = "aws sts get-caller-identity --query Arn --output text || true"
    assert lab.ssh(instance, ask) == ""
    reply = lab.ec2.associate_iam_instance_profile(
        InstanceId=instance["InstanceId"], IamInstanceProfile={"Name": "app"}
    )
    assert lab.ssh(instance, ask).strip().endswith(f"assumed-role/app/{instance['InstanceId']}")
    association = reply["IamInstanceProfileAssociation"]["AssociationId"]
    lab.ec2.disassociate_iam_instance_profile(AssociationId=association)
    assert lab.ssh(instance, ask) == ""


def test_a_killed_server_comes_back_with_its_instances(tmp_path: Path) -> None:
    data = tmp_path / "data"
    server = start(tmp_path / "log", data=data)
    try:
        lab = lab_on(server, tmp_path)
        (before,) = lab.launch()
        lab.ssh(before, "echo kept > notes")
        server.process.send_signal(signal.SIGKILL)
        server.stop()
        server = start(tmp_path / "log", data=data)
        lab = lab_on(server, tmp_path)
        assert server.started["instances"] == 1
        eventually(lambda: _answers(lab, before))
        eventually(lambda: lab.described([before["InstanceId"]]) == [before])
        assert lab.ssh(before, "cat notes") == "kept\n"
    finally:
        server.stop()


def test_a_killed_server_says_of_no_instance_that_it_runs_before_it_does(tmp_path: Path) -> None:
    """Watched from the first reply of the next server on: whoever is told ``running`` can knock at the door."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    data = tmp_path / "data"
    server = start(tmp_path / "log", data=data, port=port)
    try:
        lab = lab_on(server, tmp_path)
        ids = {each["InstanceId"] for each in lab.launch(10)}
        server.process.send_signal(signal.SIGKILL)
        server.stop()
        with ThreadPoolExecutor(1) as pool:
            watching = pool.submit(_watched, lab, sorted(ids))
            server = start(tmp_path / "log", data=data, port=port)
            seen = watching.result(60)
        assert {tuple(seen[each]) for each in ids} <= {("pending", "running"), ("running",)}
    finally:
        server.stop()


def _watched(lab: Lab, ids: list[str]) -> dict[str, list[str]]:
    """The states that instances are said to be in, one after the other, until all run; each that runs is tried."""
    seen: dict[str, list[str]] = {each: [] for each in ids}
    while not all("running" in states for states in seen.values()):
        try:
            described = lab.described(ids)
        except EndpointConnectionError:
            continue
        for each in described:
            states, state = seen[each["InstanceId"]], each["State"]["Name"]
            if not states or states[-1] != state:
                states.append(state)
                if state == "running":
                    door = (each["PublicIpAddress"], lab.server.started["ssh_port"])
                    socket.create_connection(door, 60).close()
    return seen


@pytest.mark.long
def test_a_hundred_instances_run_at_once(lab: Lab) -> None:
    """How long that takes is what ``make bench`` says."""
    instances = lab.launch(100)
    assert len({each["PublicIpAddress"] for each in instances}) == 100
    for each in (instances[0], instances[-1]):
        assert lab.ssh(each, "hostname") == f"ip-{each['PrivateIpAddress'].replace('.', '-')}\n"
