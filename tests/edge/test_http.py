"""The HTTP server against clients that flood, stall or go away. No reply is lost for those that do not."""

from __future__ import annotations

import socket
from contextlib import closing
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest

if TYPE_CHECKING:
    from tests.support.server import TabardServer


def connect(server: TabardServer) -> socket.socket:
    parts = urlsplit(server.endpoint)
    assert parts.hostname is not None
    assert parts.port is not None
    return socket.create_connection((parts.hostname, parts.port), timeout=60)


def exchange(server: TabardServer, request: bytes) -> bytes:
    with closing(connect(server)) as sock:
        sock.sendall(request)
        reply = b""
        while chunk := sock.recv(65536):
            reply += chunk
        return reply


def test_health_is_answered_to_anyone(server: TabardServer) -> None:
    with urlopen(f"{server.endpoint}/_/health") as reply:
        assert reply.read() == b'{"status":"ok"}\n'


@pytest.mark.parametrize(
    "request_text",
    [
        b"NONSENSE\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X-Flood: y\r\n" * 300 + b"\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"y" * 60_000 + b"\r\n\r\n",
        b"GET /" + b"a" * 60_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\nabcd",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
def test_what_is_not_http_gets_a_400_and_costs_nothing_more(
    server: TabardServer, request_text: bytes
) -> None:
    reply = exchange(server, request_text)
    assert reply.split(b" ", 2)[1] in {b"400", b"403"}
    assert b"Traceback" not in reply
    with urlopen(f"{server.endpoint}/_/health") as health:
        assert health.status == 200


def test_a_body_over_the_limit_is_refused_before_it_is_read(server: TabardServer) -> None:
    with closing(connect(server)) as sock:
        sock.sendall(
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            b"Content-Length: 50000000\r\n\r\nAction=" + b"x" * 1_200_000
        )
        reply = sock.recv(65536)
    assert b"413" in reply.split(b"\r\n", 1)[0]


def test_a_client_that_goes_away_in_the_middle_harms_nobody(server: TabardServer) -> None:
    for _ in range(20):
        with closing(connect(server)) as sock:
            sock.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nAction=Get")
    assert server.client("sts").get_caller_identity()["Account"] == server.account


def test_requests_on_one_connection_are_answered_in_order(server: TabardServer) -> None:
    one = b"GET /_/health HTTP/1.1\r\nHost: x\r\n\r\n"
    two = b"GET /_/nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    reply = exchange(server, one + two)
    assert reply.index(b"200 OK") < reply.index(b"404 Not Found")
