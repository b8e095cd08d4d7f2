"""Credentials and providers that nothing here can make yet, so that there truthfully are none.

Tools that clean up after a user (Ansible, Terraform) ask for them before they delete it.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tabard.services.iam.subjects import Request, find_user, on_everything, self_or_name
from tabard.services.operation import READ, operation

if TYPE_CHECKING:
    from tabard.services.operation import Call


def _check_user(call: Call, request: Request) -> None:
    """Refuse a user that does not exist; raises NoSuchEntity."""
    name = self_or_name(call, request)
    if name is not None:
        find_user(call, name)


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
