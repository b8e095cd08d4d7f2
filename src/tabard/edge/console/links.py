"""One-time sign-in links: a secret of 256 bits, good once and for a few minutes, kept in memory as its digest alone."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tabard.core.sources import Clock, Random
    from tabard.identity.sessions import SessionKind

GOOD_FOR = 15 * 60
"""Seconds in which a link may be opened."""
AT_MOST = 16
"""Links that wait at a time; the oldest makes room."""


class Subject(NamedTuple):
    """Who signs in: ``principal_id`` is a user's unique id, or the account's number for its root."""

    kind: SessionKind
    account: str
    principal_id: str


class _Waiting(NamedTuple):
    digest: bytes
    subject: Subject
    expires_at: float


class SignInLinks:
    """The links that were given out and not yet opened."""

    def __init__(self, clock: Clock, random: Random) -> None:
        self._clock = clock
        self._random = random
        self._waiting: deque[_Waiting] = deque(maxlen=AT_MOST)

    def give_out(self, subject: Subject) -> str:
        """A new token for this subject: what follows ``#token=`` in the link."""
        token = base64.urlsafe_b64encode(self._random(32)).decode().rstrip("=")
        self._waiting.append(_Waiting(_digest(token), subject, self._clock() + GOOD_FOR))
        return token

    def see(self, token: str) -> Subject | None:
        """Whose link this is, without opening it."""
        digest, now = _digest(token), self._clock()
        for waiting in self._waiting:
            if hmac.compare_digest(waiting.digest, digest) and now < waiting.expires_at:
                return waiting.subject
        return None

    def take(self, token: str) -> Subject | None:
        """Whose link this is, once; None for one that was opened before, is too old, or never was."""
        digest, now = _digest(token), self._clock()
        found = None
        for waiting in list(self._waiting):
            matches = hmac.compare_digest(waiting.digest, digest)
            if matches or now >= waiting.expires_at:
                self._waiting.remove(waiting)
            if matches and now < waiting.expires_at:
                found = waiting.subject
        return found


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
