"""Users: https://docs.aws.amazon.com/IAM/latest/APIReference/API_User.html."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from tabard.core.arn import iam_arn, root_arn
from tabard.core.sources import as_datetime, unique_id
from tabard.services.iam import paging, quotas, replies, tagging
from tabard.services.iam.boundaries import check_boundary
from tabard.services.iam.errors import already_exists, delete_conflict, quota_exceeded
from tabard.services.iam.last_used import last_use
from tabard.services.iam.subjects import (
    boundary_key,
    find_user,
    on_path,
    on_self_or_user,
    on_user,
    self_or_name,
    tag_keys,
    user_check,
    with_tagging,
)
from tabard.services.operation import READ, WRITE, Check, operation
from tabard.store.iam import User

if TYPE_CHECKING:
    from types_boto3_iam.type_defs import (
        CreateUserRequestTypeDef,
        DeleteUserRequestTypeDef,
        GetUserRequestTypeDef,
        ListUsersRequestTypeDef,
        UpdateUserRequestTypeDef,
    )

    from tabard.services.operation import Call


def _check_create(call: Call, request: dict[str, Any]) -> tuple[Check, ...]:
    keys = {**boundary_key(request), **tag_keys(request)}
    name, path = request["UserName"], request.get("Path", "/")
    check = user_check(call, "iam:CreateUser", name, path=path, more=keys)
    return with_tagging(check, "iam:TagUser", request)


@operation("iam", "CreateUser", WRITE, checks=_check_create)
def create_user(call: Call, request: CreateUserRequestTypeDef) -> dict[str, Any]:
    """Make a user, who can do nothing yet."""
    users, name = call.store.iam.users, request["UserName"]
    tags = tagging.given(request.get("Tags"), fold=True)
    boundary = request.get("PermissionsBoundary")
    if boundary is not None:
        check_boundary(call, boundary)
    if users.get(call.account, name) is not None:
        raise already_exists(f"User with name {name} already exists.")
    if users.count(call.account, quotas.USERS) >= quotas.USERS:
        raise quota_exceeded("UsersPerAccount", quotas.USERS)
    user = User(
        call.account,
        unique_id("AIDA", call.node.random),
        name,
        request.get("Path", "/"),
        float(int(call.now)),
        boundary,
        tags,
    )
    users.create(user)
    return {"User": replies.whole_user(user)}


@operation("iam", "GetUser", READ, checks=on_self_or_user("iam:GetUser"))
def get_user(call: Call, request: GetUserRequestTypeDef) -> dict[str, Any]:
    """Show a user, or the caller itself where none is named."""
    name = self_or_name(call, request)
    if name is None:
        return {"User": _root(call)}
    user = find_user(call, name)
    return {"User": {**replies.whole_user(user), **_password_last_used(call, user)}}


def _password_last_used(call: Call, user: User) -> dict[str, Any]:
    """``PasswordLastUsed``: absent where the user has no password, or never signed in with it."""
    used = last_use(call, user.account, user.id)
    return {} if used is None else {"PasswordLastUsed": as_datetime(used.at)}


def _root(call: Call) -> dict[str, Any]:
    account = call.store.iam.accounts.get(call.account)
    created_at = call.now if account is None else account.created_at
    return {"UserId": call.account, "Arn": root_arn(call.account), "CreateDate": as_datetime(created_at)}


@operation("iam", "ListUsers", READ, checks=on_path("iam:ListUsers", "user"))
def list_users(call: Call, request: ListUsersRequestTypeDef) -> dict[str, Any]:
    """List the account's users under a path, without tags and boundaries."""
    return paging.entities(
        request,
        call.store.iam.users,
        call.account,
        "Users",
        lambda user: {**replies.user(user), **_password_last_used(call, user)},
    )


def _check_update(call: Call, request: dict[str, Any]) -> tuple[Check, ...]:
    """The caller must be allowed to update both what the user is and what it becomes."""
    before = user_check(call, "iam:UpdateUser", request["UserName"])
    user = call.store.iam.users.get(call.account, request["UserName"])
    if user is None:
        return (before,)
    path, name = request.get("NewPath", user.path), request.get("NewUserName", user.name)
    if (path, name) == (user.path, user.name):
        return (before,)
    after = Check("iam:UpdateUser", iam_arn(call.account, "user", path, name), keys=before.keys)
    return (before, after)


@operation("iam", "UpdateUser", WRITE, checks=_check_update)
def update_user(call: Call, request: UpdateUserRequestTypeDef) -> dict[str, Any]:
    """Rename or move a user, who stays the same user in every group and policy."""
    user = find_user(call, request["UserName"])
    name = request.get("NewUserName", user.name)
    other = call.store.iam.users.get(call.account, name)
    if other is not None and other.id != user.id:
        raise already_exists(f"User with name {name} already exists.")
    call.store.iam.users.replace(replace(user, name=name, path=request.get("NewPath", user.path)))
    return {}


@operation("iam", "DeleteUser", WRITE, checks=on_user("iam:DeleteUser"))
def delete_user(call: Call, request: DeleteUserRequestTypeDef) -> dict[str, Any]:
    """Delete a user who has no credentials, groups or policies any more."""
    user = find_user(call, request["UserName"])
    iam = call.store.iam
    held = iam.credentials
    if held.login_profiles.get(user.account, user.id) is not None:
        raise delete_conflict("Cannot delete entity, must delete login profile first.")
    if held.mfa_devices.of_owner(user.account, user.id):
        raise delete_conflict("Cannot delete entity, must delete MFA device first.")
    if held.signing_certificates.of_owner(user.account, user.id):
        raise delete_conflict("Cannot delete entity, must delete signing certificates first.")
    if held.ssh_public_keys.of_owner(user.account, user.id):
        raise delete_conflict("Cannot delete entity, must delete SSH public keys first.")
    if held.service_credentials.of_owner(user.account, user.id):
        raise delete_conflict("Cannot delete entity, must delete service specific credentials first.")
    if iam.access_keys.of_user(user.account, user.id):
        raise delete_conflict("Cannot delete entity, must delete access keys first.")
    if iam.groups.of_user(user):
        raise delete_conflict("Cannot delete entity, must remove users from group first.")
    if iam.grants.attached(user.account, "user", user.id):
        raise delete_conflict("Cannot delete entity, must detach all policies first.")
    if iam.grants.inline(user.account, "user", user.id):
        raise delete_conflict("Cannot delete entity, must delete policies first.")
    iam.users.delete(user)
    return {}
