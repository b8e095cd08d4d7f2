"""Clients that break the protocol, send too much, too slowly or nothing: each is answered or let go, and nobody else waits."""

from __future__ import annotations

import contextlib
import hashlib
import os
import resource
import socket
import struct
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from tests.hostile.signed import ANSWERED_WITHIN, Caller, Wire

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.server import TabardServer

HEALTH = b"GET /_/health HTTP/1.1\r\nHost: x\r\n\r\n"
FORM = b"Action=GetCallerIdentity&Version=2011-06-15"


def address(server: TabardServer) -> tuple[str, int]:
    parts = urlsplit(server.endpoint)
    return str(parts.hostname), int(parts.port or 80)


@contextlib.contextmanager
def connected(server: TabardServer) -> Iterator[socket.socket]:
    with socket.create_connection(address(server), timeout=ANSWERED_WITHIN) as sock:
        yield sock


def told(sock: socket.socket) -> bytes:
    """Everything that the server says until it closes; a reset counts as its end."""
    said = b""
    with contextlib.suppress(ConnectionResetError):
        while data := sock.recv(65536):
            said += data
    return said


def status(said: bytes) -> int:
    return int(said.split(b" ", 2)[1]) if said.startswith(b"HTTP/1.") else 0


def works(server: TabardServer) -> None:
    """The server answers, and has seen nothing that it did not expect."""
    assert server.client("sts").get_caller_identity()["Account"] == server.account
    assert "Traceback" not in server.log, server.log[-5000:]


CLOSED = 0
"""No answer: the connection is let go."""
BROKEN = {
    "no http": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "empty lines": b"\r\n\r\n\r\n" + b"garbage\r\n\r\n",
    "a method of its own": b"BREW / HTTP/1.1\r\nHost: x\r\n\r\n",
    "no version": b"GET /\r\n\r\n",
    "version 9": b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
    "http 2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a space in the target": b"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n",
    "raw bytes in the target": b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
    "a nul in the target": b"GET /a\0b HTTP/1.1\r\nHost: x\r\n\r\n",
    "a nul in a header": b"GET / HTTP/1.1\r\nHost: x\0y\r\n\r\n",
    "a folded header": b"GET / HTTP/1.1\r\nHost: x\r\n folded: y\r\nA\r\n\r\n",
    "a space before the colon": b"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
    "two lengths": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "length and chunks": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a negative length": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    "a length that is no number": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ten\r\n\r\n",
    "a huge length": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + b"9" * 40 + b"\r\n\r\n",
    "chunks of no size": b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n",
    "a chunk of a huge size": b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + b"f" * 30 + b"\r\n",
    "an unknown transfer encoding": b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, x\r\n\r\nabc",
    "a chunk longer than it says": b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabcdef\r\n0\r\n\r\n",
    "many headers": b"GET / HTTP/1.1\r\nHost: x\r\n" + b"a: b\r\n" * 5000 + b"\r\n",
    "a long header": b"GET / HTTP/1.1\r\nHost: x\r\na: " + b"b" * 200_000 + b"\r\n\r\n",
    "a long target": b"GET /" + b"b" * 200_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "many trailers": b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + b"a: b\r\n" * 20_000 + b"\r\n",
    "an endless chunk extension": b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;" + b"e" * 200_000,
    "connect": b"CONNECT other:80 HTTP/1.1\r\nHost: other:80\r\n\r\n",
    "an upgrade": b"GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
    "an absolute target elsewhere": b"GET http://169.254.169.254/latest/ HTTP/1.1\r\nHost: x\r\n\r\n",
}  # fmt: skip


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_broken_is_refused_or_let_go(server: TabardServer, what: str) -> None:
    with connected(server) as sock:
        with contextlib.suppress(ConnectionError):
            sock.sendall(BROKEN[what])
            sock.shutdown(socket.SHUT_WR)
        assert status(told(sock)) in {CLOSED, *range(400, 500), 501}
    works(server)


def test_every_prefix_of_a_request_is_let_go(server: TabardServer) -> None:
    whole = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nActio\r\n0\r\n\r\n"
    for end in range(len(whole)):
        with connected(server) as sock:
            sock.sendall(whole[:end])
            sock.shutdown(socket.SHUT_WR)
            assert status(told(sock)) in {CLOSED, *range(400, 500)}
    works(server)


OLD = [
    b"GET /_/health HTTP/1.0\r\n\r\n",
    b"GET /_/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    b"GET http://anything/_/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
]


