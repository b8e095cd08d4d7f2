"""The metadata listener against guests that are slow, greedy or hostile."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from tabard import metadata
from tabard.edge import metadata_listener
from tabard.edge.metadata_listener import CONNECTIONS_AT_MOST, MetadataListener

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

INSTANCE = "i-0123456789abcdef0"
TOKEN = b"PUT /latest/api/token HTTP/1.1\r\nHost: x\r\nX-aws-ec2-metadata-token-ttl-seconds: 60\r\n\r\n"
GET = b"GET /latest/meta-data/instance-id HTTP/1.1\r\nHost: x\r\n\r\n"


class Shown:
    """What is shown of one instance; it can be told to break."""

    broken = False
    forgotten: str | None = None

    def of(
        self, _account: str, instance_id: str
    ) -> tuple[metadata.InstanceView, metadata.MetadataOptions] | None:
        if self.broken:
            raise RuntimeError("broken")
        view = metadata.InstanceView(
            instance_id,
            "ami-1",
            "t3.micro",
            "111122223333",
            "us-east-1",
            "us-east-1a",
            "use1-az6",
            "x86_64",
            "r-1",
            0.0,
            (),
            lambda: None,
            lambda _delivery: None,
            lambda: b"x" * 16_000,
            dict,
        )
        return view, metadata.MetadataOptions()

    def forget(self, instance_id: str) -> None:
        self.forgotten = instance_id


def serve(test: Callable[[int, Shown, MetadataListener], Awaitable[None]]) -> None:
    """Run a test against a listener; it is given the port."""

    async def run() -> None:
        shown: Any = Shown()
        listener = MetadataListener(shown, metadata.TokenSealer(b"k" * 32), lambda: 1000.0)
        with socket.create_server(("127.0.0.1", 0)) as sock:
            sock.setblocking(False)
            machine: Any = SimpleNamespace(metadata_socket=sock)
            instance: Any = SimpleNamespace(id=INSTANCE, account="111122223333")
            await listener.open(instance, machine)
            try:
                async with asyncio.timeout(60):
                    await test(sock.getsockname()[1], shown, listener)
            finally:
                await listener.close(INSTANCE)
        assert shown.forgotten == INSTANCE

    asyncio.run(run())


async def becomes(condition: Callable[[], bool]) -> None:
    """Wait until something holds; the test's own time is the limit."""
    for _ in range(6000):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not become true")


