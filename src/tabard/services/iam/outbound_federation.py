"""Outbound identity federation: whether the account's principals may ask for tokens that services outside trust.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_outbound.html
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from tabard.core.errors import AwsError
from tabard.services.iam.subjects import on_everything
from tabard.services.issuer import issuer_url
from tabard.services.operation import READ, WRITE, operation
from tabard.store.iam_credentials import OutboundFederation

if TYPE_CHECKING:
    from tabard.services.operation import Call


def _present(call: Call) -> OutboundFederation | None:
    return call.store.iam.credentials.outbound_federations.get(call.account, call.account)


def _disabled() -> AwsError:
    return AwsError(
        "FeatureDisabled",
        "The request failed because outbound identity federation is already disabled for your AWS account.",
        404,
    )


@operation(
    "iam",
    "EnableOutboundWebIdentityFederation",
    WRITE,
    checks=on_everything("iam:EnableOutboundWebIdentityFederation"),
)
def enable_outbound_web_identity_federation(call: Call, request: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001 - it has no parameters
    """Let the account's principals ask for tokens; the issuer is the one that the account had before, if it had one."""
    present = _present(call)
    if present is not None and present.enabled:
        raise AwsError(
            "FeatureEnabled",
            "The request failed because outbound identity federation is already enabled for your AWS account.",
            409,
        )
    if present is None:
        present = OutboundFederation(
            id=call.account,
            account=call.account,
            owner=call.account,
            created_at=float(int(call.now)),
            issuer=str(uuid.UUID(bytes=call.node.random(16), version=4)),
        )
    call.store.iam.credentials.outbound_federations.put(replace(present, enabled=True))
    return {"IssuerIdentifier": issuer_url(call.node, present.issuer)}


@operation(
    "iam",
    "DisableOutboundWebIdentityFederation",
    WRITE,
    checks=on_everything("iam:DisableOutboundWebIdentityFederation"),
)
def disable_outbound_web_identity_federation(call: Call, request: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001 - it has no parameters
    """Let nobody ask for tokens any more; those that were given out stay good until they expire."""
    present = _present(call)
    if present is None or not present.enabled:
        raise _disabled()
    call.store.iam.credentials.outbound_federations.put(replace(present, enabled=False))
    return {}


@operation(
    "iam",
    "GetOutboundWebIdentityFederationInfo",
    READ,
    checks=on_everything("iam:GetOutboundWebIdentityFederationInfo"),
)
def get_outbound_web_identity_federation_info(call: Call, request: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001 - it has no parameters
    """Show the account's issuer."""
    present = _present(call)
    if present is None or not present.enabled:
        raise _disabled()
    return {"IssuerIdentifier": issuer_url(call.node, present.issuer), "JwtVendingEnabled": True}
