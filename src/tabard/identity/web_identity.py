"""Tokens of OpenID Connect providers: fetched keys, verified signatures, and the claims that AWS asks for.

https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html
"""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from tabard.core.errors import AwsError
from tabard.core.sources import iso8601
from tabard.identity.fetching import FetchError, fetch

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from tabard.store.iam_credentials import OidcProvider

ALGORITHMS = {
    "RS256": "RSA",
    "RS384": "RSA",
    "RS512": "RSA",
    "ES256": "EC",
    "ES384": "EC",
    "ES512": "EC",
}
"""The signature algorithms that AWS takes, and the kind of key that each needs."""
KEPT_FOR = 3600.0
"""Seconds that a provider's keys are used before they are fetched again."""
AGAIN_AFTER = 5.0
"""Seconds before keys are fetched again for a token whose key is not among them, and after they could not be had."""
_PROVIDERS_AT_MOST = 1000
_KEYS_AT_MOST = 200
_SKEW = 300.0
_FORM = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")
"""A compact serialisation (RFC 7515): PyJWT would pass over what base64 does not know."""


class Unverified(NamedTuple):
    """A token as it was sent: nothing in it is true yet."""

    header: dict[str, Any]
    claims: dict[str, Any]
    issuer: str
    text: str


class Token(NamedTuple):
    """What a token proves: its claims, and which of the provider's client ids it is for."""

    claims: dict[str, Any]
    audience: str
    subject: str


class _Kept(msgspec.Struct):
    keys: list[dict[str, Any]]
    fetched_at: float


class KeySets:
    """The public keys of providers, fetched when they are first needed, once for all who wait."""

    def __init__(self, fetch_document: Callable[[str, Sequence[str]], Awaitable[bytes]] = fetch) -> None:
        self._fetch = fetch_document
        self._kept: OrderedDict[tuple[str, ...], _Kept] = OrderedDict()
        self._failed: dict[tuple[str, ...], tuple[float, AwsError]] = {}
        self._locks: dict[tuple[str, ...], asyncio.Lock] = {}

    async def keys(self, provider: OidcProvider, key_id: str | None, now: float) -> list[dict[str, Any]]:
        """The keys with this id, or all of them for a token that names none; raises ``AwsError`` IDPCommunicationError.

        What was fetched under one account's thumbprints serves no other account.
        """
        place = (provider.account, provider.id, *provider.thumbprints)
        lock = self._locks.setdefault(place, asyncio.Lock())
        async with lock:
            kept = self._kept.get(place)
            if kept is None or _outdated(kept, key_id, now):
                failed = self._failed.get(place)
                if failed is not None and 0 <= now - failed[0] < AGAIN_AFTER:
                    raise AwsError(failed[1].code, failed[1].message)
                try:
                    kept = _Kept(await self._fetched(provider), now)
                except AwsError as error:
                    if len(self._failed) >= _PROVIDERS_AT_MOST:
                        self._failed.clear()
                    self._failed[place] = now, error
                    raise
                self._failed.pop(place, None)
                self._kept[place] = kept
                self._kept.move_to_end(place)
                while len(self._kept) > _PROVIDERS_AT_MOST:
                    oldest, _ = self._kept.popitem(last=False)
                    self._locks.pop(oldest, None)
        return _named(kept.keys, key_id)

    async def _fetched(self, provider: OidcProvider) -> list[dict[str, Any]]:
        issuer = f"https://{provider.id}"
        try:
            address = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
            described = _json(await self._fetch(address, provider.thumbprints))
            held = _json(await self._fetch(_jwks_uri(described, issuer), provider.thumbprints))
        except FetchError as error:
            raise AwsError(
                "IDPCommunicationError", f"Couldn't communicate with the identity provider: {error}"
            ) from None
        keys = held.get("keys")
        if not isinstance(keys, list):
            raise _no_key()
        return [key for key in keys[:_KEYS_AT_MOST] if isinstance(key, dict) and key.get("use") != "enc"]


def _jwks_uri(described: dict[str, Any], issuer: str) -> str:
    if str(described.get("issuer", "")).rstrip("/") != issuer.rstrip("/"):
        raise FetchError("the discovery document is another issuer's")
    return str(described.get("jwks_uri", ""))


def _outdated(kept: _Kept, key_id: str | None, now: float) -> bool:
    age = now - kept.fetched_at
    return age >= KEPT_FOR or age < 0 or (age >= AGAIN_AFTER and not _named(kept.keys, key_id))


