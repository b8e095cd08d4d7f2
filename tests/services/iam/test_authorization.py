"""What operations ask the policy engine, against the service authorization reference."""

from __future__ import annotations

import re
from typing import Any

import pytest
from botocore import xform_name
from tests.services.iam.conftest import ACCOUNT, EC2_TRUST, World, allow, document, refused

from tabard.catalog import service_reference
from tabard.core.caller import Caller
from tabard.core.http import HttpRequest
from tabard.services.operation import OPERATIONS, READ, WRITE, Call, Check, Operation

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
}
WITHOUT_AN_ARN = {"ListPolicies"}
"""AWS itself names a path here, which only ``*`` matches."""
BUILT = sorted(name for service, name in OPERATIONS if service == "iam")


def checks(world: World, built: Operation, **more: Any) -> list[Check]:
    caller = Caller("User", ACCOUNT, "arn", "arn", "AIDA", "AIDA", "me")
    http = HttpRequest("POST", "/", "", [])
    view = world.store.read()
    call = Call("iam", built.name, "", 0.0, "us-east-1", "", False, http, caller, view, world.node)
    assert built.checks is not None
    return list(built.checks(call, {**NAMES, **more}))


def pattern(arn_format: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\$\\\{[^}]*\\\}", ".+", re.escape(arn_format)))


@pytest.mark.parametrize("name", BUILT)
def test_each_operation_asks_for_its_own_action_on_the_documented_kind_of_resource(
    empty_world: World, name: str
) -> None:
    action = service_reference.action(f"iam:{name}")
    assert action is not None
    first, *others = checks(empty_world, OPERATIONS["iam", name])
    assert first.action == f"iam:{name}"
    allowed = {row.resource_type for row in action.resource_types if row.resource_type}
    if allowed and name not in WITHOUT_AN_ARN:
        iam = service_reference.service("iam")
        assert iam is not None
        formats = [kind.arn_format for kind in iam.resource_types.values() if kind.name in allowed]
        assert any(pattern(each).fullmatch(first.resource) for each in formats), (first.resource, formats)
    dependent = {item for row in action.resource_types for item in row.dependent_actions} | set(
        action.dependent_actions
    )
    assert {check.action for check in others} <= dependent | {first.action}


@pytest.mark.parametrize("name", BUILT)
def test_only_keys_that_are_documented_are_filled(empty_world: World, name: str) -> None:
    action = service_reference.action(f"iam:{name}")
    assert action is not None
    known = {key.lower() for key in service_reference.applicable_condition_keys(action)}
    tags: dict[str, Any] = (
        {"TagKeys": ["a"]} if name.startswith("Untag") else {"Tags": [{"Key": "a", "Value": "b"}]}
    )
    if "Tag" not in name and "Create" not in name:
        tags = {}
    for check in checks(empty_world, OPERATIONS["iam", name], **tags):
        if check.action == action.full_name:
            generic = {re.sub("/.*", "/${tagkey}", key) for key in check.keys}
            assert generic <= {re.sub("/.*", "/${tagkey}", key) for key in known}


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
