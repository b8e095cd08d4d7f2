"""How many there may be, and how large: all that fits is made, then one more is asked for."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from tests.services.iam import certificates
from tests.services.iam.test_mfa_devices import Phone, enable
from tests.services.iam.test_saml_providers import metadata
from tests.support.world import ACCOUNT, EC2_TRUST, OTHER_ACCOUNT, World, allow, document, refused

from tabard.services.iam import quotas
from tabard.store.iam import Group, InstanceProfile, Policy, PolicyVersion, Role, User
from tabard.store.iam_credentials import MfaDevice

if TYPE_CHECKING:
    from collections.abc import Callable

    from tabard.store.port import View


def _policy(view: View, number: int) -> None:
    policy = Policy(ACCOUNT, f"ANPA{number}", f"p{number}", "/", 1.0, 1.0, "v1")
    view.iam.policies.create(policy, PolicyVersion(policy.id, "v1", "{}", 1.0))


CASES: dict[str, tuple[int, Callable[[View, int], None], str, dict[str, Any]]] = {
    "UsersPerAccount": (
        quotas.USERS,
        lambda view, number: view.iam.users.create(User(ACCOUNT, f"AIDA{number}", f"u{number}", "/", 1.0)),
        "create_user",
        {"UserName": "more"},
    ),
    "GroupsPerAccount": (
        quotas.GROUPS,
        lambda view, number: view.iam.groups.create(Group(ACCOUNT, f"AGPA{number}", f"g{number}", "/", 1.0)),
        "create_group",
        {"GroupName": "more"},
    ),
    "RolesPerAccount": (
        quotas.ROLES,
        lambda view, number: view.iam.roles.create(
            Role(ACCOUNT, f"AROA{number}", f"r{number}", "/", 1.0, "{}")
        ),
        "create_role",
        {"RoleName": "more", "AssumeRolePolicyDocument": EC2_TRUST},
    ),
    "PoliciesPerAccount": (
        quotas.POLICIES,
        _policy,
        "create_policy",
        {"PolicyName": "more", "PolicyDocument": document(allow("s3:*"))},
    ),
    "InstanceProfilesPerAccount": (
        quotas.INSTANCE_PROFILES,
        lambda view, number: view.iam.instance_profiles.create(
            InstanceProfile(ACCOUNT, f"AIPA{number}", f"i{number}", "/", 1.0)
        ),
        "create_instance_profile",
        {"InstanceProfileName": "more"},
    ),
    "VirtualMFADevicesPerAccount": (
        quotas.VIRTUAL_MFA_DEVICES,
        lambda view, number: view.iam.credentials.mfa_devices.put(
            MfaDevice(id=f"arn:aws:iam::{ACCOUNT}:mfa/m{number}", account=ACCOUNT, created_at=1.0)
        ),
        "create_virtual_mfa_device",
        {"VirtualMFADeviceName": "more"},
    ),
}


@pytest.mark.parametrize("quota", CASES)
def test_an_account_holds_so_many_and_no_more(world: World, quota: str) -> None:
    limit, create, operation, parameters = CASES[quota]

    def fill(view: View) -> None:
        for number in range(limit - 1):
            create(view, number)

    world.run(world.store.write(fill))
    getattr(world.iam, operation)(**parameters)
    again = {key: value.replace("more", "most") for key, value in parameters.items()}
    message = f"Cannot exceed quota for {quota}: {limit}"
    assert refused(getattr(world.iam, operation), **again) == ("LimitExceeded", message, 409)
    other = world.client("iam", world.other_root)
    assert OTHER_ACCOUNT in str(getattr(other, operation)(**again))


class Quota(NamedTuple):
    """How many there may be, the call that makes the one of a number, and what is said of one too many."""

    limit: int
    make: Callable[[World, int], Any]
    message: str


MADE = certificates.make("quota.example.com")
MAY = document(allow("s3:*"))
METADATA = metadata()


def named(quota: str, limit: int, make: Callable[[World, int], Any]) -> Quota:
    return Quota(limit, make, f"Cannot exceed quota for {quota}: {limit}")


def attach(kind: str) -> Quota:
    def make(world: World, number: int) -> Any:
        arn = world.iam.create_policy(PolicyName=f"{kind}-{number}", PolicyDocument=MAY)["Policy"]["Arn"]
        call = getattr(world.iam, f"attach_{kind}_policy")
        return call(**{f"{kind.title()}Name": "it"}, PolicyArn=arn)

    return named(f"PoliciesPer{kind.title()}", 10, make)


def add_to_group(world: World, number: int) -> Any:
    world.iam.create_group(GroupName=f"group-{number}")
    return world.iam.add_user_to_group(GroupName=f"group-{number}", UserName="it")


def tag(operation: str, **resource: str) -> Quota:
    def make(world: World, number: int) -> Any:
        return getattr(world.iam, operation)(**resource, Tags=[{"Key": f"key-{number}", "Value": ""}])

    return Quota(50, make, "The number of tags has reached the maximum limit.")


ARN = f"arn:aws:iam::{ACCOUNT}"
QUOTAS: dict[str, Quota] = {
    "access keys": named("AccessKeysPerUser", 2, lambda world, _: world.iam.create_access_key(UserName="it")),
    "groups": named("GroupsPerUser", 10, add_to_group),
    "policies of a user": attach("user"),
    "policies of a group": attach("group"),
    "policies of a role": attach("role"),
    "versions": Quota(
        4,  # beside the first
        lambda world, _: world.iam.create_policy_version(PolicyArn=f"{ARN}:policy/it", PolicyDocument=MAY),
        "A managed policy can have up to 5 versions. "
        "Before you create a new version, you must delete an existing version.",
    ),
    "SSH keys": named(
        "SSHPublicKeysPerUser",
        5,
        lambda world, number: world.iam.upload_ssh_public_key(
            UserName="it", SSHPublicKeyBody=certificates.ssh_key(number=number)
        ),
    ),
    "signing certificates": named(
        "CertificatesPerUser",
        2,
        lambda world, number: world.iam.upload_signing_certificate(
            UserName="it", CertificateBody=certificates.make(f"{number}").certificate
        ),
    ),
    "service-specific credentials": named(
        "ServiceSpecificCredentialsPerUser",
        2,
        lambda world, _: world.iam.create_service_specific_credential(
            UserName="it", ServiceName="codecommit.amazonaws.com"
        ),
    ),
    "MFA devices": named(
        "MfaDevicesPerUser",
        8,
        lambda world, number: enable(world, Phone(world, f"phone-{number}"), world.node.clock(), "it"),
    ),
    "server certificates": named(
        "ServerCertificatesPerAccount",
        20,
        lambda world, number: world.iam.upload_server_certificate(
            ServerCertificateName=f"it-{number}", CertificateBody=MADE.certificate, PrivateKey=MADE.key
        ),
    ),
    "OIDC providers": named(
        "OpenIdConnectProvidersPerAccount",
        100,
        lambda world, number: world.iam.create_open_id_connect_provider(
            Url=f"https://id-{number}.example.com"
        ),
    ),
    "client ids": named(
        "ClientIdsPerOpenIdConnectProvider",
        100,
        lambda world, number: world.iam.add_client_id_to_open_id_connect_provider(
            OpenIDConnectProviderArn=f"{ARN}:oidc-provider/id-0.example.com", ClientID=f"app-{number}"
        ),
    ),
    "SAML providers": named(
        "SAMLProvidersPerAccount",
        100,
        lambda world, number: world.iam.create_saml_provider(
            Name=f"it-{number}", SAMLMetadataDocument=METADATA
        ),
    ),
    "roles of an instance profile": named(
        "InstanceSessionsPerInstanceProfile",
        1,
        lambda world, _: world.iam.add_role_to_instance_profile(InstanceProfileName="it", RoleName="it"),
    ),
    "tags of a user": tag("tag_user", UserName="it"),
    "tags of a role": tag("tag_role", RoleName="it"),
    "tags of a policy": tag("tag_policy", PolicyArn=f"{ARN}:policy/it"),
    "tags of an instance profile": tag("tag_instance_profile", InstanceProfileName="it"),
    "tags of an MFA device": tag("tag_mfa_device", SerialNumber=f"{ARN}:mfa/it"),
    "tags of a server certificate": tag("tag_server_certificate", ServerCertificateName="it-0"),
    "tags of an OIDC provider": tag(
        "tag_open_id_connect_provider", OpenIDConnectProviderArn=f"{ARN}:oidc-provider/id-0.example.com"
    ),
    "tags of a SAML provider": tag("tag_saml_provider", SAMLProviderArn=f"{ARN}:saml-provider/it-0"),
}


def test_so_many_are_taken_and_no_more(world: World) -> None:
    iam, now = world.iam, world.node.clock()
    world.node.clock = lambda: now
    iam.create_user(UserName="it")
    iam.create_group(GroupName="it")
    iam.create_role(RoleName="it", AssumeRolePolicyDocument=EC2_TRUST)
    iam.create_policy(PolicyName="it", PolicyDocument=MAY)
    iam.create_instance_profile(InstanceProfileName="it")
    iam.create_virtual_mfa_device(VirtualMFADeviceName="it")
    for name, quota in QUOTAS.items():
        for number in range(quota.limit):
            quota.make(world, number)
        told = refused(partial(quota.make, world, quota.limit))
        assert told == ("LimitExceeded", quota.message, 409), name


def sized(size: int) -> str:
    """A policy of so many characters, white space not counted, and of many more with it."""
    empty = json.dumps(json.loads(document(allow("s3:*", ""))), separators=(",", ":"))
    filled = allow("s3:*", "arn:aws:s3:::" + "x" * (size - len(empty) - len("arn:aws:s3:::")))
    return json.dumps(json.loads(document(filled)), indent=4)


@pytest.mark.parametrize(("kind", "limit"), [("user", 2048), ("group", 5120), ("role", 10_240)])
def test_inline_policies_are_so_large_together_and_no_larger(world: World, kind: str, limit: int) -> None:
    more = {"AssumeRolePolicyDocument": EC2_TRUST} if kind == "role" else {}
    it = {f"{kind.title()}Name": "it"}
    getattr(world.iam, f"create_{kind}")(**it, **more)
    put = getattr(world.iam, f"put_{kind}_policy")
    put(**it, PolicyName="a", PolicyDocument=sized(limit - 500))
    put(**it, PolicyName="b", PolicyDocument=sized(500))
    message = f"Maximum policy size of {limit} bytes exceeded for {kind} it"
    told = ("LimitExceeded", message, 409)
    assert refused(put, **it, PolicyName="b", PolicyDocument=sized(501)) == told
    assert refused(put, **it, PolicyName="c", PolicyDocument=sized(200)) == told
    put(**it, PolicyName="b", PolicyDocument=sized(300))
    put(**it, PolicyName="c", PolicyDocument=sized(200))


def test_managed_and_trust_policies_are_so_large_and_no_larger(world: World) -> None:
    world.iam.create_policy(PolicyName="fits", PolicyDocument=sized(6144))
    told = ("LimitExceeded", "Cannot exceed quota for PolicySize: 6144", 409)
    assert refused(world.iam.create_policy, PolicyName="not", PolicyDocument=sized(6145)) == told
    version = {"PolicyArn": f"{ARN}:policy/fits", "PolicyDocument": sized(6145)}
    assert refused(world.iam.create_policy_version, **version) == told
    services = ["ec2.amazonaws.com", *(f"{'x' * 50}{number}.amazonaws.com" for number in range(40))]
    large = document({"Effect": "Allow", "Principal": {"Service": services}, "Action": "sts:AssumeRole"})
    told = ("LimitExceeded", "Cannot exceed quota for ACLSizePerRole: 2048", 409)
    assert refused(world.iam.create_role, RoleName="it", AssumeRolePolicyDocument=large) == told
    world.iam.create_role(RoleName="it", AssumeRolePolicyDocument=EC2_TRUST)
    update = {"RoleName": "it", "PolicyDocument": large}
    assert refused(world.iam.update_assume_role_policy, **update) == told
