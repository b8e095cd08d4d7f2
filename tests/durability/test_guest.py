"""What an instance keeps when its server is killed or stopped (home, addresses, association, role), and what must go."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.durability.workload import POLICY, TRUST
from tests.support.server import start

if TYPE_CHECKING:
    from tests.support.server import TabardServer

AT_MOST = 90.0
GROUPS = Path("/sys/fs/cgroup")


def ssh(folder: Path, address: str, port: int, command: str) -> str:
    """What a command prints on the instance; the host key must stay the one that was seen first."""
    words = ["ssh", "-F", "/dev/null", "-T", "-o", f"UserKnownHostsFile={folder / 'known_hosts'}", "-o", "BatchMode=yes",
             "-o", "StrictHostKeyChecking=accept-new", "-o", "IdentitiesOnly=yes", "-o", "LogLevel=ERROR",
             "-o", "ConnectionAttempts=20", "-i", str(folder / "key"), "-p", str(port),
             f"ec2-user@{address}", command]  # fmt: skip
    ran = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran
    return ran.stdout.strip()


def running(server: TabardServer, instance: str) -> dict[str, Any]:
    end = time.monotonic() + AT_MOST
    while True:
        found = server.client("ec2").describe_instances(InstanceIds=[instance])["Reservations"][0][
            "Instances"
        ][0]
        if found["State"]["Name"] != "pending" or time.monotonic() > end:
            assert found["State"]["Name"] == "running", found
            return dict(found)
        time.sleep(0.05)


def prepared(server: TabardServer, folder: Path) -> dict[str, Any]:
    """A running instance with a role, and the key to log in to it."""
    if server.started["problems"]:
        pytest.skip(f"instances do not run here: {server.started['problems']}")
    iam, ec2 = server.client("iam"), server.client("ec2")
    iam.create_role(RoleName="worn", AssumeRolePolicyDocument=json.dumps(TRUST))
    iam.put_role_policy(RoleName="worn", PolicyName="all", PolicyDocument=json.dumps(POLICY))
    iam.create_instance_profile(InstanceProfileName="worn")
    iam.add_role_to_instance_profile(InstanceProfileName="worn", RoleName="worn")
    key = folder / "key"
    key.touch(0o600)
    key.write_text(ec2.create_key_pair(KeyName="mine", KeyType="ed25519")["KeyMaterial"])
    image = ec2.describe_images()["Images"][0]["ImageId"]
    made = ec2.run_instances(
        ImageId=image, InstanceType="t3.micro", MinCount=1, MaxCount=1, KeyName="mine"
    )  # the role comes later, as in life
    instance = running(server, made["Instances"][0]["InstanceId"])
    profile = {"Name": "worn"}
    ec2.associate_iam_instance_profile(InstanceId=instance["InstanceId"], IamInstanceProfile=profile)
    return running(server, instance["InstanceId"])


def children(pid: int) -> set[int]:
    """Every process below one, whatever namespace it is in."""
    parents: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text(errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        parents.setdefault(int(fields[1]), []).append(int(path.parent.name))
    found, waiting = set(), [pid]
    while waiting:
        for child in parents.get(waiting.pop(), []):
            found.add(child)
            waiting.append(child)
    return found


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def groups(instance: str) -> list[Path]:
    return [path for path in GROUPS.rglob(f"{instance}.*") if path.is_dir()]


@pytest.mark.skipif(shutil.which("ssh") is None, reason="needs the ssh client (openssh-client)")
@pytest.mark.parametrize(
    "number",
    [
        signal.SIGKILL,
        pytest.param(signal.SIGTERM, marks=pytest.mark.long),
        pytest.param(signal.SIGINT, marks=pytest.mark.long),
    ],
)
def test_an_instance_comes_back_with_its_home_and_its_role(tmp_path: Path, number: signal.Signals) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = start(tmp_path / "log", data=tmp_path / "data", ssh_port=port)
    try:
        before = prepared(server, tmp_path)
        address, instance = before["PublicIpAddress"], before["InstanceId"]
        who = "aws sts get-caller-identity --query Arn --output text"
        expected = f"arn:aws:sts::{server.account}:assumed-role/worn/{instance}"
        assert ssh(tmp_path, address, port, who) == expected
        ssh(
            tmp_path,
            address,
            port,
            "echo mine > note && mkdir -m 700 kept && ln -s ../note kept/link && sync",
        )
        subprocess.run(["sync", "-f", str(tmp_path)], check=True)
        inside = children(server.process.pid)
        assert inside
        server.process.send_signal(number)
        server.process.wait(AT_MOST)
        server.stop()
        end = time.monotonic() + 60
        while any(alive(pid) for pid in inside) and time.monotonic() < end:
            time.sleep(0.02)
        assert [pid for pid in inside if alive(pid)] == []
        assert str(tmp_path) not in Path("/proc/self/mountinfo").read_text()
        if number != signal.SIGKILL:  # nobody is left to remove a group after kill -9: the next start does
            assert groups(instance) == []
        server = start(tmp_path / "log", data=tmp_path / "data", ssh_port=port)
        after = running(server, instance)
        for kept in ("PrivateIpAddress", "PublicIpAddress", "IamInstanceProfile", "LaunchTime", "KeyName"):
            assert after[kept] == before[kept], kept
        assert ssh(tmp_path, address, port, "cat kept/link; stat -c %a kept") == "mine\n700"
        assert ssh(tmp_path, address, port, who) == expected
        server.client("ec2").terminate_instances(InstanceIds=[instance])
    finally:
        server.stop()
    assert groups(instance) == []
    assert "Traceback" not in server.log, server.log
