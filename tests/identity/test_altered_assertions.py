"""Whatever is done to a SAML response, it says no more than the one that it was made from, and is refused in AWS's words."""

from __future__ import annotations

import base64
import copy
import hashlib
import hmac
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from tests.support.saml import AWS, A, P, SamlIdp, encoded, encrypted, instant

from tabard.core.errors import AwsError
from tabard.identity import saml

if TYPE_CHECKING:
    from collections.abc import Callable

D = "http://www.w3.org/2000/09/xmldsig#"
ROLE, PROVIDER = "arn:aws:iam::111122223333:role/app", "arn:aws:iam::111122223333:saml-provider/corp"
ROOT_ROLE = "arn:aws:iam::111122223333:role/root"
REFUSALS = {"InvalidIdentityToken", "ExpiredTokenException"}
IDP, STRANGER = SamlIdp(), SamlIdp()
METADATA = IDP.metadata
OPENS = rsa.generate_private_key(65537, 2048)
OPENS_PEM = OPENS.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
LONG: dict[str, Any] = {"after": instant(86_400), "confirmed": instant(86_400)}
NOW = IDP.certificate.not_valid_before_utc.timestamp() + 20 * 86_400


def printed(root: Any) -> bytes:
    text: bytes = etree.tostring(root)
    return text


def assertion(**changes: Any) -> Any:
    return IDP.assertion(ROLE, PROVIDER, **{**LONG, **changes})


UNSIGNED = IDP.assertion(ROOT_ROLE, PROVIDER, subject="root", **LONG)
"""What an attacker would like to be believed."""
FORGED = STRANGER.sign(STRANGER.assertion(ROOT_ROLE, PROVIDER, subject="root", **LONG))
GOOD: dict[str, Any] = {
    "assertion": IDP.response(IDP.sign(assertion())),
    "response": IDP.sign(IDP.response(assertion())),
    "both": IDP.sign(IDP.response(IDP.sign(assertion()))),
    "encrypted": IDP.response(encrypted(IDP.sign(assertion()), OPENS)),
    "encrypted and signed": IDP.sign(IDP.response(encrypted(assertion(), OPENS, mode="cbc"))),
}


def says(document: bytes | str) -> saml.Assertion | str:
    """What a response says, or the code of its refusal."""
    text = document if isinstance(document, str) else base64.b64encode(document).decode()
    try:
        return saml.read(text, METADATA, NOW, private_keys=(OPENS_PEM,))
    except AwsError as error:
        return error.code if error.status == 400 else f"{error.code} {error.status}"


def anywhere(random: Random, root: Any) -> Any:
    return random.choice(list(root.iter("*")))


def moved(random: Random, root: Any) -> bytes:
    """An element is moved, copied, doubled, taken out, or put around another."""
    element, place = anywhere(random, root), anywhere(random, root)
    if element is root or place in element.iter("*"):
        place = root
    match random.randrange(5) if element is not root else 3:
        case 0:
            place.insert(random.randint(0, len(place)), element)
        case 1:
            place.insert(random.randint(0, len(place)), copy.deepcopy(element))
        case 2:
            element.addnext(copy.deepcopy(element))
        case 3 if element is root:
            around = etree.Element(random.choice((f"{{{P}}}Response", f"{{{P}}}Extensions", "x")))
            around.append(root)
            return printed(around)
        case 3:
            around = etree.Element(random.choice((f"{{{A}}}Advice", f"{{{D}}}Object", element.tag)))
            element.getparent().replace(element, around)
            around.append(element)
        case _:
            element.getparent().remove(element)
    return printed(root)


def rewritten(random: Random, root: Any) -> bytes:
    """A text, an attribute or a name is another."""
    element = anywhere(random, root)
    values = ("root", "", ROOT_ROLE, "2099-01-01T00:00:00Z", "_x", "#_x", f"{ROOT_ROLE},{PROVIDER}", AWS)
    match random.randrange(4):
        case 0:
            element.text = (element.text or "") + random.choice(values)
        case 1:
            element.text = random.choice(values)
        case 2 if element.attrib:
            element.set(random.choice(list(element.attrib)), random.choice(values))
        case _:
            element.tag = anywhere(random, root).tag
    return printed(root)


