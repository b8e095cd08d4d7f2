"""Permissions boundaries: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from tabard.services.iam.errors import no_such_entity
from tabard.services.iam.managed import attachable
from tabard.services.iam.subjects import boundary_key, find_own_role, find_user, on_role, on_user
from tabard.services.operation import WRITE, operation

if TYPE_CHECKING:
    from types_boto3_iam.type_defs import (
        DeleteRolePermissionsBoundaryRequestTypeDef,
        DeleteUserPermissionsBoundaryRequestTypeDef,
        PutRolePermissionsBoundaryRequestTypeDef,
        PutUserPermissionsBoundaryRequestTypeDef,
    )

    from tabard.services.operation import Call


def check_boundary(call: Call, arn: str) -> None:
    """Refuse a boundary that is no policy; it must be the account's own or AWS's."""
    if attachable(call, arn) is None:
        raise no_such_entity(f"Scope ARN: {arn} does not exist or is not attachable.")


def _none_set(kind: str, name: str) -> Exception:
    return no_such_entity(f"The permissions boundary of the {kind} with name {name} cannot be found.")


@operation(
    "iam",
    "PutRolePermissionsBoundary",
    WRITE,
    checks=on_role("iam:PutRolePermissionsBoundary", keys=boundary_key),
)
def put_role_permissions_boundary(
    call: Call, request: PutRolePermissionsBoundaryRequestTypeDef
) -> dict[str, Any]:
    """Let a role do at most what a policy allows."""
    role = find_own_role(call, request["RoleName"])
    check_boundary(call, request["PermissionsBoundary"])
    call.store.iam.roles.replace(replace(role, boundary=request["PermissionsBoundary"]))
    return {}


@operation(
    "iam",
    "DeleteRolePermissionsBoundary",
    WRITE,
    checks=on_role("iam:DeleteRolePermissionsBoundary", boundary=True),
)
def delete_role_permissions_boundary(
    call: Call, request: DeleteRolePermissionsBoundaryRequestTypeDef
) -> dict[str, Any]:
    """Take a role's boundary away."""
    role = find_own_role(call, request["RoleName"])
    if role.boundary is None:
        raise _none_set("role", role.name)
    call.store.iam.roles.replace(replace(role, boundary=None))
    return {}


@operation(
    "iam",
    "PutUserPermissionsBoundary",
    WRITE,
    checks=on_user("iam:PutUserPermissionsBoundary", keys=boundary_key),
)
def put_user_permissions_boundary(
    call: Call, request: PutUserPermissionsBoundaryRequestTypeDef
) -> dict[str, Any]:
    """Let a user do at most what a policy allows."""
    user = find_user(call, request["UserName"])
    check_boundary(call, request["PermissionsBoundary"])
    call.store.iam.users.replace(replace(user, boundary=request["PermissionsBoundary"]))
    return {}


@operation(
    "iam",
    "DeleteUserPermissionsBoundary",
    WRITE,
    checks=on_user("iam:DeleteUserPermissionsBoundary", boundary=True),
)
def delete_user_permissions_boundary(
    call: Call, request: DeleteUserPermissionsBoundaryRequestTypeDef
) -> dict[str, Any]:
    """Take a user's boundary away."""
    user = find_user(call, request["UserName"])
    if user.boundary is None:
        raise _none_set("user", user.name)
    call.store.iam.users.replace(replace(user, boundary=None))
    return {}
