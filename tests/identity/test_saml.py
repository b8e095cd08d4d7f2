"""What is read of a SAML response that the provider signed: for whom it is made, of whom it speaks, until when it holds."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

import pytest
from lxml import etree
from tests.support.saml import SamlIdp, encoded, instant

from tabard.core.errors import AwsError
from tabard.identity import saml

IDP = SamlIdp()
GLOBAL = "https://signin.aws.amazon.com/saml"
REGIONAL = "https://us-east-1.signin.aws.amazon.com/saml"


def said(**changes: Any) -> saml.Assertion:
    assertion = IDP.assertion("role", "provider", **changes)
    return read(assertion)


def read(assertion: Any) -> saml.Assertion:
    return saml.read(encoded(IDP.response(IDP.sign(assertion))), IDP.metadata, time.time())


@pytest.mark.parametrize(
    "recipient",
    [GLOBAL, REGIONAL, "https://ap-southeast-2.signin.aws.amazon.com/saml", f"{REGIONAL}/acs/SAMLSP0A1B"],
)
def test_sign_in_addresses_of_every_region_are_ours(recipient: str) -> None:
    assert said(recipient=recipient).recipient == recipient
    assert said(recipient=recipient, audience=recipient).recipient == recipient


@pytest.mark.parametrize(
    "address",
    [
        "http://signin.aws.amazon.com/saml",
        "https://signin.aws.amazon.com/saml/",
        "https://signin.aws.amazon.com/saml?x",
        "https://evil.example/saml",
        "https://signin.aws.amazon.com.evil.example/saml",
        "https://evil.example/https://signin.aws.amazon.com/saml",
        "https://a.b.signin.aws.amazon.com/saml",
        "https://signin.amazonaws.cn/saml",
        "",
    ],
)
def test_other_addresses_are_not(address: str) -> None:
    for changes in ({"recipient": address}, {"audience": address}):
        with pytest.raises(AwsError, match="InvalidIdentityToken"):
            said(**changes)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("urn:oasis:names:tc:SAML:2.0:nameid-format:persistent", "persistent"),
        ("urn:oasis:names:tc:SAML:2.0:nameid-format:transient", "transient"),
        (
            "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
            "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
        ),
        (
            "urn:oasis:names:tc:SAML:2.0:nameid-format:kerberos",
            "urn:oasis:names:tc:SAML:2.0:nameid-format:kerberos",
        ),
    ],
)
def test_the_kind_of_subject_is_short_for_the_two_that_aws_names(given: str, told: str) -> None:
    assert said(format=given).subject_type == told


def test_the_session_ends_at_the_earliest_of_what_is_said() -> None:
    assert said().session_ends_at is None
    early, late = instant(1200), instant(7200)
    assertion = IDP.assertion("role", "provider", session=late)
    statement = assertion.find("{*}AuthnStatement")
    more = etree.fromstring(etree.tostring(statement))
    more.set("SessionNotOnOrAfter", early)
    statement.addnext(more)
    assert read(assertion).session_ends_at == datetime.fromisoformat(early).timestamp()
