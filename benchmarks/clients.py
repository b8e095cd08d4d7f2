"""The client that every server is measured with: requests signed beforehand, sent over a few connections in turn.

Signing costs more than serving; so that the client is never what is measured, each caller's request is signed once per run,
well within the fifteen minutes that a signature holds.
"""

from __future__ import annotations

import os
import selectors
import socket
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

if TYPE_CHECKING:
    from collections.abc import Sequence

CONNECTIONS = 16
_USER_AGENT = "Boto3/1.44.5 md/Botocore#1.44.5 ua/2.1 os/linux#6.1 md/arch#x86_64 lang/python#3.11.7 cfg/retry-mode#legacy"


@dataclass(frozen=True)
class Load:
    """How it went: requests a second, and microseconds of the server's processor time for each request."""

    rate: float
    cpu: float


def signed_form(endpoint: str, credentials: dict[str, str], service: str, body: str) -> bytes:
    """A signed query request, as boto3 sends it."""
    return _signed(
        endpoint,
        AWSRequest(
            "POST",
            endpoint + "/",
            headers={"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"},
            data=body,
        ),
        SigV4Auth(Credentials(**credentials), service, "us-east-1"),
        body,
    )


def signed_list_buckets(endpoint: str, credentials: dict[str, str]) -> bytes:
    """A signed ``GET /``: ListBuckets."""
    request = AWSRequest("GET", endpoint + "/", headers={})
    return _signed(endpoint, request, S3SigV4Auth(Credentials(**credentials), "s3", "us-east-1"), "")


def _signed(endpoint: str, request: AWSRequest, signer: Any, body: str) -> bytes:
    host = urlsplit(endpoint).netloc
    request.headers["Host"] = host
    request.headers["User-Agent"] = _USER_AGENT
    request.headers["amz-sdk-invocation-id"] = "b0f8c3d0-2b4f-4a52-8d6c-3f4d3c2f8a11"
    request.headers["amz-sdk-request"] = "attempt=1"
    request.context["payload_signing_enabled"] = True
    signer.add_auth(request)
    lines = "".join(
        f"{name}: {value}\r\n" for name, value in request.headers.items() if name != "Content-Length"
    )
    length = f"Content-Length: {len(body)}\r\n" if request.method == "POST" else ""
    return f"{request.method} / HTTP/1.1\r\n{lines}{length}\r\n{body}".encode()


def plain_get(endpoint: str) -> bytes:
    """An unsigned request, for a server's empty reply."""
    return f"GET /empty HTTP/1.1\r\nHost: {urlsplit(endpoint).netloc}\r\nUser-Agent: {_USER_AGENT}\r\n\r\n".encode()


def processor_seconds(pid: int) -> float:
    """The processor time of a process and the children it has waited for, in seconds."""
    with open(f"/proc/{pid}/stat") as file:  # noqa: PTH123 - a file of the kernel's, read once
        fields = file.read().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def drive(endpoint: str, pid: int, requests: Sequence[bytes], seconds: float, at_least: int = 0) -> Load:
    """Send the requests in rotation for some seconds, and at least so many; every reply must be a 200.

    A server that closes its connections after a reply (moto's does) is connected to anew.
    """
    parts = urlsplit(endpoint)
    address = (parts.hostname or "", parts.port or 80)
    selector = selectors.DefaultSelector()

    def connect() -> socket.socket:
        connection = socket.create_connection(address)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(connection, selectors.EVENT_READ, bytearray())
        return connection

    for _ in range(CONNECTIONS):
        connect()
    turn = done = 0
    cpu, began = processor_seconds(pid), time.perf_counter()
    until = began + seconds
    for key in list(selector.get_map().values()):
        key.fileobj.sendall(requests[turn % len(requests)])  # type: ignore[union-attr]
        turn += 1
    waiting = CONNECTIONS
    while waiting:
        for key, _ in selector.select(5.0):
            connection, buffer = cast("socket.socket", key.fileobj), key.data
            data = connection.recv(65536)
            buffer += data
            if not _complete(buffer):
                if not data:
                    raise RuntimeError(f"{endpoint} broke off after {bytes(buffer[:400])!r}")
                continue
            if not buffer.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(f"{endpoint} answered {bytes(buffer[:400])!r}")
            done += 1
            if b"\r\nconnection: close\r\n" in bytes(buffer[: buffer.find(b"\r\n\r\n") + 2]).lower():
                selector.unregister(connection)
                connection.close()
                connection = connect()
            buffer.clear()
            if time.perf_counter() < until or turn < at_least:
                connection.sendall(requests[turn % len(requests)])
                turn += 1
            else:
                waiting -= 1
    took, cpu = time.perf_counter() - began, processor_seconds(pid) - cpu
    for key in list(selector.get_map().values()):
        key.fileobj.close()  # type: ignore[union-attr]
    selector.close()
    return Load(done / took, cpu / done * 1e6)


def _complete(buffer: bytearray) -> bool:
    """Whether a whole reply has arrived, by its Content-Length or its last chunk."""
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        return False
    head = bytes(buffer[:end]).lower()
    at = head.find(b"content-length:")
    if at >= 0:
        return len(buffer) >= end + 4 + int(head[at + 15 :].split(b"\r\n", 1)[0])
    return buffer.endswith(b"0\r\n\r\n")
