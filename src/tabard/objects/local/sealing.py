"""Blobs at rest: encrypted by AES-256-GCM in chunks, under a key of each blob's own that the server's key ring seals.

A file is ``TBO1 | sealed key | chunk | chunk | …``, each chunk 64 KiB of the blob (the last one shorter) and a tag of 16
bytes. A chunk's nonce is its number, which is safe since no key seals two blobs. So any range can be read without what is
before it, and bytes that were changed or swapped are noticed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

if TYPE_CHECKING:
    from tabard.core.sources import Random

MAGIC = b"TBO1"
CHUNK = 64 * 1024
"""Bytes of a blob that are sealed together."""
SEALED_CHUNK = CHUNK + 16
_KEY = 32
_PURPOSE = b"blob:"


class Sealer(Protocol):
    """What keeps blobs' keys secret; ``tabard.identity.keyring.KeyRing`` is one. What it adds is of one length."""

    def seal(self, purpose: bytes, plain: bytes) -> bytes:
        """Encrypt and authenticate for one purpose."""

    def open(self, purpose: bytes, sealed: bytes) -> bytes | None:
        """What was sealed for this purpose, or None."""


class Seals:
    """Makes and opens the headers of blobs' files. ``header`` is their length in bytes."""

    def __init__(self, sealer: Sealer, random: Random) -> None:
        self._sealer = sealer
        self._random = random
        self.header = len(MAGIC) + len(sealer.seal(_PURPOSE, bytes(_KEY)))

    def begin(self, blob: str) -> tuple[bytes, Writing]:
        """A new blob's header, and what seals its bytes."""
        key = self._random(_KEY)
        return MAGIC + self._sealer.seal(_PURPOSE + blob.encode(), key), Writing(AESGCM(key))

    def open(self, blob: str, header: bytes) -> Reading:
        """What opens a blob's bytes; raises ``OSError`` for a file that is not this blob's, or that other keys sealed."""
        sealed = header[len(MAGIC) :] if header.startswith(MAGIC) else b""
        key = self._sealer.open(_PURPOSE + blob.encode(), sealed)
        if key is None:
            raise OSError(f"{blob} is not sealed under the keys of this server")
        return Reading(blob, AESGCM(key))


class Writing:
    """Seals a blob from its first byte to its last."""

    def __init__(self, cipher: AESGCM) -> None:
        self._cipher = cipher
        self._number = 0
        self._waiting = bytearray()

    def add(self, data: bytes) -> list[bytes]:
        """The sealed chunks that are complete with these bytes."""
        waiting = self._waiting
        waiting += data
        if len(waiting) < CHUNK:
            return []
        whole = len(waiting) - len(waiting) % CHUNK
        with memoryview(waiting) as view:
            sealed = [self._seal(view[start : start + CHUNK]) for start in range(0, whole, CHUNK)]
        del waiting[:whole]
        return sealed

    def end(self) -> list[bytes]:
        """The last chunk, if bytes are left for one."""
        return [self._seal(self._waiting)] if self._waiting else []

    def _seal(self, plain: bytearray | memoryview) -> bytes:
        nonce = _nonce(self._number)
        self._number += 1
        return self._cipher.encrypt(nonce, plain, None)


class Reading:
    """Opens chunks of a blob."""

    def __init__(self, blob: str, cipher: AESGCM) -> None:
        self._blob = blob
        self._cipher = cipher

    def chunks(self, first: int, sealed: bytes) -> bytes:
        """The bytes of sealed chunks in a row, from the one with number ``first``. Raises ``OSError`` for altered ones."""
        view = memoryview(sealed)
        try:
            opened = [
                self._cipher.decrypt(_nonce(first + number), view[start : start + SEALED_CHUNK], None)
                for number, start in enumerate(range(0, len(sealed), SEALED_CHUNK))
            ]
        except InvalidTag:
            raise OSError(f"{self._blob} was altered, or is cut off") from None
        return opened[0] if len(opened) == 1 else b"".join(opened)


def _nonce(number: int) -> bytes:
    return number.to_bytes(12, "big")
