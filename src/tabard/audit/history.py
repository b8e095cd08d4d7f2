"""Reading a trail of JSON-lines files from the newest record back to the oldest, at a cost that does not grow with them.

Files are read backwards in pieces. A piece in which a needle does not occur is passed over as it is, at the speed of a search
for bytes; the time that is asked for is found by halving. A look ends after ``SCANNED_AT_MOST`` bytes, to be gone on with.
"""

from __future__ import annotations

import os
import re
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from tabard.audit.jsonl import CURRENT, aside

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

PIECE = 256 * 1024
"""Bytes that are read at once."""
SCANNED_AT_MOST = 64 * 1024 * 1024
"""Bytes of one look."""
LATE_AT_MOST = 3600.0
"""Seconds for which a call may have lasted: its record has the time of its beginning, and stands where it ended."""

_POSITION = re.compile(r"(\d{1,20}):(\d{1,20})", re.ASCII)


class _Time(msgspec.Struct, rename="camel"):
    event_time: str


_time_of = msgspec.json.Decoder(_Time).decode


class JsonLinesHistory:
    """See ``tabard.audit.port.History``, of the files in a folder."""

    def __init__(self, folder: Path, *, piece: int = PIECE, scanned_at_most: int = SCANNED_AT_MOST) -> None:
        self._folder = folder
        self._piece = piece
        self._scanned_at_most = scanned_at_most

    def look_back(
        self, needles: Sequence[bytes], *, since: float, until: float, position: str | None = None
    ) -> JsonLinesLook:
        """See ``History.look_back``."""
        start = None
        if position is not None:
            found = _POSITION.fullmatch(position)
            if found is None:
                raise LookupError(position)
            start = int(found[1]), int(found[2])
            if start[0] not in {_inode(path) for path in (self._folder / CURRENT, *aside(self._folder))}:
                raise LookupError(position)
        return JsonLinesLook(self._folder, needles, since, until, start, self._piece, self._scanned_at_most)


class JsonLinesLook:
    """See ``tabard.audit.port.Look``."""

    def __init__(
        self,
        folder: Path,
        needles: Sequence[bytes],
        since: float,
        until: float,
        start: tuple[int, int] | None,
        piece: int,
        scanned_at_most: int,
    ) -> None:
        self._folder = folder
        self._needles = needles
        self._since = since
        self._until = until
        self._start = start
        self._piece = piece
        self._left = scanned_at_most
        self._moved = self._gave_up = False
        self.ended = False
        self.position = "" if start is None else f"{start[0]}:{start[1]}"

    def __iter__(self) -> Iterator[bytes]:
        """Give the records, and go from file to file."""
        start = self._start
        for descriptor in self._files():
            status = os.fstat(descriptor)
            size = status.st_size
            if start is not None:
                if status.st_ino != start[0]:
                    continue
                size, start = min(size, start[1]), None
            else:
                size = self._seek(descriptor, size)
            yield from self._backwards(descriptor, status.st_ino, size)
            if self.ended or self._gave_up:
                return
        self.ended = True

    def _files(self) -> Iterator[int]:
        """A descriptor of each file, the newest first, though one be put aside meanwhile."""
        seen: set[int] = set()
        paths: list[Path] | None = None
        path = self._folder / CURRENT
        while True:
            try:
                descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            except FileNotFoundError:
                descriptor = -1  # it has been removed, or put aside: then it comes next
            try:
                if paths is None:  # listed only now, so that what was put aside before is among them
                    paths = aside(self._folder)
                if descriptor >= 0 and (inode := os.fstat(descriptor).st_ino) not in seen:
                    seen.add(inode)
                    yield descriptor
            finally:
                if descriptor >= 0:
                    os.close(descriptor)
            if not paths:
                return
            path = paths.pop()

    def _backwards(self, descriptor: int, inode: int, end: int) -> Iterator[bytes]:
        """The records of one file that end at or before ``end``."""
        rest = b""
        while end > 0:
            if self._left <= 0 and self._moved:
                self._gave_up = True
                self.position = f"{inode}:{end + len(rest)}"
                return
            begin = max(0, end - self._piece)
            data = os.pread(descriptor, end - begin, begin) + rest
            self._left -= end - begin
            end = begin
            cut = data.find(b"\n") + 1 if begin else 0
            if begin and not cut:
                rest = data  # a record longer than a piece
                continue
            rest, data = data[:cut], data[cut:]
            if not data:
                continue  # the end of a record longer than a piece
            self._moved = True
            if all(needle in data for needle in self._needles):
                for at, line in _reversed_lines(data):
                    if all(needle in line for needle in self._needles):
                        self.position = f"{inode}:{begin + cut + at}"
                        yield line
            if self._is_before(data):
                self.ended = True
                return

    def _is_before(self, data: bytes) -> bool:
        """Whether these records, and so all before them, are older than what is asked for."""
        limit = self._since - LATE_AT_MOST
        times = (at for _, line in _reversed_lines(data) if (at := _time(line)) is not None)
        newest = next(times, limit)
        return newest < limit and max(times, default=newest) < limit

    def _seek(self, descriptor: int, size: int) -> int:
        """Where the records begin that are all too new, as far as halving finds it; ``size`` where none are."""
        low, high = 0, size
        while high - low > self._piece:
            middle = (low + high) // 2
            data = os.pread(descriptor, self._piece, middle)
            at = next((at for line in data.split(b"\n")[1:-1] if (at := _time(line)) is not None), None)
            if at is not None and at > self._until + LATE_AT_MOST:
                high = middle
            else:
                low = middle
        if high < size:  # to the end of the record that it stands in
            data = os.pread(descriptor, self._piece * 2, high)
            high += data.find(b"\n") + 1
        return high


def _reversed_lines(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The lines of some data, the last first, each with where it begins."""
    end = len(data)
    while end > 0:
        stop = end - 1 if data[end - 1 : end] == b"\n" else end
        begin = data.rfind(b"\n", 0, stop) + 1
        if stop > begin:
            yield begin, data[begin:stop]
        end = begin


def _time(line: bytes) -> float | None:
    """When a record's call began; None for what is no record."""
    try:
        return datetime.fromisoformat(_time_of(line).event_time).timestamp()
    except (msgspec.MsgspecError, ValueError):
        return None


def _inode(path: Path) -> int | None:
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return None
