"""The metadata service's socket side: one listener for each instance, on the socket that the instance was given.

The listener knows whose it is; nothing in a request can claim to be another's. What is said is ``tabard.metadata``'s.
A guest may be hostile: connections, bytes and time are bounded, and one that does not read its replies is not read
from.
"""

from __future__ import annotations

import asyncio
import logging
from email.utils import formatdate
from typing import TYPE_CHECKING, cast

import httptools

from tabard import metadata
from tabard.core.http import HttpReply, HttpRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tabard.compute.port import Machine
    from tabard.core.http import Headers
    from tabard.core.sources import Clock
    from tabard.services.ec2.metadata_view import InstanceMetadata
    from tabard.store.ec2 import Instance

log = logging.getLogger(__name__)

CONNECTIONS_AT_MOST = 256
"""Of one instance; further ones are closed at once."""
HEAD_AT_MOST = 16 * 1024
"""Bytes of a request's line and headers."""
BODY_AT_MOST = 64 * 1024
"""Bytes of a request's body, which is read and ignored."""
REQUEST_WITHIN = 10.0
"""Seconds from a request's first byte to its last."""
IDLE_AT_MOST = 60.0
"""Seconds between requests, and for a client to read its replies."""
REQUESTS_A_SECOND = 2000.0
"""Of one instance, on average; past a burst of as many its connections are read from more slowly. AWS throttles too:
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html#instancedata-throttling
"""
_LOOK_EVERY = 2.0

_STATUS_LINES = {
    200: b"HTTP/1.1 200 OK\r\n",
    400: b"HTTP/1.1 400 Bad Request\r\n",
    401: b"HTTP/1.1 401 Unauthorized\r\n",
    403: b"HTTP/1.1 403 Forbidden\r\n",
    404: b"HTTP/1.1 404 Not Found\r\n",
    405: b"HTTP/1.1 405 Method Not Allowed\r\n",
    500: b"HTTP/1.1 500 Internal Server Error\r\n",
}


class MetadataListener:
    """Opens and closes the metadata service of machines."""

    def __init__(self, shown: InstanceMetadata, tokens: metadata.TokenSealer, clock: Clock) -> None:
        self._shown = shown
        self._tokens = tokens
        self._clock = clock
        self._open: dict[str, _Listener] = {}

    async def open(self, instance: Instance, machine: Machine) -> None:
        """Serve an instance's metadata on the machine's socket."""
        if instance.id in self._open:
            raise ValueError(f"{instance.id} already has a metadata listener")
        listener = _Listener(lambda request: self._respond(instance.account, instance.id, request))
        self._open[instance.id] = listener
        try:
            await listener.start(machine)
        except BaseException:
            del self._open[instance.id]
            raise

    async def close(self, instance_id: str) -> None:
        """Stop serving an instance; its connections are closed."""
        listener = self._open.pop(instance_id, None)
        if listener is not None:
            listener.stop()
        self._shown.forget(instance_id)

    def _respond(self, account: str, instance_id: str, request: HttpRequest) -> HttpReply:
        found = self._shown.of(account, instance_id)
        if found is None:
            return HttpReply(404, [(b"content-length", b"0")])
        view, options = found
        return metadata.respond(request, view, options, self._tokens, self._clock())


class _Listener:
    """One instance's server and its connections."""

    def __init__(self, respond: Callable[[HttpRequest], HttpReply]) -> None:
        self.respond = respond
        self.connections: set[_Connection] = set()
        self._server: asyncio.Server | None = None
        self._looking: asyncio.TimerHandle | None = None
        self._now = asyncio.get_running_loop().time
        self._allowance = REQUESTS_A_SECOND
        self._counted_at = self._now()
        self._held_back: list[_Connection] = []

    async def start(self, machine: Machine) -> None:
        loop = asyncio.get_running_loop()
        # the machine closes its socket too: closing it twice does nothing, and no second descriptor is spent
        self._server = await loop.create_server(lambda: _Connection(self), sock=machine.metadata_socket)
        self._looking = loop.call_later(_LOOK_EVERY, self._look)

    def spend(self) -> None:
        """Note one request."""
        self._allowance -= 1.0

    def overspent(self) -> bool:
        """Whether the instance asks faster than it may."""
        if self._allowance > 0.0:
            return False
        now = self._now()
        self._allowance = min(
            REQUESTS_A_SECOND, self._allowance + (now - self._counted_at) * REQUESTS_A_SECOND
        )
        self._counted_at = now
        return self._allowance <= 0.0

    def hold_back(self, connection: _Connection) -> None:
        """Let a connection go on once the instance may ask again."""
        if not self._held_back:
            wait = 0.01 - self._allowance / REQUESTS_A_SECOND
            asyncio.get_running_loop().call_later(wait, self._let_go_on)
        self._held_back.append(connection)

    def _let_go_on(self) -> None:
        waiting, self._held_back = self._held_back, []
        for connection in waiting:
            connection.go_on()

    def stop(self) -> None:
        if self._looking is not None:
            self._looking.cancel()
        if self._server is not None:
            self._server.close()
        for connection in list(self.connections):
            connection.abort()

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        for connection in list(self.connections):
            if connection.overdue(now):
                connection.abort()
        self._looking = loop.call_later(_LOOK_EVERY, self._look)


