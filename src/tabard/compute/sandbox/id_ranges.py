"""Which of the host's user ids an instance is made of, where the server is root: a range of its own, used by
nobody else.

The range lies above those that systemd and ``/etc/subuid`` hand out, and the owner of an instance's home
remembers it.
"""

from __future__ import annotations

import random

from tabard.compute import guest
from tabard.compute.port import LaunchError

SIZE = 65536
_FIRST = 0x7000_0000
_COUNT = 0x0FFF


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
