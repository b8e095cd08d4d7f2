"""What the operator of a server asks of it: a socket in its data folder, which the folder's owner alone can open.

A request is one line of JSON, ``{"do": …}``, and so is the reply: what was asked for, or ``{"error": code, "message": …}``.
Every request is in the trail under the operator's name.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import socket
from typing import TYPE_CHECKING, Any

import msgspec

from tabard.core.errors import AwsError
from tabard.core.http import HttpRequest
from tabard.core.sources import iso8601, request_id
from tabard.edge import recording
from tabard.identity import accounts
from tabard.services import delegation
from tabard.services.iam import delegation_templates
from tabard.store.iam import Account
from tabard.store.iam_credentials import DelegationTemplate  # noqa: TC001 - msgspec reads the annotation

if TYPE_CHECKING:
    from pathlib import Path

    from tabard.audit.port import Trail
    from tabard.services.node import Node

NAME = "control"
_LINE_AT_MOST = 65_536
_WITHIN = 10.0
_PARTNERS_NAME_AT_MOST = 30
"""Characters of ``RequestorName``."""
_OPERATOR = msgspec.Raw(b'{"type":"Operator","principalId":"operator"}')
_NUMBER = re.compile(r"[0-9]{12}", re.ASCII)


class _Request(msgspec.Struct):
    do: str
    account: str = ""
    name: str = ""
    templates: dict[str, DelegationTemplate] = {}


class ControlSocket:
    """Serves the operator's requests."""

    def __init__(self, node: Node, trail: Trail, folder: Path) -> None:
        self._node = node
        self._trail = trail
        self._folder = folder
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Listen; what an earlier run left behind is replaced."""
        path = self._folder / NAME
        path.unlink(missing_ok=True)
        folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        before = os.umask(0o177)
        try:
            sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            sock.bind(f"/proc/self/fd/{folder}/{NAME}")  # a socket's path is at most 107 bytes long
        finally:
            os.umask(before)
            os.close(folder)
        self._server = await asyncio.start_unix_server(self._serve, sock=sock, limit=_LINE_AT_MOST)

    async def close(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()
            (self._folder / NAME).unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, TimeoutError, asyncio.LimitOverrunError, ValueError):
            async with asyncio.timeout(_WITHIN):
                told = await self._answer(await reader.readline())
                writer.write(msgspec.json.encode(told) + b"\n")
                await writer.drain()
        writer.close()

    async def _answer(self, line: bytes) -> dict[str, Any]:
        try:
            asked = msgspec.json.decode(line, type=_Request)
        except msgspec.DecodeError as error:
            return {"error": "MalformedInput", "message": str(error)}
        parameters = {"account": asked.account, "name": asked.name}
        try:
            match asked.do:
                case "create-account":
                    told = await self._create_account(asked)
                case "create-root-key":
                    told = await self._create_root_key(asked)
                case "list-accounts":
                    return self._list_accounts()
                case "register-partner":
                    told = await self._register_partner(asked)
                case "take-notices":
                    told = await self._take_notices(asked)
                case _:
                    return {"error": "InvalidAction", "message": f"There is nothing called {asked.do}."}
        except AwsError as error:
            self._record(asked.do, parameters, error)
            return {"error": error.code, "message": error.message}
        self._record(asked.do, {**parameters, "account": told["account"]}, None)
        return told

    async def _create_account(self, asked: _Request) -> dict[str, Any]:
        node, now = self._node, self._node.clock()
        if not 1 <= len(asked.name) <= accounts.NAME_AT_MOST or not asked.name.isprintable():
            raise AwsError(
                "ValidationError", f"An account's name has 1 to {accounts.NAME_AT_MOST} characters."
            )
        number = asked.account or accounts.free_number(node.random)
        if not _NUMBER.fullmatch(number):
            raise AwsError("ValidationError", "An account's number has twelve digits.")
        key = accounts.new_root_key(number, node.random)
        made = Account(number, asked.name, now)
        await node.store.write(lambda view: accounts.create(view, node.keys, made, key))
        return {**_shown(made), **_key(key)}

    async def _create_root_key(self, asked: _Request) -> dict[str, Any]:
        node, now = self._node, self._node.clock()
        found = self._account(asked.account)
        key = accounts.new_root_key(found.id, node.random)
        await node.store.write(lambda view: accounts.keep_root_key(view, node.keys, found.id, key, now))
        return {**_shown(found), **_key(key)}

    def _account(self, number: str) -> Account:
        found = self._node.store.read().iam.accounts.get(number)
        if found is None:
            raise AwsError("NoSuchEntity", f"There is no account {number}.", 404)
        return found

    async def _register_partner(self, asked: _Request) -> dict[str, Any]:
        """Let an account make delegation requests, from these templates alone."""
        partner, now = self._account(asked.account).id, self._node.clock()
        if not 1 <= len(asked.name) <= _PARTNERS_NAME_AT_MOST or not asked.name.isprintable():
            raise AwsError(
                "ValidationError", f"A partner's name has 1 to {_PARTNERS_NAME_AT_MOST} characters."
            )
        for template in asked.templates.values():
            delegation_templates.check(template)
        await self._node.store.write(
            lambda view: delegation.register(view, partner, asked.name, asked.templates, now)
        )
        return {
            "account": partner,
            "name": asked.name,
            "templates": [delegation_templates.template_arn(partner, name) for name in asked.templates],
        }

    async def _take_notices(self, asked: _Request) -> dict[str, Any]:
        """What a partner has not yet been told about its requests; it is told once."""
        partner = self._account(asked.account).id
        taken = await self._node.store.write(lambda view: delegation.take_notices(view, partner))
        return {
            "account": partner,
            "notices": [
                {
                    "delegationRequestId": each.request,
                    "state": each.state,
                    "notificationChannel": each.channel,
                    "time": iso8601(each.created_at),
                    **({} if token is None else {"tradeInToken": token}),
                }
                for each in taken
                for token in [delegation.token_of(each)]
            ],
        }

    def _list_accounts(self) -> dict[str, Any]:
        return {"accounts": [_shown(each) for each in self._node.store.read().iam.accounts.all()]}

    def _record(self, operation: str, parameters: dict[str, str], error: AwsError | None) -> None:
        event = recording.event(
            _OPERATOR,
            parameters["account"],
            "tabard",
            operation,
            self._node.region,
            "",
            HttpRequest("", "", "", []),
            request_id(),
            self._node.clock(),
            parameters,
            None,
            error,
            recording.reason(None, self._node.store.revision),
            None,
            read_only=False,
        )
        event.event_source = "tabard"
        self._trail.record(event)
        self._trail.flush()


def _shown(account: Account) -> dict[str, Any]:
    return {
        "account": account.id,
        "name": account.name,
        "alias": account.alias or "",
        "createdAt": iso8601(account.created_at),
    }


def _key(key: accounts.RootKey) -> dict[str, str]:
    return {"accessKeyId": key.access_key_id, "secretAccessKey": key.secret_access_key}