class _Connection(asyncio.Protocol):
    """One connection: requests are answered in order, as they are complete."""

    def __init__(self, listener: _Listener) -> None:
        self._listener = listener
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpRequestParser(self)
        self._now = asyncio.get_running_loop().time
        self._since = self._now()
        self._in_request = False
        self._stuck = False
        self._held_back = False
        self._received = 0
        self._begin()

    def _begin(self) -> None:
        self._url = b""
        self._headers: Headers = []
        self._head_size = 0

    def overdue(self, now: float) -> bool:
        """Whether the client has had its time."""
        limit = REQUEST_WITHIN if self._in_request and not self._stuck else IDLE_AT_MOST
        return now - self._since > limit

    def abort(self) -> None:
        """End the connection without more ado."""
        if self._transport is not None:
            self._transport.abort()

    # asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client came; where too many are here, it goes at once."""
        transport = cast("asyncio.Transport", transport)  # what create_server gives; uvloop's is no subclass
        self._transport = transport
        if len(self._listener.connections) >= CONNECTIONS_AT_MOST:
            transport.abort()
            return
        transport.set_write_buffer_limits(high=HEAD_AT_MOST)
        self._listener.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """The client went."""
        self._listener.connections.discard(self)
        self._transport = None

    def pause_writing(self) -> None:
        """The client does not read: neither do we."""
        self._stuck = True
        self._since = self._now()
        if not self._held_back and self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        """The client reads again."""
        self._stuck = False
        self._since = self._now()
        self._read_on()

    def go_on(self) -> None:
        """The instance may ask again."""
        self._held_back = False
        self._since = self._now()
        self._read_on()

    def _read_on(self) -> None:
        transport = self._transport
        if not self._stuck and not self._held_back and transport is not None and not transport.is_closing():
            transport.resume_reading()

    def _hold_back(self) -> None:
        self._held_back = True
        if not self._stuck and self._transport is not None:
            self._transport.pause_reading()
        self._listener.hold_back(self)

    def data_received(self, data: bytes) -> None:
        """Bytes of one or more requests."""
        if self._transport is None or self._transport.is_closing():
            return
        if not self._in_request:
            self._in_request = True
            self._since = self._now()
        self._received += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            log.debug("a request to the metadata service was refused: %s", error)
            self._refuse()
        else:
            if self._received > HEAD_AT_MOST + BODY_AT_MOST:
                self._refuse()
            elif self._listener.overspent() and not self._transport.is_closing():
                self._hold_back()

    # httptools' side

    def on_message_begin(self) -> None:
        """A request begins."""
        self._begin()
        self._in_request = True

    def on_url(self, url: bytes) -> None:
        """A piece of the request's target."""
        self._url += url
        self._bound(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header."""
        self._headers.append((name.lower(), value))
        self._bound(len(name) + len(value))

    def on_message_complete(self) -> None:
        """A whole request: answer it."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        path, _, query = self._url.partition(b"?")
        request = HttpRequest(
            self._parser.get_method().decode("latin-1"),
            path.decode("latin-1"),
            query.decode("latin-1"),
            self._headers,
        )
        self._listener.spend()
        try:
            reply = self._listener.respond(request)
        except Exception:
            log.exception("the metadata service failed at %s %s", request.method, request.path)
            reply = HttpReply(500, [(b"content-length", b"0")])
        keep = self._parser.should_keep_alive() and not self._parser.should_upgrade()
        self._write(reply, keep=keep)
        self._in_request = False
        self._received = 0
        self._since = self._now()

    def _bound(self, size: int) -> None:
        self._head_size += size
        if self._head_size > HEAD_AT_MOST:
            raise _TooMuchError

    def _refuse(self) -> None:
        self._write(HttpReply(400, [(b"content-length", b"0")]), keep=False)

    def _write(self, reply: HttpReply, *, keep: bool) -> None:
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        parts = [_STATUS_LINES[reply.status]]
        parts += [b"%b: %b\r\n" % header for header in reply.headers]
        parts.append(b"date: %b\r\n" % formatdate(usegmt=True).encode())
        parts.append(b"connection: keep-alive\r\n\r\n" if keep else b"connection: close\r\n\r\n")
        if isinstance(reply.body, bytes):
            parts.append(reply.body)
        transport.write(b"".join(parts))
        if not keep:
            transport.close()


class _TooMuchError(Exception):
    """A request is larger than any that the metadata service answers."""