async def exchange(port: int, *pieces: bytes) -> bytes:
    """Everything that comes back until the listener closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.01)
        return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


CLOSE = GET.replace(b"Host: x\r\n", b"Host: x\r\nConnection: close\r\n")


def test_requests_of_one_connection_are_answered_in_order() -> None:
    async def test(port: int, _shown: Shown, _listener: MetadataListener) -> None:
        said = await exchange(port, TOKEN + GET + GET.replace(b"instance-id", b"none") + CLOSE)
        statuses = [
            line for line in said.split(b"\r\n") if line.startswith(b"HTTP/1.1") or b"HTTP/1.1 " in line
        ]
        assert len(statuses) == 4
        assert said.startswith(b"HTTP/1.1 200 OK")
        assert said.index(INSTANCE.encode()) < said.index(b"404")
        assert said.endswith(INSTANCE.encode())

    serve(test)


def test_a_request_may_come_in_any_pieces() -> None:
    async def test(port: int, _shown: Shown, _listener: MetadataListener) -> None:
        said = await exchange(port, *(CLOSE[at : at + 7] for at in range(0, len(CLOSE), 7)))
        assert said.startswith(b"HTTP/1.1 200 OK")

    serve(test)


@pytest.mark.parametrize(
    "sent",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"".join(b"h%d: %b\r\n" % (n, b"v" * 100) for n in range(1000)) + b"\r\n",
        b"GET / HTTP/1.1\r\nx: " + b"v" * 200_000,
        b"PUT / HTTP/1.1\r\nContent-Length: 10000000\r\n\r\n" + b"b" * 200_000,
        b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"CONNECT 169.254.169.254:80 HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
    ids=["nonsense", "version", "url", "headers", "header", "body", "chunks", "connect", "tls"],
)
def test_what_is_no_request_is_refused_and_the_next_client_is_served(sent: bytes) -> None:
    async def test(port: int, _shown: Shown, _listener: MetadataListener) -> None:
        said = await exchange(port, sent)
        assert said == b"" or said.startswith((b"HTTP/1.1 400", b"HTTP/1.1 405"))
        assert (await exchange(port, CLOSE)).endswith(INSTANCE.encode())

    serve(test)


def test_a_wish_to_upgrade_is_answered_once_and_ignored() -> None:
    async def test(port: int, _shown: Shown, _listener: MetadataListener) -> None:
        said = await exchange(port, GET.replace(b"Host: x", b"Connection: upgrade\r\nUpgrade: websocket"))
        assert said.count(b"HTTP/1.1") == 1
        assert said.endswith(INSTANCE.encode())

    serve(test)


def test_a_flood_of_connections_is_bounded_and_passes() -> None:
    async def test(port: int, _shown: Shown, listener: MetadataListener) -> None:
        opened = [await asyncio.open_connection("127.0.0.1", port) for _ in range(CONNECTIONS_AT_MOST + 50)]
        await becomes(lambda: len(listener._open[INSTANCE].connections) == CONNECTIONS_AT_MOST)
        assert await exchange(port, CLOSE) == b""
        assert len(listener._open[INSTANCE].connections) == CONNECTIONS_AT_MOST
        for _, writer in opened:
            writer.close()
        await becomes(lambda: not listener._open[INSTANCE].connections)
        assert (await exchange(port, CLOSE)).endswith(INSTANCE.encode())

    serve(test)


def test_one_who_does_not_finish_a_request_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata_listener, "REQUEST_WITHIN", 0.2)
    monkeypatch.setattr(metadata_listener, "_LOOK_EVERY", 0.05)

    async def test(port: int, _shown: Shown, listener: MetadataListener) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        said = b"?"
        for byte in GET * 10:
            writer.write(bytes([byte]))
            await asyncio.sleep(0.02)
            if reader.at_eof() or writer.is_closing():
                break
        with contextlib.suppress(ConnectionError):
            said = await reader.read()
        assert said in {b"?", b""}
        writer.close()
        assert not listener._open[INSTANCE].connections

    serve(test)


def test_one_who_does_not_read_is_not_read_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata_listener, "IDLE_AT_MOST", 0.5)
    monkeypatch.setattr(metadata_listener, "_LOOK_EVERY", 0.05)

    async def test(port: int, _shown: Shown, listener: MetadataListener) -> None:
        greedy = socket.create_connection(("127.0.0.1", port))
        greedy.setblocking(False)
        ask = b"GET /latest/user-data HTTP/1.1\r\nHost: x\r\n\r\n" * 2000
        loop = asyncio.get_running_loop()

        async def ask_on_and_on() -> None:
            while True:
                await loop.sock_sendall(greedy, ask)

        with greedy, pytest.raises(ConnectionError):
            await ask_on_and_on()
        assert (await exchange(port, CLOSE)).endswith(INSTANCE.encode())
        assert not listener._open[INSTANCE].connections

    serve(test)


def test_one_who_asks_too_fast_is_answered_more_slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata_listener, "REQUESTS_A_SECOND", 100.0)

    async def test(port: int, _shown: Shown, _listener: MetadataListener) -> None:
        loop = asyncio.get_running_loop()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        began = loop.time()
        for _ in range(150):
            writer.write(GET)
            await reader.readuntil(INSTANCE.encode())
        assert loop.time() - began > 0.4
        writer.close()
        began = loop.time()
        assert (await exchange(port, GET * 150 + CLOSE)).count(b"200 OK") == 151
        await asyncio.sleep(0.2)
        assert (await exchange(port, CLOSE)).endswith(INSTANCE.encode())

    serve(test)


def test_a_failure_of_ours_is_a_500_and_no_traceback(caplog: pytest.LogCaptureFixture) -> None:
    async def test(port: int, shown: Shown, _listener: MetadataListener) -> None:
        shown.broken = True
        said = await exchange(port, CLOSE)
        assert said.startswith(b"HTTP/1.1 500")
        assert b"Traceback" not in said
        assert "broken" in caplog.text

    serve(test)


def test_closing_ends_the_connections() -> None:
    async def test(port: int, _shown: Shown, listener: MetadataListener) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(GET)
        await reader.readuntil(INSTANCE.encode())
        await listener.close(INSTANCE)
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await reader.readexactly(1)
        writer.close()

    serve(test)
