"""A trail in rotating JSON-lines files: ``events.jsonl``, and older ones as ``events-<time>.jsonl``.

Records are gathered during one turn of the event loop and written with one system call at its end (or at ``flush``, which
the pipeline calls before it acknowledges a change). A record never holds a secret: the pipeline redacts before it records.
"""

from __future__ import annotations

import logging
import os
import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from tabard.core.sources import as_datetime

if TYPE_CHECKING:
    import asyncio
    from pathlib import Path

    from tabard.audit.port import Event
    from tabard.core.sources import Clock

log = logging.getLogger(__name__)

CURRENT = "events.jsonl"
"""The file that is written to."""
FILE_AT_MOST = 64 * 1024 * 1024
"""Bytes after which a file is closed and a new one begun."""
FILES_AT_MOST = 32
"""Closed files that are kept; the oldest are removed."""
WAITING_AT_MOST = 4096
"""Records that are kept while none can be written. Work is refused then: those beyond are refusals, counted but not kept."""

_ASIDE = "events-%Y%m%dT%H%M%S%fZ.jsonl"
_ASIDE_NAME = re.compile(r"events-\d{8}T\d{12}Z\.jsonl")
_FLAGS = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC


def _plain(value: Any) -> Any:
    """What JSON has no word for, as text."""
    return repr(value)


class JsonLinesTrail:
    """See ``tabard.audit.port.Trail``."""

    def __init__(
        self,
        folder: Path,
        clock: Clock,
        *,
        loop: asyncio.AbstractEventLoop | None = None,
        file_at_most: int = FILE_AT_MOST,
        files_at_most: int = FILES_AT_MOST,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self._clock = clock
        self._loop = loop
        self._file_at_most = file_at_most
        self._files_at_most = files_at_most
        self._encode = msgspec.json.Encoder(enc_hook=_plain).encode
        self._waiting: list[bytes] = []
        self._scheduled = False
        self.failed = False
        """See ``Trail.failed``."""
        self._left_out = 0
        self._open()

    def record(self, event: Event) -> None:
        """See ``Trail.record``."""
        self.append(self._encode(event))

    def append(self, line: bytes) -> None:
        """See ``Trail.append``."""
        if self.failed and len(self._waiting) >= WAITING_AT_MOST:
            self._left_out += 1
        else:
            self._waiting.append(line)
        if not self._scheduled:
            self._scheduled = True
            if self._loop is None:
                self.flush()
            else:
                self._loop.call_soon(self.flush)

    def flush(self) -> None:
        """See ``Trail.flush``. What could not be written is kept and tried again at the next flush."""
        self._scheduled = False
        if self.failed and not self._probe():
            return
        if not self._waiting:
            self.failed = False
            return
        self._waiting.append(b"")
        data = b"\n".join(self._waiting)
        try:
            self._write(data)
        except OSError as error:
            if not self.failed:
                log.critical(
                    "the audit trail can not be written (%s): requests are refused until it can", error
                )
            self._waiting.pop()
            self.failed = True
            return
        self._waiting.clear()
        self.failed = False
        if self._left_out:
            log.error("the audit trail is written again; %d refused requests are not in it", self._left_out)
            self._left_out = 0
        if self._size >= self._rotate_at:
            self._rotate()

    def close(self) -> None:
        """See ``Trail.close``."""
        self.flush()
        os.close(self._descriptor)

    def _open(self) -> None:
        self._descriptor = os.open(self._folder / CURRENT, _FLAGS, 0o600)
        self._size = os.fstat(self._descriptor).st_size
        self._rotate_at = self._file_at_most
        self._mend()

    def _mend(self) -> None:
        """Drop the half of a record that a crash in the middle of a write left at the end."""
        if self._size and os.pread(self._descriptor, 1, self._size - 1) != b"\n":
            tail = os.pread(self._descriptor, 1 << 20, max(0, self._size - (1 << 20)))
            self._size -= len(tail) - (tail.rfind(b"\n") + 1)
            os.ftruncate(self._descriptor, self._size)

    def _write(self, data: bytes) -> None:
        written = 0
        try:
            while written < len(data):
                written += os.write(self._descriptor, data[written:])
        except OSError:
            os.ftruncate(self._descriptor, self._size)
            raise
        self._size += written

    def _probe(self) -> bool:
        """Whether a byte can be written again (and is taken back)."""
        try:
            os.write(self._descriptor, b"\n")
            os.ftruncate(self._descriptor, self._size)
        except OSError:
            return False
        return True

    def _rotate(self) -> None:
        """Put the file aside and begin a new one.

        Each step is safe to do again: where one fails, records go on into the old file under whatever name it has by then,
        and the rest is tried when a little more has been written.
        """
        current, draft, fresh = self._folder / CURRENT, self._folder / "events.new", -1
        try:
            fresh = os.open(draft, _FLAGS | os.O_TRUNC, 0o600)
            os.fsync(self._descriptor)
            if self._is_open(current):
                current.rename(self._folder / self._name_aside())
            draft.rename(current)
        except OSError as error:
            if fresh >= 0:
                os.close(fresh)
            if self._rotate_at == self._file_at_most:
                log.warning("the audit trail can not be rotated: %s", error)
            self._rotate_at = self._size + max(1, self._file_at_most >> 6)
            return
        os.close(self._descriptor)
        self._descriptor, self._size, self._rotate_at = fresh, 0, self._file_at_most
        for old in aside(self._folder)[: -self._files_at_most]:
            with suppress(OSError):  # it is tried again at the next rotation
                old.unlink()

    def _is_open(self, path: Path) -> bool:
        """Whether a path names the file that is written to; where it names none, that has been put aside before."""
        try:
            return os.path.samestat(path.stat(), os.fstat(self._descriptor))
        except FileNotFoundError:
            return False

    def _name_aside(self) -> str:
        """A name by the time, later than every other's though the clock stands still or was put back."""
        now, others = as_datetime(self._clock()), aside(self._folder)
        if others:
            newest = datetime.strptime(others[-1].name, _ASIDE).replace(tzinfo=UTC)
            now = max(now, newest + timedelta(microseconds=1))
        return now.strftime(_ASIDE)


def aside(folder: Path) -> list[Path]:
    """The files that were put aside, the oldest first."""
    return sorted(path for path in folder.glob("events-*.jsonl") if _ASIDE_NAME.fullmatch(path.name))
