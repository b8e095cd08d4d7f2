"""Passwords of IAM users: Argon2id hashes (RFC 9106), themselves sealed under the key ring.

One hash takes about 40 ms of one core and 19 MiB: make and check them in a thread, never on the event loop or in a
transaction. https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import msgspec
from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from tabard.core.sources import system_random

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tabard.core.sources import Random
    from tabard.identity.keyring import KeyRing
    from tabard.store.iam_credentials import LoginProfile, PasswordPolicy

_PURPOSE = b"password-hashes"
_ITERATIONS, _LANES, _MEMORY_KIB = 2, 1, 19 * 1024
"""OWASP's first choice for Argon2id: https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html."""
REMEMBERED_AT_MOST = 24
"""Hashes that are kept: the most that ``PasswordReusePrevention`` can ask for."""
DAY = 86_400


def hash_password(password: str, random: Random) -> str:
    """A salted hash, in the PHC string form that names its own parameters."""
    kdf = Argon2id(salt=random(16), length=32, iterations=_ITERATIONS, lanes=_LANES, memory_cost=_MEMORY_KIB)
    return kdf.derive_phc_encoded(password.encode())


def is_hash_of(password: str, phc: str) -> bool:
    """Whether a hash is this password's; takes the same time either way."""
    try:
        Argon2id.verify_phc_encoded(password.encode(), phc)
    except InvalidKey:
        return False
    return True


def seal_hashes(keys: KeyRing, user_id: str, hashes: Sequence[str]) -> bytes:
    """A user's hashes, the newest first, sealed for that user alone."""
    return keys.seal(_PURPOSE + user_id.encode(), msgspec.json.encode(hashes[:REMEMBERED_AT_MOST]))


def open_hashes(keys: KeyRing, profile: LoginProfile) -> list[str]:
    """The hashes of a login profile, the newest first; none where the key that sealed them is gone."""
    plain = keys.open(_PURPOSE + profile.id.encode(), profile.secret)
    return [] if plain is None else msgspec.json.decode(plain, type=list[str])


def is_password(keys: KeyRing, profile: LoginProfile | None, password: str) -> bool:
    """Whether this is a user's password. Where there is no profile it takes as long to say no."""
    hashes = [] if profile is None else open_hashes(keys, profile)
    if not hashes:
        is_hash_of(password, _nobodys())
        return False
    return is_hash_of(password, hashes[0])


@cache
def _nobodys() -> str:
    return hash_password(system_random(32).hex(), system_random)


def expires_at(policy: PasswordPolicy | None, profile: LoginProfile) -> float | None:
    """When a password must be changed (seconds since the epoch); None for never."""
    if policy is None or not policy.max_age:
        return None
    return profile.changed_at + policy.max_age * DAY
