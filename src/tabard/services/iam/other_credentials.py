"""Credentials and providers that nothing here can make yet, so that there truthfully are none.

Tools that clean up after a user (Ansible, Terraform) ask for them before they delete it.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tabard.services.iam.subjects import Request, find_user, on_everything, on_self_or_user, self_or_name
from tabard.services.operation import READ, operation

if TYPE_CHECKING:
    from types_boto3_iam.type_defs import (
        ListServerCertificatesRequestTypeDef,
        ListServiceSpecificCredentialsRequestTypeDef,
        ListSigningCertificatesRequestTypeDef,
        ListSSHPublicKeysRequestTypeDef,
    )

    from tabard.services.operation import Call


def _check_user(call: Call, request: Request) -> None:
    """Refuse a user that does not exist; raises NoSuchEntity."""
    name = self_or_name(call, request)
    if name is not None:
        find_user(call, name)


@operation("iam", "ListSSHPublicKeys", READ, checks=on_self_or_user("iam:ListSSHPublicKeys"))
def list_ssh_public_keys(call: Call, request: ListSSHPublicKeysRequestTypeDef) -> dict[str, Any]:
    """List a user's SSH public keys for CodeCommit: none."""
    _check_user(call, request)
    return {"SSHPublicKeys": [], "IsTruncated": False}


@operation("iam", "ListSigningCertificates", READ, checks=on_self_or_user("iam:ListSigningCertificates"))
def list_signing_certificates(call: Call, request: ListSigningCertificatesRequestTypeDef) -> dict[str, Any]:
    """List a user's signing certificates: none."""
    _check_user(call, request)
    return {"Certificates": [], "IsTruncated": False}


@operation(
    "iam",
    "ListServiceSpecificCredentials",
    READ,
    checks=on_self_or_user("iam:ListServiceSpecificCredentials"),
)
def list_service_specific_credentials(
    call: Call, request: ListServiceSpecificCredentialsRequestTypeDef
) -> dict[str, Any]:
    """List a user's credentials for single services: none."""
    _check_user(call, request)
    return {"ServiceSpecificCredentials": []}


@operation("iam", "ListServerCertificates", READ, checks=on_everything("iam:ListServerCertificates"))
def list_server_certificates(
    call: Call,  # noqa: ARG001 - there are none, whoever asks
    request: ListServerCertificatesRequestTypeDef,  # noqa: ARG001 - and whatever they ask for
) -> dict[str, Any]:
    """List the account's server certificates: none."""
    return {"ServerCertificateMetadataList": [], "IsTruncated": False}


@operation("iam", "ListOpenIDConnectProviders", READ, checks=on_everything("iam:ListOpenIDConnectProviders"))
def list_open_id_connect_providers(
    call: Call,  # noqa: ARG001 - there are none, whoever asks
    request: dict[str, Any],  # noqa: ARG001 - it has no parameters
) -> dict[str, Any]:
    """List the account's OpenID Connect providers: none."""
    return {"OpenIDConnectProviderList": []}


@operation("iam", "ListSAMLProviders", READ, checks=on_everything("iam:ListSAMLProviders"))
def list_saml_providers(
    call: Call,  # noqa: ARG001 - there are none, whoever asks
    request: dict[str, Any],  # noqa: ARG001 - it has no parameters
) -> dict[str, Any]:
    """List the account's SAML providers: none."""
    return {"SAMLProviderList": []}
