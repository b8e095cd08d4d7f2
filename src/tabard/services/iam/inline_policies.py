"""Inline policies, embedded in one user, group or role.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html#inline-policies
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tabard.services.iam import paging
from tabard.services.iam.documents import check_inline, encoded
from tabard.services.iam.errors import no_such_entity
from tabard.services.iam.subjects import Request, find, find_own, on_group, on_role, on_user
from tabard.services.operation import READ, WRITE, operation
from tabard.store.iam import InlinePolicy

if TYPE_CHECKING:
    from types_boto3_iam.type_defs import (
        DeleteGroupPolicyRequestTypeDef,
        DeleteRolePolicyRequestTypeDef,
        DeleteUserPolicyRequestTypeDef,
        GetGroupPolicyRequestTypeDef,
        GetRolePolicyRequestTypeDef,
        GetUserPolicyRequestTypeDef,
        ListGroupPoliciesRequestTypeDef,
        ListRolePoliciesRequestTypeDef,
        ListUserPoliciesRequestTypeDef,
        PutGroupPolicyRequestTypeDef,
        PutRolePolicyRequestTypeDef,
        PutUserPolicyRequestTypeDef,
    )

    from tabard.services.operation import Call
    from tabard.store.iam import EntityKind


def _put(call: Call, kind: EntityKind, request: Request) -> dict[str, Any]:
    subject = find_own(call, kind, request)
    policy = InlinePolicy(request["PolicyName"], request["PolicyDocument"])
    grants = call.store.iam.grants
    check_inline(kind, subject.name, policy, grants.inline(call.account, kind, subject.id))
    grants.put_inline(call.account, kind, subject.id, policy)
    return {}


def _get(call: Call, kind: EntityKind, request: Request) -> dict[str, Any]:
    subject = find(call, kind, request)
    name = request["PolicyName"]
    for policy in call.store.iam.grants.inline(call.account, kind, subject.id):
        if policy.name == name:
            return {
                f"{kind.capitalize()}Name": subject.name,
                "PolicyName": policy.name,
                "PolicyDocument": encoded(policy.document),
            }
    raise _missing(kind, name)


def _list(call: Call, kind: EntityKind, request: Request) -> dict[str, Any]:
    subject = find(call, kind, request)
    policies = call.store.iam.grants.inline(call.account, kind, subject.id)
    names = [policy.name for policy in policies]
    return paging.listed(request, names, lambda name: name, "PolicyNames", lambda name: name)


def _delete(call: Call, kind: EntityKind, request: Request) -> dict[str, Any]:
    subject = find_own(call, kind, request)
    if not call.store.iam.grants.delete_inline(call.account, kind, subject.id, request["PolicyName"]):
        raise _missing(kind, request["PolicyName"])
    return {}


def _missing(kind: EntityKind, name: str) -> Exception:
    return no_such_entity(f"The {kind} policy with name {name} cannot be found.")


@operation("iam", "PutRolePolicy", WRITE, checks=on_role("iam:PutRolePolicy", boundary=True))
def put_role_policy(call: Call, request: PutRolePolicyRequestTypeDef) -> dict[str, Any]:
    """Embed a policy in a role, in place of the one of the same name."""
    return _put(call, "role", request)


@operation("iam", "GetRolePolicy", READ, checks=on_role("iam:GetRolePolicy"))
def get_role_policy(call: Call, request: GetRolePolicyRequestTypeDef) -> dict[str, Any]:
    """Show a policy that is embedded in a role."""
    return _get(call, "role", request)


@operation("iam", "ListRolePolicies", READ, checks=on_role("iam:ListRolePolicies"))
def list_role_policies(call: Call, request: ListRolePoliciesRequestTypeDef) -> dict[str, Any]:
    """List the names of the policies that are embedded in a role."""
    return _list(call, "role", request)


@operation("iam", "DeleteRolePolicy", WRITE, checks=on_role("iam:DeleteRolePolicy", boundary=True))
def delete_role_policy(call: Call, request: DeleteRolePolicyRequestTypeDef) -> dict[str, Any]:
    """Take an embedded policy out of a role."""
    return _delete(call, "role", request)


@operation("iam", "PutUserPolicy", WRITE, checks=on_user("iam:PutUserPolicy", boundary=True))
def put_user_policy(call: Call, request: PutUserPolicyRequestTypeDef) -> dict[str, Any]:
    """Embed a policy in a user, in place of the one of the same name."""
    return _put(call, "user", request)


@operation("iam", "GetUserPolicy", READ, checks=on_user("iam:GetUserPolicy"))
def get_user_policy(call: Call, request: GetUserPolicyRequestTypeDef) -> dict[str, Any]:
    """Show a policy that is embedded in a user."""
    return _get(call, "user", request)


@operation("iam", "ListUserPolicies", READ, checks=on_user("iam:ListUserPolicies"))
def list_user_policies(call: Call, request: ListUserPoliciesRequestTypeDef) -> dict[str, Any]:
    """List the names of the policies that are embedded in a user."""
    return _list(call, "user", request)


@operation("iam", "DeleteUserPolicy", WRITE, checks=on_user("iam:DeleteUserPolicy", boundary=True))
def delete_user_policy(call: Call, request: DeleteUserPolicyRequestTypeDef) -> dict[str, Any]:
    """Take an embedded policy out of a user."""
    return _delete(call, "user", request)


@operation("iam", "PutGroupPolicy", WRITE, checks=on_group("iam:PutGroupPolicy"))
def put_group_policy(call: Call, request: PutGroupPolicyRequestTypeDef) -> dict[str, Any]:
    """Embed a policy in a group, in place of the one of the same name."""
    return _put(call, "group", request)


@operation("iam", "GetGroupPolicy", READ, checks=on_group("iam:GetGroupPolicy"))
def get_group_policy(call: Call, request: GetGroupPolicyRequestTypeDef) -> dict[str, Any]:
    """Show a policy that is embedded in a group."""
    return _get(call, "group", request)


@operation("iam", "ListGroupPolicies", READ, checks=on_group("iam:ListGroupPolicies"))
def list_group_policies(call: Call, request: ListGroupPoliciesRequestTypeDef) -> dict[str, Any]:
    """List the names of the policies that are embedded in a group."""
    return _list(call, "group", request)


@operation("iam", "DeleteGroupPolicy", WRITE, checks=on_group("iam:DeleteGroupPolicy"))
def delete_group_policy(call: Call, request: DeleteGroupPolicyRequestTypeDef) -> dict[str, Any]:
    """Take an embedded policy out of a group."""
    return _delete(call, "group", request)
