"""What keeps the bytes of objects: immutable blobs under opaque ids, never under keys.

A blob is written once, is durable when ``put`` returns, and is never changed. What a blob *means* (bucket,
key, size) is a row in the store that is committed after it; a blob without a row is an orphan, and is swept.
So nothing is visible before its last byte is durable, and nothing visible ever lacks its bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Sequence


class Blob(NamedTuple):
    """A blob as it was stored: its id and its size in bytes."""

    id: str
    size: int


class Hold(Protocol):
    """Blobs kept readable until ``release``, whatever is deleted meanwhile."""

    def read(self, blob: str, offset: int, length: int) -> AsyncIterator[bytes]:
        """That range of a blob, in chunks. Raises ``FileNotFoundError`` when there is no such blob."""

    def release(self) -> None:
        """Let go. May be called more than once, and from any thread."""


class ObjectBytes(Protocol):
    """A keeper of blobs. Its methods are for the event loop's thread and never block it."""

    async def put(self, body: AsyncIterable[bytes], observe: Callable[[bytes], None]) -> Blob:
        """Store a body as a new blob. ``observe`` sees every byte in order, off the event loop (for digests).

        Where the body raises, nothing is kept and the exception goes on; where there is no room, ``AwsError``
        ServiceUnavailable (503) is raised and nothing is kept.
        """

    def hold(self, blobs: Sequence[str]) -> Hold:
        """Keep blobs readable, from now (there is no await between reading a row and holding its blobs)."""

    async def delete(self, blobs: Iterable[str]) -> None:
        """Delete blobs; what is held goes when its last hold is released, what is gone is no error."""

    async def sweep(self, known: Callable[[Sequence[str]], set[str]], before: float) -> int:
        """Delete orphans older than ``before`` (seconds since the epoch); returns how many.

        ``known`` says which of some ids have a row; it runs on the event loop, a few hundred at a time.
        """

    async def close(self) -> None:
        """Finish what is under way and let go of threads and files."""
