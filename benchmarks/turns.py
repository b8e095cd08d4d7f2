"""A request over real sockets in one thread: the server's part of each turn of the event loop, the least of many.

The client writes a request on each of sixteen connections and waits until the last is answered; what it does itself is not
counted. So the kernel's work is in the figure, and what others do on the machine mostly is not.
"""

from __future__ import annotations

import asyncio
import socket
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from tabard.edge.http import HttpServer, Origin

if TYPE_CHECKING:
    from collections.abc import Sequence

CONNECTIONS = 16


async def over_sockets(handler: Any, requests: Sequence[bytes], rounds: int) -> float:
    """Microseconds of the thread's time for each request, of all the requests in rotation."""
    server = HttpServer(handler)
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        address = listener.getsockname()
        await server.serve_on(listener, Origin())
        clients = [stack.enter_context(socket.create_connection(address)) for _ in range(CONNECTIONS)]
        for client in clients:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client.setblocking(False)
        await asyncio.sleep(0.05)  # until all are accepted
        turns = [requests[at : at + CONNECTIONS] for at in range(0, len(requests), CONNECTIONS)]
        turns = [turn for turn in turns if len(turn) == CONNECTIONS]
        best = [float("inf")] * len(turns)
        for _ in range(rounds):
            for number, turn in enumerate(turns):
                best[number] = min(best[number], await _turn(clients, turn))
        await server.close()
    return sum(best) / len(best) / CONNECTIONS / 1000


async def _turn(clients: Sequence[socket.socket], requests: Sequence[bytes]) -> int:
    """Nanoseconds in which the server answers one request on each connection."""
    for client, request in zip(clients, requests, strict=True):
        client.send(request)
    began, last = time.thread_time_ns(), b""
    while not last:
        await asyncio.sleep(0)  # a turn of the loop, in which the server reads, answers and writes
        try:
            last = clients[-1].recv(65536)
        except BlockingIOError:
            continue
    took = time.thread_time_ns() - began
    replies = [client.recv(65536) for client in clients[:-1]]
    assert all(reply.startswith(b"HTTP/1.1 200") for reply in [*replies, last])
    return took