@pytest.mark.parametrize("head", OLD)
def test_old_and_unusual_forms_are_answered_and_closed(server: TabardServer, head: bytes) -> None:
    with connected(server) as sock:
        sock.sendall(head)
        assert status(told(sock)) == 200


def test_a_client_that_has_sent_everything_and_half_closed_is_answered(server: TabardServer) -> None:
    with connected(server) as sock:
        sock.sendall(HEALTH * 3)
        sock.shutdown(socket.SHUT_WR)
        assert told(sock).count(b"HTTP/1.1 200") == 3


def test_a_long_pipeline_is_answered_in_order_and_does_not_starve_others(server: TabardServer) -> None:
    with connected(server) as sock:
        many = 2000
        sender = threading.Thread(target=sock.sendall, args=(HEALTH * many,))
        sender.start()
        works(server)
        said = b""
        while said.count(b"HTTP/1.1 200") < many:
            data = sock.recv(65536)
            assert data
            said += data
        sender.join()


def test_a_request_after_an_unread_body_is_not_taken_from_it(server: TabardServer) -> None:
    """A body that is refused unread is never read as the next request."""
    smuggled = b"GET /_/health HTTP/1.1\r\nHost: x\r\n\r\n"
    body = smuggled * 50_000
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n"
    with connected(server) as sock:
        with contextlib.suppress(ConnectionError):
            sock.sendall(head % len(body) + body)
            sock.shutdown(socket.SHUT_WR)
        said = told(sock)
        assert status(said) == 413
        assert said.count(b"HTTP/1.1") == 1


def test_continue_is_said_only_to_a_body_that_is_wanted(server: TabardServer) -> None:
    with connected(server) as sock:
        sock.sendall(
            b"PUT /nothing-here/key HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1000000\r\n\r\n"
        )
        assert status(sock.recv(65536)) == 404
    with connected(server) as sock:
        sock.sendall(
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(FORM)
        )
        assert sock.recv(65536).startswith(b"HTTP/1.1 100 Continue\r\n\r\n")
        sock.sendall(FORM)
        assert status(sock.recv(65536)) == 403
    works(server)


HOSTS = ["", "target", "a.b.c.d", "x" * 5000, "..", "s3.amazonaws.com", "-.s3.localhost", "[::1", "é", "a/b",
         "169.254.169.254", "bucket.s3.localhost:99999999"]  # fmt: skip


