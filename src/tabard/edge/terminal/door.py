"""Who may open a terminal: a request that is signed for it, opens once, and is allowed by the caller's policies."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import parse_qsl

import msgspec

from tabard import auth
from tabard.auth.timestamps import instant
from tabard.compute import guest
from tabard.compute.port import Pty
from tabard.core.errors import AwsError
from tabard.core.http import HttpReply
from tabard.edge.http_exchange import Upgrade
from tabard.edge.terminal.session import (
    ASK_EVERY,
    BAD_REQUEST,
    SIZE_AT_MOST,
    TOO_MANY,
    UNKNOWN,
    End,
    TerminalSession,
    code_of,
    failure,
    not_running,
)
from tabard.edge.terminal.websocket import WebSocket, handshake
from tabard.services.ec2.errors import no_such_instances
from tabard.services.ec2.instance_connect import SERVICE, on_connecting
from tabard.services.operation import WRITE, Operation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tabard.compute.port import Machine
    from tabard.core.http import HttpRequest
    from tabard.edge.http import Origin
    from tabard.edge.pipeline import Passage, Pipeline
    from tabard.services.operation import Call, Check

PROTOCOL = "tabard.terminal.1"
EXPIRES_AT_MOST = 60.0
"""Seconds after its signing in which a URL opens."""
AT_MOST = 256
"""Terminals that are open at once."""
PER_INSTANCE = 32
TERM = "xterm-256color"

_INSTANCE = re.compile(r"i-[0-9a-f]{8}(?:[0-9a-f]{9})?")


class Directory(Protocol):
    """What is asked about instances."""

    def machine(self, instance_id: str) -> Machine | None:
        """The running machine of an instance; None where it does not run."""


class TerminalDoor:
    """Opens terminals on the instances of one node."""

    def __init__(self, pipeline: Pipeline, directory: Directory, *, ask_every: float = ASK_EVERY) -> None:
        self._pipeline = pipeline
        self._directory = directory
        self._ask_every = ask_every
        self._sessions: dict[TerminalSession, str] = {}
        self._used: dict[str, float] = {}
        self._opening = Operation(SERVICE, "OpenTerminal", WRITE, self._on_opening, False, False, _nothing)
        self._going_on = self._opening.but(checks=on_connecting)

    def open(self, request: HttpRequest, origin: Origin) -> HttpReply:
        """The reply to a handshake. What is wrong with it as a request for a terminal is told on the socket."""
        headers = handshake(request, PROTOCOL)
        if headers is None:
            told = f"a WebSocket handshake (version 13) for the sub-protocol {PROTOCOL} is wanted here\n"
            return HttpReply(
                400,
                [(b"content-type", b"text/plain; charset=utf-8"), (b"sec-websocket-version", b"13")],
                told.encode(),
            )
        user = self._session(request, origin)

        def protocol() -> WebSocket:
            if isinstance(user, TerminalSession):
                self._sessions[user] = user.instance_id
            return WebSocket(user)

        return Upgrade(101, headers, protocol=protocol)

    def close(self) -> None:
        """End every terminal: the server stops."""
        for session in list(self._sessions):
            session.stop()

    def _session(self, request: HttpRequest, origin: Origin) -> TerminalSession | Refusal:
        asked = _asked(request)
        if isinstance(asked, str):
            return Refusal(failure(BAD_REQUEST, AwsError("InvalidArgsException", asked)))
        instance_id, pty = asked
        parameters = {"InstanceId": instance_id, "InstanceOSUser": guest.USER}
        try:
            passage = self._pipeline.admit(request, origin, self._opening, parameters)
        except AwsError as error:
            return Refusal(failure(code_of(error), error))
        call = passage.call
        if call is None or call.store.ec2.instances.get(call.account, call.region, instance_id) is None:
            return Refusal(failure(UNKNOWN, no_such_instances([instance_id])))
        if self._directory.machine(instance_id) is None:
            return Refusal(not_running(instance_id))
        here = sum(each == instance_id for each in self._sessions.values())
        if len(self._sessions) >= AT_MOST or here >= PER_INSTANCE:
            return Refusal(failure(TOO_MANY, AwsError("ThrottlingException", "Too many terminals are open.")))
        return TerminalSession(
            instance_id,
            pty,
            lambda: self._directory.machine(instance_id),
            lambda: self._ask_again(passage),
            self._ended,
            ask_every=self._ask_every,
        )

    def _ask_again(self, passage: Passage) -> None:
        self._pipeline.ask_again(passage, self._going_on)

    def _ended(self, session: TerminalSession) -> None:
        self._sessions.pop(session, None)

    def _on_opening(self, call: Call, request: dict[str, Any]) -> Iterable[Check]:
        """The checks of opening, once the signature has been verified: it must be fresh, and opens once."""
        signature = auth.parse(call.http, SERVICE)
        signed_at = instant(signature.amz_date) if signature is not None else None
        if signature is None or signed_at is None:
            raise auth.missing_authentication(SERVICE)
        until = signed_at + min(signature.expires or EXPIRES_AT_MOST, EXPIRES_AT_MOST)
        self._used = {each: end for each, end in self._used.items() if end >= call.now}
        if until < call.now or signature.signature in self._used:
            raise AwsError("InvalidSignatureException", "The URL has expired, or has been used.")
        self._used[signature.signature] = until
        return on_connecting(call, request)


class Refusal:
    """A ``websocket.User`` that is only told why there is no terminal: a browser shows no page's script more of a reply."""

    def __init__(self, end: End) -> None:
        self._end = end

    def opened(self, socket: WebSocket) -> None:
        """Say so, and close."""
        socket.tell(msgspec.json.encode(self._end.told).decode())
        socket.close(self._end.code, self._end.reason)

    def received(self, data: bytes) -> None:
        """Nobody listens."""

    def told(self, text: str) -> None:
        """Nobody listens."""

    def hold(self, *, back: bool) -> None:
        """Nothing more is sent."""

    def closed(self) -> None:
        """It was never open."""


def _nothing(_call: Call, _request: Any) -> None:
    """An admitted terminal runs by itself."""


def _asked(request: HttpRequest) -> tuple[str, Pty] | str:
    """The instance and the terminal that are asked for, or what is wrong with that."""
    pairs = [
        (name, value)
        for name, value in parse_qsl(request.query, keep_blank_values=True)
        if name in _PARAMETERS
    ]
    asked = dict(pairs)
    if len(asked) != len(pairs):
        return "A parameter is given twice."
    if not _INSTANCE.fullmatch(asked.get("instanceId", "")):
        return "instanceId must be an instance's id."
    if asked.get("osUser", guest.USER) != guest.USER:
        return f"osUser must be {guest.USER}."
    sizes = [asked.get("columns", "80"), asked.get("rows", "24")]
    if not all(each.isascii() and each.isdigit() and 0 < int(each[:6]) <= SIZE_AT_MOST for each in sizes):
        return f"columns and rows must be numbers from 1 to {SIZE_AT_MOST}."
    return asked["instanceId"], Pty(columns=int(sizes[0]), rows=int(sizes[1]), term=TERM)


_PARAMETERS = frozenset({"instanceId", "osUser", "columns", "rows"})
