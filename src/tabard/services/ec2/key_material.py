"""Keys themselves: making them, reading public ones, and their fingerprints as AWS shows them.

A created RSA key has the SHA-1 of its PKCS#8 DER, an imported one the MD5 of its public DER, an Ed25519 key
the SHA-256 that OpenSSH shows. What makes and reads them is loaded with the first: the server starts without it.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/verify-keys.html
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import TYPE_CHECKING, NamedTuple

from tabard.core.errors import AwsError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

_RSA_SIZES = {1024, 2048, 4096}
_MATERIAL_AT_MOST = 16_384


class KeyMaterial(NamedTuple):
    """A key pair; ``private_pem`` is empty for one whose public half alone is known."""

    kind: str
    public_key: str
    fingerprint: str
    private_pem: str = ""


def generate(kind: str) -> KeyMaterial:
    """A new key pair: ``rsa`` in PKCS#1 PEM, ``ed25519`` in OpenSSH's PEM, as AWS gives them out."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

    if kind == "rsa":
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
        pkcs8 = key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        fingerprint = _colons(hashlib.sha1(pkcs8, usedforsecurity=False).hexdigest())
        # AWS's own file has no newline at its end
        return KeyMaterial(kind, _openssh(key.public_key()), fingerprint, private.decode().rstrip("\n"))
    pair = ed25519.Ed25519PrivateKey.generate()
    private = pair.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    )
    line = _openssh(pair.public_key())
    return KeyMaterial(kind, line, _sha256(line), private.decode())


def read_public(material: bytes) -> KeyMaterial:
    """A public key in OpenSSH's, PEM (SubjectPublicKeyInfo, RFC 4716) or base64 DER format; raises
    InvalidKey.Format.
    """
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

    if not material:
        raise AwsError("MissingParameter", "The request must contain the parameter PublicKeyMaterial")
    if len(material) > _MATERIAL_AT_MOST:
        raise AwsError("InvalidKey.Format", "Key is not in valid OpenSSH public key format")
    key = _loaded(material.strip())
    if isinstance(key, ed25519.Ed25519PublicKey):
        line = _openssh(key)
        return KeyMaterial("ed25519", line, _sha256(line))
    if isinstance(key, rsa.RSAPublicKey):
        if key.key_size not in _RSA_SIZES:
            raise AwsError(
                "InvalidKey.Format", "Invalid RSA key length: supported lengths are 1024, 2048, and 4096"
            )
        der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        return KeyMaterial("rsa", _openssh(key), _colons(hashlib.md5(der, usedforsecurity=False).hexdigest()))
    raise AwsError("InvalidKey.Format", "Key is not in valid OpenSSH public key format")


def _loaded(material: bytes) -> object:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization

    try:
        if material.startswith(b"-----BEGIN"):
            return serialization.load_pem_public_key(material)
        if material.startswith(b"---- BEGIN SSH2"):
            return serialization.load_ssh_public_key(_from_rfc4716(material))
        if material.startswith(b"ssh-"):
            return serialization.load_ssh_public_key(material)
        return serialization.load_der_public_key(base64.b64decode(material, validate=True))
    except (ValueError, UnsupportedAlgorithm, binascii.Error):
        return None


def _from_rfc4716(material: bytes) -> bytes:
    """The one-line form of ``---- BEGIN SSH2 PUBLIC KEY ----``."""
    body: list[bytes] = []
    continued = False
    for line in material.splitlines()[1:-1]:
        if continued or b":" in line:
            continued = line.endswith(b"\\")
            continue
        body.append(line.strip())
    blob = base64.b64decode(b"".join(body), validate=True)
    size = int.from_bytes(blob[:4], "big")
    return blob[4 : 4 + size] + b" " + base64.b64encode(blob)


def _openssh(key: RSAPublicKey | Ed25519PublicKey) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def _sha256(line: str) -> str:
    return base64.b64encode(hashlib.sha256(base64.b64decode(line.split()[1])).digest()).decode()


def _colons(digits: str) -> str:
    return ":".join(digits[at : at + 2] for at in range(0, len(digits), 2))
