"""X.509 certificates and their keys, as IAM takes them: in PEM.

What reads them is loaded when the first one comes: the server starts without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tabard.core.errors import AwsError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.x509 import Certificate

_BAD_CHAIN = (
    "Unable to validate certificate chain. The certificate chain must start with the immediate signing certificate, "
    "followed by any intermediaries in order. The index within the chain of the invalid certificate is: {}"
)


def malformed(message: str) -> AwsError:
    """A certificate that can not be read."""
    return AwsError("MalformedCertificate", message, 400)


def read_certificate(text: str) -> Certificate:
    """The one certificate of a PEM text; raises MalformedCertificate."""
    from cryptography import x509

    try:
        found = x509.load_pem_x509_certificates(text.encode())
    except ValueError:
        found = []
    if len(found) != 1:
        raise malformed("Unable to parse certificate. Please ensure the certificate is in PEM format.")
    return found[0]


def check_chain(certificate: Certificate, text: str) -> None:
    """Refuse a chain in which a certificate has not signed the one before it; raises MalformedCertificate."""
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature

    try:
        chain = x509.load_pem_x509_certificates(text.encode())
    except ValueError:
        raise malformed(
            "Unable to parse certificate chain. Please ensure the certificates are in PEM format."
        ) from None
    signed = certificate
    for index, issuer in enumerate(chain):
        try:
            signed.verify_directly_issued_by(issuer)
        except (ValueError, TypeError, InvalidSignature):
            raise malformed(_BAD_CHAIN.format(index)) from None
        signed = issuer


def check_private_key(certificate: Certificate, text: str) -> None:
    """Refuse a private key that is not the certificate's; raises MalformedCertificate or KeyPairMismatch."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    key = _read_private_key(text)
    spki = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if key.public_key().public_bytes(*spki) != certificate.public_key().public_bytes(*spki):
        raise AwsError("KeyPairMismatch", "The private key does not match the certificate.", 400)


def _read_private_key(text: str) -> RSAPrivateKey | EllipticCurvePrivateKey:
    from cryptography.hazmat.primitives.asymmetric import ec, rsa
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(text.encode(), None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise malformed("Unable to parse private key. It must be an unencrypted RSA or EC key in PEM format.")
    return key


def is_rsa_key(text: str) -> bool:
    """Whether a text is an unencrypted RSA private key in PEM."""
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        return isinstance(load_pem_private_key(text.encode(), None), rsa.RSAPrivateKey)
    except (ValueError, TypeError):
        return False
