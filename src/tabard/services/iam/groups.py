"""Groups and who is in them: https://docs.aws.amazon.com/IAM/latest/APIReference/API_Group.html."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from tabard.core.arn import iam_arn
from tabard.core.sources import unique_id
from tabard.services.iam import paging, quotas, replies
from tabard.services.iam.errors import already_exists, delete_conflict, no_such_entity, quota_exceeded
from tabard.services.iam.subjects import find_group, find_user, group_check, on_group, on_path, on_user
from tabard.services.operation import READ, WRITE, Check, operation
from tabard.store.iam import Group

if TYPE_CHECKING:
    from types_boto3_iam.type_defs import (
        AddUserToGroupRequestTypeDef,
        CreateGroupRequestTypeDef,
        DeleteGroupRequestTypeDef,
        GetGroupRequestTypeDef,
        ListGroupsForUserRequestTypeDef,
        ListGroupsRequestTypeDef,
        RemoveUserFromGroupRequestTypeDef,
        UpdateGroupRequestTypeDef,
    )

    from tabard.services.operation import Call


def _check_create(call: Call, request: dict[str, Any]) -> tuple[Check]:
    return (group_check(call, "iam:CreateGroup", request["GroupName"], path=request.get("Path", "/")),)


@operation("iam", "CreateGroup", WRITE, checks=_check_create)
def create_group(call: Call, request: CreateGroupRequestTypeDef) -> dict[str, Any]:
    """Make an empty group."""
    groups, name = call.store.iam.groups, request["GroupName"]
    if groups.get(call.account, name) is not None:
        raise already_exists(f"Group with name {name} already exists.")
    if groups.count(call.account, quotas.GROUPS) >= quotas.GROUPS:
        raise quota_exceeded("GroupsPerAccount", quotas.GROUPS)
    group = Group(
        call.account,
        unique_id("AGPA", call.node.random),
        name,
        request.get("Path", "/"),
        float(int(call.now)),
    )
    groups.create(group)
    return {"Group": replies.group(group)}


@operation("iam", "GetGroup", READ, checks=on_group("iam:GetGroup"))
def get_group(call: Call, request: GetGroupRequestTypeDef) -> dict[str, Any]:
    """Show a group and a page of its users."""
    group = find_group(call, request["GroupName"])
    users = call.store.iam.users
    after = paging.entity_position(request, users, call.account)
    page = call.store.iam.groups.members(group, after, paging.max_items(request))
    following = None if page.next is None else paging.entity_marker(page.next, page.items[-1].id)
    return {
        "Group": replies.group(group),
        **paging.reply("Users", [replies.user(user) for user in page.items], following),
    }


@operation("iam", "ListGroups", READ, checks=on_path("iam:ListGroups", "group"))
def list_groups(call: Call, request: ListGroupsRequestTypeDef) -> dict[str, Any]:
    """List the account's groups under a path."""
    return paging.entities(request, call.store.iam.groups, call.account, "Groups", replies.group)


@operation("iam", "ListGroupsForUser", READ, checks=on_user("iam:ListGroupsForUser"))
def list_groups_for_user(call: Call, request: ListGroupsForUserRequestTypeDef) -> dict[str, Any]:
    """List the groups that a user is in."""
    groups = call.store.iam.groups.of_user(find_user(call, request["UserName"]))
    return paging.listed(request, groups, lambda group: group.name.lower(), "Groups", replies.group)


def _check_update(call: Call, request: dict[str, Any]) -> tuple[Check, ...]:
    """The caller must be allowed to update both what the group is and what it becomes."""
    before = group_check(call, "iam:UpdateGroup", request["GroupName"])
    group = call.store.iam.groups.get(call.account, request["GroupName"])
    if group is None:
        return (before,)
    path, name = request.get("NewPath", group.path), request.get("NewGroupName", group.name)
    if (path, name) == (group.path, group.name):
        return (before,)
    return (before, Check("iam:UpdateGroup", iam_arn(call.account, "group", path, name)))


@operation("iam", "UpdateGroup", WRITE, checks=_check_update)
def update_group(call: Call, request: UpdateGroupRequestTypeDef) -> dict[str, Any]:
    """Rename or move a group, which keeps its users and policies."""
    group = find_group(call, request["GroupName"])
    name = request.get("NewGroupName", group.name)
    other = call.store.iam.groups.get(call.account, name)
    if other is not None and other.id != group.id:
        raise already_exists(f"Group with name {name} already exists.")
    call.store.iam.groups.replace(replace(group, name=name, path=request.get("NewPath", group.path)))
    return {}


@operation("iam", "DeleteGroup", WRITE, checks=on_group("iam:DeleteGroup"))
def delete_group(call: Call, request: DeleteGroupRequestTypeDef) -> dict[str, Any]:
    """Delete a group that has no users and no policies."""
    group = find_group(call, request["GroupName"])
    iam = call.store.iam
    if iam.groups.has_members(group):
        raise delete_conflict("Cannot delete entity, must remove users from group first.")
    if iam.grants.attached(group.account, "group", group.id):
        raise delete_conflict("Cannot delete entity, must detach all policies first.")
    if iam.grants.inline(group.account, "group", group.id):
        raise delete_conflict("Cannot delete entity, must delete policies first.")
    iam.groups.delete(group)
    return {}


@operation("iam", "AddUserToGroup", WRITE, checks=on_group("iam:AddUserToGroup"))
def add_user_to_group(call: Call, request: AddUserToGroupRequestTypeDef) -> dict[str, Any]:
    """Put a user into a group; nothing changes when they are in it."""
    group = find_group(call, request["GroupName"])
    user = find_user(call, request["UserName"])
    present = call.store.iam.groups.of_user(user)
    if any(other.id == group.id for other in present):
        return {}
    if len(present) >= quotas.GROUPS_PER_USER:
        raise quota_exceeded("GroupsPerUser", quotas.GROUPS_PER_USER)
    call.store.iam.groups.add(group, user)
    return {}


@operation("iam", "RemoveUserFromGroup", WRITE, checks=on_group("iam:RemoveUserFromGroup"))
def remove_user_from_group(call: Call, request: RemoveUserFromGroupRequestTypeDef) -> dict[str, Any]:
    """Take a user out of a group."""
    group = find_group(call, request["GroupName"])
    user = find_user(call, request["UserName"])
    if not call.store.iam.groups.remove(group, user):
        raise no_such_entity(f"User {user.name} not in group {group.name}")
    return {}
