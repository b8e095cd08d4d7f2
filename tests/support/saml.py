"""A SAML identity provider: its metadata, and responses that it signs, as well made or as badly as a test wants."""

from __future__ import annotations

import base64
import datetime as dt
import os
import uuid
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.x509.oid import NameOID
from lxml import etree
from signxml.signer import XMLSigner

if TYPE_CHECKING:
    from collections.abc import Mapping

ENTITY = "https://idp.example.com/"
RECIPIENT = "https://signin.aws.amazon.com/saml"
AWS = "https://aws.amazon.com/SAML/Attributes/"
P = "urn:oasis:names:tc:SAML:2.0:protocol"
A = "urn:oasis:names:tc:SAML:2.0:assertion"


def instant(seconds: float = 0) -> str:
    """So many seconds from now."""
    moment = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=seconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


class SamlIdp:
    """An identity provider with a key and a self-signed certificate."""

    def __init__(self, entity: str = ENTITY) -> None:
        self.entity = entity
        self.key = rsa.generate_private_key(65537, 2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "idp.example.com")])
        now = dt.datetime.now(dt.UTC)
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=20))
            .not_valid_after(now + dt.timedelta(days=10))
            .sign(self.key, hashes.SHA256())
        )

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def metadata(self) -> str:
        text = "".join(self.pem.decode().splitlines()[1:-1])
        return f"""<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata"
  xmlns:ds="http://www.w3.org/2000/09/xmldsig#" entityID="{self.entity}">
  <md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
    <md:KeyDescriptor use="signing"><ds:KeyInfo><ds:X509Data>
      <ds:X509Certificate>{text}</ds:X509Certificate>
    </ds:X509Data></ds:KeyInfo></md:KeyDescriptor>
    <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://idp.example.com/sso"/>
  </md:IDPSSODescriptor></md:EntityDescriptor>"""

    def assertion(
        self,
        role: str,
        provider: str,
        *,
        subject: str = "ann",
        attributes: Mapping[str, list[str]] | None = None,
        **changes: str,
    ) -> Any:
        """An assertion that is not signed yet; ``changes`` replace what it says by default."""
        said = {
            "issuer": self.entity,
            "issued": instant(),
            "before": instant(-60),
            "after": instant(300),
            "confirmed": instant(300),
            "recipient": RECIPIENT,
            "audience": "urn:amazon:webservices",
            "session": "",
            "format": "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
            "method": "urn:oasis:names:tc:SAML:2.0:cm:bearer",
            **changes,
        }
        values = {
            f"{AWS}Role": [f"{role},{provider}"],
            f"{AWS}RoleSessionName": ["ann"],
            **(attributes or {}),
        }
        told = "".join(
            f'<saml:Attribute Name="{name}">'
            + "".join(f"<saml:AttributeValue>{each}</saml:AttributeValue>" for each in each_of)
            + "</saml:Attribute>"
            for name, each_of in values.items()
        )
        session = f' SessionNotOnOrAfter="{said["session"]}"' if said["session"] else ""
        return etree.fromstring(
            f"""<saml:Assertion xmlns:saml="{A}" ID="_{uuid.uuid4().hex}" Version="2.0" IssueInstant="{said["issued"]}">
<saml:Issuer>{said["issuer"]}</saml:Issuer><saml:Subject>
<saml:NameID Format="{said["format"]}">{subject}</saml:NameID>
<saml:SubjectConfirmation Method="{said["method"]}">
<saml:SubjectConfirmationData NotOnOrAfter="{said["confirmed"]}" Recipient="{said["recipient"]}"/>
</saml:SubjectConfirmation></saml:Subject>
<saml:Conditions NotBefore="{said["before"]}" NotOnOrAfter="{said["after"]}"><saml:AudienceRestriction>
<saml:Audience>{said["audience"]}</saml:Audience></saml:AudienceRestriction></saml:Conditions>
<saml:AuthnStatement AuthnInstant="{instant()}"{session}/>
<saml:AttributeStatement>{told}</saml:AttributeStatement></saml:Assertion>"""
        )

    def sign(self, element: Any, **how: Any) -> Any:
        """The element with a signature in it."""
        signer = XMLSigner(c14n_algorithm="http://www.w3.org/2001/10/xml-exc-c14n#", **how)
        return signer.sign(
            element,
            key=self.key,
            cert=self.pem.decode(),
            reference_uri=element.get("ID"),
            id_attribute="ID",
        )

    def response(
        self, *assertions: Any, status: str = "urn:oasis:names:tc:SAML:2.0:status:Success", **more: Any
    ) -> Any:
        """A response that is not signed yet, with these assertions in it."""
        root = etree.fromstring(
            f"""<samlp:Response xmlns:samlp="{P}" ID="_{uuid.uuid4().hex}" Version="2.0" IssueInstant="{instant()}">
<saml:Issuer xmlns:saml="{A}">{more.get("issuer", self.entity)}</saml:Issuer>
<samlp:Status><samlp:StatusCode Value="{status}"/></samlp:Status></samlp:Response>"""
        )
        for assertion in assertions:
            root.append(assertion)
        return root


def encrypted(assertion: Any, key: rsa.RSAPrivateKey, *, mode: str = "gcm") -> Any:
    """An assertion that only the holder of a private key can read."""
    secret, nonce = os.urandom(32), os.urandom(12 if mode == "gcm" else 16)
    plain = etree.tostring(assertion)
    if mode == "gcm":
        text = nonce + AESGCM(secret).encrypt(nonce, plain, None)
        algorithm = "http://www.w3.org/2009/xmlenc11#aes256-gcm"
    else:
        rest = 16 - len(plain) % 16
        writing = Cipher(algorithms.AES(secret), modes.CBC(nonce)).encryptor()
        text = nonce + writing.update(plain + os.urandom(rest - 1) + bytes([rest])) + writing.finalize()
        algorithm = "http://www.w3.org/2001/04/xmlenc#aes256-cbc"
    oaep = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)  # noqa: S303 - OAEP's default
    wrapped = base64.b64encode(key.public_key().encrypt(secret, oaep)).decode()
    return etree.fromstring(
        f"""<saml:EncryptedAssertion xmlns:saml="{A}" xmlns:x="http://www.w3.org/2001/04/xmlenc#"
  xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><x:EncryptedData><x:EncryptionMethod Algorithm="{algorithm}"/>
<ds:KeyInfo><x:EncryptedKey><x:EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p"/>
<x:CipherData><x:CipherValue>{wrapped}</x:CipherValue></x:CipherData></x:EncryptedKey></ds:KeyInfo>
<x:CipherData><x:CipherValue>{base64.b64encode(text).decode()}</x:CipherValue></x:CipherData>
</x:EncryptedData></saml:EncryptedAssertion>"""
    )


def encoded(root: Any) -> str:
    """As it is posted."""
    return base64.b64encode(root if isinstance(root, bytes) else etree.tostring(root)).decode()
