"""Every operation of the model that answers in pages: whatever their size, they hold what one page holds, in its order."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest
from botocore import xform_name
from tests.services.iam import certificates
from tests.services.iam.test_delegation_requests import Story
from tests.services.iam.test_mfa_devices import Phone, enable
from tests.services.iam.test_saml_providers import metadata
from tests.support.world import ACCOUNT, EC2_TRUST, World, allow, document, refused

if TYPE_CHECKING:
    from collections.abc import Iterator

ARN = f"arn:aws:iam::{ACCOUNT}"
MODEL = botocore.session.get_session().get_service_model("iam")
TAGS = {"Tags": [{"Key": key, "Value": key.upper()} for key in ("b", "a", "c")]}
MAY = document(allow("s3:*"))
ALONE = {
    "ListAccountAliases": "an account has one alias",
    "GetOrganizationsAccessReport": "every report fails, and holds nothing",
}
"""Operations that never have two items to show."""


def paged() -> list[str]:
    """The operations whose replies may be cut off."""
    return [
        name
        for name in MODEL.operation_names
        if (shape := MODEL.operation_model(name).output_shape) is not None
        and {"IsTruncated", "isTruncated"} & set(shape.members)
    ]


def fill(world: World) -> dict[str, dict[str, Any]]:
    """Make three of everything; the parameters of each operation that has some."""
    iam = world.iam
    iam.create_account_alias(AccountAlias="pages")
    story = Story(world)
    for number in range(3):
        request = story.ask(RequestorWorkflowId=f"workflow-{number}")
        iam.associate_delegation_request(DelegationRequestId=request)
    made = certificates.make("example.com")
    parts = {"CertificateBody": made.certificate, "PrivateKey": made.key}
    for name in ("it", "other", "third"):
        arn = iam.create_policy(PolicyName=name, PolicyDocument=MAY, **TAGS)["Policy"]["Arn"]
        iam.create_user(UserName=name, **TAGS)
        iam.create_group(GroupName=name)
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=EC2_TRUST, **TAGS)
        iam.create_instance_profile(InstanceProfileName=name, **TAGS)
        iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName="it")
        iam.create_virtual_mfa_device(VirtualMFADeviceName=name, **TAGS)
        iam.upload_server_certificate(ServerCertificateName=name, **parts, **TAGS)
        iam.create_policy_version(PolicyArn=f"{ARN}:policy/it", PolicyDocument=MAY)
        for kind in ("user", "group", "role"):
            owner = {f"{kind.title()}Name": "it"}
            getattr(iam, f"attach_{kind}_policy")(**owner, PolicyArn=arn)
            getattr(iam, f"put_{kind}_policy")(**owner, PolicyName=name, PolicyDocument=MAY)
            getattr(iam, f"attach_{kind}_policy")(
                **{f"{kind.title()}Name": name}, PolicyArn=f"{ARN}:policy/it"
            )
        iam.add_user_to_group(GroupName="it", UserName=name)
    for name in ("other", "third"):
        iam.add_user_to_group(GroupName=name, UserName="it")
    for number in range(3):
        iam.upload_ssh_public_key(UserName="it", SSHPublicKeyBody=certificates.ssh_key(number=number))
    for number in range(2):
        iam.create_access_key(UserName="it")
        iam.create_service_specific_credential(UserName="it", ServiceName="codecommit.amazonaws.com")
        iam.upload_signing_certificate(
            UserName="it", CertificateBody=certificates.make(f"{number}").certificate
        )
        enable(world, Phone(world, f"mine-{number}"), world.node.clock(), "it")
    iam.create_open_id_connect_provider(Url="https://id.example.com", **TAGS)
    iam.create_saml_provider(Name="it", SAMLMetadataDocument=metadata(), **TAGS)
    report = iam.generate_service_last_accessed_details(Arn="arn:aws:iam::aws:policy/AmazonEC2FullAccess")
    of_group = iam.generate_service_last_accessed_details(Arn=f"{ARN}:group/it")
    organization = iam.generate_organizations_access_report(EntityPath="o-a1b2c3d4e5/r-f6g7h8i9j0")
    identity, simulated = (
        {"Arn": f"{ARN}:user/it"},
        {"ActionNames": ["s3:GetObject", "s3:PutObject", "ec2:RunInstances"]},
    )
    given: dict[str, dict[str, Any]] = {
        "GetServiceLastAccessedDetails": {"JobId": report["JobId"]},
        "GetServiceLastAccessedDetailsWithEntities": {"JobId": of_group["JobId"], "ServiceNamespace": "s3"},
        "GetOrganizationsAccessReport": {"JobId": organization["JobId"]},
        "ListPoliciesGrantingServiceAccess": {**identity, "ServiceNamespaces": ["s3", "ec2", "iam"]},
        "SimulateCustomPolicy": {"PolicyInputList": [MAY], **simulated},
        "SimulatePrincipalPolicy": {"PolicySourceArn": f"{ARN}:user/it", **simulated},
        "ListServiceSpecificCredentials": {"UserName": "it"},
        "ListPolicies": {"Scope": "Local"},
        "GetAccountAuthorizationDetails": {"Filter": ["User", "Role", "Group", "LocalManagedPolicy"]},
    }
    named = {
        "UserName": "it",
        "GroupName": "it",
        "RoleName": "it",
        "InstanceProfileName": "it",
        "ServerCertificateName": "it",
        "PolicyArn": f"{ARN}:policy/it",
        "SerialNumber": f"{ARN}:mfa/it",
        "OpenIDConnectProviderArn": f"{ARN}:oidc-provider/id.example.com",
        "SAMLProviderArn": f"{ARN}:saml-provider/it",
    }
    for name in set(paged()) - set(given):
        shape = MODEL.operation_model(name).input_shape
        members = set() if shape is None else set(shape.members)
        wanted = set() if shape is None else set(shape.required_members)
        if members & {"UserName"} and name.startswith(("ListAccessKeys", "ListMFADevices", "ListS")):
            wanted |= {"UserName"} & members
        given[name] = {member: named[member] for member in wanted}
    return given


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, dict[str, dict[str, Any]]]]:
    with asyncio.Runner() as runner:
        world = World(tmp_path_factory.mktemp("world"), runner)
        yield world, fill(world)
        world.store.close()


def items(name: str, reply: dict[str, Any]) -> dict[str, list[Any]]:
    """What a reply lists."""
    shape = MODEL.operation_model(name).output_shape
    assert shape is not None
    return {key: reply.get(key, []) for key, member in shape.members.items() if member.type_name == "list"}


def is_cut(reply: dict[str, Any]) -> bool:
    return bool(reply.get("IsTruncated", reply.get("isTruncated")))


@pytest.mark.parametrize("name", paged())
@pytest.mark.parametrize("size", [1, 2])
def test_pages_hold_what_one_page_holds(
    filled: tuple[World, dict[str, dict[str, Any]]], name: str, size: int
) -> None:
    world, given = filled
    operation, parameters = getattr(world.iam, xform_name(name)), given[name]
    at_most = {"MaxItems": 1000} if takes_size(name) else {}
    whole_reply = operation(**parameters, **at_most)
    assert not is_cut(whole_reply)
    assert "Marker" not in whole_reply
    whole = items(name, whole_reply)
    if name not in ALONE:
        assert sum(len(found) for found in whole.values()) >= 2
    seen: dict[str, list[Any]] = {member: [] for member in whole}
    if not takes_size(name):
        return
    asked = {**parameters, "MaxItems": size}
    while True:
        reply = operation(**asked)
        page = items(name, reply)
        assert sum(len(found) for found in page.values()) <= size
        for member, found in page.items():
            seen[member] += found
        assert is_cut(reply) == ("Marker" in reply)
        if not is_cut(reply):
            break
        asked["Marker"] = reply["Marker"]
        assert len(reply["Marker"]) <= 320
    assert seen == whole


def takes_size(name: str) -> bool:
    shape = MODEL.operation_model(name).input_shape
    return shape is not None and "MaxItems" in shape.members


@pytest.mark.parametrize("name", paged())
def test_a_page_of_no_size_or_of_a_foreign_marker_is_refused(
    filled: tuple[World, dict[str, dict[str, Any]]], name: str
) -> None:
    world, given = filled
    operation, parameters = getattr(world.iam, xform_name(name)), given[name]
    if takes_size(name):
        for size, bound in ((0, "greater than or equal to 1"), (1001, "less than or equal to 1000")):
            code, message, status = refused(operation, **parameters, MaxItems=size)
            assert (code, status) == ("ValidationError", 400)
            assert f"Value '{size}' at 'maxItems' failed to satisfy constraint" in message
            assert bound in message
    for marker in ("", "x" * 321):
        assert refused(operation, **parameters, Marker=marker)[::2] == ("ValidationError", 400)
    if name not in ALONE:
        assert refused(operation, **parameters, Marker="%%% no marker of ours")[::2] == (
            "ValidationError",
            400,
        )
