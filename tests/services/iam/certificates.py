"""Certificates and keys of the tests' own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat


class Made(NamedTuple):
    """A certificate and its private key, in PEM."""

    certificate: str
    key: str


def pem_of(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def make(name: str, issuer: tuple[str, ec.EllipticCurvePrivateKey] | None = None, *, days: int = 30) -> Made:
    """A certificate of this name, signed by an issuer or by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    return made_with(name, key, issuer or (name, key), days)


def made_with(
    name: str, key: ec.EllipticCurvePrivateKey, issuer: tuple[str, ec.EllipticCurvePrivateKey], days: int = 30
) -> Made:
    until = datetime.now(UTC) + timedelta(days=days)
    built = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(_name(issuer[0]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(until - timedelta(days=60))
        .not_valid_after(until)
        .sign(issuer[1], SHA256())
    )
    return Made(built.public_bytes(Encoding.PEM).decode(), pem_of(key))


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common)])


@cache
def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


def ssh_key(bits: int = 2048, number: int = 0) -> str:
    key = rsa_key(bits) if number == 0 else rsa.generate_private_key(65537, bits)
    return key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
