"""Connections at their limits: order, pieces, half-closed clients, heads and trailers without end, replies that break off."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

import pytest

from tabard.core.http import HttpReply, HttpRequest
from tabard.edge import http_connection
from tabard.edge.http import Body, Disconnected, HttpServer, Origin

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable


def answer(request: HttpRequest, body: Body, _origin: Origin) -> HttpReply | Awaitable[HttpReply]:
    """What the path asks for: at once, later, in pieces, or wrongly."""
    match request.path:
        case "/later":
            return _later(request, body)
        case "/early":
            return _early()
        case "/pieces":
            return HttpReply(200, [], _pieces(b"one", b"two"))
        case "/short":
            return HttpReply(200, [(b"content-length", b"9")], _pieces(b"one"))
        case "/long":
            return HttpReply(200, [(b"content-length", b"3")], _pieces(b"one", b"two"))
        case "/split":
            return HttpReply(200, [(b"x-split", b"a\r\nset-cookie: b")])
        case "/fails":
            raise RuntimeError("on purpose")
        case _:
            return HttpReply(200, [], request.path.encode() + (body.arrived or b""))


async def _later(request: HttpRequest, body: Body) -> HttpReply:
    await asyncio.sleep(0.02)
    try:
        data = await body.whole(1 << 20)
    except Disconnected:
        return HttpReply(408, [])
    if data is None:
        return HttpReply(413, [(b"connection", b"close")])
    return HttpReply(200, [], request.path.encode() + b" %d" % len(data))


async def _early() -> HttpReply:
    await asyncio.sleep(0.06)
    return HttpReply(403, [])


async def _pieces(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        await asyncio.sleep(0)
        yield piece


def talk(*sent: bytes, pause: float = 0.01, half_close: bool = False, within: float = 60.0) -> bytes:
    """Everything that the server says to a client that sends these pieces, one after the other."""

    failures: list[object] = []

    async def run() -> bytes:
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: failures.append(context))
        sock = socket.socket()
        sock.bind(("127.0.0.1", 0))
        server = HttpServer(answer)
        await server.serve_on(sock, Origin())
        reader, writer = await asyncio.open_connection(*sock.getsockname())
        try:
            async with asyncio.timeout(within):
                for piece in sent:
                    writer.write(piece)
                    await asyncio.sleep(pause)
                if half_close:
                    writer.write_eof()
                said = b""
                while chunk := await reader.read(65536):
                    said += chunk
                return said
        finally:
            writer.close()
            await server.close(0.5)
            sock.close()

    said = asyncio.run(run())
    assert not failures
    return said


def get(path: str, *, last: bool = False) -> bytes:
    close = "Connection: close\r\n" if last else ""
    return f"GET {path} HTTP/1.1\r\nHost: x\r\n{close}\r\n".encode()


def bodies(said: bytes) -> list[bytes]:
    """The bodies of replies with a content-length, in order."""
    found = []
    while said:
        head, _, said = said.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        found.append(said[:length])
        said = said[length:]
    return found


def test_pipelined_requests_are_answered_in_order_whether_they_take_time_or_not() -> None:
    said = talk(get("/a") + get("/later") + get("/b") + get("/later") + get("/c", last=True) + get("/never"))
    assert bodies(said) == [b"/a", b"/later 0", b"/b", b"/later 0", b"/c"]


def test_a_hundred_pipelined_requests_all_get_their_answer() -> None:
    said = talk(b"".join([get(f"/{number}") for number in range(100)]) + get("/end", last=True))
    assert bodies(said) == [b"/%d" % number for number in range(100)] + [b"/end"]


def test_a_request_byte_by_byte() -> None:
    request = b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc"
    assert bodies(talk(*[request[at : at + 1] for at in range(len(request))], pause=0)) == [b"/aabc"]


def test_a_short_body_in_a_packet_of_its_own_is_waited_for() -> None:
    head = b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nConnection: close\r\n\r\n"
    assert bodies(talk(head, b"abc")) == [b"/aabc"]


def test_a_long_body_is_read_as_it_arrives_and_no_further_than_wanted() -> None:
    head = b"POST /later HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\nConnection: close\r\n\r\n"
    assert bodies(talk(head, b"x" * 900_000)) == [b"/later 900000"]
    head = b"POST /later HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000\r\n\r\n"
    assert talk(head + b"x" * 1_200_000).startswith(b"HTTP/1.1 413 ")


def test_a_client_that_expects_to_be_asked_is_asked() -> None:
    head = b"POST /later HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n"
    said = talk(head, b"abc", pause=0.1)
    assert said.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK")
    assert said.endswith(b"/later 3")


def test_a_client_that_expects_to_be_asked_is_asked_for_nothing_too() -> None:
    """Else the AWS CLI reads its next reply on the connection wrongly, and waits a minute for it."""
    head = b"PUT /a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nExpect: 100-continue\r\n\r\n"
    said = talk(get("/first") + head + get("/b", last=True))
    first, _, rest = said.partition(b"/first")
    assert first.startswith(b"HTTP/1.1 200 OK")
    assert rest.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK")
    assert said.count(b"HTTP/1.1 200 OK") == 3
    assert said.count(b"100 Continue") == 1


def test_a_client_that_has_said_everything_still_gets_its_answers() -> None:
    assert bodies(talk(get("/later") + get("/b"), half_close=True, pause=0)) == [b"/later 0", b"/b"]


def test_half_a_request_and_no_more_ends_the_connection() -> None:
    assert talk(b"GET / HTTP/1.1\r\nHo", half_close=True) == b""
    head = b"POST /later HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nab"
    assert talk(head, half_close=True).startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize(
    "pieces",
    [
        [b"GET / HTTP/1.1\r\nX: ", *[b"y" * 60_000] * 8],
        [b"GET /", *[b"y" * 60_000] * 8],
        [b"GET / HTTP/1.1\r\n", *[b"X: y\r\n" * 50] * 6],
        [b"POST /later HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: ", *[b"y" * 60_000] * 8],
        [b"POST /later HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;", *[b"y" * 60_000] * 8],
        [b"POST /later HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nnot a size\r\n"],
        [b"POST /early HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;", *[b"y" * 60_000] * 8],
    ],
    ids=["header", "target", "headers", "trailer", "chunk extension", "chunk size", "answered before"],
)
def test_what_has_no_end_or_no_sense_is_refused(pieces: list[bytes]) -> None:
    assert talk(*pieces).split(b" ", 2)[1] in {b"400", b"403", b"408"}


def test_trailers_add_nothing_to_a_request() -> None:
    request = b"POST /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert bodies(talk(request + b"3\r\nabc\r\n0\r\nX-Late: y\r\n\r\n")) == [b"/aabc"]


def test_what_was_understood_is_answered_before_the_rest_is_refused() -> None:
    said = talk(get("/a") + get("/later") + b"NONSENSE\r\n\r\n")
    assert bodies(said) == [b"/a", b"/later 0", b"Bad Request\n"]


def test_another_protocol_is_not_spoken() -> None:
    upgrade = b"GET /a HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n"
    said = talk(upgrade + b"\x00\x01\x02")
    assert said.startswith(b"HTTP/1.1 200 ")
    assert b"connection: close" in said


def test_a_reply_of_unknown_length_comes_in_chunks_and_to_old_clients_until_the_end() -> None:
    assert talk(get("/pieces", last=True)).endswith(b"\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n")
    assert talk(b"GET /pieces HTTP/1.0\r\n\r\n").endswith(b"\r\n\r\nonetwo")


@pytest.mark.parametrize(("path", "shown"), [("/short", b"one"), ("/long", b"one")])
def test_a_reply_that_is_not_as_announced_is_broken_off(path: str, shown: bytes) -> None:
    try:
        said = talk(get(path) + get("/never"))
    except ConnectionResetError:
        return
    assert said.partition(b"\r\n\r\n")[2] in {shown, b""}


@pytest.mark.parametrize("path", ["/split", "/fails"])
def test_our_own_failure_is_told_without_its_reason_and_splits_no_reply(path: str) -> None:
    said = talk(get(path))
    assert said.startswith(b"HTTP/1.1 500 ")
    assert b"set-cookie" not in said
    assert b"on purpose" not in said


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: ", b""),
        (b"POST /later HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nab", b"408"),
        (b"POST /later HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n\r\nab", b"408"),
    ],
    ids=["head", "short body", "long body"],
)
def test_a_client_that_stalls_is_given_up(
    monkeypatch: pytest.MonkeyPatch, sent: bytes, status: bytes
) -> None:
    for name in ("HEADERS_WITHIN", "BODY_STALL_AT_MOST", "KEEP_ALIVE"):
        monkeypatch.setattr(http_connection, name, 0.1)
    monkeypatch.setattr("tabard.edge.http.LOOK_EVERY", 0.05)
    assert talk(sent)[9:12] == status


def test_a_connection_that_is_idle_is_kept_and_then_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_connection, "KEEP_ALIVE", 0.3)
    monkeypatch.setattr("tabard.edge.http.LOOK_EVERY", 0.05)
    assert bodies(talk(get("/a"), get("/b"), pause=0.15)) == [b"/a", b"/b"]


def test_closing_lets_what_is_under_way_finish() -> None:
    async def run(done: Callable[[bytes], None]) -> None:
        sock = socket.socket()
        sock.bind(("127.0.0.1", 0))
        server = HttpServer(answer)
        await server.serve_on(sock, Origin())
        reader, writer = await asyncio.open_connection(*sock.getsockname())
        idle_reader, idle = await asyncio.open_connection(*sock.getsockname())
        writer.write(get("/later"))
        await asyncio.sleep(0.01)
        await server.close(2.0)
        done(await reader.read())
        assert await idle_reader.read() == b""
        writer.close()
        idle.close()
        sock.close()

    said: list[bytes] = []
    asyncio.run(run(said.append))
    assert said[0].startswith(b"HTTP/1.1 200 ")
    assert b"connection: close" in said[0]
