"""Session tokens of IMDSv2: sealed, not stored. Any node that holds the key can tell a good one.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-v2-how-it-works.html
"""

from __future__ import annotations

import base64
import binascii
import hmac
import math
import struct

MAX_TTL = 21_600
"""Six hours, in seconds."""

_HEAD = struct.Struct(">BQ")
_VERSION = 1
_LENGTH = _HEAD.size + 32


class TokenSealer:
    """Makes and reads tokens that are good for one instance until an instant, under one secret key."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        """``key`` is at least 32 secret bytes, the same on every node and after a restart."""
        if len(key) < 32:
            raise ValueError("a token key has at least 32 bytes")
        self._key = key

    def seal(self, instance_id: str, ttl: int, now: float) -> str:
        """A token for ``ttl`` seconds from ``now``."""
        head = _HEAD.pack(_VERSION, int((now + ttl) * 1000))
        return base64.urlsafe_b64encode(head + self._proof(head, instance_id)).decode()

    def remaining(self, token: str, instance_id: str, now: float) -> int | None:
        """Whole seconds that a token is still good for; None when it is over, forged, or another instance's."""
        try:
            sealed = base64.b64decode(token.encode("ascii"), b"-_", validate=True)
        except (UnicodeEncodeError, binascii.Error):
            return None
        if len(sealed) != _LENGTH:
            return None
        head = sealed[: _HEAD.size]
        version, expires = _HEAD.unpack(head)
        if version != _VERSION or not hmac.compare_digest(
            self._proof(head, instance_id), sealed[_HEAD.size :]
        ):
            return None
        left = expires / 1000 - now
        return math.ceil(left) if left > 0 else None

    def _proof(self, head: bytes, instance_id: str) -> bytes:
        return hmac.digest(self._key, b"imds-token\0" + head + instance_id.encode(), "sha256")

    def __repr__(self) -> str:
        return "<TokenSealer>"