@pytest.mark.parametrize("host", HOSTS)
def test_any_host_is_answered(server: TabardServer, host: str) -> None:
    with connected(server) as sock:
        sock.sendall(f"GET /x/y HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        assert status(told(sock)) in range(400, 500)
    works(server)


def test_a_thousand_idle_connections_are_nobody_elses_matter(server: TabardServer) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 1200
    if hard != resource.RLIM_INFINITY and hard < wanted:
        pytest.skip(f"needs {wanted} open files, {hard} are allowed: raise the limit with `ulimit -n`")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    try:
        with contextlib.ExitStack() as stack:
            idle = [stack.enter_context(connected(server)) for _ in range(1000)]
            for number, sock in enumerate(idle):
                if number % 2:
                    sock.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Le")
            for _ in range(20):
                works(server)
            idle[0].sendall(HEALTH)
            assert status(idle[0].recv(65536)) == 200
        works(server)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def upload(server: TabardServer, key: str, length: int) -> socket.socket:
    """A signed upload of which nothing but the head is sent yet."""
    caller = Caller(server)
    wire = Wire(
        "PUT", f"/{key}", "", {"X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD", "Content-Length": str(length)}
    )
    headers = caller._signed("s3", wire)
    caller.close()
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    sock = socket.create_connection(address(server), timeout=ANSWERED_WITHIN)
    sock.sendall(f"PUT /{key} HTTP/1.1\r\n{lines}\r\n".encode())
    return sock


def files(server: TabardServer) -> set[str]:
    return {str(path) for path in (server.data / "objects").rglob("*") if path.is_file()}


@pytest.mark.parametrize("end", ["close", "reset", "half"])
def test_an_upload_that_breaks_off_leaves_neither_object_nor_file(own_server: TabardServer, end: str) -> None:
    s3 = own_server.client("s3")
    s3.create_bucket(Bucket="bucket")
    s3.put_object(Bucket="bucket", Key="key", Body=b"before")
    before = files(own_server)
    for sent in (0, 1, 70_000, 2_500_000, 2_999_999):
        sock = upload(own_server, "bucket/key", 3_000_000)
        sock.sendall(b"x" * sent)
        if end == "reset":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if end == "half":
            sock.shutdown(socket.SHUT_WR)
            assert status(told(sock)) in {CLOSED, *range(400, 500)}
        sock.close()
    deadline = time.monotonic() + ANSWERED_WITHIN
    while files(own_server) != before and time.monotonic() < deadline:
        time.sleep(0.02)
    assert files(own_server) == before
    assert s3.get_object(Bucket="bucket", Key="key")["Body"].read() == b"before"
    works(own_server)


def test_a_download_that_breaks_off_leaves_no_open_file(own_server: TabardServer) -> None:
    s3 = own_server.client("s3")
    s3.create_bucket(Bucket="bucket")
    s3.put_object(Bucket="bucket", Key="key", Body=os.urandom(30_000_000))
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "bucket", "Key": "key"})
    target = url.removeprefix(own_server.endpoint)
    for _ in range(10):
        with connected(own_server) as sock:
            sock.sendall(f"GET {target} HTTP/1.1\r\nHost: {urlsplit(url).netloc}\r\n\r\n".encode())
            assert status(sock.recv(100_000)) == 200
    s3.delete_object(Bucket="bucket", Key="key")
    deadline = time.monotonic() + ANSWERED_WITHIN
    while (held := blobs_held(own_server)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert held == []
    assert files(own_server) == set()
    works(own_server)


def blobs_held(server: TabardServer) -> list[str]:
    found = []
    for path in Path(f"/proc/{server.process.pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            if "/objects/" in str(path.readlink()):
                found.append(str(path.readlink()))
    return found


@pytest.mark.long
def test_slow_clients_are_given_up_in_the_end(server: TabardServer) -> None:
    """A byte now and then does not keep a connection for ever; a stalled body is answered."""
    endless = b"GET / HTTP/1.1\r\nHost: " + b"x" * 1000
    with connected(server) as drip, connected(server) as stalled:
        stalled.settimeout(None)
        stalled.sendall(
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\nAct"
        )
        drip.settimeout(0.5)  # between two bytes
        assert any(let_go_after(drip, bytes([letter])) for letter in endless), (
            "the connection was kept for as long as bytes came"
        )
        assert status(told(stalled)) == 408
    works(server)


def let_go_after(sock: socket.socket, data: bytes) -> bool:
    """Whether the server has closed the connection by the time that this was sent and nothing came for a while."""
    try:
        sock.sendall(data)
        while sock.recv(65536):
            pass
    except TimeoutError:
        return False
    except ConnectionError:
        pass
    return True


def test_a_body_that_differs_from_its_signature_is_never_seen(own_server: TabardServer) -> None:
    s3 = own_server.client("s3")
    s3.create_bucket(Bucket="bucket")
    with Caller(own_server) as caller:
        wire = Wire(
            "PUT",
            "/bucket/key",
            "",
            {"X-Amz-Content-Sha256": hashlib.sha256(b"signed").hexdigest()},
            b"forged",
        )
        assert caller.send("s3", wire).status == 403  # the signature covers another digest than the body's
    assert "Contents" not in s3.list_objects_v2(Bucket="bucket")
    assert files(own_server) == set()


def test_documents_of_strangers_are_not_even_gathered(own_server: TabardServer) -> None:
    document = b"x" * (4 * 1024 * 1024 - 10)
    head = b"PUT /bucket?policy HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (len(document) + 5)
    before = resident(own_server)
    with contextlib.ExitStack() as stack:
        for _ in range(40):
            sock = stack.enter_context(connected(own_server))
            with contextlib.suppress(ConnectionError):
                sock.sendall(head + document)
                assert sock.recv(100).startswith(b"HTTP/1.1 403")
        assert resident(own_server) - before < 50_000
        works(own_server)


def test_documents_that_are_gathered_do_not_fill_the_memory(own_server: TabardServer) -> None:
    """Bodies that are sent slowly are bounded together, even those of known callers; others are served meanwhile."""
    document = b"x" * (4 * 1024 * 1024 - 10)
    with Caller(own_server) as caller:
        headers = caller._signed("s3", Wire("PUT", "/bucket", "policy", body=document))
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    head = f"PUT /bucket?policy HTTP/1.1\r\n{lines}\r\n".encode()
    before = resident(own_server)
    with contextlib.ExitStack() as stack:
        for _ in range(80):
            sock = stack.enter_context(connected(own_server))
            with contextlib.suppress(ConnectionError):
                sock.sendall(head + document[:-5])
        assert resident(own_server) - before < 250_000
        assert sock.recv(100).startswith(b"HTTP/1.1 503")
        works(own_server)


def resident(server: TabardServer) -> int:
    """Kilobytes of memory that the server has."""
    for line in Path(f"/proc/{server.process.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise AssertionError("no VmRSS")
