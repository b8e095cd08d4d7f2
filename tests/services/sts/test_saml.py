"""AssumeRoleWithSAML."""

from __future__ import annotations

import base64
import contextlib
import copy
import hashlib
import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from lxml import etree
from tests.services.iam.conftest import ACCOUNT, World, allow, document, refused
from tests.support.saml import AWS, ENTITY, RECIPIENT, A, P, SamlIdp, encoded, encrypted, instant

if TYPE_CHECKING:
    from collections.abc import Callable

ROLE = f"arn:aws:iam::{ACCOUNT}:role/app"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:saml-provider/corp"
DENIED = ("AccessDenied", "Not authorized to perform sts:AssumeRoleWithSAML", 403)
UNSIGNED = ("InvalidIdentityToken", "Response signature invalid", 400)


@pytest.fixture(scope="module")
def idp() -> SamlIdp:
    return SamlIdp()


def trusting(*actions: str, **conditions: Any) -> str:
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"Federated": PROVIDER},
        "Action": ["sts:AssumeRoleWithSAML", *actions],
        "Condition": {"StringEquals": {"saml:aud": RECIPIENT}, **conditions},
    }
    return document(statement)


@pytest.fixture
def call(world: World, idp: SamlIdp) -> Callable[..., Any]:
    world.iam.create_saml_provider(Name="corp", SAMLMetadataDocument=idp.metadata)
    world.iam.create_role(RoleName="app", AssumeRolePolicyDocument=trusting())
    client = world.client("sts")

    def assume(root: Any, **more: Any) -> Any:
        parameters = {"RoleArn": ROLE, "PrincipalArn": PROVIDER, "SAMLAssertion": encoded(root), **more}
        return client.assume_role_with_saml(**parameters)

    return assume


def signed(idp: SamlIdp, **changes: Any) -> Any:
    """A response with a signed assertion."""
    return idp.response(idp.sign(idp.assertion(ROLE, PROVIDER, **changes)))


