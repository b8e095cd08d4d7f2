"""Session credentials: sealed into the token they come with, stored nowhere.

A token names the principal by its *unique id*, so that a deleted role takes its sessions with it and one made again under
the same name does not inherit them. https://docs.aws.amazon.com/STS/latest/APIReference/API_Credentials.html
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Literal

import msgspec

from tabard.core.sources import access_key_id, secret_access_key

if TYPE_CHECKING:
    from tabard.core.caller import Delivery
    from tabard.core.sources import Random
    from tabard.identity.keyring import KeyRing

_PURPOSE = b"session-token"
_PREFIX = "TBRD"
TOKEN_AT_MOST = 16_384
"""Characters; longer ones are refused unread."""

SessionKind = Literal["role", "session-user", "session-root", "federated"]


class Claims(msgspec.Struct, frozen=True, array_like=True):
    """What a session token holds.

    ``principal_id`` is the unique id of the role or user (the account's number for its root); ``policies`` are session
    policies' documents; ``policy_arns`` managed ones named at the call; times are seconds since the epoch; ``console``
    says that a person signed in to the console with it; ``provider`` and ``identity_keys`` are ``Caller``'s.
    """

    kind: SessionKind
    account: str
    principal_id: str
    session_name: str
    access_key_id: str
    secret: str
    issued_at: float
    expires_at: float
    policies: tuple[str, ...] = ()
    policy_arns: tuple[str, ...] = ()
    tags: dict[str, str] = {}
    transitive: tuple[str, ...] = ()
    source_identity: str = ""
    mfa_at: float | None = None
    delivery: tuple[str, str, str, str, str, str] | None = None
    chained: bool = False
    console: bool = False
    provider: str = ""
    identity_keys: dict[str, str | tuple[str, ...]] = {}
    padding: str = ""


class SessionCredentials(msgspec.Struct, frozen=True):
    """What a caller is given: ``expires_at`` in seconds since the epoch."""

    access_key_id: str
    secret_access_key: str
    session_token: str
    expires_at: float


def mint(
    keys: KeyRing,
    random: Random,
    *,
    kind: SessionKind,
    account: str,
    principal_id: str,
    session_name: str,
    now: float,
    duration: int,
    policies: tuple[str, ...] = (),
    policy_arns: tuple[str, ...] = (),
    tags: dict[str, str] | None = None,
    transitive: tuple[str, ...] = (),
    source_identity: str = "",
    mfa_at: float | None = None,
    delivery: Delivery | None = None,
    chained: bool = False,
    console: bool = False,
    provider: str = "",
    identity_keys: dict[str, str | tuple[str, ...]] | None = None,
    minimum_size: int = 0,
) -> SessionCredentials:
    """New session credentials for ``duration`` seconds; nothing is written anywhere.

    The token is made ``minimum_size`` characters long where it would be shorter.
    """
    key_id = access_key_id("ASIA", account, random)
    secret = secret_access_key(random)
    claims = Claims(
        kind,
        account,
        principal_id,
        session_name,
        key_id,
        secret,
        now,
        float(int(now) + duration),
        policies,
        policy_arns,
        tags or {},
        transitive,
        source_identity,
        mfa_at,
        None
        if delivery is None
        else (
            delivery.instance_id,
            delivery.instance_arn,
            delivery.association_id,
            delivery.private_ip,
            delivery.vpc_id,
            delivery.version,
        ),
        chained,
        console,
        provider,
        identity_keys or {},
    )
    plain = msgspec.msgpack.encode(claims)
    sealed = keys.seal(_PURPOSE, plain)
    lacking = -(-(minimum_size - len(_PREFIX)) // 4) * 3 - len(sealed) if minimum_size else 0
    if lacking > 0:
        padded = msgspec.structs.replace(claims, padding=" " * lacking)
        sealed = keys.seal(_PURPOSE, msgspec.msgpack.encode(padded))
    token = _PREFIX + base64.b64encode(sealed).decode()
    return SessionCredentials(key_id, secret, token, claims.expires_at)


def open_token(keys: KeyRing, token: str) -> Claims | None:
    """The claims of a token of ours; None for anything else. Expiry is the caller's to check."""
    if not token.startswith(_PREFIX) or len(token) > TOKEN_AT_MOST:
        return None
    try:
        sealed = base64.b64decode(token[len(_PREFIX) :], validate=True)
    except (binascii.Error, ValueError):
        return None
    plain = keys.open(_PURPOSE, sealed)
    try:
        return None if plain is None else msgspec.msgpack.decode(plain, type=Claims)
    except msgspec.DecodeError:  # of a release whose claims were others
        return None
