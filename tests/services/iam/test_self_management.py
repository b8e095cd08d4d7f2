"""Users who manage their own credentials, and must have used MFA for it: AWS's documented policy, from end to end.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_examples_aws_my-sec-creds-self-manage.html
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest
from tests.services.iam import certificates
from tests.support.world import ACCOUNT, World, document, refused

from tabard.identity import mfa

if TYPE_CHECKING:
    from collections.abc import Callable

OWN = "arn:aws:iam::*:user/${aws:username}"


def allowed(sid: str, resource: str, *actions: str) -> dict[str, Any]:
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Action": [f"iam:{each}" for each in actions],
        "Resource": resource,
    }


SELF_MANAGED = document(
    allowed("AllowViewAccountInfo", "*", "GetAccountPasswordPolicy", "ListVirtualMFADevices"),
    allowed("AllowManageOwnPasswords", OWN, "ChangePassword", "GetUser"),
    allowed(
        "AllowManageOwnAccessKeys",
        OWN,
        "CreateAccessKey",
        "DeleteAccessKey",
        "ListAccessKeys",
        "UpdateAccessKey",
        "GetAccessKeyLastUsed",
    ),
    allowed(
        "AllowManageOwnSigningCertificates",
        OWN,
        "DeleteSigningCertificate",
        "ListSigningCertificates",
        "UpdateSigningCertificate",
        "UploadSigningCertificate",
    ),
    allowed(
        "AllowManageOwnSSHPublicKeys",
        OWN,
        "DeleteSSHPublicKey",
        "GetSSHPublicKey",
        "ListSSHPublicKeys",
        "UpdateSSHPublicKey",
        "UploadSSHPublicKey",
    ),
    allowed(
        "AllowManageOwnGitCredentials",
        OWN,
        "CreateServiceSpecificCredential",
        "DeleteServiceSpecificCredential",
        "ListServiceSpecificCredentials",
        "ResetServiceSpecificCredential",
        "UpdateServiceSpecificCredential",
    ),
    allowed("AllowManageOwnVirtualMFADevice", "arn:aws:iam::*:mfa/*", "CreateVirtualMFADevice"),
    allowed(
        "AllowManageOwnUserMFA",
        OWN,
        "DeactivateMFADevice",
        "EnableMFADevice",
        "ListMFADevices",
        "ResyncMFADevice",
    ),
    {
        "Sid": "DenyAllExceptListedIfNoMFA",
        "Effect": "Deny",
        "NotAction": [
            "iam:CreateVirtualMFADevice",
            "iam:EnableMFADevice",
            "iam:GetUser",
            "iam:GetMFADevice",
            "iam:ListMFADevices",
            "iam:ListVirtualMFADevices",
            "iam:ResyncMFADevice",
            "sts:GetSessionToken",
        ],
        "Resource": "*",
        "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
    },
)


@pytest.fixture
def step(world: World) -> Callable[[bytes], str]:
    """Codes of a device, each of a step later than the one before; the world's clock goes along."""
    clock = [world.node.clock() // 30 * 30 + 15]
    world.node.clock = lambda: clock[0]

    def code(seed: bytes) -> str:
        clock[0] += 30
        return mfa.code_of(seed, mfa.step_at(clock[0]))

    return code


def test_a_user_sets_up_mfa_and_then_manages_themselves(world: World, step: Callable[[bytes], str]) -> None:
    policy = world.iam.create_policy(PolicyName="self", PolicyDocument=SELF_MANAGED)["Policy"]["Arn"]
    for name in ("ana", "bob"):
        world.iam.create_user(UserName=name)
    world.iam.attach_user_policy(UserName="ana", PolicyArn=policy)
    world.iam.create_login_profile(UserName="ana", Password="First-password-1")
    key = world.iam.create_access_key(UserName="ana")["AccessKey"]
    ana = world.client("iam", key)

    # without MFA: what the last statement leaves, and nothing else
    assert ana.get_user()["User"]["UserName"] == "ana"
    for operation, parameters in (
        (ana.list_access_keys, {}),
        (ana.create_access_key, {"UserName": "ana"}),
        (ana.change_password, {"OldPassword": "First-password-1", "NewPassword": "Second-password-2"}),
    ):
        code, message, _ = refused(operation, **parameters)
        assert code == "AccessDenied"
        assert "with an explicit deny in an identity-based policy" in message
    device = ana.create_virtual_mfa_device(VirtualMFADeviceName="ana")["VirtualMFADevice"]
    seed = base64.b32decode(device["Base32StringSeed"])
    codes = {"AuthenticationCode1": step(seed), "AuthenticationCode2": step(seed)}
    other = refused(ana.enable_mfa_device, UserName="bob", SerialNumber=device["SerialNumber"], **codes)
    assert other[0] == "AccessDenied"
    ana.enable_mfa_device(UserName="ana", SerialNumber=device["SerialNumber"], **codes)
    # without it a session proves no more than the key
    plain = world.client("sts", key).get_session_token()["Credentials"]
    assert refused(world.client("iam", plain).list_access_keys)[0] == "InvalidClientTokenId"

    token = world.client("sts", key).get_session_token(
        SerialNumber=device["SerialNumber"], TokenCode=step(seed)
    )
    trusted = world.client("iam", token["Credentials"])
    # with MFA: one's own credentials of every kind
    second = trusted.create_access_key(UserName="ana")["AccessKey"]["AccessKeyId"]
    assert {each["AccessKeyId"] for each in trusted.list_access_keys()["AccessKeyMetadata"]} == {
        key["AccessKeyId"],
        second,
    }
    assert trusted.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])["UserName"] == "ana"
    trusted.update_access_key(UserName="ana", AccessKeyId=second, Status="Inactive")
    trusted.delete_access_key(UserName="ana", AccessKeyId=second)
    trusted.change_password(OldPassword="First-password-1", NewPassword="Second-password-2")
    ssh = trusted.upload_ssh_public_key(UserName="ana", SSHPublicKeyBody=certificates.ssh_key())[
        "SSHPublicKey"
    ]
    trusted.delete_ssh_public_key(UserName="ana", SSHPublicKeyId=ssh["SSHPublicKeyId"])
    certificate = certificates.make("ana").certificate
    signing = trusted.upload_signing_certificate(UserName="ana", CertificateBody=certificate)["Certificate"]
    trusted.delete_signing_certificate(UserName="ana", CertificateId=signing["CertificateId"])
    trusted.create_service_specific_credential(UserName="ana", ServiceName="codecommit.amazonaws.com")
    # and nobody else's, nor one's own permissions
    for operation, parameters in (
        (trusted.create_access_key, {"UserName": "bob"}),
        (trusted.upload_ssh_public_key, {"UserName": "bob", "SSHPublicKeyBody": certificates.ssh_key()}),
        (trusted.deactivate_mfa_device, {"UserName": "bob", "SerialNumber": device["SerialNumber"]}),
        (trusted.attach_user_policy, {"UserName": "ana", "PolicyArn": policy}),
        (trusted.create_login_profile, {"UserName": "bob", "Password": "Any-password-1"}),
    ):
        assert refused(operation, **parameters)[0] == "AccessDenied"
    assert refused(trusted.delete_virtual_mfa_device, SerialNumber=f"arn:aws:iam::{ACCOUNT}:mfa/ana")[0] == (
        "AccessDenied"
    )
    trusted.deactivate_mfa_device(UserName="ana", SerialNumber=device["SerialNumber"])