def test_an_assertion_gives_a_session_that_says_where_it_comes_from(
    world: World, idp: SamlIdp, call: Callable[..., Any]
) -> None:
    reply = call(signed(idp))
    qualifier = base64.b64encode(
        hashlib.sha1(f"{ENTITY}{ACCOUNT}/corp".encode(), usedforsecurity=False).digest()
    ).decode()
    told = {name: reply[name] for name in ("Subject", "SubjectType", "Issuer", "Audience", "NameQualifier")}
    assert told == {
        "Subject": "ann",
        "SubjectType": "persistent",
        "Issuer": ENTITY,
        "Audience": RECIPIENT,
        "NameQualifier": qualifier,
    }
    me = world.client("sts", reply["Credentials"]).get_caller_identity()
    assert me["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/app/ann"
    event = next(e for e in world.trail.events if e.event_name == "AssumeRoleWithSAML")
    identity = json.loads(bytes(event.user_identity))
    assert (identity["type"], identity["userName"]) == ("SAMLUser", "ann")
    assert identity["identityProvider"] == PROVIDER


def test_the_whole_response_may_be_signed_in_place_of_the_assertion(
    idp: SamlIdp, call: Callable[..., Any]
) -> None:
    whole = idp.sign(idp.response(idp.assertion(ROLE, PROVIDER)))
    assert call(whole)["Subject"] == "ann"
    both = idp.sign(signed(idp))
    assert call(both)["Subject"] == "ann"
    assert call(both)["Subject"] == "ann"  # as on AWS it serves until it expires


def test_what_is_not_signed_by_the_provider_is_refused(idp: SamlIdp, call: Callable[..., Any]) -> None:
    assertion = idp.assertion(ROLE, PROVIDER)
    assert refused(call, root=idp.response(assertion)) == UNSIGNED
    stranger = SamlIdp()
    assert refused(call, root=signed(stranger)) == UNSIGNED
    changed = signed(idp)
    changed.find(f".//{{{A}}}NameID").text = "root"
    assert refused(call, root=changed) == UNSIGNED
    weak = idp.assertion(ROLE, PROVIDER)
    bare = idp.response(idp.sign(weak))
    signature = bare.find(".//{http://www.w3.org/2000/09/xmldsig#}SignatureValue")
    signature.text = ""
    assert refused(call, root=bare) == UNSIGNED


def test_nothing_can_be_wrapped_around_what_is_signed(idp: SamlIdp, call: Callable[..., Any]) -> None:
    evil = idp.assertion(ROLE, PROVIDER, subject="root")
    good = idp.sign(idp.assertion(ROLE, PROVIDER))
    for attack in _wrappings(idp, good, evil):
        heard = ""
        with contextlib.suppress(AssertionError):  # it was not refused
            heard = refused(call, root=attack)[0]
        assert heard == "InvalidIdentityToken" or call(attack)["Subject"] == "ann", etree.tostring(attack)


def _wrappings(idp: SamlIdp, good: Any, evil: Any) -> list[Any]:
    """The eight classic places to put the signed element, and the forged one, in."""
    attacks = []
    attacks.append(idp.response(copy.deepcopy(evil), copy.deepcopy(good)))
    attacks.append(idp.response(copy.deepcopy(good), copy.deepcopy(evil)))
    inner = copy.deepcopy(evil)
    inner.append(copy.deepcopy(good))
    attacks.append(idp.response(inner))
    with_signature = copy.deepcopy(evil)
    original = copy.deepcopy(good)
    signature = original.find("{http://www.w3.org/2000/09/xmldsig#}Signature")
    original.remove(signature)
    holder = etree.SubElement(signature, "{http://www.w3.org/2000/09/xmldsig#}Object")
    holder.append(original)
    with_signature.append(signature)
    attacks.append(idp.response(with_signature))
    same_id = copy.deepcopy(evil)
    same_id.set("ID", good.get("ID"))
    same_id.append(copy.deepcopy(good.find("{http://www.w3.org/2000/09/xmldsig#}Signature")))
    attacks.append(idp.response(same_id))
    extended = idp.response(copy.deepcopy(same_id))
    extensions = etree.SubElement(extended, f"{{{P}}}Extensions")
    extensions.append(copy.deepcopy(good))
    attacks.append(extended)
    whole = idp.sign(idp.response(copy.deepcopy(good)))
    outer = idp.response(copy.deepcopy(evil))
    outer.append(whole)
    attacks.append(outer)
    replaced = idp.sign(idp.response(copy.deepcopy(good)))
    replaced.remove(replaced.find(f"{{{A}}}Assertion"))
    replaced.append(copy.deepcopy(evil))
    attacks.append(replaced)
    return attacks


def test_a_comment_in_a_name_cuts_nothing_off(idp: SamlIdp, call: Callable[..., Any]) -> None:
    root = signed(idp, subject="root.evil")
    text = etree.tostring(root).replace(b">root.evil<", b">root<!-- -->.evil<")
    assert call(text)["Subject"] == "root.evil"


BOMB = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
FILE = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


def test_what_is_no_response_is_refused(idp: SamlIdp, call: Callable[..., Any]) -> None:
    good = etree.tostring(signed(idp))
    for text in (
        BOMB + good,
        FILE + good,
        b"<x/>",
        b"no xml at all",
        good[:-20],
        b"\x00\x01\x02\x03",
        etree.tostring(idp.sign(idp.assertion(ROLE, PROVIDER))),
        etree.tostring(idp.response()),
        b"<a>" * 20_000,
    ):
        code, _, status = refused(call, root=text)
        assert (code, status) == ("InvalidIdentityToken", 400), text[:50]
    for given in ("%%%%", "Zm9v", "AAAAA"):
        assert refused(call, root=b"", SAMLAssertion=given)[0] == "InvalidIdentityToken"
    assert refused(call, root=b"", SAMLAssertion="x" * 100_001)[0] == "ValidationError"
    assert refused(call, root=b"")[0] == "ValidationError"


def test_times_audience_issuer_and_status_are_checked(idp: SamlIdp, call: Callable[..., Any]) -> None:
    late = "Token must be redeemed within 5 minutes of issuance"
    assert refused(call, root=signed(idp, issued=instant(-301)))[:2] == ("ExpiredTokenException", late)
    assert refused(call, root=signed(idp, after=instant(-1)))[0] == "ExpiredTokenException"
    assert refused(call, root=signed(idp, confirmed=instant(-1)))[0] == "ExpiredTokenException"
    audience = ("InvalidIdentityToken", "Response does not contain the required audience.")
    assert refused(call, root=signed(idp, audience="https://other.example/"))[:2] == audience
    issuer = ("InvalidIdentityToken", "Issuer not present in specified provider")
    assert refused(call, root=signed(idp, issuer="https://other.example/"))[:2] == issuer
    for changes in (
        {"issued": instant(3600)},
        {"before": instant(3600)},
        {"issued": "soon"},
        {"issued": "2026-01-01T00:00:00"},
        {"recipient": "https://other.example/saml"},
        {"recipient": "https://signin.aws.amazon.com.evil.example/saml"},
        {"method": "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key"},
        {"subject": ""},
    ):
        assert refused(call, root=signed(idp, **changes))[0] == "InvalidIdentityToken", changes
    failed = idp.sign(idp.response(idp.assertion(ROLE, PROVIDER), status=f"{P}:status:Requester"))
    assert refused(call, root=failed)[0] == "InvalidIdentityToken"


def test_the_role_must_be_named_with_the_provider(idp: SamlIdp, call: Callable[..., Any]) -> None:
    assert refused(call, root=idp.response(idp.sign(idp.assertion(f"{ROLE}x", PROVIDER)))) == DENIED
    assert call(idp.response(idp.sign(idp.assertion(PROVIDER, ROLE))))["Subject"] == "ann"
    several = {f"{AWS}Role": [f"{ROLE}x,{PROVIDER}", f"{ROLE} , {PROVIDER}"]}
    assert call(signed(idp, attributes=several))["Subject"] == "ann"
    missing = idp.response(idp.sign(idp.assertion(f"{ROLE}x", PROVIDER)))
    assert refused(call, root=missing, RoleArn=f"{ROLE}x") == DENIED  # there is no such role
    other = "arn:aws:iam::444455556666:saml-provider/corp"
    assert refused(call, root=signed(idp), PrincipalArn=other) == DENIED
    unknown = refused(call, root=signed(idp), PrincipalArn=f"{PROVIDER}x")
    assert unknown == ("InvalidIdentityToken", "Specified provider doesn't exist", 400)
    assert refused(call, root=signed(idp), PrincipalArn=ROLE)[0] == "ValidationError"
    for names in ([], ["a"], ["a b"], ["ann", "bob"]):
        given = signed(idp, attributes={f"{AWS}RoleSessionName": names})
        assert refused(call, root=given)[0] == "InvalidIdentityToken", names


def test_what_is_said_of_the_person_are_condition_keys(
    world: World, idp: SamlIdp, call: Callable[..., Any]
) -> None:
    staff = {"urn:oid:1.3.6.1.4.1.5923.1.1.1.1": ["staff", "member"]}
    trust = trusting(
        **{
            "ForAnyValue:StringLike": {"saml:edupersonaffiliation": "sta*"},
            "StringLike": {"saml:iss": "https://idp.*", "saml:sub_type": "persistent"},
        }
    )
    world.iam.update_assume_role_policy(RoleName="app", PolicyDocument=trust)
    assert refused(call, root=signed(idp)) == DENIED
    session = call(signed(idp, attributes=staff))["Credentials"]
    condition = {"StringEquals": {"saml:sub": "ann", "aws:FederatedProvider": PROVIDER}}
    statement = allow("iam:ListUsers", Condition=condition)
    world.iam.put_role_policy(RoleName="app", PolicyName="p", PolicyDocument=document(statement))
    assert world.client("iam", session).list_users()["Users"] == []


def test_tags_source_identity_and_the_end_of_the_session(
    world: World, idp: SamlIdp, call: Callable[..., Any]
) -> None:
    said = {
        f"{AWS}PrincipalTag:team": ["blue"],
        f"{AWS}TransitiveTagKeys": ["team"],
        f"{AWS}SourceIdentity": ["ann"],
    }
    assert refused(call, root=signed(idp, attributes=said)) == (
        "AccessDenied",
        "Not authorized to perform sts:TagSession",
        403,
    )
    trust = trusting("sts:TagSession", "sts:SetSourceIdentity")
    world.iam.update_assume_role_policy(RoleName="app", PolicyDocument=trust)
    reply = call(signed(idp, attributes=said))
    assert (reply["SourceIdentity"], reply["PackedPolicySize"]) == ("ann", 1)
    for attributes in (
        {f"{AWS}SourceIdentity": ["aws:ann"]},
        {f"{AWS}SourceIdentity": ["a", "b"]},
        {f"{AWS}PrincipalTag:team": ["a", "b"]},
        {f"{AWS}PrincipalTag:te&lt;am": ["a"]},
    ):
        assert refused(call, root=signed(idp, attributes=attributes))[0] == "InvalidIdentityToken"
    until = instant(1200)
    ends = call(signed(idp, session=until))["Credentials"]["Expiration"].timestamp()
    assert abs(ends - datetime.fromisoformat(until).timestamp()) <= 1
    assert refused(call, root=signed(idp), DurationSeconds=7200)[0] == "ValidationError"


@pytest.mark.parametrize("mode", ["gcm", "cbc"])
def test_encrypted_assertions_are_opened_with_the_providers_keys(
    world: World, idp: SamlIdp, call: Callable[..., Any], mode: str
) -> None:
    key, other = (rsa.generate_private_key(65537, 2048) for _ in range(2))
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    inside = idp.sign(idp.assertion(ROLE, PROVIDER))
    ours = idp.response(encrypted(inside, key, mode=mode))
    sealed = ("InvalidIdentityToken", "The assertion can not be decrypted.", 400)
    assert refused(call, root=ours) == sealed
    world.iam.update_saml_provider(SAMLProviderArn=PROVIDER, AddPrivateKey=pem)
    assert call(ours)["Subject"] == "ann"
    whole = idp.sign(idp.response(encrypted(idp.assertion(ROLE, PROVIDER), key, mode=mode)))
    assert call(whole)["Subject"] == "ann"
    assert refused(call, root=idp.response(encrypted(inside, other, mode=mode))) == sealed
    unsigned = idp.response(encrypted(idp.assertion(ROLE, PROVIDER), key, mode=mode))
    assert refused(call, root=unsigned) == UNSIGNED
    world.iam.update_saml_provider(SAMLProviderArn=PROVIDER, AssertionEncryptionMode="Required")
    required = ("InvalidIdentityToken", "The provider requires encrypted assertions.", 400)
    assert refused(call, root=signed(idp)) == required
    assert call(ours)["Subject"] == "ann"
