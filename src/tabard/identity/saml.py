"""SAML responses: whose signature they have, until when they hold, and what they say of a person.

Only what a signature covers is ever read: everything is taken from the element that the signature was verified over, so that
nothing can be wrapped around it. Document types are refused before anything is parsed.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml_assertions.html
"""

from __future__ import annotations

import base64
import binascii
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from tabard.core.errors import AwsError
from tabard.identity import saml_encryption, saml_metadata

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography.x509 import Certificate

_P = "{urn:oasis:names:tc:SAML:2.0:protocol}"
_A = "{urn:oasis:names:tc:SAML:2.0:assertion}"
_SIGNATURE = "{http://www.w3.org/2000/09/xmldsig#}Signature"
_SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
_BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
_FORMATS = "urn:oasis:names:tc:SAML:2.0:nameid-format:"
_UNSPECIFIED = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"
_RECIPIENT = re.compile(r"https://([a-z0-9-]+\.)?signin\.aws\.amazon\.com/saml(/acs/[A-Za-z0-9-]+)?")
_AUDIENCE = "urn:amazon:webservices"
_REDEEM_WITHIN = 300.0
_SKEW = 300.0


class Assertion(NamedTuple):
    """What an identity provider says of a person.

    ``recipient`` is the address that it was made for, ``session_ends_at`` (seconds since the epoch, None where it does not
    say) until when the person is signed in there, ``attributes`` the values of each attribute, by its name.
    """

    issuer: str
    subject: str
    subject_type: str
    recipient: str
    session_ends_at: float | None
    attributes: Mapping[str, tuple[str, ...]]


def read(
    text: str, metadata: str, now: float, *, private_keys: tuple[str, ...] = (), encrypted_only: bool = False
) -> Assertion:
    """The assertion of a response (in base64) that the provider of this metadata signed.

    ``private_keys`` (PEM) open encrypted ones. Raises ``AwsError`` InvalidIdentityToken, or ExpiredTokenException. It
    computes for some milliseconds: not for the loop.
    """
    known = saml_metadata.parse(metadata)
    response = _parsed(_decoded(text))
    if response.tag != f"{_P}Response":
        raise _invalid("The document is not a SAML response.")
    whole = response.find(_SIGNATURE) is not None
    if whole:
        response = _signed(response, "./", known.certificates)
        if response.tag != f"{_P}Response":
            raise _invalid("Response signature invalid")
    status = response.find(f"{_P}Status/{_P}StatusCode")
    if status is None or status.get("Value") != _SUCCESS:
        raise _invalid("The response does not say that the person was signed in.")
    plain, encrypted = response.findall(f"{_A}Assertion"), response.findall(f"{_A}EncryptedAssertion")
    if len(plain) + len(encrypted) != 1:
        raise _invalid("Response must contain one assertion.")
    if plain and encrypted_only:
        raise _invalid("The provider requires encrypted assertions.")
    assertion = plain[0] if plain else _decrypted(encrypted[0], private_keys)
    if not whole:
        place = f"./{_A}Assertion/" if plain else "./"
        assertion = _signed(response if plain else assertion, place, known.certificates)
    if assertion.tag != f"{_A}Assertion":
        raise _invalid("Response signature invalid")
    return _assertion(assertion, known.entity_id, now)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise _invalid("Invalid base64 SAMLResponse") from None


def _parsed(document: bytes) -> Any:
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
    try:
        saml_metadata.check_document_type(document)
        return etree.fromstring(document, parser)
    except (ValueError, etree.XMLSyntaxError):
        raise _invalid("SAML Assertion is not well-formed XML.") from None


def _decrypted(element: Any, private_keys: tuple[str, ...]) -> Any:
    document = saml_encryption.decrypt(element, private_keys)
    if document is None:
        raise _invalid("The assertion can not be decrypted.")
    return _parsed(document)