def interrupted(random: Random, root: Any) -> bytes:
    """A comment, an instruction, an element, a section or white space stands in a text."""
    texts = [each for each in root.iter("*") if each.text and each.text.strip()]
    element = random.choice(texts)
    cut = random.randint(0, len(element.text))
    between = random.choice(
        (
            b"<!---->",
            b"<!--x-->",
            b"<?x y?>",
            b"<x/>",
            b"<![CDATA[]]>",
            b"<![CDATA[root]]>",
            b" ",
            b"\n",
            b"&#x200b;",
        )
    )
    element.text = f"{element.text[:cut]}HERE{element.text[cut:]}"
    return printed(root).replace(b"HERE", between)


ALGORITHMS = (
    *(f"{D}rsa-sha1", f"{D}hmac-sha1", f"{D}dsa-sha1", f"{D}sha1", f"{D}enveloped-signature", "", "none"),
    "http://www.w3.org/2001/04/xmldsig-more#rsa-md5",
    "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256",
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
    "http://www.w3.org/2001/04/xmldsig-more#md5",
    "http://www.w3.org/2001/04/xmlenc#sha256",
    "http://www.w3.org/2001/04/xmlenc#sha512",
    "http://www.w3.org/TR/1999/REC-xpath-19991116",
    "http://www.w3.org/TR/1999/REC-xslt-19991116",
    "http://www.w3.org/2002/06/xmldsig-filter2",
    "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments",
    "http://www.w3.org/2001/10/xml-exc-c14n#WithComments",
    f"{D}base64",
)


def other_algorithms(random: Random, root: Any) -> bytes:
    """Another digest, signature, canonical form or transform; one more transform, or none; another key."""
    named = [each for each in root.iter("*") if each.get("Algorithm") is not None]
    element = random.choice(named)
    match random.randrange(5):
        case 0 | 1:
            element.set("Algorithm", random.choice(ALGORITHMS))
        case 2:
            parent = element.getparent()
            parent.insert(random.randint(0, len(parent)), copy.deepcopy(element))
            element.set("Algorithm", random.choice(ALGORITHMS))
        case 3:
            element.getparent().remove(element)
        case _:
            by_the_certificate(root)
    return printed(root)


def by_the_certificate(root: Any) -> None:
    """A signature made with the provider's certificate as if it were a secret."""
    for signature in root.iter(f"{{{D}}}Signature"):
        signature.find(f".//{{{D}}}SignatureMethod").set(
            "Algorithm", "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"
        )
        text = etree.tostring(signature.find(f"{{{D}}}SignedInfo"), method="c14n", exclusive=True)
        for secret in (
            IDP.pem,
            IDP.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        ):
            value = base64.b64encode(hmac.new(secret, text, hashlib.sha256).digest()).decode()
            signature.find(f"{{{D}}}SignatureValue").text = value


def with_another(random: Random, root: Any) -> bytes:
    """A forged assertion is somewhere in it, under an id of its own or of the good one, signed by a stranger or not."""
    evil = copy.deepcopy(random.choice((FORGED, UNSIGNED)))
    ids = [each.get("ID") for each in root.iter("*") if each.get("ID")]
    if random.random() < 0.6:
        evil.set("ID", random.choice(ids))
    good = root.find(f".//{{{A}}}Assertion")
    if good is not None and random.random() < 0.5:
        signature = good.find(f"{{{D}}}Signature")
        if signature is not None and random.random() < 0.7:
            evil.append(copy.deepcopy(signature))
        good.getparent().replace(good, evil)
        holder = etree.SubElement(evil, random.choice((f"{{{D}}}Object", f"{{{A}}}Advice")))
        holder.append(good)
    else:
        place = anywhere(random, root)
        place.insert(random.randint(0, len(place)), evil)
    if random.random() < 0.3:
        for reference in root.iter(f"{{{D}}}Reference"):
            reference.set("URI", random.choice(("", f"#{evil.get('ID')}", *(f"#{each}" for each in ids))))
    return printed(root)


