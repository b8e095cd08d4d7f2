"""A blob being written: a temporary file that becomes a blob under its final name, or vanishes."""

from __future__ import annotations

import contextlib
import os
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tabard.objects.local.sealing import Seals

_PARTS_AT_ONCE = 1024
"""What one ``writev`` may be given (IOV_MAX on Linux)."""


class Draft:
    """One file on its way. Its methods block, on any thread; ``discard`` wins over what comes later."""

    def __init__(
        self, incoming: Path, final: Path, observe: Callable[[bytes], None], seals: Seals, *, durable: bool
    ) -> None:
        self._incoming = incoming
        self._final = final
        self._observe = observe
        self._durable = durable
        self._header, self._sealing = seals.begin(final.name)
        self._descriptor = -1
        self._over = False
        self._lock = threading.Lock()

    def write(self, chunks: Sequence[bytes]) -> None:
        """Append chunks; ``observe`` sees them first."""
        with self._lock:
            if not self._over:
                self._append(chunks)

    def finish(self, chunks: Sequence[bytes]) -> None:
        """Append the last chunks and give the file its final name, durably."""
        with self._lock:
            if self._over:
                return
            self._append(chunks, last=True)
            if self._durable:
                os.fsync(self._descriptor)
            self._close()
            self._incoming.rename(self._final)
            if self._durable:
                sync_directory(self._final.parent)
            self._over = True

    def discard(self) -> None:
        """Leave nothing behind, neither half a file nor a whole one."""
        with self._lock:
            self._over = True
            if self._descriptor >= 0:
                self._close()
            for path in (self._incoming, self._final):
                with contextlib.suppress(OSError):
                    path.unlink(missing_ok=True)

    def _append(self, chunks: Sequence[bytes], *, last: bool = False) -> None:
        sealed = []
        if self._descriptor < 0:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            self._descriptor = os.open(self._incoming, flags, 0o600)
            sealed.append(self._header)
        for chunk in chunks:
            self._observe(chunk)
            sealed += self._sealing.add(chunk)
        if last:
            sealed += self._sealing.end()
        for start in range(0, len(sealed), _PARTS_AT_ONCE):
            write_all(self._descriptor, sealed[start : start + _PARTS_AT_ONCE])

    def _close(self) -> None:
        descriptor, self._descriptor = self._descriptor, -1
        os.close(descriptor)


def write_all(descriptor: int, chunks: list[bytes]) -> None:
    """Write every byte of the chunks (``writev`` may stop short, on a disk that fills up it does)."""
    left = sum(map(len, chunks))
    while left:
        written = os.writev(descriptor, chunks)
        left -= written
        while chunks and written >= len(chunks[0]):
            written -= len(chunks.pop(0))
        if written:
            chunks[0] = chunks[0][written:]


def sync_directory(path: Path) -> None:
    """Make the names in a directory durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
