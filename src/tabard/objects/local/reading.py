"""A blob being read: a file opened with its first read, closed when its reader is done or gone."""

from __future__ import annotations

import contextlib
import os
import threading
from typing import TYPE_CHECKING

from tabard.objects.local.sealing import CHUNK, SEALED_CHUNK

if TYPE_CHECKING:
    from asyncio import Future
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from tabard.objects.local.sealing import Reading, Seals

READ_CHUNK = 8 * CHUNK
"""Bytes read at once; what one download holds in memory."""


class OpenFile:
    """A file that is read in pieces from whichever thread; its methods block."""

    def __init__(self, path: Path, seals: Seals) -> None:
        self._path = path
        self._seals = seals
        self._opening: Reading | None = None
        self._descriptor = -1
        self._closed = False
        self._lock = threading.Lock()

    def read(self, offset: int, length: int, *, last: bool) -> bytes:
        """Up to ``length`` bytes from ``offset``; after the ``last`` read the file is closed."""
        with self._lock:
            if self._closed:
                return b""
            first = offset // CHUNK
            wanted = ((offset + length - 1) // CHUNK - first + 1) * SEALED_CHUNK
            opening, sealed = self._sealed(first, wanted)
            data = opening.chunks(first, sealed) if sealed else b""
            start = offset - first * CHUNK
            if start or len(data) > length:
                data = data[start : start + length]
            if last and len(data) == length:
                self._close()
            return data

    def _sealed(self, first: int, wanted: int) -> tuple[Reading, bytes]:
        """Up to ``wanted`` bytes of sealed chunks, from the one with number ``first``."""
        header, at = self._seals.header, self._seals.header + first * SEALED_CHUNK
        if self._opening is not None:
            return self._opening, os.pread(self._descriptor, wanted, at)
        self._descriptor = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        if first:
            begun = os.pread(self._descriptor, header, 0)
            sealed = os.pread(self._descriptor, wanted, at)
        else:
            whole = os.pread(self._descriptor, header + wanted, 0)
            begun, sealed = whole[:header], whole[header:]
        self._opening = self._seals.open(self._path.name, begun)
        return self._opening, sealed

    def close(self) -> None:
        """Close it, now and for good."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        self._closed = True
        if self._descriptor >= 0:
            descriptor, self._descriptor = self._descriptor, -1
            os.close(descriptor)


async def stream(
    submit: Callable[[Callable[[], bytes]], Future[bytes]],
    dismiss: Callable[[Callable[[], None]], object],
    path: Path,
    seals: Seals,
    offset: int,
    length: int,
) -> AsyncIterator[bytes]:
    """A range of a file in chunks; ``submit`` runs work on a thread, ``dismiss`` does so without waiting."""
    file = OpenFile(path, seals)
    try:
        while length > 0:
            wanted = min(length, READ_CHUNK - offset % CHUNK)  # so that further reads begin with a chunk
            last = wanted == length
            data = await submit(lambda o=offset, w=wanted, f=last: file.read(o, w, last=f))  # type: ignore[misc]
            if not data:
                raise OSError(f"{path.name} ends before its range does")
            offset += len(data)
            length -= len(data)
            yield data
    finally:
        if length > 0:
            with contextlib.suppress(RuntimeError):  # the pool is closed, and the process about to end
                dismiss(file.close)
