"""The HTTP server: listeners that share a handler.

A listener is a socket and an *origin*: what arrives on an instance's socket comes from that instance. The pipeline does not
know the server; it is handed an ``HttpRequest``, a body to read, and the origin. ``edge.http_connection`` is what a client
talks to.
"""

from __future__ import annotations

import asyncio
import contextlib
from email.utils import formatdate
from typing import TYPE_CHECKING

from tabard.core.http import HttpReply, HttpRequest
from tabard.edge.http_connection import Connection
from tabard.edge.http_exchange import Body, Disconnected, Handler, Origin
from tabard.edge.http_shared import Shared

if TYPE_CHECKING:
    import socket
    from collections.abc import Awaitable

__all__ = ["Body", "Disconnected", "Handler", "HttpServer", "Origin", "answer_own"]

OWN_PATHS = "/_/"
"""Everything below is ours: ``_`` is never a legal bucket name."""
LOOK_EVERY = 1.0
"""Seconds between two looks at the connections' deadlines, and at the clock for the ``Date`` header."""


class HttpServer:
    """Listeners that share one handler. ``serve_on`` adds one; ``close`` ends them all.

    ``own`` answers what is below ``OWN_PATHS`` in place of the health check alone.
    """

    def __init__(self, handler: Handler, own: Handler | None = None) -> None:
        own = own or answer_own

        def with_own(request: HttpRequest, body: Body, origin: Origin) -> HttpReply | Awaitable[HttpReply]:
            return (own if request.path[:3] == OWN_PATHS else handler)(request, body, origin)

        self._shared = Shared(with_own, asyncio.get_running_loop())
        self._servers: dict[int, asyncio.Server] = {}
        self._clock: asyncio.TimerHandle | None = None
        self._tick()

    def _tick(self) -> None:
        shared = self._shared
        shared.now = now = shared.loop.time()
        shared.default_headers = f"server: Tabard\r\ndate: {formatdate(usegmt=True)}\r\n".encode()
        for connection in [each for each in shared.connections if each.deadline < now]:
            connection.overdue()
        self._clock = shared.loop.call_later(LOOK_EVERY, self._tick)

    async def serve_on(self, sock: socket.socket, origin: Origin) -> asyncio.Server:
        """Serve a listening socket; everything on it has this origin."""
        shared = self._shared
        server = await shared.loop.create_server(lambda: Connection(shared, origin), sock=sock, backlog=1024)
        self._servers[id(server)] = server
        return server

    def stop_serving(self, server: asyncio.Server) -> None:
        """Close one listener; the requests under way on it are finished."""
        self._servers.pop(id(server), None)
        server.close()

    async def close(self, within: float = 5.0) -> None:
        """Close the listeners, let requests under way finish for some seconds, then let go."""
        shared = self._shared
        shared.closing = True
        for server in self._servers.values():
            server.close()
        self._servers.clear()
        for connection in list(shared.connections):
            connection.shutdown()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                while shared.connections:  # noqa: ASYNC110 - once, at the end; no reply pays for an event
                    await asyncio.sleep(0.005)
        if self._clock is not None:
            self._clock.cancel()
        for connection in list(shared.connections):
            connection.abort()


def answer_own(request: HttpRequest, _body: Body, _origin: Origin) -> HttpReply:
    """What is ours and not AWS's: health, for whoever watches the process."""
    if request.path == "/_/health" and request.method in {"GET", "HEAD"}:
        return HttpReply(200, [(b"content-type", b"application/json")], b'{"status":"ok"}\n')
    return HttpReply(404, [(b"content-type", b"text/plain")], b"not found\n")
