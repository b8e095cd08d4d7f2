"""Signing keys: four HMACs that are the same all day for one secret, region and service.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html#derive-signing-key
"""

from __future__ import annotations

import hmac
from functools import lru_cache


@lru_cache(maxsize=16_384)
def signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    """The day's signing key. Cached, bounded; the cache shows neither keys nor secrets."""
    key = hmac.digest(b"AWS4" + secret.encode(), date.encode(), "sha256")
    key = hmac.digest(key, region.encode(), "sha256")
    key = hmac.digest(key, service.encode(), "sha256")
    return hmac.digest(key, b"aws4_request", "sha256")


def forget_signing_keys() -> None:
    """Drop every cached signing key, as when a key ring is replaced."""
    signing_key.cache_clear()
