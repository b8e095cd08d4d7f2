"""AssumeRole, beside the peers: processor time per session, by callers with a policy of 51 statements each."""

from __future__ import annotations

import json
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from benchmarks import servers
from benchmarks.callers import client, policy
from benchmarks.clients import drive, signed_form

if TYPE_CHECKING:
    from benchmarks.report import Table
    from benchmarks.servers import Server

_NAME = "AssumeRole"


def make_wearers(server: Server, count: int) -> tuple[str, list[dict[str, str]]]:
    """A role that trusts everybody (moto knows no trust in an account), and users whose policies let them put it on.

    Its ARN, and their credentials.
    """
    iam = client(server, "iam")
    trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    arn = iam.create_role(
        RoleName="worn", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )["Role"]["Arn"]

    def make(number: int) -> dict[str, str]:
        name = f"wearer-{number:04d}"
        document = json.loads(policy(number))
        document["Statement"][-1] = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}
        iam.create_user(UserName=name)
        text = json.dumps(document, separators=(",", ":"))
        iam.attach_user_policy(
            UserName=name, PolicyArn=iam.create_policy(PolicyName=name, PolicyDocument=text)["Policy"]["Arn"]
        )
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return {"access_key": key["AccessKeyId"], "secret_key": key["SecretAccessKey"]}

    with ThreadPoolExecutor(4) as pool:
        return arn, list(pool.map(make, range(count)))


def measure_role_sessions(count: int, seconds: float, peers: list[str]) -> Table:
    """Processor time per AssumeRole, and how many a second, on each server."""
    kinds = {"tabard": servers.tabard, "ministack": servers.ministack, "moto": servers.moto}
    figures: Table = {}
    for name in ["tabard", *peers]:
        with kinds[name]() as server:
            print(f"making {count} callers on {name} …", file=sys.stderr, flush=True)
            arn, known = make_wearers(server, count)
            if name == "moto":
                servers.enable_moto_auth(server)
            asked = {"Action": _NAME, "Version": "2011-06-15", "RoleArn": arn, "RoleSessionName": "measured"}
            requests = [signed_form(server.endpoint, who, "sts", urlencode(asked)) for who in known]
            _check(server, requests[0])
            drive(server.endpoint, server.pid, requests, 2.0, at_least=2 * count)
            load = drive(server.endpoint, server.pid, requests, seconds)
            figures.setdefault(f"{_NAME} (µs CPU)", {})[name] = load.cpu
            figures.setdefault(f"{_NAME} (requests/s)", {})[name] = load.rate
    return figures


def _check(server: Server, request: bytes) -> None:
    """The measured request is answered with credentials; raises where it is not."""
    head, _, body = request.partition(b"\r\n\r\n")
    lines = [line.partition(": ") for line in head.decode().split("\r\n")[1:]]
    headers = {name: value for name, _, value in lines if name.lower() != "content-length"}
    asked = urllib.request.Request(f"{server.endpoint}/", body, headers)
    with urllib.request.urlopen(asked, timeout=10) as reply:
        assert b"<SessionToken>" in reply.read()
