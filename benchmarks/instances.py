"""Instances: how soon they let one in, how soon a role works on them, how many fit; with the real ``ssh`` and ``aws``."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from benchmarks import servers
from benchmarks.callers import client, make_targets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.report import Table
    from benchmarks.servers import Server

ROUNDS = 9
MANY = 100
WITHIN = 60.0
"""Seconds after which whatever is waited for is given up."""

_POLLER = r"""
import datetime, hashlib, hmac, http.client, json, os, time, urllib.parse
api = urllib.parse.urlsplit(os.environ["AWS_ENDPOINT_URL"])
def metadata(method, path, headers):
    link = http.client.HTTPConnection("169.254.169.254", timeout=5)
    try:
        link.request(method, path, headers=headers)
        reply = link.getresponse()
        return reply.status, reply.read()
    finally:
        link.close()
def listing(keys):
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    empty = hashlib.sha256(b"").hexdigest()
    headers = {"host": api.netloc, "x-amz-content-sha256": empty, "x-amz-date": now, "x-amz-security-token": keys["Token"]}
    names = ";".join(sorted(headers))
    canonical = "\n".join(["GET", "/", ""] + [f"{name}:{headers[name]}" for name in sorted(headers)] + ["", names, empty])
    scope = f"{now[:8]}/us-east-1/s3/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", now, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = ("AWS4" + keys["SecretAccessKey"]).encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    headers["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={keys['AccessKeyId']}/{scope}, SignedHeaders={names}, Signature={signature}"
    )
    link = http.client.HTTPConnection(api.hostname, api.port or 80, timeout=5)
    try:
        link.request("GET", "/", headers=headers)
        return link.getresponse().status
    finally:
        link.close()
token = metadata("PUT", "/latest/api/token", {"X-aws-ec2-metadata-token-ttl-seconds": "300"})[1].decode()
print("ready", flush=True)
until = time.monotonic() + 30
while time.monotonic() < until:
    asked = {"X-aws-ec2-metadata-token": token}
    base = "/latest/meta-data/iam/security-credentials/"
    status, role = metadata("GET", base, asked)
    if status == 200 and role:
        status, keys = metadata("GET", base + role.decode(), asked)
        if status == 200 and listing(json.loads(keys)) == 200:
            print(time.time(), flush=True)
            break
    time.sleep(0.001)
"""
"""On the instance, with nothing but Python: asks for credentials until there are some and a signed call with them succeeds."""


@dataclass(frozen=True)
class Guest:
    """How to get into an instance."""

    address: str
    port: int
    key: Path

    def ssh(self, *command: str) -> list[str]:
        """An ``ssh`` command in which nothing of the user's own takes part."""
        options = [
            "BatchMode=yes",
            "StrictHostKeyChecking=no",
            "UserKnownHostsFile=/dev/null",
            "LogLevel=ERROR",
        ]
        words = [word for option in options for word in ("-o", option)]
        return [
            "ssh",
            "-F",
            "/dev/null",
            *words,
            "-i",
            str(self.key),
            "-p",
            str(self.port),
            f"ec2-user@{self.address}",
            *command,
        ]


