"""The HTTP server: uvicorn's parser and protocol used raw, guarded against floods and slow clients.

A listener is a socket and an *origin*: what arrives on an instance's socket comes from that instance. The pipeline does not
know the server; it is handed an ``HttpRequest``, a body to read, and the origin.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from tabard.core.http import HttpReply, HttpRequest

if TYPE_CHECKING:
    import socket

log = logging.getLogger(__name__)

HEADERS_AT_MOST = 48 * 1024
"""Bytes of request line and headers; more is answered with 431."""
HEADER_LINES_AT_MOST = 200
HEADERS_WITHIN = 20.0
"""Seconds that a client has for its request line and headers."""
BODY_STALL_AT_MOST = 30.0
"""Seconds without a byte of an announced body after which the client is given up."""
OWN_PATHS = "/_/"
"""Everything below is ours: ``_`` is never a legal bucket name."""
KEEP_ALIVE = 65
"""Seconds that an idle connection is kept, a little longer than SDKs keep theirs."""
CONNECTIONS_AT_MOST = 4096


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request came in. ``source_ip`` overrides the peer's address (an instance's calls come from its own)."""

    source_ip: str | None = None
    instance_id: str | None = None
    secure: bool = False


class Disconnected(Exception):  # noqa: N818 - what happened, not a fault of ours
    """The client went away, or stalled, in the middle of its request."""


class Body:
    """A request's body, read as it arrives."""

    __slots__ = ("_done", "_receive")

    def __init__(self, receive: Callable[[], Awaitable[Any]]) -> None:
        self._receive = receive
        self._done = False

    async def chunk(self) -> bytes | None:
        """The next bytes; None at the end. Raises ``Disconnected``."""
        if self._done:
            return None
        try:
            async with asyncio.timeout(BODY_STALL_AT_MOST):
                message = await self._receive()
        except TimeoutError:
            raise Disconnected from None
        if message["type"] == "http.disconnect":
            raise Disconnected
        self._done = not message.get("more_body", False)
        chunk: bytes = message["body"]
        return chunk

    async def whole(self, at_most: int) -> bytes | None:
        """The whole body; None when it is longer than ``at_most`` bytes (the rest is not read)."""
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        first: bytes = message["body"]
        if not message.get("more_body", False):
            self._done = True
            return first if len(first) <= at_most else None
        parts, size = [first], len(first)
        while (chunk := await self.chunk()) is not None:
            size += len(chunk)
            if size > at_most:
                return None
            parts.append(chunk)
        return b"".join(parts)


Handler = Callable[[HttpRequest, Body, Origin], Awaitable[HttpReply]]


class _Guarded(HttpToolsProtocol):
    """uvicorn's protocol with bounds on what a client may send before it has said what it wants."""

    def __init__(self, config: Config, state: ServerState) -> None:
        super().__init__(config, state, {})
        self._seen = 0
        self._lines = 0
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        if len(self.connections) >= CONNECTIONS_AT_MOST:
            transport.abort()
            return
        super().connection_made(transport)
        self._deadline = self.loop.call_later(HEADERS_WITHIN, self._too_slow)

    def connection_lost(self, exc: Exception | None) -> None:
        self._disarm()
        if self.transport is not None:
            super().connection_lost(exc)

    def on_message_begin(self) -> None:
        self._seen = self._lines = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._lines += 1
        self._count(len(name) + len(value))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._disarm()
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        if self.cycle is not None and self.cycle.response_complete and self._deadline is None:
            self._deadline = self.loop.call_later(HEADERS_WITHIN, self._too_slow)
        super().data_received(data)

    def _count(self, size: int) -> None:
        self._seen += size
        if self._seen > HEADERS_AT_MOST or self._lines > HEADER_LINES_AT_MOST:
            raise ValueError("too many headers")

    def _disarm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_slow(self) -> None:
        self._deadline = None
        if not self.transport.is_closing():
            self.transport.close()


class HttpServer:
    """Listeners that share one handler. ``listen`` or ``serve_on`` add one; ``close`` ends them all."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._state = ServerState()
        self._servers: dict[int, asyncio.Server] = {}
        self._clock: asyncio.TimerHandle | None = None
        self._tick()

    def _tick(self) -> None:
        """Keep the ``Date`` header of replies."""
        self._state.default_headers = [(b"server", b"Tabard"), (b"date", formatdate(usegmt=True).encode())]
        self._clock = asyncio.get_running_loop().call_later(1.0, self._tick)

    async def serve_on(self, sock: socket.socket, origin: Origin) -> asyncio.Server:
        """Serve a listening socket; everything on it has this origin."""
        config = Config(
            self._application(origin),
            http="httptools",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            date_header=False,
            timeout_keep_alive=KEEP_ALIVE,
        )
        config.load()
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: _Guarded(config, self._state), sock=sock, backlog=1024)
        self._servers[id(server)] = server
        return server

    def stop_serving(self, server: asyncio.Server) -> None:
        """Close one listener; the requests under way on it are finished."""
        self._servers.pop(id(server), None)
        server.close()

    async def close(self, within: float = 5.0) -> None:
        """Close the listeners, let requests under way finish for some seconds, then let go."""
        if self._clock is not None:
            self._clock.cancel()
        for server in self._servers.values():
            server.close()
        self._servers.clear()
        for connection in list(self._state.connections):
            connection.shutdown()
        if self._state.tasks:
            await asyncio.wait(set(self._state.tasks), timeout=within)
        for connection in list(self._state.connections):
            connection.transport.abort()

    def _own(self, request: HttpRequest) -> HttpReply:
        """What is ours and not AWS's: health, for whoever watches the process."""
        if request.path == "/_/health" and request.method in {"GET", "HEAD"}:
            return HttpReply(200, [(b"content-type", b"application/json")], b'{"status":"ok"}\n')
        return HttpReply(404, [(b"content-type", b"text/plain")], b"not found\n")

    def _application(self, origin: Origin) -> Callable[..., Awaitable[None]]:
        handler = self._handler

        async def application(scope: Any, receive: Any, send: Any) -> None:
            peer = scope["client"]
            where = (
                origin
                if origin.source_ip is not None or peer is None
                else Origin(peer[0], None, origin.secure)
            )
            request = HttpRequest(
                scope["method"],
                scope["raw_path"].decode("latin-1"),
                scope["query_string"].decode("latin-1"),
                scope["headers"],
            )
            if request.path.startswith(OWN_PATHS):
                reply = self._own(request)
            else:
                reply = await handler(request, Body(receive), where)
            await _send(reply, send, head=request.method == "HEAD")

        return application


async def _send(reply: HttpReply, send: Any, *, head: bool) -> None:
    body = reply.body
    if isinstance(body, bytes):
        headers = reply.headers
        if not any(name == b"content-length" for name, _ in headers) and reply.status not in {204, 304}:
            headers.append((b"content-length", b"%d" % len(body)))
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if head else body})
        return
    await send({"type": "http.response.start", "status": reply.status, "headers": reply.headers})
    try:
        async for chunk in body:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
    finally:
        close = getattr(body, "aclose", None)
        if close is not None:
            await close()
    await send({"type": "http.response.body", "body": b""})
