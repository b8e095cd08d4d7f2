"""Tokens that an account's issuer signs for its principals, and the documents that others verify them by.

Keys are made when they are first needed, sealed at rest, and replaced after thirty days; an old one stays published until
the last token that it signed has expired.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_outbound_token_claims.html
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from tabard.store.iam_credentials import IssuerKey

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tabard.identity.keyring import KeyRing

SIGNS_FOR = 30 * 24 * 3600.0
"""Seconds that a key signs."""
PUBLISHED_FOR = SIGNS_FOR + 24 * 3600.0
"""Seconds that a key is published: no token lasts longer than an hour past its signing."""
_PURPOSE = b"issuer-key"


def make_key(account: str, algorithm: str, keys: KeyRing, now: float) -> IssuerKey:
    """A new key. RSA's takes some hundred milliseconds: not for the loop."""
    import jwt
    from cryptography.hazmat.primitives.asymmetric import ec, rsa
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    public: dict[str, Any]
    key: Any
    if algorithm == "RS256":
        key = rsa.generate_private_key(65537, 2048)
        public = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    else:
        key = ec.generate_private_key(ec.SECP384R1())
        public = jwt.algorithms.ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    public = {name: value for name, value in public.items() if isinstance(value, str)}
    key_id = hashlib.sha256(repr(sorted(public.items())).encode()).hexdigest()[:32]
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return IssuerKey(
        id=key_id,
        account=account,
        owner=account,
        created_at=now,
        secret=keys.seal(_PURPOSE + account.encode(), pem),
        algorithm=algorithm,
        public={**public, "kid": key_id, "use": "sig", "alg": algorithm},
    )


def signing_key(held: Iterable[IssuerKey], algorithm: str, now: float) -> IssuerKey | None:
    """The key that signs now; None where one must be made."""
    fresh = [key for key in held if key.algorithm == algorithm and now - key.created_at < SIGNS_FOR]
    return max(fresh, key=lambda key: (key.created_at, key.id), default=None)


def is_outdated(key: IssuerKey, now: float) -> bool:
    """Whether nothing that a key signed can still be good."""
    return now - key.created_at >= PUBLISHED_FOR


def sign(key: IssuerKey, keys: KeyRing, claims: Mapping[str, Any]) -> str | None:
    """A token of these claims; None where the key ring has lost what sealed the key."""
    import jwt

    pem = keys.open(_PURPOSE + key.account.encode(), key.secret)
    if pem is None:
        return None
    return jwt.encode(dict(claims), pem, key.algorithm, headers={"kid": key.id})


def discovery(issuer: str) -> dict[str, Any]:
    """An issuer's OpenID Connect discovery document."""
    return {
        "issuer": issuer,
        "jwks_uri": f"{issuer}/.well-known/jwks.json",
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "ES384"],
        "claims_supported": ["iss", "sub", "aud", "exp", "iat", "jti", "https://sts.amazonaws.com/"],
    }


def key_set(held: Iterable[IssuerKey], now: float) -> dict[str, Any]:
    """The public keys by which tokens that are still good can be verified."""
    return {"keys": [key.public for key in held if not is_outdated(key, now)]}
