"""Reading and writing a process's descriptors with the event loop: small, with back-pressure, on pipes and
terminals alike."""

from __future__ import annotations

import asyncio
import errno
import os
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_CHUNK = 64 * 1024


class DescriptorReader:
    """Calls ``on_data`` with what arrives at a descriptor and ``on_end`` once at its end. Owns and closes the
    descriptor."""

    def __init__(self, fd: int, on_data: Callable[[bytes], None], on_end: Callable[[], None]) -> None:
        self._fd = fd
        self._on_data = on_data
        self._on_end = on_end
        self._loop = asyncio.get_running_loop()
        self._open = True
        self._paused = False
        os.set_blocking(fd, False)
        self._loop.add_reader(fd, self._ready)

    def pause(self) -> None:
        """Stop reading, so that the process waits once its pipe is full."""
        if self._open and not self._paused:
            self._paused = True
            self._loop.remove_reader(self._fd)

    def resume(self) -> None:
        """Read on after ``pause``."""
        if self._open and self._paused:
            self._paused = False
            self._loop.add_reader(self._fd, self._ready)

    def close(self) -> None:
        """Stop for good, without a call of ``on_end``."""
        if self._open:
            self._open = False
            if not self._paused:
                self._loop.remove_reader(self._fd)
            os.close(self._fd)

    def _ready(self) -> None:
        try:
            data = os.read(self._fd, _CHUNK)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            if error.errno != errno.EIO:  # a terminal without processes
                self.close()
                self._on_end()
                return
            data = b""
        if data:
            self._on_data(data)
        else:
            self.close()
            self._on_end()


class DescriptorWriter:
    """Writes to a descriptor as it accepts data. Owns and closes the descriptor.

    ``on_full(True)`` asks for a pause when more than ``limit`` bytes wait, ``on_full(False)`` for more when
    they are gone.
    """

    def __init__(self, fd: int, on_full: Callable[[bool], None], limit: int = 256 * 1024) -> None:
        self._fd = fd
        self._on_full = on_full
        self._limit = limit
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[bytes] = deque()
        self._bytes = 0
        self._open = True
        self._ending = False
        self._full = False
        os.set_blocking(fd, False)

    def write(self, data: bytes) -> None:
        """Write or queue. What is written after the process has closed its end is dropped, as a pipe
        would."""
        if not self._open or self._ending or not data:
            return
        if not self._waiting:
            data = data[self._write_now(data) :]
            if not data or not self._open:
                return
            self._loop.add_writer(self._fd, self._ready)
        self._waiting.append(data)
        self._bytes += len(data)
        if self._bytes > self._limit and not self._full:
            self._full = True
            self._on_full(True)

    def end(self) -> None:
        """Close the descriptor once everything is written."""
        self._ending = True
        if not self._waiting:
            self.close()

    def close(self) -> None:
        """Close the descriptor now."""
        if self._open:
            self._open = False
            if self._waiting:
                self._loop.remove_writer(self._fd)
            self._waiting.clear()
            self._bytes = 0
            os.close(self._fd)
            self._relieve()

    def _relieve(self) -> None:
        if self._full and self._bytes <= self._limit // 2:
            self._full = False
            self._on_full(False)

    def _write_now(self, data: bytes) -> int:
        try:
            return os.write(self._fd, data)
        except (BlockingIOError, InterruptedError):
            return 0
        except OSError:  # EPIPE, EIO: nobody reads any more
            self.close()
            return len(data)

    def _ready(self) -> None:
        data = self._waiting[0]
        written = self._write_now(data)
        if not self._open:
            return
        self._bytes -= written
        if written == len(data):
            self._waiting.popleft()
        else:
            self._waiting[0] = data[written:]
        self._relieve()
        if not self._waiting:
            self._loop.remove_writer(self._fd)
            if self._ending:
                self.close()
