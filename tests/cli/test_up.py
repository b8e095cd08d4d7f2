"""`tabard up` as an operator meets it: first screen, secrets, restarts, ends of every kind."""

from __future__ import annotations

import contextlib
import json
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from tabard.cli.errors import CommandError
from tabard.cli.lab.server import _descendants, _leftovers
from tabard.cli.places import Running, running

if TYPE_CHECKING:
    from collections.abc import Iterator

TABARD = [sys.executable, "-m", "tabard.cli"]
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}
AT_MOST = 90.0


class Operator:
    """Starts and ends servers on one data directory, and reads what they print."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        self.log = folder / "screen"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *options: str) -> Running:
        if self.process is not None:
            self.process.wait(AT_MOST)
        self.log.unlink(missing_ok=True)
        words = [*TABARD, "up", "--data", str(self.data), "--listen", "127.0.0.1:0", *options]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        end = time.monotonic() + AT_MOST
        while time.monotonic() < end and self.process.poll() is None:
            with contextlib.suppress(CommandError):
                told = running(self.data)
                if told.pid == self.process.pid and "Ctrl-C stops it." in self.screen:
                    return told
            time.sleep(0.02)
        raise AssertionError(f"it did not start:\n{self.screen}")

    @property
    def screen(self) -> str:
        return self.log.read_text()

    def end(self, number: signal.Signals) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(AT_MOST)


@pytest.fixture
def operator(tmp_path: Path) -> Iterator[Operator]:
    made = Operator(tmp_path)
    yield made
    if made.process is not None:
        made.process.kill()
        made.process.wait()


def client(told: Running, service: str) -> Any:
    return boto3.client(  # type: ignore[call-overload]
        service,
        endpoint_url=told.endpoint,
        region_name=told.region,
        aws_access_key_id=told.access_key_id,
        aws_secret_access_key=told.secret_access_key,
    )


def test_the_secret_is_shown_once_and_kept_for_its_owner_alone(operator: Operator) -> None:
    told = operator.start("--account", "123456789012", "--region", "eu-west-1")
    first = operator.screen
    assert told.secret_access_key in first
    assert told.endpoint in first
    assert "123456789012   eu-west-1" in first
    assert re.search(r'eval "\$\(.*tabard env --data .*\)"', first)
    assert "tabard lab" in first
    credentials = operator.data / "credentials"
    assert credentials.stat().st_mode & 0o777 == 0o600
    assert (operator.data).stat().st_mode & 0o777 == 0o700
    assert client(told, "sts").get_caller_identity()["Arn"] == "arn:aws:iam::123456789012:root"
    limits = Path(f"/proc/{told.pid}/limits").read_text()
    assert re.search(r"Max core file size +[01] ", limits), "no core file with the secrets in it"
    assert operator.end(signal.SIGTERM) == 0
    assert "Stopped. Records and homes are kept." in operator.screen
    again = operator.start()
    assert again.secret_access_key == told.secret_access_key
    assert told.secret_access_key not in operator.screen
    assert "shown this once" not in operator.screen
    assert client(again, "sts").get_caller_identity()["Account"] == "123456789012"
    assert operator.end(signal.SIGINT) == 0


def test_what_was_acknowledged_outlives_a_kill(operator: Operator) -> None:
    told = operator.start()
    client(told, "iam").create_role(RoleName="kept", AssumeRolePolicyDocument=json.dumps(TRUST))
    operator.end(signal.SIGKILL)
    again = operator.start()
    assert client(again, "iam").get_role(RoleName="kept")["Role"]["AssumeRolePolicyDocument"] == TRUST
    assert operator.end(signal.SIGTERM) == 0


def launched(told: Running) -> dict[str, Any]:
    ec2 = client(told, "ec2")
    image = ec2.describe_images()["Images"][0]["ImageId"]
    made = ec2.run_instances(ImageId=image, InstanceType="t3.micro", MinCount=1, MaxCount=1)["Instances"][0]
    return settled(told, made["InstanceId"])


def settled(told: Running, instance_id: str) -> dict[str, Any]:
    end = time.monotonic() + AT_MOST
    while True:
        reply = client(told, "ec2").describe_instances(InstanceIds=[instance_id])
        instance: dict[str, Any] = reply["Reservations"][0]["Instances"][0]
        state = instance["State"]["Name"]
        if state != "pending" or time.monotonic() > end:
            if state != "running":
                pytest.skip(f"instances do not run here: {instance.get('StateReason')}")
            return instance
        time.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_no_process_and_no_mount_is_left_and_instances_boot_again(
    operator: Operator, number: signal.Signals
) -> None:
    told = operator.start()
    instance = launched(told)
    inside = _descendants(told.pid)
    assert inside, "an instance has processes"
    spaces = {namespace for pid, _ in inside if (namespace := _namespace(pid)) is not None}
    operator.end(number)
    assert _leftovers(inside, operator.data) == []
    assert not spaces & {_namespace(int(path.name)) for path in Path("/proc").glob("[0-9]*")}
    again = operator.start()
    assert "1 instance is booting again" in operator.screen
    booted = settled(again, instance["InstanceId"])
    for kept in ("InstanceId", "PrivateIpAddress", "PublicIpAddress"):
        assert booted[kept] == instance[kept]
    assert operator.end(signal.SIGTERM) == 0


def _namespace(pid: int) -> str | None:
    """A process's network namespace, unless it is this process's own."""
    try:
        space = str(Path(f"/proc/{pid}/ns/net").readlink())
    except OSError:
        return None
    return space if space != str(Path("/proc/self/ns/net").readlink()) else None


def test_ephemeral_leaves_nothing(tmp_path: Path) -> None:
    words = [*TABARD, "up", "--ephemeral", "--listen", "127.0.0.1:0"]
    screen = tmp_path / "screen"
    with screen.open("wb") as log:
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    end = time.monotonic() + AT_MOST
    while "Ctrl-C stops it." not in screen.read_text() and time.monotonic() < end:
        time.sleep(0.02)
    found = re.search(r"Data +(\S+) +gone when it stops", screen.read_text())
    assert found, screen.read_text()
    assert Path(found[1]).is_dir()
    process.send_signal(signal.SIGTERM)
    assert process.wait(AT_MOST) == 0
    assert not Path(found[1]).exists()


def refused(*words: str) -> str:
    """What `tabard up` says when it does not start; never a traceback."""
    done = subprocess.run(
        [*TABARD, "up", *words], capture_output=True, text=True, timeout=AT_MOST, check=False
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("tabard: ")
    return done.stderr


def test_a_second_server_on_the_same_data(operator: Operator) -> None:
    told = operator.start()
    said = refused("--data", str(operator.data), "--listen", "127.0.0.1:0")
    assert f"Another Tabard is running on {operator.data}." in said
    assert running(operator.data) == told, "what the first one told is untouched"
    assert operator.end(signal.SIGTERM) == 0


def test_a_port_in_use(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        said = refused("--data", str(tmp_path / "data"), "--listen", address)
    assert address in said
    assert "--listen" in said


def test_a_data_directory_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    said = refused("--data", str(tmp_path / "file" / "data"), "--listen", "127.0.0.1:0")
    assert "--data" in said


def test_another_account_than_the_data_directory_has(operator: Operator) -> None:
    operator.start("--account", "123456789012")
    operator.end(signal.SIGTERM)
    said = refused("--data", str(operator.data), "--listen", "127.0.0.1:0", "--account", "210987654321")
    assert "123456789012" in said


def test_a_data_directory_that_may_not_be_made() -> None:
    """Not even root may make one there."""
    assert "--data" in refused("--data", "/proc/tabard", "--listen", "127.0.0.1:0")