class Shell:
    """A shell on the instance that is open all the while, so that a command costs no login."""

    def __init__(self, guest: Guest) -> None:
        self._process = subprocess.Popen(
            guest.ssh("bash", "--login"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, command: str) -> tuple[float, str]:
        """Seconds that a command took, and what it printed."""
        stdin, stdout = self._ends()
        began = time.perf_counter()
        stdin.write(f"{command} </dev/null; echo; echo done\n")
        stdin.flush()
        lines = []
        while (line := stdout.readline()) not in {"done\n", ""}:
            lines.append(line)
        return time.perf_counter() - began, "".join(lines)

    def close(self) -> None:
        """Hang up."""
        stdin, stdout = self._ends()
        stdin.close()
        stdout.close()
        self._process.wait(10)

    def _ends(self) -> tuple[IO[str], IO[str]]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        return self._process.stdin, self._process.stdout


def measure_instances() -> Table:
    """Launch, roles and many instances; nothing where the host can not run instances or has no ``ssh``."""
    if shutil.which("ssh") is None:
        print("no ssh client: instances are not measured", file=sys.stderr)
        return {}
    os.sched_setaffinity(0, range(os.cpu_count() or 1))
    port = servers.free_port()
    figures: Table = {}
    with (
        servers.tabard("--ssh-port", str(port), pinned=False) as server,
        tempfile.TemporaryDirectory() as folder,
    ):
        make_targets(server)
        ec2 = client(server, "ec2")
        key = Path(folder) / "key"
        key.touch(0o600)
        key.write_text(ec2.create_key_pair(KeyName="bench", KeyType="ed25519")["KeyMaterial"])
        image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
        launch = {"ImageId": image, "InstanceType": "t3.micro", "KeyName": "bench"}
        try:
            figures["launch to SSH login (ms)"] = {"tabard": _launches(ec2, launch, port, key)}
            with _instance(ec2, launch) as instance:
                guest = Guest(instance["PublicIpAddress"], port, key)
                _log_in(guest, time.perf_counter())
                figures |= _attaching(server, ec2, instance["InstanceId"], guest)
            figures |= _many(server, ec2, launch)
        finally:
            _end(ec2)
    return figures


def _launches(ec2: Any, launch: dict[str, str], port: int, key: Path) -> float:
    """Milliseconds from the call to the first command's success by ``ssh``: the middle of several."""
    took = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        with _instance(ec2, launch) as instance:
            took.append(_log_in(Guest(instance["PublicIpAddress"], port, key), began))
    return statistics.median(took) * 1000


def _log_in(guest: Guest, began: float) -> float:
    while subprocess.run(
        guest.ssh("true"), stdin=subprocess.DEVNULL, capture_output=True, check=False
    ).returncode:
        if time.perf_counter() - began > WITHIN:
            raise RuntimeError(f"nobody can log in to {guest.address}")
        time.sleep(0.002)
    return time.perf_counter() - began


@contextlib.contextmanager
def _instance(ec2: Any, launch: dict[str, str]) -> Iterator[dict[str, Any]]:
    instance = ec2.run_instances(**launch, MinCount=1, MaxCount=1)["Instances"][0]
    try:
        while "PublicIpAddress" not in instance:
            found = ec2.describe_instances(InstanceIds=[instance["InstanceId"]])
            instance = found["Reservations"][0]["Instances"][0]
        yield instance
    finally:
        ec2.terminate_instances(InstanceIds=[instance["InstanceId"]])


def _attaching(server: Server, ec2: Any, instance_id: str, guest: Guest) -> Table:
    """From attaching a role to the first success on the instance: for the CLI beyond its own time, and for a poller."""
    iam = client(server, "iam")
    iam.attach_role_policy(RoleName="measured", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    iam.create_instance_profile(InstanceProfileName="measured")
    iam.add_role_to_instance_profile(InstanceProfileName="measured", RoleName="measured")
    shell = Shell(guest)
    python = shell.run("sed -n '1s/^#!//p' \"$(command -v aws)\"")[1].strip() or "python3"
    just: list[float] = []
    own: list[float] = []
    polled: list[float] = []

    def attach() -> str:
        profile = {"Name": "measured"}
        made = ec2.associate_iam_instance_profile(InstanceId=instance_id, IamInstanceProfile=profile)
        return str(made["IamInstanceProfileAssociation"]["AssociationId"])

    for _ in range(ROUNDS):
        association = attach()
        for times in (just, own):
            took, said = shell.run("aws s3 ls")
            if "example-s3-01" not in said:
                raise RuntimeError(f"aws s3 ls said {said!r}")
            times.append(took)
        ec2.disassociate_iam_instance_profile(AssociationId=association)
        with subprocess.Popen(
            guest.ssh(python, "-c", _quoted(_POLLER)),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        ) as poller:
            assert poller.stdout is not None
            poller.stdout.readline()
            began = time.time()
            association = attach()
            polled.append(float(poller.stdout.readline()) - began)
        ec2.disassociate_iam_instance_profile(AssociationId=association)
    shell.close()
    return {
        "aws s3 ls on an instance that has its role (ms)": {"tabard": statistics.median(own) * 1000},
        "role attached to first success (ms)": {
            "tabard": statistics.median([a - b for a, b in zip(just, own, strict=True)]) * 1000
        },
        "call that attaches to a poller's first success (ms)": {"tabard": statistics.median(polled) * 1000},
    }


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _many(server: Server, ec2: Any, launch: dict[str, str]) -> Table:
    """A hundred at once: seconds until all run, and what one of them holds of the host's memory."""
    before, own = _memory(server.pid)
    began = time.perf_counter()
    made = ec2.run_instances(**launch | {"InstanceType": "t3.nano"}, MinCount=MANY, MaxCount=MANY)[
        "Instances"
    ]
    wanted = {instance["InstanceId"] for instance in made}
    _until(lambda: _running(ec2) >= wanted)
    took = time.perf_counter() - began
    time.sleep(2.0)
    after, own_after = _memory(server.pid)
    return {
        f"{MANY} instances (s)": {"tabard": took},
        "memory per instance: its processes (MiB)": {"tabard": (after - before) / MANY},
        "memory per instance: in the server (MiB)": {"tabard": (own_after - own) / MANY},
    }


def _until(holds: Callable[[], bool]) -> None:
    until = time.perf_counter() + WITHIN
    while not holds():
        if time.perf_counter() > until:
            raise RuntimeError(f"not so after {WITHIN} s")
        time.sleep(0.05)


def _running(ec2: Any, *states: str) -> set[str]:
    chosen = [{"Name": "instance-state-name", "Values": list(states or ("running",))}]
    pages = ec2.get_paginator("describe_instances").paginate(Filters=chosen)
    return {
        instance["InstanceId"]
        for page in pages
        for each in page["Reservations"]
        for instance in each["Instances"]
    }


def _end(ec2: Any) -> None:
    left = _running(ec2, "pending", "running", "stopping", "stopped")
    if left:
        ec2.terminate_instances(InstanceIds=sorted(left))
    _until(lambda: not _running(ec2, "pending", "running", "shutting-down"))


def _memory(pid: int) -> tuple[float, float]:
    """Proportional memory of a process's descendants, and of itself, in MiB."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                children.setdefault(parent, []).append(int(entry.name))
    descendants, waiting = [], list(children.get(pid, ()))
    while waiting:
        each = waiting.pop()
        descendants.append(each)
        waiting += children.get(each, ())
    return sum(map(_proportional, descendants)), _proportional(pid)


def _proportional(pid: int) -> float:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return 0.0


if __name__ == "__main__":
    print(json.dumps(measure_instances(), indent=2))
