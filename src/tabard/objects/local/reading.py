"""A blob being read: a file opened with its first read, closed when its reader is done or gone."""

from __future__ import annotations

import contextlib
import os
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asyncio import Future
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

READ_CHUNK = 512 * 1024
"""Bytes read at once; what one download holds in memory."""


class OpenFile:
    """A file that is read in pieces from whichever thread; its methods block."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = -1
        self._closed = False
        self._lock = threading.Lock()

    def read(self, offset: int, length: int, *, last: bool) -> bytes:
        """Up to ``length`` bytes from ``offset``; after the ``last`` read the file is closed."""
        with self._lock:
            if self._closed:
                return b""
            if self._descriptor < 0:
                self._descriptor = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
            data = os.pread(self._descriptor, length, offset)
            if last and len(data) == length:
                self._close()
            return data

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
    offset: int,
    length: int,
) -> AsyncIterator[bytes]:
    """A range of a file in chunks; ``submit`` runs work on a thread, ``dismiss`` does so without waiting."""
    file = OpenFile(path)
    try:
        while length > 0:
            wanted = min(length, READ_CHUNK)
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
