"""Metadata documents of SAML identity providers: https://docs.oasis-open.org/security/saml/v2.0/saml-metadata-2.0-os.pdf.

They come from outside: a document type is refused before anything is read, so that there are no entities to expand.
"""

from __future__ import annotations

import base64
import binascii
import xml.etree.ElementTree as ET
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple
from xml.parsers import expat

from tabard.core.errors import AwsError

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

_MD = "{urn:oasis:names:tc:SAML:2.0:metadata}"
_DS = "{http://www.w3.org/2000/09/xmldsig#}"


class SamlMetadata(NamedTuple):
    """What a document says: the provider's name, the certificates that it signs with, and until when it holds."""

    entity_id: str
    certificates: tuple[Certificate, ...]
    valid_until: float | None


def _refuse() -> Exception:
    return AwsError("InvalidInput", "Could not parse metadata")


def parse(text: str) -> SamlMetadata:
    """Read a metadata document; raises InvalidInput."""
    root = _tree(text)
    entity = root.get("entityID")
    idp = root.find(f"{_MD}IDPSSODescriptor")
    if root.tag != f"{_MD}EntityDescriptor" or not entity or idp is None:
        raise _refuse()
    certificates = tuple(
        _certificate(element.text or "")
        for descriptor in idp.iterfind(f"{_MD}KeyDescriptor")
        if descriptor.get("use", "signing") == "signing"
        for element in descriptor.iterfind(f"{_DS}KeyInfo/{_DS}X509Data/{_DS}X509Certificate")
    )
    if not certificates or idp.find(f"{_MD}SingleSignOnService") is None:
        raise _refuse()
    until = [moment for element in (root, idp) if (moment := element.get("validUntil")) is not None]
    return SamlMetadata(entity, certificates, min(map(_instant, until), default=None))


def check_document_type(document: bytes) -> None:
    """Raise ``ValueError`` for what is not XML in UTF-8, or has a document type."""
    parser = expat.ParserCreate("utf-8")
    parser.StartDoctypeDeclHandler = _on_document_type
    try:
        parser.Parse(document, True)
    except expat.ExpatError as error:
        raise ValueError(str(error)) from None


def _on_document_type(*_declared: object) -> None:
    raise ValueError("it has a document type")


def _tree(text: str) -> ET.Element:
    """The document's tree; raises InvalidInput for one that is malformed, or has a document type."""
    data = text.encode()
    try:
        check_document_type(data)
        return ET.fromstring(data, ET.XMLParser(encoding="utf-8"))  # noqa: S314 - it has no document type
    except (ET.ParseError, ValueError):
        raise _refuse() from None


def _certificate(text: str) -> Certificate:
    from cryptography import x509  # 20 ms of the start, were it loaded there

    try:
        return x509.load_der_x509_certificate(base64.b64decode("".join(text.split()), validate=True))
    except (binascii.Error, ValueError):
        raise _refuse() from None


def _instant(text: str) -> float:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise _refuse() from None
    if found.tzinfo is None:
        raise _refuse()
    return found.timestamp()
