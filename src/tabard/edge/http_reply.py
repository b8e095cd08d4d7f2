"""Replies as bytes: in one piece, or as they are made."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    from tabard.core.http import Headers, HttpReply
    from tabard.edge.http_exchange import Exchange
    from tabard.edge.http_shared import Shared

_STATUS_LINES = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus
}
_COLON = b": ".join
_WITHOUT_BODY = frozenset({204, 304})


def lines(headers: Headers) -> bytes:
    """A reply's headers; raises ``ValueError`` for one that would be two."""
    if not headers:
        return b""
    shown = b"\r\n".join([*map(_COLON, headers), b""])
    many = len(headers)
    if shown.count(b"\n") != many or shown.count(b"\r") != many or 0 in shown:
        raise ValueError("a header of the reply holds a line break")
    return shown


def status_line(status: int) -> bytes:
    """The first line of a reply."""
    return _STATUS_LINES.get(status) or b"HTTP/1.1 %d Unknown\r\n" % status


def ends_connection(exchange: Exchange, shared: Shared) -> bool:
    """Whether the connection ends with the reply, whatever the reply says."""
    return not exchange.keep_alive or not exchange.body.complete or shared.closing


def in_one_piece(exchange: Exchange, reply: HttpReply, body: bytes, shared: Shared) -> tuple[bytes, bool]:
    """A whole reply, and whether the connection ends with it."""
    told, status = lines(reply.headers), reply.status
    shown = b"" if exchange.request.method == "HEAD" else body
    if status in _WITHOUT_BODY:
        shown = b""
    elif told.find(b"content-length: ") < 0 or b"\ncontent-length: " not in b"\n" + told:
        told += b"content-length: %d\r\n" % len(body)
    close = ends_connection(exchange, shared)
    if told.find(b"connection: close\r\n") >= 0 and b"\nconnection: close\r\n" in b"\n" + told:
        close = True
    elif close:
        told += b"connection: close\r\n"
    return b"%b%b%b\r\n%b" % (status_line(status), shared.default_headers, told, shown), close


class Streamed:
    """A reply as it is made: pieces to send, one after the other. ``close``: the connection ends with it.

    One that turns out shorter or longer than announced raises ``ValueError``, to be broken off for the client to see.
    """

    def __init__(self, exchange: Exchange, reply: HttpReply, shared: Shared) -> None:
        self._reply = reply
        self._length = next((int(value) for name, value in reply.headers if name == b"content-length"), None)
        self._chunks = self._length is None and exchange.chunks
        self._without_body = exchange.request.method == "HEAD"
        self._default_headers = shared.default_headers
        self.close = ends_connection(exchange, shared) or (self._length is None and not self._chunks)

    def head(self) -> bytes:
        """The reply up to its body."""
        more = b"transfer-encoding: chunked\r\n" if self._chunks else b""
        more += b"connection: close\r\n" if self.close else b""
        told = lines(self._reply.headers) + more
        return b"%b%b%b\r\n" % (status_line(self._reply.status), self._default_headers, told)

    async def pieces(self, stream: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
        """The body."""
        if self._without_body:
            return
        length, sent = self._length, 0
        async for chunk in stream:
            sent += len(chunk)
            if length is not None and sent > length:
                raise ValueError(f"a reply of {length} bytes turned out longer")
            if chunk:
                yield b"%x\r\n%b\r\n" % (len(chunk), chunk) if self._chunks else chunk
        if length is not None and sent < length:
            raise ValueError(f"a reply of {length} bytes turned out to be of {sent}")
        if self._chunks:
            yield b"0\r\n\r\n"
