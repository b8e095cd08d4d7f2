"""The same call before and after what it names is there: refused as AWS does, then answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore import xform_name
from tests.services.iam import certificates
from tests.services.iam.test_mfa_devices import Phone, enable
from tests.services.iam.test_saml_providers import metadata
from tests.support.world import ACCOUNT, EC2_TRUST, OTHER_ACCOUNT, World, allow, document, refused

if TYPE_CHECKING:
    from collections.abc import Iterator

ARN = f"arn:aws:iam::{ACCOUNT}"
TAGS = {"Tags": [{"Key": "team", "Value": "one"}]}
USER = {"UserName": "it"}
OIDC = {"OpenIDConnectProviderArn": f"{ARN}:oidc-provider/id.example.com"}
SAML = {"SAMLProviderArn": f"{ARN}:saml-provider/it"}
CERTIFICATE = {"ServerCertificateName": "it"}
DEVICE = {"SerialNumber": f"{ARN}:mfa/it"}
IDS = {
    "AccessKeyId": "AKIAIOSFODNN7EXAMPLE",
    "SSHPublicKeyId": "APKAIOSFODNN7EXAMPLE",
    "CertificateId": "TA7SMP42TDN5Z26OBPJE7EXAMPLE",
    "ServiceSpecificCredentialId": "ACCAIOSFODNN7EXAMPLE",
    "JobId": "01234567-0123-4123-8123-0123456789ab",
}
"""Of nothing, until it is made."""


def calls(ids: dict[str, str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Calls in an order in which each finds what it needs."""

    def one(name: str) -> dict[str, Any]:
        return {**USER, name: ids[name]}

    for tag, untag, it in (
        ("TagOpenIDConnectProvider", "UntagOpenIDConnectProvider", OIDC),
        ("TagSAMLProvider", "UntagSAMLProvider", SAML),
        ("TagServerCertificate", "UntagServerCertificate", CERTIFICATE),
        ("TagMFADevice", "UntagMFADevice", DEVICE),
    ):
        yield tag, {**it, **TAGS}
        yield untag, {**it, "TagKeys": ["team"]}
    yield "AddClientIDToOpenIDConnectProvider", {**OIDC, "ClientID": "app"}
    yield "RemoveClientIDFromOpenIDConnectProvider", {**OIDC, "ClientID": "app"}
    yield "UpdateOpenIDConnectProviderThumbprint", {**OIDC, "ThumbprintList": ["a" * 40]}
    yield "UpdateRoleDescription", {"RoleName": "it", "Description": "words"}
    yield "UpdateServerCertificate", {**CERTIFICATE, "NewPath": "/deep/"}
    yield "UpdateAccessKey", {**one("AccessKeyId"), "Status": "Inactive"}
    yield "UpdateSSHPublicKey", {**one("SSHPublicKeyId"), "Status": "Inactive"}
    yield "UpdateSigningCertificate", {**one("CertificateId"), "Status": "Inactive"}
    yield "UpdateServiceSpecificCredential", {**one("ServiceSpecificCredentialId"), "Status": "Inactive"}
    yield "ResetServiceSpecificCredential", one("ServiceSpecificCredentialId")
    yield "GetPolicyVersion", {"PolicyArn": f"{ARN}:policy/it", "VersionId": "v1"}
    yield "GetContextKeysForPrincipalPolicy", {"PolicySourceArn": f"{ARN}:user/it"}
    yield "GenerateServiceLastAccessedDetails", {"Arn": f"{ARN}:user/it"}
    yield "GetOrganizationsAccessReport", {"JobId": ids["JobId"]}
    yield "DeleteInstanceProfile", {"InstanceProfileName": "it"}
    yield "DeleteSAMLProvider", SAML
    yield "DeleteServerCertificate", CERTIFICATE
    yield "DeleteSSHPublicKey", one("SSHPublicKeyId")
    yield "DeleteServiceLinkedRole", {"RoleName": "AWSServiceRoleForAutoScaling"}


