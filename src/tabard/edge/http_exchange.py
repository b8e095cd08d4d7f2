"""One request and its answer, as a connection and a handler see it: where it came in, its body as it arrives."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import ClassVar, Protocol

from tabard.core.errors import service_unavailable
from tabard.core.http import HttpReply, HttpRequest

BUFFERED_AT_MOST = 64 * 1024
"""Bytes of a body that wait for their reader before the client is not read from."""
SHORT_AT_MOST = 8 * 1024
"""Bytes of a body that is waited for before anybody looks at the request's head: what a stranger's connection may hold."""
GATHERED_AT_MOST = 128 * 1024 * 1024
"""Bytes of all the bodies together that are being gathered, without the first 64 KiB of each: what those who send documents
slowly, and have proven nothing yet, may hold of the memory."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request came in. ``source_ip`` overrides the peer's address (an instance's calls come from its own)."""

    source_ip: str | None = None
    instance_id: str | None = None
    secure: bool = False


class Disconnected(Exception):  # noqa: N818 - what happened, not a fault of ours
    """The client went away, or stalled, in the middle of its request."""


class Reader(Protocol):
    """Where a body comes from, which is not read further than its reader wants."""

    def body_is_awaited(self) -> None:
        """The request under way can not go on without more of its body."""

    def body_was_read(self) -> None:
        """There is room for more."""


class Body:
    """A request's body, read as it arrives.

    ``arrived`` is the whole of it where it was here before anybody asked, else None: who finds it there need not wait.
    """

    gathered: ClassVar[int] = 0
    """Bytes that count towards ``GATHERED_AT_MOST``."""
    __slots__ = ("_connection", "_gone", "_parts", "_waiter", "arrived", "complete", "size")

    def __init__(self, connection: Reader | None) -> None:
        self._connection = connection
        self._parts: list[bytes] = []
        self._waiter: asyncio.Future[None] | None = None
        self._gone = False
        self.size = 0
        self.complete = False
        self.arrived: bytes | None = None

    @classmethod
    def of(cls, data: bytes) -> Body:
        """A body that is here already, without a connection."""
        body = cls(None)
        if data:
            body.feed(data)
        body.settle()
        return body

    async def chunk(self) -> bytes | None:
        """The next bytes; None at the end. Raises ``Disconnected``."""
        while not self._parts:
            if self.complete:
                return None
            await self._wait()
        chunk = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        self._parts.clear()
        self.size = 0
        if self._connection is not None and not self.complete:
            self._connection.body_was_read()
        return chunk

    async def whole(self, at_most: int) -> bytes | None:
        """The whole body; None when it is longer than ``at_most`` bytes (the rest is not read).

        Raises ``Disconnected``, and ServiceUnavailable where too much is being gathered already.
        """
        parts: list[bytes] = []
        size = counted = 0
        try:
            while (chunk := await self.chunk()) is not None:
                size += len(chunk)
                if size > at_most:
                    return None
                parts.append(chunk)
                if size > BUFFERED_AT_MOST:
                    Body.gathered += size - BUFFERED_AT_MOST - counted
                    counted = size - BUFFERED_AT_MOST
                    if Body.gathered > GATHERED_AT_MOST:
                        raise service_unavailable()
            return b"".join(parts)
        finally:
            Body.gathered -= counted

    async def _wait(self) -> None:
        if self._gone or self._connection is None:
            raise Disconnected
        self._waiter = asyncio.get_running_loop().create_future()
        self._connection.body_is_awaited()
        try:
            await self._waiter
        finally:
            self._waiter = None

    # the connection's side

    def feed(self, data: bytes) -> None:
        """More bytes are here."""
        self._parts.append(data)
        self.size += len(data)
        self._wake()

    def end(self) -> None:
        """The last byte is here."""
        self.complete = True
        self._wake()

    def settle(self) -> None:
        """The last byte is here, and nobody has asked yet."""
        parts = self._parts
        self.complete = True
        self.arrived = b"" if not parts else parts[0] if len(parts) == 1 else b"".join(parts)

    def fail(self) -> None:
        """The rest will not come."""
        self._gone = True
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            waiter.set_exception(Disconnected())

    @property
    def failed(self) -> bool:
        """Whether the rest will not come."""
        return self._gone

    def _wake(self) -> None:
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)


@dataclass(slots=True)
class Upgrade(HttpReply):
    """A reply (101) after which the connection is another protocol's, which is made when it has been sent.

    For those alone who answer in a while, to a request that asked for it.
    """

    protocol: Callable[[], asyncio.Protocol] = asyncio.Protocol


Handler = Callable[[HttpRequest, Body, Origin], "HttpReply | Awaitable[HttpReply]"]
"""Answers a request: at once, or with something to wait for."""


class Exchange:
    """One request, and what is needed to answer it: whether the client keeps the connection, and understands chunks.

    ``expects_continue``: it wants to hear that its body is welcome before it sends it. One whose body is empty, or already
    here, is told so all the same, as S3 does: the AWS CLI takes a final reply in its place for the status of the connection's
    next reply as well, and then waits a minute for that.
    """

    __slots__ = (
        "body",
        "chunks",
        "continued",
        "expects_continue",
        "keep_alive",
        "request",
        "started",
        "upgrades",
    )

    def __init__(
        self,
        request: HttpRequest,
        body: Body,
        keep_alive: bool,  # noqa: FBT001 - what the parser says, one after the other: names would cost each request
        chunks: bool,  # noqa: FBT001
        expects_continue: bool,  # noqa: FBT001
    ) -> None:
        self.request = request
        self.body = body
        self.keep_alive = keep_alive
        self.chunks = chunks
        self.expects_continue = expects_continue
        self.continued = False
        self.started = False
        self.upgrades = False

    @property
    def is_short(self) -> bool:
        """Whether the body is announced, comes unasked, and is worth waiting for before anything else is done."""
        length = self.request.header(b"content-length")
        return length is not None and int(length) <= SHORT_AT_MOST and not self.expects_continue
