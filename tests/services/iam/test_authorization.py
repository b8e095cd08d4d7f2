"""What operations ask the policy engine, against the service authorization reference."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

import pytest
from botocore import xform_name
from tests.services.iam import certificates
from tests.services.iam.test_delegation_requests import Story
from tests.services.iam.test_saml_providers import metadata
from tests.support.world import ACCOUNT, EC2_TRUST, World, allow, document, refused

from tabard.catalog import service_reference
from tabard.core.caller import Caller
from tabard.core.http import HttpRequest
from tabard.services.operation import OPERATIONS, READ, WRITE, Call, Check, Operation

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMES = {
    "RoleName": "it",
    "UserName": "it",
    "GroupName": "it",
    "InstanceProfileName": "it",
    "PolicyName": "it",
    "PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/it",
    "PolicySourceArn": f"arn:aws:iam::{ACCOUNT}:user/it",
    "PermissionsBoundary": f"arn:aws:iam::{ACCOUNT}:policy/it",
    "AccessKeyId": "AKIAIOSFODNN7EXAMPLE",
    "AccountAlias": "acme",
    "SerialNumber": f"arn:aws:iam::{ACCOUNT}:mfa/it",
    "VirtualMFADeviceName": "it",
    "AWSServiceName": "autoscaling.amazonaws.com",
    "DeletionTaskId": "task/aws-service-role/autoscaling.amazonaws.com/it/0",
    "OpenIDConnectProviderArn": f"arn:aws:iam::{ACCOUNT}:oidc-provider/id.example.com",
    "Url": "https://id.example.com",
    "SAMLProviderArn": f"arn:aws:iam::{ACCOUNT}:saml-provider/it",
    "Name": "it",
    "ServerCertificateName": "it",
    "ServiceSpecificCredentialId": "ACCAIOSFODNN7EXAMPLE",
    "SSHPublicKeyId": "APKAIOSFODNN7EXAMPLE",
    "CertificateId": "TA7SMP42TDN5Z26OBPJE7EXAMPLE",
    "Arn": f"arn:aws:iam::{ACCOUNT}:user/it",
    "EntityPath": "o-a1b2c3d4e5/r-f6g7h8i9j0",
    "DelegationRequestId": "dr-0123456789abcdef",
    "EntityArn": f"arn:aws:iam::{ACCOUNT}:delegation-request/dr-0123456789abcdef",
    "TemplateArn": f"arn:aws:iam::{ACCOUNT}:role-template/it",
    "Permissions": {"PolicyTemplateArn": f"arn:aws:iam::{ACCOUNT}:delegation-template/it"},
    "NotificationChannel": f"arn:aws:sns:us-east-1:{ACCOUNT}:topic",
    "SessionDuration": 3600,
}
BUILT = sorted(name for service, name in OPERATIONS if service == "iam")
NOT_IN_THE_REFERENCE = {
    "AcquireRole",
    "GetAccountProperties",
    "GetRoleTemplateVersion",
    "PutAccountProperties",
    "UpdateDelegationRequest",
}
"""Operations that are newer than the published reference: each asks for the action of its own name."""
PUBLISHED = [name for name in BUILT if name not in NOT_IN_THE_REFERENCE]
WITHOUT_AN_ARN = {"ListPolicies"}
"""AWS itself names a path here, which only ``*`` matches."""

NOTHING_THERE_YET = "what is made has no tags before"
NOBODYS_YET = "what is made is nobody's yet"
NOT_ASKED: dict[str, dict[str, str]] = {
    **{
        f"Create{kind}": {"aws:resourcetag/*": NOTHING_THERE_YET}
        for kind in ("OpenIDConnectProvider", "Policy", "SAMLProvider", "VirtualMFADevice")
    },
    "UploadServerCertificate": {"aws:resourcetag/*": NOTHING_THERE_YET},
    "CreateServiceLinkedRole": {
        "aws:resourcetag/*": NOTHING_THERE_YET,
        "iam:resourcetag/*": NOTHING_THERE_YET,
    },
    "CreateDelegationRequest": {"iam:delegationrequestowner": NOBODYS_YET},
    "EnableMFADevice": dict.fromkeys(
        (
            "iam:fido-certification",
            "iam:fido-fips-140-2-certification",
            "iam:fido-fips-140-3-certification",
            "iam:registersecuritykey",
        ),
        "there are no security keys",
    ),
}
"""Keys that the reference lists and that an operation does not fill, with the reason."""
DEPENDENT_NOT_ASKED = {"GenerateOrganizationsAccessReport": "there are no organisations to look into"}


def checks(world: World, built: Operation, **more: Any) -> list[Check]:
    caller = Caller("User", ACCOUNT, "arn", "arn", "AIDA", "AIDA", "it")
    http = HttpRequest("POST", "/", "", [])
    view = world.store.read()
    call = Call(
        "iam", built.name, "", 0.0, "us-east-1", "", False, http, caller, view, world.node, caller.account
    )
    assert built.checks is not None
    return list(built.checks(call, {**NAMES, **more}))


def pattern(arn_format: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\$\\\{[^}]*\\\}", ".+", re.escape(arn_format)))


def action_of(name: str) -> service_reference.Action:
    action = service_reference.action(f"iam:{name}")
    if action is None:
        raise AssertionError(f"{name} is not in the reference")
    return action


def test_what_is_newer_than_the_reference_is_listed() -> None:
    published = {name for name in BUILT if service_reference.action(f"iam:{name}") is not None}
    assert set(BUILT) - published == NOT_IN_THE_REFERENCE


@pytest.mark.parametrize("name", BUILT)
def test_each_operation_asks_for_the_action_of_its_own_name(empty_world: World, name: str) -> None:
    assert checks(empty_world, OPERATIONS["iam", name])[0].action == f"iam:{name}"


@pytest.mark.parametrize("name", PUBLISHED)
def test_each_operation_asks_about_a_documented_kind_of_resource(empty_world: World, name: str) -> None:
    action = action_of(name)
    first, *others = checks(empty_world, OPERATIONS["iam", name])
    allowed = {row.resource_type for row in action.resource_types if row.resource_type}
    if allowed and name not in WITHOUT_AN_ARN:
        iam = service_reference.service("iam")
        assert iam is not None
        formats = [kind.arn_format for kind in iam.resource_types.values() if kind.name in allowed]
        assert any(pattern(each).fullmatch(first.resource) for each in formats), (first.resource, formats)
    if not allowed:
        assert first.resource == "*" or first.resource.endswith(("/", "/*")), "it has no resource of its own"
    dependent = {item for row in action.resource_types for item in row.dependent_actions}
    dependent |= set(action.dependent_actions)
    assert {check.action for check in others} <= dependent | {first.action}


@pytest.fixture(scope="module")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, dict[str, str]]]:
    """A world that has one of everything, tagged and bounded wherever that can be, and ids that AWS chooses."""
    with asyncio.Runner() as runner:
        world = World(tmp_path_factory.mktemp("world"), runner)
        iam, tags = world.iam, {"Tags": [{"Key": "a", "Value": "b"}]}
        iam.create_policy(PolicyName="it", PolicyDocument=document(allow("s3:*")), **tags)
        bounded = {"PermissionsBoundary": NAMES["PolicyArn"], **tags}
        iam.create_user(UserName="it", **bounded)
        iam.create_role(RoleName="it", AssumeRolePolicyDocument=EC2_TRUST, **bounded)
        iam.create_group(GroupName="it")
        iam.create_instance_profile(InstanceProfileName="it", **tags)
        iam.create_virtual_mfa_device(VirtualMFADeviceName="it", **tags)
        iam.create_open_id_connect_provider(Url="https://id.example.com", **tags)
        iam.create_saml_provider(Name="it", SAMLMetadataDocument=metadata(), **tags)
        made = certificates.make("example.com")
        parts = {"CertificateBody": made.certificate, "PrivateKey": made.key}
        iam.upload_server_certificate(ServerCertificateName="it", **parts, **tags)
        key = iam.create_access_key(UserName="it")["AccessKey"]["AccessKeyId"]
        credential = iam.create_service_specific_credential(
            UserName="it", ServiceName="bedrock.amazonaws.com"
        )
        identifier = credential["ServiceSpecificCredential"]["ServiceSpecificCredentialId"]
        request = Story(world).ask()
        iam.associate_delegation_request(DelegationRequestId=request)
        yield (
            world,
            {
                "AccessKeyId": key,
                "ServiceSpecificCredentialId": identifier,
                "DelegationRequestId": request,
                "EntityArn": f"arn:aws:iam::{ACCOUNT}:delegation-request/{request}",
            },
        )
        world.store.close()


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_documented_keys_are_filled_and_no_others(
    stocked: tuple[World, dict[str, str]], name: str
) -> None:
    """Of a request that has all there is to have; what the reference lists beyond is listed above, with the reason."""
    world, ids = stocked
    action = action_of(name)
    shape = world.iam.meta.service_model.operation_model(name).input_shape
    more = {member: SAMPLES[member] for member in (shape.members if shape else ()) if member in SAMPLES}
    more |= ids
    if shape is None or "ServiceName" not in shape.members:
        more.pop("ServiceName", None)
    asked = checks(world, OPERATIONS["iam", name], **more)
    filled = {
        re.sub("/.*", "/*", key) for check in asked if check.action == action.full_name for key in check.keys
    }
    documented = {
        re.sub("/.*", "/*", key.lower()) for key in service_reference.applicable_condition_keys(action)
    }
    assert documented - filled == set(NOT_ASKED.get(name, {}))
    assert filled <= documented
    dependent = {item for row in action.resource_types for item in row.dependent_actions}
    dependent |= set(action.dependent_actions)
    if name not in DEPENDENT_NOT_ASKED:
        assert dependent <= {check.action for check in asked}


def test_reads_are_read_and_changes_are_written() -> None:
    reading = ("Get", "List", "Simulate")
    for name in BUILT:
        assert OPERATIONS["iam", name].mode != (WRITE if name.startswith(reading) else READ)


SAMPLES: dict[str, Any] = {
    **NAMES,
    "AssumeRolePolicyDocument": EC2_TRUST,
    "PolicyDocument": document(allow("s3:*")),
    "Description": "d",
    "VersionId": "v1",
    "Tags": [{"Key": "a", "Value": "b"}],
    "TagKeys": ["a"],
    "Status": "Inactive",
    "ActionNames": ["s3:GetObject"],
    "AuthenticationCode1": "000000",
    "AuthenticationCode2": "000000",
    "CertificateBody": "body",
    "PrivateKey": "key",
    "SSHPublicKeyBody": "body",
    "Encoding": "SSH",
    "ServiceName": "codecommit.amazonaws.com",
    "GlobalEndpointTokenVersion": "v2Token",
    "ThumbprintList": ["0" * 40],
    "ClientID": "app",
    "SAMLMetadataDocument": "x" * 1000,
    "OldPassword": "old",
    "NewPassword": "new",
    "PolicyInputList": [document(allow("s3:*"))],
    "JobId": "01234567-0123-4123-8123-0123456789ab",
    "ServiceNamespace": "iam",
    "ServiceNamespaces": ["iam"],
    "RequestorWorkflowId": "workflow-1",
    "Properties": {"RoleManager/Enabled": "true"},
    "CredentialAgeDays": 30,
    "OrganizationsPolicyId": "p-examplepolicy111",
    "OwnerId": f"arn:aws:iam::{ACCOUNT}:user/it",
}


@pytest.fixture(scope="module")
def nobody(empty_world: World) -> Any:
    return empty_world.user("nobody")


@pytest.mark.parametrize("name", BUILT)
def test_who_is_allowed_nothing_is_denied_everything(nobody: Any, name: str) -> None:
    model = nobody.meta.service_model.operation_model(name)
    required = model.input_shape.required_members if model.input_shape else ()
    operation = getattr(nobody, xform_name(name))
    code, message, status = refused(operation, **{member: SAMPLES[member] for member in required})
    assert (code, status) == ("AccessDenied", 403)
    assert "user/nobody is not authorized to perform: iam:" in message
    assert "because no identity-based policy allows the" in message
