"""Roles: https://docs.aws.amazon.com/IAM/latest/APIReference/API_Role.html."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from tabard.core.sources import as_datetime, unique_id
from tabard.services.iam import paging, quotas, replies, tagging, trust
from tabard.services.iam.boundaries import check_boundary
from tabard.services.iam.errors import already_exists, delete_conflict, invalid_input, quota_exceeded
from tabard.services.iam.last_used import last_use
from tabard.services.iam.subjects import (
    boundary_key,
    find_own_role,
    find_role,
    on_path,
    on_role,
    role_check,
    tag_keys,
    with_tagging,
)
from tabard.services.operation import READ, WRITE, operation
from tabard.store.iam import Role

if TYPE_CHECKING:
    from types_boto3_iam.type_defs import (
        CreateRoleRequestTypeDef,
        DeleteRoleRequestTypeDef,
        GetRoleRequestTypeDef,
        ListRolesRequestTypeDef,
        UpdateAssumeRolePolicyRequestTypeDef,
        UpdateRoleDescriptionRequestTypeDef,
        UpdateRoleRequestTypeDef,
    )

    from tabard.services.operation import Call, Check

DEFAULT_SESSION_DURATION = 3600
RESERVED_PATHS = ("/aws-service-role/", "/aws-reserved/")


def _check_create(call: Call, request: dict[str, Any]) -> tuple[Check, ...]:
    keys = {**boundary_key(request), **tag_keys(request)}
    name, path = request["RoleName"], request.get("Path", "/")
    check = role_check(call, "iam:CreateRole", name, path=path, more=keys)
    return with_tagging(check, "iam:TagRole", request)


def check_path(path: str) -> None:
    """Refuse the paths of roles that AWS alone makes: policies treat what lies there as AWS's own."""
    for reserved in RESERVED_PATHS:
        if path.startswith(reserved):
            raise invalid_input(f"Path {reserved} is reserved for roles that only AWS can create.")


@operation("iam", "CreateRole", WRITE, checks=_check_create)
def create_role(call: Call, request: CreateRoleRequestTypeDef) -> dict[str, Any]:
    """Make a role whose trust policy says who may assume it."""
    roles, name = call.store.iam.roles, request["RoleName"]
    check_path(request.get("Path", "/"))
    tags = tagging.given(request.get("Tags"), fold=True)
    trust_policy = trust.stored(call.store, request["AssumeRolePolicyDocument"])
    boundary = request.get("PermissionsBoundary")
    if boundary is not None:
        check_boundary(call, boundary)
    if roles.get(call.account, name) is not None:
        raise already_exists(f"Role with name {name} already exists.")
    if roles.count(call.account, quotas.ROLES) >= quotas.ROLES:
        raise quota_exceeded("RolesPerAccount", quotas.ROLES)
    role = Role(
        call.account,
        unique_id("AROA", call.node.random),
        name,
        request.get("Path", "/"),
        float(int(call.now)),
        trust_policy,
        request.get("Description") or None,
        request.get("MaxSessionDuration", DEFAULT_SESSION_DURATION),
        boundary,
        tags,
    )
    roles.create(role)
    return {"Role": replies.new_role_with_extras(call, role)}


@operation("iam", "GetRole", READ, checks=on_role("iam:GetRole", boundary=True))
def get_role(call: Call, request: GetRoleRequestTypeDef) -> dict[str, Any]:
    """Show a role with its trust policy, boundary, tags, and when it was last used."""
    role = find_role(call, request["RoleName"])
    shown = replies.whole_role(call, role)
    shown["RoleLastUsed"] = role_last_used(call, role)
    return {"Role": shown}


def role_last_used(call: Call, role: Role) -> dict[str, Any]:
    """``RoleLastUsed``: empty where the role was never used."""
    used = last_use(call, role.account, role.id)
    return {} if used is None else {"LastUsedDate": as_datetime(used.at), "Region": used.region}


@operation("iam", "ListRoles", READ, checks=on_path("iam:ListRoles", "role"))
def list_roles(call: Call, request: ListRolesRequestTypeDef) -> dict[str, Any]:
    """List the account's roles under a path, without tags, boundaries and last uses."""
    return paging.entities(
        request, call.store.iam.roles, call.account, "Roles", lambda role: replies.role(call, role)
    )


@operation("iam", "UpdateRole", WRITE, checks=on_role("iam:UpdateRole", boundary=True))
def update_role(call: Call, request: UpdateRoleRequestTypeDef) -> dict[str, Any]:
    """Change a role's description, and its longest session (an hour where that is not said)."""
    find = find_own_role if "MaxSessionDuration" in request else find_role
    role = find(call, request["RoleName"])
    description = request.get("Description", role.description) or None
    duration = request.get("MaxSessionDuration", DEFAULT_SESSION_DURATION)
    call.store.iam.roles.replace(replace(role, description=description, max_session_duration=duration))
    return {}


@operation("iam", "UpdateRoleDescription", WRITE, checks=on_role("iam:UpdateRoleDescription", boundary=True))
def update_role_description(call: Call, request: UpdateRoleDescriptionRequestTypeDef) -> dict[str, Any]:
    """Change a role's description (UpdateRole is its successor)."""
    role = replace(find_role(call, request["RoleName"]), description=request["Description"] or None)
    call.store.iam.roles.replace(role)
    return {"Role": replies.whole_role(call, role)}


@operation(
    "iam", "UpdateAssumeRolePolicy", WRITE, checks=on_role("iam:UpdateAssumeRolePolicy", boundary=True)
)
def update_assume_role_policy(call: Call, request: UpdateAssumeRolePolicyRequestTypeDef) -> dict[str, Any]:
    """Change who may assume a role."""
    role = find_own_role(call, request["RoleName"])
    document = trust.stored(call.store, request["PolicyDocument"])
    call.store.iam.roles.replace(replace(role, trust_policy=document))
    return {}


@operation("iam", "DeleteRole", WRITE, checks=on_role("iam:DeleteRole", boundary=True))
def delete_role(call: Call, request: DeleteRoleRequestTypeDef) -> dict[str, Any]:
    """Delete a role that has no policies and is in no instance profile; its sessions end with it."""
    role = find_own_role(call, request["RoleName"])
    if call.store.iam.instance_profiles.of_role(role):
        raise delete_conflict("Cannot delete entity, must remove roles from instance profile first.")
    if call.store.iam.grants.attached(role.account, "role", role.id):
        raise delete_conflict("Cannot delete entity, must detach all policies first.")
    if call.store.iam.grants.inline(role.account, "role", role.id):
        raise delete_conflict("Cannot delete entity, must delete policies first.")
    call.store.iam.roles.delete(role)
    return {}
