"""What stands in the way of deleting and making things: each reason in AWS's words, until it is gone."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from tests.services.iam import certificates
from tests.services.iam.test_mfa_devices import Phone, enable
from tests.support.world import ACCOUNT, EC2_TRUST, World, allow, document, refused

if TYPE_CHECKING:
    from collections.abc import Callable

    Do = Callable[[World], Any]

ARN = f"arn:aws:iam::{ACCOUNT}"
POLICY = f"{ARN}:policy/it"
MAY = document(allow("s3:*"))
FIRST = "Cannot delete entity, must {} first."
MADE = certificates.make("it.example.com")


class Reason(NamedTuple):
    """What hinders, what is said of it, and what takes it away."""

    hinder: Do
    says: str
    clear: Do


def entity(kind: str) -> dict[str, str]:
    return {f"{kind.title()}Name": "it"}


def attached(kind: str) -> Reason:
    return Reason(
        lambda world: getattr(world.iam, f"attach_{kind}_policy")(**entity(kind), PolicyArn=POLICY),
        FIRST.format("detach all policies"),
        lambda world: getattr(world.iam, f"detach_{kind}_policy")(**entity(kind), PolicyArn=POLICY),
    )


def inline(kind: str) -> Reason:
    return Reason(
        lambda world: getattr(world.iam, f"put_{kind}_policy")(
            **entity(kind), PolicyName="may", PolicyDocument=MAY
        ),
        FIRST.format("delete policies"),
        lambda world: getattr(world.iam, f"delete_{kind}_policy")(**entity(kind), PolicyName="may"),
    )


USER = entity("user")
MEMBER = Reason(
    lambda world: world.iam.add_user_to_group(**USER, GroupName="it"),
    FIRST.format("remove users from group"),
    lambda world: world.iam.remove_user_from_group(**USER, GroupName="it"),
)
WORN = Reason(
    lambda world: world.iam.add_role_to_instance_profile(InstanceProfileName="it", RoleName="it"),
    FIRST.format("remove roles from instance profile"),
    lambda world: world.iam.remove_role_from_instance_profile(InstanceProfileName="it", RoleName="it"),
)


def each_id(listing: str, member: str, name: str, deletion: str) -> Do:
    """Delete all that a user has of a kind."""

    def clear(world: World) -> None:
        for one in getattr(world.iam, listing)(**USER)[member]:
            getattr(world.iam, deletion)(**USER, **{name: one[name]})

    return clear


def phone(world: World) -> None:
    enable(world, Phone(world, "phone"), world.node.clock(), "it")


def bounded(world: World) -> None:
    world.iam.put_user_permissions_boundary(UserName="other", PermissionsBoundary=POLICY)


CASES: dict[str, tuple[str, dict[str, str], list[Reason]]] = {
    "user": (
        "delete_user",
        USER,
        [
            Reason(
                lambda world: world.iam.create_login_profile(**USER, Password="Correct-horse-1"),
                FIRST.format("delete login profile"),
                lambda world: world.iam.delete_login_profile(**USER),
            ),
            Reason(
                phone,
                FIRST.format("delete MFA device"),
                lambda world: world.iam.deactivate_mfa_device(**USER, SerialNumber=f"{ARN}:mfa/phone"),
            ),
            Reason(
                lambda world: world.iam.upload_signing_certificate(**USER, CertificateBody=MADE.certificate),
                FIRST.format("delete signing certificates"),
                each_id(
                    "list_signing_certificates",
                    "Certificates",
                    "CertificateId",
                    "delete_signing_certificate",
                ),
            ),
            Reason(
                lambda world: world.iam.upload_ssh_public_key(
                    **USER, SSHPublicKeyBody=certificates.ssh_key()
                ),
                FIRST.format("delete SSH public keys"),
                each_id("list_ssh_public_keys", "SSHPublicKeys", "SSHPublicKeyId", "delete_ssh_public_key"),
            ),
            Reason(
                lambda world: world.iam.create_service_specific_credential(
                    **USER, ServiceName="codecommit.amazonaws.com"
                ),
                FIRST.format("delete service specific credentials"),
                each_id(
                    "list_service_specific_credentials",
                    "ServiceSpecificCredentials",
                    "ServiceSpecificCredentialId",
                    "delete_service_specific_credential",
                ),
            ),
            Reason(
                lambda world: world.iam.create_access_key(**USER),
                FIRST.format("delete access keys"),
                each_id("list_access_keys", "AccessKeyMetadata", "AccessKeyId", "delete_access_key"),
            ),
            MEMBER,
            attached("user"),
            inline("user"),
        ],
    ),
    "group": ("delete_group", entity("group"), [MEMBER, attached("group"), inline("group")]),
    "role": ("delete_role", entity("role"), [WORN, attached("role"), inline("role")]),
    "instance profile": ("delete_instance_profile", {"InstanceProfileName": "it"}, [WORN]),
    "policy": (
        "delete_policy",
        {"PolicyArn": POLICY},
        [
            Reason(
                attached("role").hinder,
                "Cannot delete a policy attached to entities.",
                attached("role").clear,
            ),
            Reason(
                bounded,
                "Cannot delete a policy attached to entities.",
                lambda world: world.iam.delete_user_permissions_boundary(UserName="other"),
            ),
            Reason(
                lambda world: world.iam.create_policy_version(PolicyArn=POLICY, PolicyDocument=MAY),
                "This policy has more than one version. Before you delete a policy, you must delete the policy's "
                "versions. The default version is deleted with the policy.",
                lambda world: world.iam.delete_policy_version(PolicyArn=POLICY, VersionId="v2"),
            ),
        ],
    ),
    "MFA device": (
        "delete_virtual_mfa_device",
        {"SerialNumber": f"{ARN}:mfa/phone"},
        [
            Reason(
                phone,
                "MFA VirtualDevice in use. Must deactivate first.",
                lambda world: world.iam.deactivate_mfa_device(**USER, SerialNumber=f"{ARN}:mfa/phone"),
            )
        ],
    ),
}


@pytest.fixture
def stocked(world: World) -> World:
    now = world.node.clock()
    world.node.clock = lambda: now
    world.iam.create_user(UserName="it")
    world.iam.create_user(UserName="other")
    world.iam.create_group(GroupName="it")
    world.iam.create_role(RoleName="it", AssumeRolePolicyDocument=EC2_TRUST)
    world.iam.create_policy(PolicyName="it", PolicyDocument=MAY)
    world.iam.create_instance_profile(InstanceProfileName="it")
    return world


@pytest.mark.parametrize("kind", CASES)
def test_nothing_is_deleted_while_something_hangs_on_it(stocked: World, kind: str) -> None:
    name, it, reasons = CASES[kind]
    delete = partial(getattr(stocked.iam, name), **it)
    for reason in reasons:
        reason.hinder(stocked)
        before = stocked.store.revision
        assert refused(delete) == ("DeleteConflict", reason.says, 409)
        assert stocked.store.revision == before
        reason.clear(stocked)
    delete()
    assert refused(delete)[::2] == ("NoSuchEntity", 404)


NAMES: dict[str, tuple[str, dict[str, Any], str]] = {
    "User with name IT already exists.": ("create_user", {}, "UserName"),
    "Group with name IT already exists.": ("create_group", {}, "GroupName"),
    "Role with name IT already exists.": (
        "create_role",
        {"AssumeRolePolicyDocument": EC2_TRUST},
        "RoleName",
    ),
    "A policy called IT already exists. Duplicate names are not allowed.": (
        "create_policy",
        {"PolicyDocument": MAY},
        "PolicyName",
    ),
    "Instance Profile IT already exists.": ("create_instance_profile", {}, "InstanceProfileName"),
}


@pytest.mark.parametrize("says", NAMES)
def test_names_are_taken_whatever_their_case_and_path(stocked: World, says: str) -> None:
    operation, more, member = NAMES[says]
    make = getattr(stocked.iam, operation)
    for path in ("/", "/elsewhere/"):
        told = refused(make, **{member: "IT"}, Path=path, **more)
        assert told == ("EntityAlreadyExists", says, 409)
    make(**{member: "it2"}, **more)


def test_names_are_found_whatever_their_case_and_shown_as_they_were_given(world: World) -> None:
    world.iam.create_user(UserName="Ana")
    assert world.iam.get_user(UserName="ANA")["User"]["UserName"] == "Ana"
    world.iam.update_user(UserName="ana", NewUserName="ANA")
    assert [each["UserName"] for each in world.iam.list_users()["Users"]] == ["ANA"]
