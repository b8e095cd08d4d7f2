"""Encrypted SAML assertions: opened with the provider's private keys, by the algorithms that AWS takes.

RSA-OAEP carries the key, AES in CBC or GCM the assertion; RSA 1.5 is refused, for its padding can be probed.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml.html
https://www.w3.org/TR/xmlenc-core1/
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tabard.identity.keyring import KeyRing
    from tabard.store.iam_credentials import SamlProvider

PURPOSE = b"saml-private-keys"
"""What a provider's private keys are sealed for, with its unique id."""

_X = "{http://www.w3.org/2001/04/xmlenc#}"
_D = "{http://www.w3.org/2000/09/xmldsig#}"
_X11 = "{http://www.w3.org/2009/xmlenc11#}"
_CBC = {f"http://www.w3.org/2001/04/xmlenc#aes{bits}-cbc": bits // 8 for bits in (128, 192, 256)}
_GCM = {f"http://www.w3.org/2009/xmlenc11#aes{bits}-gcm": bits // 8 for bits in (128, 192, 256)}
_OAEP = frozenset(
    {"http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p", "http://www.w3.org/2009/xmlenc11#rsa-oaep"}
)
_KEYS_AT_MOST = 4
"""Carried keys that are tried: one for each of several recipients, and no work without end for who sends thousands."""


def private_keys(provider: SamlProvider, keys: KeyRing) -> tuple[str, ...]:
    """A provider's private keys, in PEM."""
    opened = keys.open(PURPOSE + provider.uuid.encode(), provider.secret)
    return () if opened is None else tuple(msgspec.json.decode(opened, type=dict[str, str]).values())


def decrypt(encrypted: Any, keys: Iterable[str]) -> bytes | None:
    """The XML in an ``EncryptedAssertion`` element; None where none of the keys (PEM) opens it."""
    data = encrypted.find(f"{_X}EncryptedData")
    if data is None:
        return None
    method = data.find(f"{_X}EncryptionMethod")
    algorithm = "" if method is None else str(method.get("Algorithm", ""))
    length = _CBC.get(algorithm) or _GCM.get(algorithm)
    text = _value(data)
    if length is None or text is None:
        return None
    carried = [*data.iterfind(f"{_D}KeyInfo/{_X}EncryptedKey"), *encrypted.iterfind(f"{_X}EncryptedKey")]
    for private in map(_loaded, keys):
        for element in carried[:_KEYS_AT_MOST]:
            key = _unwrapped(element, private)
            if key is not None and len(key) == length:
                opened = _opened(algorithm, key, text)
                if opened is not None:
                    return opened
    return None


def _value(element: Any) -> bytes | None:
    found = element.find(f"{_X}CipherData/{_X}CipherValue")
    if found is None:
        return None
    try:
        return base64.b64decode("".join((found.text or "").split()), validate=True)
    except (binascii.Error, ValueError):
        return None


def _loaded(pem: str) -> Any:
    """A private key, which was examined when it was added: to do so each time takes 40 ms."""
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    return load_pem_private_key(pem.encode(), None, unsafe_skip_rsa_key_validation=True)


def _unwrapped(element: Any, key: Any) -> bytes | None:
    """The content key that an ``EncryptedKey`` carries."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    method = element.find(f"{_X}EncryptionMethod")
    wrapped = _value(element)
    if method is None or method.get("Algorithm") not in _OAEP or wrapped is None:
        return None
    known: dict[str, hashes.HashAlgorithm] = {
        "sha1": hashes.SHA1(),  # noqa: S303 - OAEP's default; it is not relied on to resist collisions
        "sha256": hashes.SHA256(),
        "sha384": hashes.SHA384(),
        "sha512": hashes.SHA512(),
    }
    digest, mask = method.find(f"{_D}DigestMethod"), method.find(f"{_X11}MGF")
    hashed = known.get("sha1" if digest is None else str(digest.get("Algorithm")).rpartition("#")[2])
    masked = known.get("sha1" if mask is None else str(mask.get("Algorithm")).rpartition("mgf1")[2])
    if hashed is None or masked is None or not isinstance(key, rsa.RSAPrivateKey):
        return None
    try:
        return key.decrypt(wrapped, padding.OAEP(padding.MGF1(masked), hashed, None))
    except ValueError:
        return None


def _opened(algorithm: str, key: bytes, text: bytes) -> bytes | None:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    if algorithm in _GCM:
        try:
            return AESGCM(key).decrypt(text[:12], text[12:], None)
        except (InvalidTag, ValueError):
            return None
    if len(text) < 32 or len(text) % 16:
        return None
    reading = Cipher(algorithms.AES(key), modes.CBC(text[:16])).decryptor()
    plain = reading.update(text[16:]) + reading.finalize()
    return plain[: -plain[-1]] if 1 <= plain[-1] <= 16 else None
