"""Credentials kept in files that their owner alone can read, so that not every process asks STS anew.

One process refreshes while the others wait for it: each file has a lock beside it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from tabard.cli.credentials.source import Credentials
from tabard.cli.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Callable

REFRESH_BEFORE = 300.0
"""Seconds before they expire that credentials are fetched again: SDKs refresh from there on too."""


def default_folder() -> Path:
    """``tabard/credentials`` in the place that the XDG base directories name for caches."""
    named = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (named if named.is_absolute() else Path.home() / ".cache") / "tabard" / "credentials"


class Cache:
    """Credentials by name, in a folder of mode 0700."""

    def __init__(self, folder: Path, clock: Callable[[], float]) -> None:
        self._folder = folder
        self._clock = clock

    def get(self, name: str, fetch: Callable[[], Credentials]) -> Credentials:
        """Kept credentials that last a while yet, else fetched ones.

        Where fetching fails while the kept ones still hold, those are returned: a server may be restarting.
        """
        kept = self._read(name)
        if self._lasts(kept, REFRESH_BEFORE) and kept is not None:
            return kept
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = os.open(self._folder / f"{name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            kept = self._read(name)  # another process may have refreshed while this one waited
            if self._lasts(kept, REFRESH_BEFORE) and kept is not None:
                return kept
            try:
                found = fetch()
            except CommandError:
                if self._lasts(kept, 0.0) and kept is not None:
                    return kept
                raise
            self._write(name, found)
            return found
        finally:
            os.close(lock)

    def _lasts(self, kept: Credentials | None, seconds: float) -> bool:
        return kept is not None and kept.expires_at - self._clock() > seconds

    def _read(self, name: str) -> Credentials | None:
        """What is kept; nothing where the file is another user's, readable by others, or not whole."""
        try:
            descriptor = os.open(self._folder / f"{name}.json", os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            return None
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if status.st_uid != os.getuid() or status.st_mode & 0o077:
                return None
            with contextlib.suppress(msgspec.DecodeError, OSError):
                return msgspec.json.decode(file.read(), type=Credentials)
        return None

    def _write(self, name: str, found: Credentials) -> None:
        draft = self._folder / f"{name}.{os.getpid()}.new"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, 0o600)
            file.write(msgspec.json.encode(found))
        draft.replace(self._folder / f"{name}.json")
