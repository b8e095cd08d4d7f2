"""Bodies on their way in and out: received into durable bytes, and streamed from them.

A received body is only bytes without a name; the transaction that follows gives it one. Where that does not come
about the bytes are deleted, and where even that fails they are an orphan, which the next start sweeps.
"""

from __future__ import annotations

import weakref
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from tabard.core.errors import AwsError
from tabard.services.s3.checksums import DEFAULT, FULL_OBJECT, Declared, Digests, declared, verify
from tabard.services.s3.errors import entity_too_large
from tabard.services.s3.runtime import objects_of
from tabard.store.s3 import Checksum, Segment

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Iterable, Mapping, Sequence

    from tabard.core.http import HttpRequest
    from tabard.objects.port import Hold, ObjectBytes
    from tabard.services.operation import Call

LARGEST_UPLOAD = 5 * 1024**3
"""Bytes that one PutObject or UploadPart may carry."""

INLINE = 256 * 1024
"""Bytes up to which a reply's body is read whole before its headers are sent."""


class Received(NamedTuple):
    """A body that is durable: its blob, size, MD5 and checksum, and the checksum that the client declared."""

    blob: str
    size: int
    md5: bytes
    checksum: Checksum
    declared: Checksum | None = None


def announced_length(http: HttpRequest) -> int:
    """The length of a body without its coding.

    Raises MissingContentLength (411) where the client does not say, EntityTooLarge beyond 5 GiB.
    """
    text = http.header(b"x-amz-decoded-content-length") or http.header(b"content-length")
    if text is None or not (text.isascii() and text.isdigit() and len(text) < 19):
        raise AwsError("MissingContentLength", "You must provide the Content-Length HTTP header.", 411)
    length = int(text)
    if length > LARGEST_UPLOAD:
        raise entity_too_large(length, LARGEST_UPLOAD)
    return length


@asynccontextmanager
async def received(
    call: Call, request: Mapping[str, Any], algorithms: Iterable[str] = ()
) -> AsyncIterator[Received]:
    """The request's body, durable and held against every checksum that was declared of it.

    ``algorithms`` are computed besides. The first of them is the checksum to remember; without any it is the one
    declared, or S3's default. Where the block raises, the bytes are deleted.
    """
    told = declared(call.http, request)
    length = announced_length(call.http)
    wanted = tuple(algorithms) or (told.algorithm.name if told.algorithm else DEFAULT,)
    digests = Digests({*wanted, *((told.algorithm.name,) if told.algorithm else ())})
    async with _kept(call, call.body if call.body is not None else _nothing(), digests) as (blob, size):
        _verify(call, told, digests, length, size)
        sums = [
            Checksum(name, FULL_OBJECT, digests.value(name))
            for name in (wanted[0], *((told.algorithm.name,) if told.algorithm else ()))
        ]
        yield Received(blob, size, digests.md5, sums[0], sums[1] if told.algorithm else None)


@asynccontextmanager
async def copied(call: Call, source: ObjectStream, algorithm: str) -> AsyncIterator[Received]:
    """A copy of bytes that are already here. Where the block raises, it is deleted."""
    digests = Digests([algorithm])
    async with _kept(call, source, digests) as (blob, size):
        yield Received(blob, size, digests.md5, Checksum(algorithm, FULL_OBJECT, digests.value(algorithm)))


@asynccontextmanager
async def _kept(call: Call, body: AsyncIterable[bytes], digests: Digests) -> AsyncIterator[tuple[str, int]]:
    """Bytes that stay only if the block ends well.

    When the task is cancelled it is not known whether a transaction under way will name them: they stay, and if it
    does not, the sweep takes them.
    """
    keeper = objects_of(call.node)
    blob, size = await keeper.put(body, digests.update)
    try:
        yield blob, size
    except Exception:
        await keeper.delete([blob])
        raise


def _verify(call: Call, told: Declared, digests: Digests, length: int, size: int) -> None:
    if size != length:
        raise AwsError(
            "IncompleteBody",
            "You did not provide the number of bytes specified by the Content-Length HTTP header",
            400,
            {"NumberBytesExpected": str(length), "NumberBytesProvided": str(size)},
        )
    trailers: Mapping[str, str] = getattr(call.body, "trailers", None) or {}
    verify(told, digests, trailers)


async def _nothing() -> AsyncIterator[bytes]:
    for chunk in list[bytes]():
        yield chunk


class ObjectStream:
    """A range of an object's bytes, over however many blobs. They are held until the stream ends or is let go of."""

    def __init__(self, keeper: ObjectBytes, segments: Sequence[Segment], offset: int, length: int) -> None:
        ranges = list(_ranges(segments, offset, length))
        hold = keeper.hold([blob for blob, _, _ in ranges])
        self._finalizer = weakref.finalize(self, hold.release)
        self._first: bytes | None = None
        self._chunks = _chunks(hold, ranges)

    def __aiter__(self) -> ObjectStream:
        return self

    async def __anext__(self) -> bytes:
        if self._first is not None:
            first, self._first = self._first, None
            return first
        try:
            return await anext(self._chunks)
        except BaseException:
            self._finalizer()
            raise

    async def begin(self) -> None:
        """Read the first chunk, so that what is wrong shows before a reply has begun."""
        try:
            self._first = await anext(self)
        except StopAsyncIteration:
            self._first = None

    async def whole(self) -> bytes:
        """All of it; for small objects."""
        try:
            return b"".join([chunk async for chunk in self])
        finally:
            await self.aclose()

    async def aclose(self) -> None:
        """Stop reading, and let go of the blobs."""
        await self._chunks.aclose()
        self._finalizer()


def _ranges(segments: Sequence[Segment], offset: int, length: int) -> Iterable[tuple[str, int, int]]:
    """The part of each blob that lies in a range of the whole: blob, offset in it, length."""
    start = 0
    for segment in segments:
        first, last = max(offset, start), min(offset + length, start + segment.size)
        if first < last:
            yield segment.blob, first - start, last - first
        start += segment.size


async def _chunks(hold: Hold, ranges: Sequence[tuple[str, int, int]]) -> AsyncGenerator[bytes, None]:
    for blob, offset, length in ranges:
        reading = hold.read(blob, offset, length)
        try:
            async for chunk in reading:
                yield chunk
        finally:
            close = getattr(reading, "aclose", None)
            if close is not None:
                await close()
