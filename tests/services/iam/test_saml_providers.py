"""SAML providers and their metadata."""

from __future__ import annotations

import pytest
from tests.services.iam import certificates
from tests.support.world import ACCOUNT, World, allow, refused

ARN = f"arn:aws:iam::{ACCOUNT}:saml-provider/corp"
CERTIFICATE = "".join(certificates.make("idp.example.com").certificate.splitlines()[1:-1])


def metadata(*, before: str = "", more: str = "", certificate: str = CERTIFICATE) -> str:
    return f"""{before}<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata"
  xmlns:ds="http://www.w3.org/2000/09/xmldsig#" entityID="https://idp.example.com/"{more}>
  <md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
    <md:KeyDescriptor use="signing"><ds:KeyInfo><ds:X509Data>
      <ds:X509Certificate>{certificate}</ds:X509Certificate>
    </ds:X509Data></ds:KeyInfo></md:KeyDescriptor>
    <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://idp.example.com/sso"/>
  </md:IDPSSODescriptor></md:EntityDescriptor><!--{"padding" * 100}-->"""


def test_a_provider_is_made_shown_changed_and_deleted(world: World) -> None:
    document = metadata(more=' validUntil="2040-01-01T00:00:00Z"')
    made = world.iam.create_saml_provider(Name="corp", SAMLMetadataDocument=document)
    assert made["SAMLProviderArn"] == ARN
    shown = world.iam.get_saml_provider(SAMLProviderArn=ARN)
    assert (shown["SAMLMetadataDocument"], shown["ValidUntil"].year) == (document, 2040)
    assert refused(world.iam.create_saml_provider, Name="corp", SAMLMetadataDocument=document)[0] == (
        "EntityAlreadyExists"
    )
    [listed] = world.iam.list_saml_providers()["SAMLProviderList"]
    assert listed == {"Arn": ARN, "ValidUntil": shown["ValidUntil"], "CreateDate": shown["CreateDate"]}
    world.iam.update_saml_provider(SAMLProviderArn=ARN, SAMLMetadataDocument=metadata())
    again = world.iam.get_saml_provider(SAMLProviderArn=ARN)
    assert again["ValidUntil"].year > 2100
    assert again["SAMLProviderUUID"] == shown["SAMLProviderUUID"]
    other = world.client("iam", world.other_root)
    assert refused(other.get_saml_provider, SAMLProviderArn=ARN)[0] == "NoSuchEntity"
    world.iam.delete_saml_provider(SAMLProviderArn=ARN)
    missing = ("NoSuchEntity", f"Manifest not found for arn {ARN}", 404)
    assert refused(world.iam.get_saml_provider, SAMLProviderArn=ARN) == missing
    assert refused(world.iam.update_saml_provider, SAMLProviderArn=ARN) == missing


BOMB = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'


@pytest.mark.parametrize(
    "document",
    [
        "x" * 1000,
        metadata()[:-500],
        metadata(before=BOMB),
        metadata(before='<!DOCTYPE x SYSTEM "file:///etc/passwd">'),
        metadata(certificate="AAAA"),
        metadata(certificate="not base64"),
        metadata().replace("IDPSSODescriptor", "SPSSODescriptor"),
        metadata().replace("entityID", "other"),
        metadata(more=' validUntil="soon"'),
        metadata(more=' validUntil="2001-01-01T00:00:00Z"'),
        metadata(before="\x00"),
        '<?xml version="1.0" encoding="utf-7"?>' + metadata(before="+ADwAIQ-DOCTYPE x+AD4-"),
    ],
)
def test_what_is_no_metadata_is_refused(world: World, document: str) -> None:
    code, _, status = refused(world.iam.create_saml_provider, Name="corp", SAMLMetadataDocument=document)
    assert (code, status) in {("InvalidInput", 400), ("ValidationError", 400), ("MalformedInput", 400)}
    assert world.iam.list_saml_providers()["SAMLProviderList"] == []


def test_private_keys_are_kept_and_never_shown(world: World) -> None:
    key = certificates.pem_of(certificates.rsa_key())
    need = {"Name": "corp", "SAMLMetadataDocument": metadata(), "AssertionEncryptionMode": "Required"}
    assert refused(world.iam.create_saml_provider, **need)[0] == "InvalidInput"
    assert refused(world.iam.create_saml_provider, **need, AddPrivateKey="x")[0] == "InvalidInput"
    world.iam.create_saml_provider(**need, AddPrivateKey=key)
    shown = world.iam.get_saml_provider(SAMLProviderArn=ARN)
    [kept] = shown["PrivateKeyList"]
    assert shown["AssertionEncryptionMode"] == "Required"
    change = world.iam.update_saml_provider
    assert refused(change, SAMLProviderArn=ARN, RemovePrivateKey=kept["KeyId"])[0] == "InvalidInput"
    change(SAMLProviderArn=ARN, AddPrivateKey=key)
    assert refused(change, SAMLProviderArn=ARN, AddPrivateKey=key)[0] == "LimitExceeded"
    change(SAMLProviderArn=ARN, RemovePrivateKey=kept["KeyId"])
    assert len(world.iam.get_saml_provider(SAMLProviderArn=ARN)["PrivateKeyList"]) == 1
    change(SAMLProviderArn=ARN, AssertionEncryptionMode="Allowed")
    written = b"".join(path.read_bytes() for path in world.path.parent.iterdir())
    assert key.splitlines()[2].encode() not in written
    assert key.splitlines()[2] not in str(world.trail.events)


def test_tags_of_a_provider(world: World) -> None:
    tags = [{"Key": "team", "Value": "a"}]
    made = world.iam.create_saml_provider(Name="corp", SAMLMetadataDocument=metadata(), Tags=tags)
    assert made["Tags"] == tags
    bob = world.user(
        "bob", allow("iam:*SAMLProvider*", Condition={"StringEquals": {"aws:ResourceTag/team": "b"}})
    )
    assert refused(bob.delete_saml_provider, SAMLProviderArn=ARN)[0] == "AccessDenied"
    world.iam.tag_saml_provider(
        SAMLProviderArn=ARN, Tags=[{"Key": "team", "Value": "b"}, {"Key": "x", "Value": ""}]
    )
    bob.untag_saml_provider(SAMLProviderArn=ARN, TagKeys=["x"])
    assert bob.list_saml_provider_tags(SAMLProviderArn=ARN)["Tags"] == [{"Key": "team", "Value": "b"}]
    bob.delete_saml_provider(SAMLProviderArn=ARN)
