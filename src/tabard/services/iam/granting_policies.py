"""Which policies let an identity use a service.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListPoliciesGrantingServiceAccess.html
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from tabard.catalog import service_reference
from tabard.services.iam import carried, paging
from tabard.services.iam.errors import invalid_input
from tabard.services.iam.reach import reached
from tabard.services.iam.subjects import on_identity
from tabard.services.operation import LONG, operation

if TYPE_CHECKING:
    from types_boto3_iam.type_defs import ListPoliciesGrantingServiceAccessRequestTypeDef

    from tabard.services.iam.carried import Carried
    from tabard.services.operation import Call


@operation(
    "iam",
    "ListPoliciesGrantingServiceAccess",
    LONG,
    checks=on_identity("iam:ListPoliciesGrantingServiceAccess"),
)
async def list_policies_granting_service_access(
    call: Call, request: ListPoliciesGrantingServiceAccessRequestTypeDef
) -> dict[str, Any]:
    """List, for each service that is asked for, the policies of a user (with its groups), group or role that reach it."""
    namespaces = dict.fromkeys(name.lower() for name in request["ServiceNamespaces"])
    for name in namespaces:
        if service_reference.title(name) is None:
            raise invalid_input(f"Invalid service namespace: {name}")
    policies = carried.by_entity(call, *carried.identity(call, request["Arn"]))
    granting = await asyncio.to_thread(_granting, policies, tuple(namespaces))
    return paging.listed(
        request,
        granting.items(),
        lambda entry: entry[0],
        "PoliciesGrantingServiceAccess",
        lambda entry: {"ServiceNamespace": entry[0], "Policies": entry[1]},
    )


def _granting(policies: list[Carried], namespaces: tuple[str, ...]) -> dict[str, list[dict[str, Any]]]:
    granting: dict[str, list[dict[str, Any]]] = {name: [] for name in namespaces}
    for policy in policies:
        for name in reached([policy.document], namespaces):
            granting[name].append(_shown(policy))
    return granting


def _shown(policy: Carried) -> dict[str, Any]:
    if policy.arn is not None:
        return {"PolicyName": policy.name, "PolicyType": "MANAGED", "PolicyArn": policy.arn}
    return {
        "PolicyName": policy.name,
        "PolicyType": "INLINE",
        "EntityType": policy.owner_kind.upper(),
        "EntityName": policy.owner_name,
    }
