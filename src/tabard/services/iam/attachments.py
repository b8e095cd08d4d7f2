"""Attaching managed policies: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_manage-attach-detach.html."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tabard.catalog.managed_policies import ManagedPolicy
from tabard.core.errors import AwsError
from tabard.services.iam import paging, quotas
from tabard.services.iam.errors import no_such_entity, quota_exceeded
from tabard.services.iam.managed import account_of, attachable
from tabard.services.iam.subjects import Request, find, find_own, on_group, on_role, on_user, policy_arn_key
from tabard.services.operation import READ, WRITE, operation

if TYPE_CHECKING:
    from types_boto3_iam.type_defs import (
        AttachGroupPolicyRequestTypeDef,
        AttachRolePolicyRequestTypeDef,
        AttachUserPolicyRequestTypeDef,
        DetachGroupPolicyRequestTypeDef,
        DetachRolePolicyRequestTypeDef,
        DetachUserPolicyRequestTypeDef,
        ListAttachedGroupPoliciesRequestTypeDef,
        ListAttachedRolePoliciesRequestTypeDef,
        ListAttachedUserPoliciesRequestTypeDef,
    )

    from tabard.services.operation import Call
    from tabard.store.iam import EntityKind


def _attach(call: Call, kind: EntityKind, request: Request) -> dict[str, Any]:
    subject = find_own(call, kind, request)
    arn = request["PolicyArn"]
    policy = attachable(call, arn)
    if policy is None:
        raise no_such_entity(f"Policy {arn} does not exist or is not attachable.")
    if isinstance(policy, ManagedPolicy) and policy.is_service_linked:
        raise AwsError("PolicyNotAttachable", "Cannot attach a Service Role Policy to a Customer Role.", 400)
    attached = call.store.iam.grants.attached(call.account, kind, subject.id)
    if arn in attached:
        return {}
    if len(attached) >= quotas.ATTACHED_POLICIES:
        raise quota_exceeded(f"PoliciesPer{kind.capitalize()}", quotas.ATTACHED_POLICIES)
    call.store.iam.grants.attach(call.account, kind, subject.id, arn)
    return {}


def _detach(call: Call, kind: EntityKind, request: Request) -> dict[str, Any]:
    subject = find_own(call, kind, request)
    account_of(request["PolicyArn"])
    if not call.store.iam.grants.detach(call.account, kind, subject.id, request["PolicyArn"]):
        raise no_such_entity(f"Policy {request['PolicyArn']} was not found.")
    return {}


def _list(call: Call, kind: EntityKind, request: Request) -> dict[str, Any]:
    subject = find(call, kind, request)
    arns = call.store.iam.grants.attached(call.account, kind, subject.id)
    prefix = request.get("PathPrefix", "/")
    under = [arn for arn in arns if prefix == "/" or _path(arn).startswith(prefix)]
    return paging.listed(request, under, lambda arn: arn, "AttachedPolicies", attached_policy)


def _path(arn: str) -> str:
    return arn.partition(":policy")[2].rpartition("/")[0] + "/"


def attached_policy(arn: str) -> dict[str, str]:
    """An attached policy as replies hold it."""
    return {"PolicyName": arn.rpartition("/")[2], "PolicyArn": arn}


@operation(
    "iam",
    "AttachRolePolicy",
    WRITE,
    checks=on_role("iam:AttachRolePolicy", boundary=True, keys=policy_arn_key),
)
def attach_role_policy(call: Call, request: AttachRolePolicyRequestTypeDef) -> dict[str, Any]:
    """Attach a managed policy to a role; nothing changes when it is attached."""
    return _attach(call, "role", request)


@operation(
    "iam",
    "DetachRolePolicy",
    WRITE,
    checks=on_role("iam:DetachRolePolicy", boundary=True, keys=policy_arn_key),
)
def detach_role_policy(call: Call, request: DetachRolePolicyRequestTypeDef) -> dict[str, Any]:
    """Detach a managed policy from a role."""
    return _detach(call, "role", request)


@operation("iam", "ListAttachedRolePolicies", READ, checks=on_role("iam:ListAttachedRolePolicies"))
def list_attached_role_policies(
    call: Call, request: ListAttachedRolePoliciesRequestTypeDef
) -> dict[str, Any]:
    """List the managed policies that are attached to a role."""
    return _list(call, "role", request)


@operation(
    "iam",
    "AttachUserPolicy",
    WRITE,
    checks=on_user("iam:AttachUserPolicy", boundary=True, keys=policy_arn_key),
)
def attach_user_policy(call: Call, request: AttachUserPolicyRequestTypeDef) -> dict[str, Any]:
    """Attach a managed policy to a user; nothing changes when it is attached."""
    return _attach(call, "user", request)


@operation(
    "iam",
    "DetachUserPolicy",
    WRITE,
    checks=on_user("iam:DetachUserPolicy", boundary=True, keys=policy_arn_key),
)
def detach_user_policy(call: Call, request: DetachUserPolicyRequestTypeDef) -> dict[str, Any]:
    """Detach a managed policy from a user."""
    return _detach(call, "user", request)


@operation("iam", "ListAttachedUserPolicies", READ, checks=on_user("iam:ListAttachedUserPolicies"))
def list_attached_user_policies(
    call: Call, request: ListAttachedUserPoliciesRequestTypeDef
) -> dict[str, Any]:
    """List the managed policies that are attached to a user."""
    return _list(call, "user", request)


@operation("iam", "AttachGroupPolicy", WRITE, checks=on_group("iam:AttachGroupPolicy", keys=policy_arn_key))
def attach_group_policy(call: Call, request: AttachGroupPolicyRequestTypeDef) -> dict[str, Any]:
    """Attach a managed policy to a group; nothing changes when it is attached."""
    return _attach(call, "group", request)


@operation("iam", "DetachGroupPolicy", WRITE, checks=on_group("iam:DetachGroupPolicy", keys=policy_arn_key))
def detach_group_policy(call: Call, request: DetachGroupPolicyRequestTypeDef) -> dict[str, Any]:
    """Detach a managed policy from a group."""
    return _detach(call, "group", request)


@operation("iam", "ListAttachedGroupPolicies", READ, checks=on_group("iam:ListAttachedGroupPolicies"))
def list_attached_group_policies(
    call: Call, request: ListAttachedGroupPoliciesRequestTypeDef
) -> dict[str, Any]:
    """List the managed policies that are attached to a group."""
    return _list(call, "group", request)
