"""The HTTP server under Tabard with a handler that does nothing: what every figure is compared with."""

from __future__ import annotations

import asyncio
import socket
import sys

import uvloop

from tabard.core.http import HttpReply, HttpRequest
from tabard.edge.http import Body, HttpServer, Origin


def empty(_request: HttpRequest, _body: Body, _origin: Origin) -> HttpReply:
    """Nothing, at once."""
    return HttpReply(200, [], b"")


async def serve(port: int) -> None:
    """Serve until the process is ended."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("127.0.0.1", port))
    server = HttpServer(empty)
    await server.serve_on(sock, Origin())
    await asyncio.Event().wait()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(int(sys.argv[1])))