def fill(world: World) -> dict[str, str]:
    """One of everything; the ids that AWS chooses."""
    iam, made = world.iam, certificates.make("example.com")
    iam.create_policy(PolicyName="it", PolicyDocument=document(allow("s3:*")))
    iam.create_user(UserName="it")
    iam.create_role(RoleName="it", AssumeRolePolicyDocument=EC2_TRUST)
    iam.create_instance_profile(InstanceProfileName="it")
    iam.create_virtual_mfa_device(VirtualMFADeviceName="it")
    iam.create_open_id_connect_provider(Url="https://id.example.com")
    iam.create_saml_provider(Name="it", SAMLMetadataDocument=metadata())
    iam.upload_server_certificate(**CERTIFICATE, CertificateBody=made.certificate, PrivateKey=made.key)
    iam.create_service_linked_role(AWSServiceName="autoscaling.amazonaws.com")
    key = iam.upload_ssh_public_key(**USER, SSHPublicKeyBody=certificates.ssh_key())["SSHPublicKey"]
    signing = iam.upload_signing_certificate(**USER, CertificateBody=made.certificate)["Certificate"]
    credential = iam.create_service_specific_credential(**USER, ServiceName="codecommit.amazonaws.com")
    return {
        "AccessKeyId": iam.create_access_key(**USER)["AccessKey"]["AccessKeyId"],
        "SSHPublicKeyId": key["SSHPublicKeyId"],
        "CertificateId": signing["CertificateId"],
        "ServiceSpecificCredentialId": credential["ServiceSpecificCredential"]["ServiceSpecificCredentialId"],
        "JobId": iam.generate_organizations_access_report(EntityPath="o-a1b2c3d4e5/r-f6g7h8i9j0")["JobId"],
    }


def test_what_is_not_there_is_refused_and_what_is_made_is_found(world: World) -> None:
    before = world.store.revision
    for name, parameters in calls(IDS):
        code, message, status = refused(getattr(world.iam, xform_name(name)), **parameters)
        assert (code, status) == ("NoSuchEntity", 404), (name, message)
    assert world.store.revision == before
    for name, parameters in calls(fill(world)):
        assert getattr(world.iam, xform_name(name))(**parameters), name


def test_an_organisations_report_says_that_there_is_none(world: World) -> None:
    job = world.iam.generate_organizations_access_report(EntityPath="o-a1b2c3d4e5/r-f6g7h8i9j0")["JobId"]
    report = world.iam.get_organizations_access_report(JobId=job)
    assert report["JobStatus"] == "FAILED"
    assert report["ErrorDetails"]["Code"] == "AWSOrganizationsNotInUseException"
    of_a_user = world.iam.create_user(UserName="it")["User"]["Arn"]
    other = world.iam.generate_service_last_accessed_details(Arn=of_a_user)["JobId"]
    assert refused(world.iam.get_organizations_access_report, JobId=other)[0] == "NoSuchEntity"


def test_a_device_that_is_nobodys_is_not_put_right(world: World) -> None:
    world.iam.create_user(UserName="it")
    now = world.node.clock()
    world.node.clock = lambda: now
    phone = Phone(world, "it")
    codes = {"AuthenticationCode1": "000000", "AuthenticationCode2": "000000"}
    resync = {**USER, "SerialNumber": phone.serial}
    assert refused(world.iam.resync_mfa_device, **resync, **codes)[0] == "NoSuchEntity"
    enable(world, phone, now, "it")
    assert refused(world.iam.resync_mfa_device, **resync, **codes)[0] == "InvalidAuthenticationCode"
    ahead = {"AuthenticationCode1": phone.code(5, now), "AuthenticationCode2": phone.code(6, now)}
    assert world.iam.resync_mfa_device(**resync, **ahead)


def test_the_keys_that_policies_ask_about_are_those_in_them(world: World) -> None:
    condition = {"StringEquals": {"aws:PrincipalTag/team": "one", "aws:RequestedRegion": "us-east-1"}}
    asked = world.iam.get_context_keys_for_custom_policy
    assert asked(PolicyInputList=[document(allow("s3:*"))])["ContextKeyNames"] == []
    names = asked(PolicyInputList=[document(allow("s3:*", Condition=condition))])["ContextKeyNames"]
    assert sorted(names) == ["aws:PrincipalTag/team", "aws:RequestedRegion"]


def test_a_key_tells_its_account_and_providers_are_listed_once_made(world: World) -> None:
    sts = world.client("sts")
    accounts = [
        sts.get_access_key_info(AccessKeyId=root["AccessKeyId"])["Account"]
        for root in (world.root, world.other_root)
    ]
    assert accounts == [ACCOUNT, OTHER_ACCOUNT]
    assert world.iam.list_saml_providers()["SAMLProviderList"] == []
    world.iam.create_saml_provider(Name="it", SAMLMetadataDocument=metadata())
    [listed] = world.iam.list_saml_providers()["SAMLProviderList"]
    assert listed["Arn"] == SAML["SAMLProviderArn"]
