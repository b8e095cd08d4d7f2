"""Blobs as files: ``ROOT/blobs/ab/abcdef…``, written under ``ROOT/incoming`` and renamed when durable.

A file's bytes reach the disk (fsync) before its name does (rename, then fsync of the directory), so a name
that exists after a crash has all of its bytes. Whatever touches the disk runs on a small pool of threads. What is
in a file is encrypted: see ``sealing``.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import re
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from tabard.core.errors import service_unavailable
from tabard.core.sources import system_random
from tabard.objects.local.draft import Draft, sync_directory
from tabard.objects.local.reading import stream
from tabard.objects.local.sealing import Seals
from tabard.objects.port import Blob

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Sequence
    from pathlib import Path

    from tabard.core.sources import Random
    from tabard.objects.local.sealing import Sealer

log = logging.getLogger(__name__)

T = TypeVar("T")

WRITE_CHUNK = 1024 * 1024
"""Bytes gathered before they are handed to a thread; twice this is what one upload holds in memory."""

_SWEEP_BATCH = 400
_ID = re.compile(r"[0-9a-f]{32}\Z")


class LocalBlobs:
    """See ``tabard.objects.port.ObjectBytes``. ``sealer`` keeps blobs' keys; ``durable=False`` leaves out every fsync."""

    def __init__(
        self,
        root: Path,
        sealer: Sealer,
        *,
        durable: bool = True,
        threads: int = 8,
        random: Random = system_random,
    ) -> None:
        self._blobs = root / "blobs"
        self._incoming = root / "incoming"
        self._durable = durable
        self._random = random
        self._seals = Seals(sealer, random)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="tabard-blobs")
        self._held: Counter[str] = Counter()
        self._doomed: set[str] = set()
        self._holding = threading.RLock()  # re-entrant: a hold may be released by the garbage collector
        self._prepare(root)

    async def put(self, body: AsyncIterable[bytes], observe: Callable[[bytes], None]) -> Blob:
        """See ``ObjectBytes.put``. A chunk is gathered while a thread digests and writes the last one."""
        blob = self._random(16).hex()
        draft = Draft(self._incoming / blob, self._path(blob), observe, self._seals, durable=self._durable)
        gathered: list[bytes] = []
        waiting = size = 0
        writing: asyncio.Future[None] | None = None
        try:
            async for chunk in body:
                gathered.append(chunk)
                waiting += len(chunk)
                if waiting >= WRITE_CHUNK:
                    if writing is not None:
                        await _on_disk(writing)
                    writing = self._submit(draft.write, gathered)
                    size += waiting
                    gathered, waiting = [], 0
            if writing is not None:
                await _on_disk(writing)
            await _on_disk(self._submit(draft.finish, gathered))
        except BaseException:
            if writing is not None and not writing.done():
                writing.add_done_callback(_retrieve)
            self._pool.submit(draft.discard)
            raise
        return Blob(blob, size + waiting)

    def hold(self, blobs: Sequence[str]) -> _Hold:
        """See ``ObjectBytes.hold``."""
        with self._holding:
            self._held.update(blobs)
        return _Hold(self, tuple(blobs))

    async def delete(self, blobs: Iterable[str]) -> None:
        """See ``ObjectBytes.delete``."""
        with self._holding:
            wanted = list(blobs)
            self._doomed.update(blob for blob in wanted if self._held[blob] > 0)
            free = [blob for blob in wanted if self._held[blob] <= 0]
        if free:
            await self._submit(self._unlink, free)

    async def sweep(self, known: Callable[[Sequence[str]], set[str]], before: float) -> int:
        """See ``ObjectBytes.sweep``."""
        swept = 0
        for shard in range(256):
            found = await self._submit(self._older, f"{shard:02x}", before)
            for start in range(0, len(found), _SWEEP_BATCH):
                batch = found[start : start + _SWEEP_BATCH]
                keep = known(batch)
                orphans = [blob for blob in batch if blob not in keep]
                await self.delete(orphans)
                swept += len(orphans)
        return swept

    async def close(self) -> None:
        """See ``ObjectBytes.close``."""
        await asyncio.to_thread(self._pool.shutdown)

    def read(self, blob: str, offset: int, length: int) -> AsyncIterator[bytes]:
        """A range of a blob; its holder sees to it that the file stays."""
        return stream(self._submit, self._pool.submit, self._path(blob), self._seals, offset, length)

    def released(self, blobs: Sequence[str]) -> None:
        """A hold has ended: delete what was only waiting for it."""
        with self._holding:
            self._held.subtract(blobs)
            free = [blob for blob in blobs if self._held[blob] <= 0]
            for blob in free:
                del self._held[blob]
            doomed = [blob for blob in free if blob in self._doomed]
            self._doomed.difference_update(doomed)
        if doomed:
            with contextlib.suppress(RuntimeError):  # closed: the next start sweeps them
                self._pool.submit(self._unlink, doomed)

    def _path(self, blob: str) -> Path:
        if _ID.match(blob) is None:
            raise ValueError(f"not the id of a blob: {blob!r}")
        return self._blobs / blob[:2] / blob

    def _submit(self, work: Callable[..., T], *arguments: object) -> asyncio.Future[T]:
        return asyncio.get_running_loop().run_in_executor(self._pool, work, *arguments)

    def _prepare(self, root: Path) -> None:
        """Make the directories, and clear what an earlier run left half written."""
        for directory in (root, self._incoming, self._blobs):
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        for left in self._incoming.iterdir():
            left.unlink()
        if not (self._blobs / "ff").is_dir():
            for shard in range(256):
                (self._blobs / f"{shard:02x}").mkdir(mode=0o700, exist_ok=True)
            if self._durable:
                for directory in (self._blobs, root, root.parent):
                    sync_directory(directory)

    def _unlink(self, blobs: Sequence[str]) -> None:
        for blob in blobs:
            try:
                self._path(blob).unlink(missing_ok=True)
            except OSError as error:  # the bytes stay as an orphan; the next sweep tries again
                log.warning("blob %s could not be deleted: %s", blob, error)

    def _older(self, shard: str, before: float) -> list[str]:
        with os.scandir(self._blobs / shard) as entries:
            return [
                entry.name
                for entry in entries
                if _ID.match(entry.name) and entry.stat(follow_symlinks=False).st_mtime < before
            ]


class _Hold:
    """See ``tabard.objects.port.Hold``."""

    def __init__(self, keeper: LocalBlobs, blobs: tuple[str, ...]) -> None:
        self._keeper = keeper
        self._blobs = blobs
        self._released = threading.Lock()

    def read(self, blob: str, offset: int, length: int) -> AsyncIterator[bytes]:
        """See ``Hold.read``."""
        return self._keeper.read(blob, offset, length)

    def release(self) -> None:
        """See ``Hold.release``."""
        if self._released.acquire(blocking=False):
            self._keeper.released(self._blobs)


async def _on_disk(writing: asyncio.Future[None]) -> None:
    """Wait for the disk; what it can not do (it is full, it fails) is a 503, unlike what the body raises."""
    try:
        await writing
    except OSError as error:
        log.warning("a blob could not be written: %s", error)
        raise service_unavailable() from error


def _retrieve(future: asyncio.Future[None]) -> None:
    """Look at a result that nobody awaits any more, so that it is not reported as forgotten."""
    if not future.cancelled():
        future.exception()
