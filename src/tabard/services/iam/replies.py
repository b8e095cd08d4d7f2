"""Entities as replies hold them. Listings show less than the operations on one entity, as on AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tabard.core.arn import iam_arn
from tabard.core.sources import as_datetime
from tabard.identity import named
from tabard.services.iam import tagging
from tabard.services.iam.documents import encoded

if TYPE_CHECKING:
    from tabard.services.operation import Call
    from tabard.store.iam import Group, InstanceProfile, Role, User

Reply = dict[str, Any]


def boundary(arn: str) -> dict[str, str]:
    """A permissions boundary. AWS's replies say ``Policy`` where its model says ``PermissionsBoundaryPolicy``."""
    return {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}


def user(entity: User) -> Reply:
    """A user in a listing."""
    return {
        "Path": entity.path,
        "UserName": entity.name,
        "UserId": entity.id,
        "Arn": iam_arn(entity.account, "user", entity.path, entity.name),
        "CreateDate": as_datetime(entity.created_at),
    }


def whole_user(entity: User) -> Reply:
    """A user with its boundary and tags."""
    return _with_boundary_and_tags(user(entity), entity)


def group(entity: Group) -> Reply:
    """A group."""
    return {
        "Path": entity.path,
        "GroupName": entity.name,
        "GroupId": entity.id,
        "Arn": iam_arn(entity.account, "group", entity.path, entity.name),
        "CreateDate": as_datetime(entity.created_at),
    }


def new_role(call: Call, entity: Role) -> Reply:
    """A role as the operation that makes it shows it, and instance profiles."""
    return {
        "Path": entity.path,
        "RoleName": entity.name,
        "RoleId": entity.id,
        "Arn": iam_arn(entity.account, "role", entity.path, entity.name),
        "CreateDate": as_datetime(entity.created_at),
        "AssumeRolePolicyDocument": encoded(named.shown(call.store, entity.trust_policy)),
    }


def role(call: Call, entity: Role) -> Reply:
    """A role in a listing."""
    shown = new_role(call, entity)
    if entity.description is not None:
        shown["Description"] = entity.description
    shown["MaxSessionDuration"] = entity.max_session_duration
    return shown


def whole_role(call: Call, entity: Role) -> Reply:
    """A role with everything that GetRole shows, but when it was last used."""
    return _with_boundary_and_tags(role(call, entity), entity)


def _with_boundary_and_tags(shown: Reply, entity: User | Role) -> Reply:
    if entity.boundary is not None:
        shown["PermissionsBoundary"] = boundary(entity.boundary)
    if entity.tags:
        shown["Tags"] = tagging.shown(entity.tags)
    return shown


def new_role_with_extras(call: Call, entity: Role) -> Reply:
    """A role as CreateRole shows it."""
    return _with_boundary_and_tags(new_role(call, entity), entity)


def instance_profile(call: Call, entity: InstanceProfile) -> Reply:
    """An instance profile in a listing, with its role."""
    held = None if entity.role_id is None else call.store.iam.roles.by_id(entity.account, entity.role_id)
    return {
        "Path": entity.path,
        "InstanceProfileName": entity.name,
        "InstanceProfileId": entity.id,
        "Arn": iam_arn(entity.account, "instance-profile", entity.path, entity.name),
        "CreateDate": as_datetime(entity.created_at),
        "Roles": [] if held is None else [new_role(call, held)],
    }


def whole_instance_profile(call: Call, entity: InstanceProfile) -> Reply:
    """An instance profile with its role and tags, of which there may be none."""
    return {**instance_profile(call, entity), "Tags": tagging.shown(entity.tags)}