def _named(keys: list[dict[str, Any]], key_id: str | None) -> list[dict[str, Any]]:
    return keys if key_id is None else [key for key in keys if key.get("kid") == key_id]


def _json(document: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(document, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError):
        raise FetchError("the document is not a JSON object") from None


def read(text: str) -> Unverified:
    """A token's parts, none of them verified; raises ``AwsError`` InvalidIdentityToken for what is no JWT."""
    import jwt

    if not _FORM.fullmatch(text):
        raise _no_token()
    try:
        parts = jwt.decode_complete(text, options={"verify_signature": False})
        header, claims = parts["header"], parts["payload"]
    except (jwt.InvalidTokenError, ValueError, RecursionError):
        raise _no_token() from None
    for name in ("iss", "sub", "aud", "exp", "iat"):
        if name not in claims:
            raise _invalid(f"Missing a required claim: {name}")
    if not isinstance(claims["iss"], str) or not isinstance(claims["sub"], str):
        raise _invalid("Claims iss and sub must be strings.")
    return Unverified(header, claims, claims["iss"], text)


def provider_name(issuer: str) -> str:
    """Under which id an issuer's provider is registered: its URL without the scheme; empty for what is no ``https`` URL."""
    if not issuer.startswith("https://"):
        return ""
    host, slash, path = issuer.removeprefix("https://").partition("/")
    return host.lower() + slash + path


async def verify(token: Unverified, provider: OidcProvider, keys: KeySets, now: float) -> Token:
    """What a token proves; raises ``AwsError`` InvalidIdentityToken, ExpiredTokenException or IDPCommunicationError."""
    algorithm = token.header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise _invalid("The algorithm of the ID Token's signature is not supported.")
    key_id = token.header.get("kid")
    candidates = await keys.keys(provider, key_id if isinstance(key_id, str) else None, now)
    fitting = [key for key in candidates if _fits(key, algorithm)]
    if not fitting:
        raise _no_key()
    if not any(_is_signed(token.text, key, algorithm) for key in fitting):
        raise _invalid("The ID Token's signature is invalid.")
    _check_times(token.claims, now)
    return Token(token.claims, _audience(token.claims, provider), token.claims["sub"])


def _fits(key: dict[str, Any], algorithm: str) -> bool:
    return key.get("kty") == ALGORITHMS[algorithm] and key.get("alg", algorithm) == algorithm


def _is_signed(text: str, key: dict[str, Any], algorithm: str) -> bool:
    import jwt

    unchecked = {f"verify_{name}": False for name in ("exp", "nbf", "iat", "aud", "iss", "sub", "jti")}
    try:
        public = jwt.PyJWK(key, algorithm)
        jwt.decode(text, public, algorithms=[algorithm], options=unchecked)  # type: ignore[arg-type] # built from the names
    except (jwt.PyJWTError, ValueError, TypeError):
        return False
    return True


def _check_times(claims: dict[str, Any], now: float) -> None:
    """AWS allows five minutes between the clocks for when a token begins, and none for when it ends."""
    expires, issued, begins = (_seconds(claims, name) for name in ("exp", "iat", "nbf"))
    if expires is None or issued is None:
        raise _invalid("Claims exp and iat must be numbers.")
    if now >= expires:
        raise AwsError(
            "ExpiredTokenException",
            f"Token expired: current date/time {int(now)} must be before the expiration date/time {int(expires)}",
        )
    for moment in (issued, begins):
        if moment is not None and moment > now + _SKEW:
            raise _invalid(f"The ID Token is not valid before {iso8601(moment)}.")


def _seconds(claims: dict[str, Any], name: str) -> float | None:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e11:
        return None
    return float(value)


def _audience(claims: dict[str, Any], provider: OidcProvider) -> str:
    """The client id that a token is for: that of ``azp`` where there is one, else of ``aud``."""
    given = claims["aud"]
    offered = [given] if isinstance(given, str) else given
    if not isinstance(offered, list) or not offered or not all(isinstance(each, str) for each in offered):
        raise _invalid("Incorrect token audience")
    if claims.get("azp") is not None:
        offered = [claims["azp"]]
    elif len(offered) > 1:
        raise _invalid("Token audience contains more than one audience while authorized party is not present")
    for client_id in provider.client_ids:
        if client_id in offered:
            return client_id
    raise _invalid("Incorrect token audience")


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidIdentityToken", message)


def _no_token() -> AwsError:
    return _invalid(
        "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
    )


def _no_key() -> AwsError:
    return _invalid(
        "Couldn't retrieve verification key from your identity provider,  "
        "please reference AssumeRoleWithWebIdentity documentation for requirements"
    )
