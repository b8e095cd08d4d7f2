"""SSH keys that were pushed to instances: each opens the door for a minute, and is kept nowhere but in memory.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-connect-methods.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tabard.core.sources import Clock

LIFE = 60.0
"""Seconds for which a pushed key opens the door."""
PER_INSTANCE = 100
"""Keys of one instance that are held at once; the oldest make room."""


class PushedKeys:
    """The pushed keys of a node's instances. For the event loop's thread only."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._held: dict[str, dict[tuple[str, str], float]] = {}

    def push(self, instance_id: str, user: str, public_key: str) -> None:
        """Let a key (in OpenSSH's format) open an instance's door for one of its users."""
        self._expire()
        held = self._held.setdefault(instance_id, {})
        held.pop((user, public_key), None)
        held[user, public_key] = self._clock() + LIFE
        while len(held) > PER_INSTANCE:
            del held[next(iter(held))]

    def of(self, instance_id: str) -> Mapping[str, list[str]]:
        """The keys that open an instance's door now, by user."""
        now, found = self._clock(), dict[str, list[str]]()
        for (user, key), until in self._held.get(instance_id, {}).items():
            if until > now:
                found.setdefault(user, []).append(key)
        return found

    def _expire(self) -> None:
        now = self._clock()
        for instance_id in list(self._held):
            left = {each: until for each, until in self._held[instance_id].items() if until > now}
            if left:
                self._held[instance_id] = left
            else:
                del self._held[instance_id]