def _signed(root: Any, place: str, certificates: tuple[Certificate, ...]) -> Any:
    """The element that the signature at a place covers, if one of the certificates made it, as it was signed."""
    from signxml.verifier import SignatureConfiguration, XMLVerifier

    expected = SignatureConfiguration(location=place, ignore_ambiguous_key_info=True)
    for certificate in certificates:
        try:
            found = XMLVerifier().verify(
                root, x509_cert=certificate, id_attribute="ID", expect_config=expected
            )
        except Exception:  # noqa: BLE001, S112 - whatever stops the library, nothing was verified
            continue
        if not isinstance(found, list) and found.signed_xml is not None:
            return found.signed_xml
    raise _invalid("Response signature invalid")


def _assertion(assertion: Any, entity_id: str, now: float) -> Assertion:
    if _text(assertion.find(f"{_A}Issuer")) != entity_id:
        raise _invalid("Issuer not present in specified provider")
    _check_times(assertion, now)
    conditions = assertion.find(f"{_A}Conditions")
    audiences = () if conditions is None else conditions.iterfind(f"{_A}AudienceRestriction/{_A}Audience")
    if not any(text == _AUDIENCE or _RECIPIENT.fullmatch(text) for text in map(_text, audiences)):
        raise _invalid("Response does not contain the required audience.")
    name = assertion.find(f"{_A}Subject/{_A}NameID")
    subject = _text(name)
    if name is None or not subject:
        raise _invalid("Response must contain a subject with a NameID.")
    return Assertion(
        entity_id,
        subject,
        _subject_type(str(name.get("Format", _UNSPECIFIED))),
        _recipient(assertion, now),
        min(
            (
                _instant(statement.get("SessionNotOnOrAfter"))
                for statement in assertion.iterfind(f"{_A}AuthnStatement")
                if statement.get("SessionNotOnOrAfter")
            ),
            default=None,
        ),
        _attributes(assertion),
    )


def _subject_type(name_format: str) -> str:
    """``persistent`` or ``transient``, else the format's whole URI."""
    short = name_format.removeprefix(_FORMATS)
    return short if short in {"persistent", "transient"} else name_format


def _check_times(assertion: Any, now: float) -> None:
    issued = _instant(assertion.get("IssueInstant"))
    if now >= issued + _REDEEM_WITHIN:
        raise _expired("Token must be redeemed within 5 minutes of issuance")
    conditions = assertion.find(f"{_A}Conditions")
    begins, ends = [issued], []
    if conditions is not None:
        begins += [_instant(conditions.get("NotBefore"))] if conditions.get("NotBefore") else []
        ends += [_instant(conditions.get("NotOnOrAfter"))] if conditions.get("NotOnOrAfter") else []
    if any(now + _SKEW < moment for moment in begins):
        raise _invalid("The assertion is not valid yet.")
    if any(now >= moment for moment in ends):
        raise _expired("The assertion is not valid any more.")


def _recipient(assertion: Any, now: float) -> str:
    """The address of a bearer's confirmation that still holds; raises where there is none for us."""
    late = False
    for confirmation in assertion.iterfind(f"{_A}Subject/{_A}SubjectConfirmation"):
        data = confirmation.find(f"{_A}SubjectConfirmationData")
        if confirmation.get("Method") != _BEARER or data is None:
            continue
        recipient = str(data.get("Recipient", ""))
        if not _RECIPIENT.fullmatch(recipient):
            continue
        if now < _instant(data.get("NotOnOrAfter")):
            return recipient
        late = True
    if late:
        raise _expired("The assertion is not valid any more.")
    raise _invalid("Response must contain a bearer confirmation for AWS's sign-in address.")


def _attributes(assertion: Any) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for attribute in assertion.iterfind(f"{_A}AttributeStatement/{_A}Attribute"):
        name = str(attribute.get("Name", ""))
        values = tuple(_text(value) for value in attribute.iterfind(f"{_A}AttributeValue"))
        found[name] = found.get(name, ()) + values
    return found


def _text(element: Any) -> str:
    return "" if element is None else "".join(element.itertext()).strip()


def _instant(text: str | None) -> float:
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        raise _invalid("The assertion holds a time that is none.") from None
    if moment.tzinfo is None:
        raise _invalid("The assertion holds a time without a zone.")
    return moment.timestamp()


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidIdentityToken", message)


def _expired(message: str) -> AwsError:
    return AwsError("ExpiredTokenException", message)
