"""The key ring: what secrets at rest and session tokens are sealed under. It lives beside the database, never in it.

A sealed value is ``version byte | key id (4) | nonce (12) | AES-256-GCM ciphertext``; the purpose is authenticated with it,
so that a value sealed for one use does not open for another.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

if TYPE_CHECKING:
    from pathlib import Path

    from tabard.core.sources import Random

_VERSION = b"\x01"
_HEADER = 17


class KeyRingError(Exception):
    """A file that is no key ring; the text says what is wrong with it."""


class KeyRing:
    """Seals with its newest key, opens with whichever key sealed."""

    def __init__(self, keys: dict[bytes, bytes], newest: bytes, random: Random) -> None:
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self._keys = keys
        self._newest = newest
        self._random = random

    @classmethod
    def generate(cls, random: Random) -> KeyRing:
        """A ring with one new key, kept nowhere."""
        key_id, key = random(4), random(32)
        return cls({key_id: key}, key_id, random)

    @classmethod
    def load(cls, path: Path, random: Random) -> KeyRing:
        """The ring in a file (mode 0600), made at the first start. Losing the file loses every sealed secret.

        Raises ``KeyRingError`` for a file that holds none, and ``OSError`` for one that can not be read.
        """
        if not path.exists():
            ring = cls.generate(random)
            ring.save(path)
            return ring
        try:
            stored = json.loads(path.read_text())
            keys = {
                bytes.fromhex(name): base64.b64decode(key, validate=True)
                for name, key in stored["keys"].items()
            }
            newest = bytes.fromhex(stored["newest"])
            if newest not in keys or any(len(name) != 4 for name in keys):
                raise KeyRingError("its newest key is not in it")
            return cls(keys, newest, random)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise KeyRingError(
                f"it does not hold keys as Tabard writes them ({type(error).__name__})"
            ) from None

    def seal(self, purpose: bytes, plain: bytes) -> bytes:
        """Encrypt and authenticate ``plain`` for one purpose."""
        nonce = self._random(12)
        return _VERSION + self._newest + nonce + self._ciphers[self._newest].encrypt(nonce, plain, purpose)

    def open(self, purpose: bytes, sealed: bytes) -> bytes | None:
        """What was sealed for this purpose; None when it is not ours, was altered, or its key is gone."""
        cipher = self._ciphers.get(sealed[1:5]) if sealed[:1] == _VERSION else None
        if cipher is None or len(sealed) < _HEADER + 16:
            return None
        try:
            return cipher.decrypt(sealed[5:_HEADER], sealed[_HEADER:], purpose)
        except InvalidTag:
            return None

    def derive(self, purpose: bytes) -> bytes:
        """Thirty-two bytes that only this ring's newest key gives for this purpose; they change when it is rotated."""
        return hmac.new(self._keys[self._newest], b"derive\0" + purpose, hashlib.sha256).digest()

    def save(self, path: Path) -> None:
        """Write the ring to a file, durably and readable by its owner alone."""
        text = json.dumps(
            {
                "newest": self._newest.hex(),
                "keys": {name.hex(): base64.b64encode(key).decode() for name, key in self._keys.items()},
            }
        )
        draft = path.with_suffix(".new")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
