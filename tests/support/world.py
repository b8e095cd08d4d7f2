"""A world without sockets: unmodified boto3 clients whose signed requests go straight into the real pipeline."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import inspect
import io
import json
import tempfile
import urllib.parse
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import botocore.config
import msgspec
from botocore.awsrequest import AWSResponse

import tabard.services.iam
import tabard.services.sts  # noqa: F401 - importing a service registers its operations
from tabard.audit.port import Event
from tabard.core.http import HttpRequest
from tabard.core.sources import access_key_id, secret_access_key, system_clock, system_random
from tabard.edge.http import Body, Origin
from tabard.edge.pipeline import Pipeline
from tabard.identity.keyring import KeyRing
from tabard.identity.principals import SECRET_PURPOSE
from tabard.services.iam.last_used import LastUsed
from tabard.services.node import Node
from tabard.store.iam import AccessKey, Account
from tabard.store.sql.store import open_sqlite
from tests.support.server import as_arguments

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tabard.core.http import HttpReply
    from tabard.store.port import View

ACCOUNT = "111122223333"
OTHER_ACCOUNT = "444455556666"
SESSION = boto3.session.Session()
"""Loads AWS's service models once for all clients."""


class Trail:
    """Keeps events in memory."""

    failed = False

    def __init__(self) -> None:
        self.events: list[Event] = []

    def record(self, event: Event) -> None:
        self.events.append(event)

    def append(self, line: bytes) -> None:
        self.events.append(msgspec.json.decode(line, type=Event))

    def flush(self) -> None:
        """Nothing waits."""

    def close(self) -> None:
        """Nothing is held."""


class World:
    """A node with two accounts, and clients for whoever has credentials."""

    def __init__(self, folder: Path, runner: asyncio.Runner) -> None:
        self._runner = runner
        self.path = folder / "tabard.db"
        self.path.write_bytes(_empty_database())
        self.store = open_sqlite(self.path, system_clock, durable=False)
        self.node = Node(
            "us-east-1", self.store, KeyRing.generate(system_random), system_clock, system_random
        )
        self.trail = Trail()
        self._held: list[Any] | None = None
        self.pipeline = Pipeline(self.node, self.trail)
        self.last_used = LastUsed.of(self.node)
        self.pipeline.on_used = self.last_used.used
        self.root = self._add_account(ACCOUNT)
        self.other_root = self._add_account(OTHER_ACCOUNT)
        self.iam = self.client("iam")

    def _add_account(self, account: str) -> dict[str, str]:
        key_id, secret = access_key_id("AKIA", account), secret_access_key()

        def create(view: View) -> None:
            view.iam.accounts.create(Account(account, "test", 1_700_000_000.0))
            sealed = self.node.keys.seal(SECRET_PURPOSE, secret.encode())
            view.iam.access_keys.create(AccessKey(key_id, account, None, sealed, "Active", 1_700_000_000.0))

        self.run(self.store.write(create))
        return {"AccessKeyId": key_id, "SecretAccessKey": secret}

    def run(self, awaitable: Any) -> Any:
        return self._runner.run(awaitable)

    def client(self, service: str, credentials: dict[str, str] | None = None) -> Any:
        """A boto3 client of the account's root, or of a caller by ``AccessKey`` or ``Credentials`` of a reply."""
        client = SESSION.client(  # type: ignore[call-overload]
            service,
            endpoint_url="http://127.0.0.1:1",
            region_name="us-east-1",
            config=botocore.config.Config(retries={"total_max_attempts": 1}, parameter_validation=False),
            **as_arguments(credentials or self.root),
        )
        client.meta.events.register("before-send", self._send)
        return client

    def user(self, name: str, *statements: dict[str, Any]) -> Any:
        """An IAM client of a new user who may do what the statements say."""
        self.iam.create_user(UserName=name)
        if statements:
            self.iam.put_user_policy(UserName=name, PolicyName="may", PolicyDocument=document(*statements))
        return self.client("iam", self.iam.create_access_key(UserName=name)["AccessKey"])

    def together(self, operation: Any, requests: list[dict[str, Any]]) -> list[int]:
        """The statuses with which several requests of one operation are answered that arrive at once."""
        held = self._held = []
        for parameters in requests:
            with contextlib.suppress(botocore.exceptions.ClientError):
                operation(**parameters)
        self._held = None

        async def all_at_once() -> list[HttpReply]:
            return await asyncio.gather(*(self._handle(request) for request in held))

        return [reply.status for reply in self.run(all_at_once())]

    def _send(self, request: Any, **_more: Any) -> AWSResponse:
        if self._held is not None:
            self._held.append(request)
            return _answer(request, 503, {}, b"")
        reply: HttpReply = self.run(self._handle(request))
        assert isinstance(reply.body, bytes)
        headers = {name.decode(): value.decode() for name, value in reply.headers}
        return _answer(request, reply.status, headers, reply.body)

    async def _handle(self, request: Any) -> HttpReply:
        url = urllib.parse.urlsplit(request.url)
        headers = [
            (name.lower().encode(), value if isinstance(value, bytes) else str(value).encode())
            for name, value in request.headers.items()
        ]
        body = request.body or b""
        if isinstance(body, str):
            body = body.encode()
        elif not isinstance(body, bytes):
            body = bytes(body.read())
        incoming = HttpRequest(request.method, url.path or "/", url.query, headers)
        outcome: Any = self.pipeline.handle(incoming, Body.of(body), Origin("127.0.0.1"))
        reply: HttpReply = await outcome if inspect.isawaitable(outcome) else outcome
        return reply


@functools.cache
def _empty_database() -> bytes:
    """A database whose tables are made, which is most of what a world costs."""
    with tempfile.TemporaryDirectory(prefix="tabard-test-") as folder:
        path = Path(folder, "tabard.db")
        open_sqlite(path, system_clock, durable=False).close()
        assert [each.name for each in path.parent.iterdir()] == [path.name], "nothing waits in a log"
        return path.read_bytes()


def _answer(request: Any, status: int, headers: Any, body: bytes) -> AWSResponse:
    """A reply as botocore's own HTTP client hands it on."""
    return AWSResponse(request.url, status, headers, _Raw(body))


class _Raw(io.BytesIO):
    """What botocore reads a reply's body from."""

    def stream(self, **_options: Any) -> Iterator[bytes]:
        yield self.read()


def document(*statements: dict[str, Any]) -> str:
    """A policy document of these statements."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: str | list[str], resource: str | list[str] = "*", **more: Any) -> dict[str, Any]:
    """An allowing statement."""
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def trust(**principal: Any) -> str:
    """A trust policy for a principal."""
    return document({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})


EC2_TRUST = trust(Service="ec2.amazonaws.com")


def refused(operation: Any, /, **parameters: Any) -> tuple[str, str, int]:
    """The code, message and status with which an operation is refused."""
    try:
        operation(**parameters)
    except botocore.exceptions.ClientError as error:
        reply = error.response
        return reply["Error"]["Code"], reply["Error"]["Message"], reply["ResponseMetadata"]["HTTPStatusCode"]
    raise AssertionError("it was not refused")