DOCTYPES = (
    b'<!DOCTYPE x [<!ENTITY a "root">]>',
    b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>',
    b'<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd">',
    b"<!DOCTYPE x [<!ATTLIST Assertion ID ID #REQUIRED>]>",
    b"<!doctype x>",
    b"<!DOCTYPE x []>",
)


def another_encoding(random: Random, root: Any) -> bytes | str:
    """The same text in another encoding, declared or not, with a document type before it, or in another base64."""
    data = printed(root)
    text = base64.b64encode(data).decode()
    ways: list[Callable[[], bytes | str]] = [
        lambda: data.decode().encode("utf-16"),
        lambda: data.decode().encode("utf-32"),
        lambda: b"\xef\xbb\xbf" + data,
        lambda: b'<?xml version="1.0" encoding="utf-7"?>' + data,
        lambda: b'<?xml version="1.0" encoding="latin-1"?>' + data,
        lambda: b'<?xml version="1.1"?>' + data,
        lambda: random.choice(DOCTYPES) + data,
        lambda: random.choice(DOCTYPES) + data.replace(b">ann<", b">&a;<"),
        lambda: data + random.choice((b"\0", b"<!-- -->", b"<x/>", data)),
        lambda: b" " + data,
        lambda: text.rstrip("="),
        lambda: text.replace("+", "-").replace("/", "_"),
        lambda: "\n".join(text[at : at + 76] for at in range(0, len(text), 76)),
        lambda: text + "=" * random.randint(1, 4),
        lambda: text + text,
        lambda: base64.b64encode(text.encode()).decode(),
        lambda: data[: random.randrange(len(data))],
    ]
    return random.choice(ways)()


def bits(random: Random, root: Any) -> bytes:
    """A bit of the document."""
    data = bytearray(etree.tostring(root))
    data[random.randrange(len(data))] ^= 1 << random.randrange(8)
    return bytes(data)


ALTERATIONS: tuple[Callable[[Random, Any], bytes | str], ...] = (
    moved,
    rewritten,
    interrupted,
    other_algorithms,
    with_another,
    another_encoding,
    bits,
)


@pytest.mark.parametrize("kind", GOOD)
def test_the_unaltered_ones_are_good(kind: str) -> None:
    found = says(encoded(GOOD[kind]))
    assert isinstance(found, saml.Assertion)
    assert (found.subject, found.attributes[f"{AWS}Role"]) == ("ann", (f"{ROLE},{PROVIDER}",))


@settings(max_examples=300, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_an_altered_response_says_nothing_else(seed: int) -> None:
    random = Random(seed)  # noqa: S311 - repeatable cases, not secrets
    kind = random.choice(sorted(GOOD))
    altered = random.choice(ALTERATIONS)(random, copy.deepcopy(GOOD[kind]))
    heard = says(altered)
    if isinstance(heard, str):
        assert heard in REFUSALS, altered
    else:
        assert heard == says(encoded(GOOD[kind])), altered


@pytest.mark.parametrize("kind", GOOD)
def test_the_certificate_is_no_secret(kind: str) -> None:
    root = copy.deepcopy(GOOD[kind])
    by_the_certificate(root)
    if root.find(f".//{{{D}}}Signature") is not None:
        assert says(etree.tostring(root)) == "InvalidIdentityToken"


def test_few_carried_keys_are_tried_however_many_there_are() -> None:
    own, others = "ds:KeyInfo/x:EncryptedKey", {"ds": D, "x": "http://www.w3.org/2001/04/xmlenc#"}
    for strangers, code in ((3, None), (4, "InvalidIdentityToken"), (200, "InvalidIdentityToken")):
        root = copy.deepcopy(GOOD["encrypted"])
        key = root.find(f".//{own}", others)
        for _ in range(strangers):
            stranger = copy.deepcopy(key)
            stranger.find(".//x:CipherValue", others).text = base64.b64encode(bytes(256)).decode()
            key.addprevious(stranger)
        heard = says(encoded(root))
        assert heard == (code or says(encoded(GOOD["encrypted"]))), strangers
