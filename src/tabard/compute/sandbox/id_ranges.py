"""Which of the host's user ids an instance is made of, where the server is root: a range of its own, used by
nobody else.

The range lies above those that systemd and ``/etc/subuid`` hand out, and the owner of an instance's home
remembers it.
"""

from __future__ import annotations

import os
import random
from pathlib import Path

from tabard.compute import guest
from tabard.compute.port import LaunchError

SIZE = 65536
_FIRST = 0x7000_0000
_COUNT = 0x0FFF


def available() -> bool:
    """Whether this process may map these ids: as root, outside a container whose own map is too small for them."""
    last = _FIRST + _COUNT * SIZE
    return os.geteuid() == 0 and any(
        start <= _FIRST and start + count >= last for start, _, count in _own_map()
    )


def own_id_is_the_hosts_root() -> bool:
    """Whether this process's user, without ranges, may be the host's root, which no instance's user must ever be."""
    user = os.geteuid()
    return any(
        start <= user < start + count and outside + user - start == 0 for start, outside, count in _own_map()
    )


def _own_map() -> list[tuple[int, int, int]]:
    """First id here, first id in the namespace around, and how many."""
    extents = []
    for line in Path("/proc/self/uid_map").read_text().splitlines():
        start, outside, count = (int(number) for number in line.split())
        extents.append((start, outside, count))
    return extents


class IdRanges:
    """Hands out ranges by their first id."""

    def __init__(self) -> None:
        self._used: set[int] = set()

    def claim(self, home_owner: int | None) -> int:
        """A free range: the one that the home belongs to if there is one and it is free, else one at
        random."""
        remembered = None if home_owner is None else home_owner - guest.USER_ID
        if remembered is not None and remembered not in self._used and _is_ours(remembered):
            self._used.add(remembered)
            return remembered
        if len(self._used) >= _COUNT:
            raise LaunchError(f"all {_COUNT} ranges of user ids are in use")
        while True:
            start = _FIRST + random.randrange(_COUNT) * SIZE  # noqa: S311 - spreads servers apart; nothing is guessed
            if start not in self._used:
                self._used.add(start)
                return start

    def release(self, start: int) -> None:
        """Take a range back."""
        self._used.discard(start)


def _is_ours(start: int) -> bool:
    return _FIRST <= start < _FIRST + _COUNT * SIZE and (start - _FIRST) % SIZE == 0
