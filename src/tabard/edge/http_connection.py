"""One HTTP connection: from bytes to requests, and from replies to bytes, in order, within bounds.

The parser (llhttp, through httptools) says what the bytes mean; this file says how much a client may send before it has said
what it wants, how long it may take, and when it is read from. It does not know what a request is about.

* Requests of one connection are answered one after the other. While one is under way, at most what one read brought waits
  behind it: the client is not read from.
* A small request is answered without a task or a timer, and with one write: once everything that has arrived is read, all is
  answered, then all is written. A short body is waited for before anybody is asked about the request.
* Deadlines are numbers that the server looks at once a second; nobody pays for a timer that is never due.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from contextlib import aclosing
from typing import TYPE_CHECKING, cast

import httptools

from tabard.core.http import HttpReply, HttpRequest
from tabard.edge.http_exchange import BUFFERED_AT_MOST, Body, Disconnected, Exchange, Origin, Upgrade
from tabard.edge.http_reply import Streamed, in_one_piece, lines, status_line
from tabard.edge.http_shared import Shared, target

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable

    from tabard.core.http import Headers

log = logging.getLogger(__name__)

HEADERS_AT_MOST = 48 * 1024
"""Bytes of request line and headers."""
HEADER_LINES_AT_MOST = 200
HEADERS_WITHIN = 20.0
"""Seconds that a client has for its request line and headers."""
BODY_STALL_AT_MOST = 30.0
"""Seconds without a byte of an announced body after which the client is given up."""
REPLY_STALL_AT_MOST = 120.0
"""Seconds in which a client that is sent a long reply must read some of it."""
KEEP_ALIVE = 65.0
"""Seconds that an idle connection is kept, a little longer than SDKs keep theirs."""
LINGER = 2.0
"""Seconds that a client which was answered before its body ended has to read the answer."""
CONNECTIONS_AT_MOST = 4096
AT_ONCE_AT_MOST = 16
"""Requests of one connection that are answered in one turn of the event loop."""
NEVER = float("inf")

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Connection(asyncio.Protocol):
    """See the module. A server looks at ``deadline`` (in the loop's time) and calls ``overdue`` once it has passed."""

    __slots__ = (
        "_arriving", "_bad", "_busy", "_closing", "_current", "_expects", "_headers", "_in_head", "_last", "_moves", "_origin",
        "_parser", "_paused", "_queue", "_read_paused", "_read_size", "_seen", "_shared", "_transport", "_url", "_writable",
        "deadline",
    )  # fmt: skip

    def __init__(self, shared: Shared, origin: Origin) -> None:
        self._shared = shared
        self._origin = origin
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpRequestParser(self)
        # what follows a request that says "close" is ignored, not an error
        self._parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self._url = b""
        self._headers: Headers = []
        self._in_head = self._expects = False
        self._read_size = self._seen = self._moves = 0
        self._arriving: Exchange | None = None
        self._current: Exchange | None = None
        self._queue: deque[Exchange] = deque()
        self._busy = self._last = self._bad = self._closing = False
        self._read_paused = False
        self._paused = False
        self._writable: asyncio.Future[None] | None = None
        self.deadline = shared.now + HEADERS_WITHIN

    # asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client came."""
        self._transport = transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass
        origin = self._origin
        if origin.source_ip is None:
            peer = transport.get_extra_info("peername")
            if isinstance(peer, tuple):
                self._origin = Origin(peer[0], origin.instance_id, origin.secure)
        if self._shared.closing or len(self._shared.connections) >= CONNECTIONS_AT_MOST:
            transport.abort()
        else:
            self._shared.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """The client went; whoever waits for it hears so."""
        self._shared.connections.discard(self)
        self._transport = None
        self._queue.clear()
        self._fail_bodies()
        self.resume_writing()

    def pause_writing(self) -> None:
        """The client does not read as fast as it is written to."""
        self._paused = True
        self.deadline = self._shared.now + REPLY_STALL_AT_MOST

    def resume_writing(self) -> None:
        """The client has read."""
        self._paused = False
        self.deadline = NEVER
        writable = self._writable
        if writable is not None and not writable.done():
            writable.set_result(None)
        elif not self._busy and self._transport is not None:
            self._shared.loop.call_soon(self.answer)

    def eof_received(self) -> bool:
        """The client sends no more; what it has asked is still answered."""
        self._last = True
        self._fail_bodies()
        if self._queue and not self._busy:
            self.answer()
        return self._busy or bool(self._queue)

    def data_received(self, data: bytes) -> None:
        """Bytes of one or more requests."""
        if self._last:
            return
        moves = self._moves
        self._read_size = len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as ended:
            self._upgrade(more=ended.args[0] < len(data))
        except httptools.HttpParserError as error:
            log.debug("a request was refused: %s", error)
            self._refuse()
        if self._moves != moves:
            self._seen = 0
        elif self._in_head or self._arriving is not None:
            # more of a head that began in an earlier read, or of what surrounds chunks
            self._seen += len(data)
        if self._seen > HEADERS_AT_MOST or len(self._headers) > HEADER_LINES_AT_MOST:
            self._refuse()
        self._go_on()

    # httptools' side

    def on_message_begin(self) -> None:
        """A request begins."""
        self._url = b""
        self._headers = []
        self._in_head, self._expects = True, False
        self._moves += 1
        if not self._busy:
            self.deadline = self._shared.now + HEADERS_WITHIN

    def on_url(self, url: bytes) -> None:
        """A piece of the request's target."""
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header; after the head a trailer, which counts for nothing."""
        name = name.lower()
        if name == b"expect" and value.lower() == b"100-continue":
            self._expects = True
        self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        """It is known what the client wants."""
        headers, self._headers = self._headers, []
        self._in_head = False
        if self._read_size + self._seen > HEADERS_AT_MOST:
            size = len(self._url) + sum([len(name) + len(value) for name, value in headers])
            if size > HEADERS_AT_MOST:
                raise ValueError("too long a head")
        if len(headers) > HEADER_LINES_AT_MOST:
            raise ValueError("too many headers")
        path, query = target(self._url)
        parser = self._parser
        chunks = parser.get_http_version() != "1.0"
        request = HttpRequest(parser.get_method().decode("ascii"), path, query, headers)
        keep_alive = chunks and parser.should_keep_alive()
        if self._last:
            return
        expects = chunks and self._expects
        self._arriving = Exchange(request, Body(self), keep_alive, chunks, expects)
        self._queue.append(self._arriving)

    def on_body(self, data: bytes) -> None:
        """Some of the request's body."""
        self._moves += 1
        exchange = self._arriving
        if exchange is None:
            return
        body = exchange.body
        body.feed(data)
        if exchange is self._current:
            self.deadline = NEVER
        if body.size > BUFFERED_AT_MOST and not self._read_paused:
            self._pause_reading()  # until its reader has caught up

    def on_message_complete(self) -> None:
        """The request is all here."""
        exchange, self._arriving = self._arriving, None
        if exchange is None:
            return
        self._moves += 1
        self._headers = []
        if exchange is self._current:
            exchange.body.end()
        else:
            exchange.body.settle()
        if not exchange.keep_alive:
            self._last = True

    # the body's side

    def body_is_awaited(self) -> None:
        """The request under way can not go on without more of its body."""
        exchange, transport = self._current, self._transport
        if exchange is None or transport is None:
            return
        self.deadline = self._shared.now + BODY_STALL_AT_MOST
        if not exchange.continued:
            exchange.continued = True
            if exchange.expects_continue:
                self._shared.write(transport, _CONTINUE)
        self.body_was_read()

    def body_was_read(self) -> None:
        """There is room for more."""
        if self._read_paused and not self._backlog():
            self._resume_reading()

    # the server's side

    def overdue(self) -> None:
        """The deadline has passed: a body that is waited for is given up (and its request answered), all else ended."""
        transport = self._transport
        if transport is None:
            return
        waiting = self._current if self._busy else self._queue[0] if self._queue else None
        if waiting is not None and not self._paused and not waiting.body.complete and not waiting.body.failed:
            self.deadline = NEVER
            self._last = True
            waiting.body.fail()
            if not self._busy:
                self.answer()
        elif self._busy or self._paused or self._closing:
            transport.abort()
        else:
            transport.close()

    def shutdown(self) -> None:
        """Finish what is under way, then close."""
        self._last = True
        if not self._busy and not self._queue:
            self._close(linger=False)

    def abort(self) -> None:
        """End the connection without more ado."""
        if self._transport is not None:
            self._transport.abort()

    # requests and replies

    def _go_on(self) -> None:
        """Something was read: answer what is complete, end if nothing more can be understood."""
        if not self._busy:
            if self._queue:
                self._shared.answer_soon(self)
            elif self._last:
                self._rest()
        if self._queue and not self._read_paused and self._backlog():
            self._pause_reading()

    def answer(self) -> None:
        """Answer the requests that are here, in order, until one has to be waited for."""
        queue, begun = self._queue, 0
        while queue and not self._busy and not self._paused:
            exchange = queue[0]
            body = exchange.body
            if not body.complete and not body.failed and exchange.is_short:
                self.deadline = self._shared.now + BODY_STALL_AT_MOST
                break
            if begun == AT_ONCE_AT_MOST:
                self._shared.loop.call_soon(self.answer)
                return
            begun += 1
            queue.popleft()
            self._begin(exchange)
        if self._busy or self._transport is None:
            return
        if not queue:
            self._rest()
        elif self._read_paused and not self._backlog():
            self._resume_reading()

    def _begin(self, exchange: Exchange) -> None:
        shared = self._shared
        self._current = exchange
        if exchange.expects_continue and exchange.body.complete and self._transport is not None:
            exchange.continued = True
            shared.write(self._transport, _CONTINUE)
        try:
            reply = shared.handler(exchange.request, exchange.body, self._origin)
            if isinstance(reply, HttpReply) and isinstance(reply.body, bytes):
                self._write(exchange, reply, reply.body)
                self._current = None
                return
        except Exception:
            log.exception("a handler failed at %s %s", exchange.request.method, exchange.request.path)
            self._break_off(exchange)
            self._current = None
            return
        self._busy = True
        self.deadline = NEVER
        task = shared.loop.create_task(self._later(exchange, reply))
        shared.tasks.add(task)
        task.add_done_callback(shared.tasks.discard)

    async def _later(self, exchange: Exchange, reply: HttpReply | Awaitable[HttpReply]) -> None:
        """Answer a request that something has to be waited for."""
        try:
            if not isinstance(reply, HttpReply):
                reply = await reply
            if isinstance(reply, Upgrade):
                self._hand_over(exchange, reply)
            elif isinstance(reply.body, bytes):
                self._write(exchange, reply, reply.body)
            else:
                await self._stream(exchange, reply, reply.body)
        except Disconnected:
            self.abort()
        except Exception:
            log.exception("the reply to %s %s broke off", exchange.request.method, exchange.request.path)
            self._break_off(exchange)
        except BaseException:
            self.abort()
            raise
        self._busy = False
        self._current = None
        if self._transport is not None:
            self.answer()

    def _write(self, exchange: Exchange, reply: HttpReply, body: bytes) -> None:
        """A reply in one piece."""
        transport = self._transport
        if transport is None:
            return
        data, close = in_one_piece(exchange, reply, body, self._shared)
        exchange.started = True
        self._shared.write(transport, data)
        if close:
            self._close(linger=not exchange.body.complete)

    async def _stream(self, exchange: Exchange, reply: HttpReply, stream: AsyncIterator[bytes]) -> None:
        """A reply as it is made."""
        streamed = Streamed(exchange, reply, self._shared)
        try:
            head = streamed.head()
            exchange.started = True
            await self._send(head)
            async with aclosing(streamed.pieces(stream)) as pieces:
                async for piece in pieces:
                    await self._send(piece)
        finally:
            end = getattr(stream, "aclose", None)
            if end is not None:
                await end()
        if streamed.close:
            self._close(linger=not exchange.body.complete)

    async def _send(self, data: bytes) -> None:
        transport = self._transport
        if transport is None:
            raise Disconnected
        transport.write(data)
        if self._paused:
            self._writable = self._shared.loop.create_future()
            try:
                await self._writable
            finally:
                self._writable = None

    def _break_off(self, exchange: Exchange) -> None:
        """We failed: say so if nothing was said yet, else let the client see that its reply is not whole."""
        if exchange.started:
            self.abort()
            return
        exchange.keep_alive = False
        self._write(exchange, HttpReply(500, [(b"content-type", b"text/plain")]), b"Internal Server Error")

    def _upgrade(self, *, more: bool) -> None:
        """The request stands as it is, but the parser can not read what follows it: that is for whom it is handed over to."""
        exchange = self._queue[-1] if self._queue else None
        self._last = True
        if exchange is None or (exchange.request.header(b"content-length") or "0") != "0":
            self._refuse()
        else:
            exchange.keep_alive = False
            exchange.upgrades = not more

    def _hand_over(self, exchange: Exchange, reply: Upgrade) -> None:
        """The connection is another protocol's from here on."""
        transport, shared = self._transport, self._shared
        if transport is None:
            return
        if not exchange.upgrades:  # it did not ask as HTTP has it, or did not wait for the answer
            self._write(exchange, HttpReply(400, [(b"content-type", b"text/plain")]), b"Bad Request\n")
            return
        transport.write(b"%b%b%b\r\n" % (status_line(101), shared.default_headers, lines(reply.headers)))
        shared.connections.discard(self)
        self._transport = None
        protocol = reply.protocol()
        transport.set_protocol(protocol)
        if self._read_paused:
            transport.resume_reading()
        protocol.connection_made(transport)

    def _refuse(self) -> None:
        """What came is not HTTP, or too much of it: that is said once what was understood is answered."""
        exchange, self._arriving = self._arriving, None
        self._last = self._bad = True
        self._in_head = False
        self._seen = 0
        self._headers = []
        if exchange is not None:
            if self._queue and self._queue[-1] is exchange:
                self._queue.pop()
            exchange.body.fail()

    def _rest(self) -> None:
        """Nothing is left to do: wait for the next request, or end."""
        if self._closing:
            return  # the last reply said so, and what is read since is thrown away
        if self._bad and self._transport is not None:
            self._bad = False
            self._shared.write(
                self._transport,
                b"%b%bcontent-type: text/plain\r\ncontent-length: 12\r\nconnection: close\r\n\r\nBad Request\n"
                % (status_line(400), self._shared.default_headers),
            )
            self._close(linger=True)
        elif self._last or self._shared.closing:
            self._close(linger=False)
        elif not self._paused:
            self.deadline = self._shared.now + (HEADERS_WITHIN if self._in_head else KEEP_ALIVE)
            if self._read_paused:
                self._resume_reading()

    def _close(self, *, linger: bool) -> None:
        """Close once everything is written; ``linger`` where the client may still be sending, lest it lose the reply."""
        transport = self._transport
        if transport is None or self._closing:
            return
        self._closing = self._last = True
        self._queue.clear()
        self._shared.flush()
        self.deadline = self._shared.now + (LINGER if linger else REPLY_STALL_AT_MOST)
        if linger:
            if self._read_paused:
                self._resume_reading()
            transport.write_eof()
        else:
            transport.close()

    # reading

    def _backlog(self) -> bool:
        """Whether enough waits: a request behind the one under way, or more of a body than its reader wants."""
        arriving = self._arriving
        if arriving is not None and arriving.body.size > BUFFERED_AT_MOST:
            return True
        waiting = len(self._queue)
        return waiting > 1 or (waiting == 1 and (self._busy or self._queue[0] is not arriving))

    def _pause_reading(self) -> None:
        if self._transport is not None and not self._closing:
            self._read_paused = True
            self._transport.pause_reading()

    def _resume_reading(self) -> None:
        self._read_paused = False
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def _fail_bodies(self) -> None:
        for exchange in (self._arriving, self._current):
            if exchange is not None and not exchange.body.complete:
                exchange.body.fail()
