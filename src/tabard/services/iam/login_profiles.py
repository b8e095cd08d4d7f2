"""Users' passwords for the console: https://docs.aws.amazon.com/IAM/latest/APIReference/API_LoginProfile.html.

Hashing takes tens of milliseconds, so these operations do it in a thread, and write only if nothing changed meanwhile.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from tabard import policy
from tabard.core.errors import AwsError
from tabard.core.sources import as_datetime
from tabard.identity.grants import linked
from tabard.identity.passwords import hash_password, is_hash_of, is_password, open_hashes, seal_hashes
from tabard.services.iam.errors import already_exists, no_such_entity
from tabard.services.iam.password_policy import check_password, policy_of, violation
from tabard.services.iam.subjects import (
    Request,
    find_user,
    on_self_or_user,
    on_user,
    self_or_name,
    user_check,
)
from tabard.services.operation import LONG, READ, WRITE, Check, operation
from tabard.store.iam_credentials import LoginProfile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from types_boto3_iam.type_defs import (
        ChangePasswordRequestTypeDef,
        CreateLoginProfileRequestTypeDef,
        DeleteLoginProfileRequestTypeDef,
        GetLoginProfileRequestTypeDef,
        UpdateLoginProfileRequestTypeDef,
    )

    from tabard.services.node import Node
    from tabard.services.operation import Call
    from tabard.store.iam import User
    from tabard.store.iam_credentials import PasswordPolicy
    from tabard.store.port import View

_EVERY_USER = """{"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": "*", "Action": "iam:ChangePassword", "Resource": "*"}]}"""
"""What ``AllowUsersToChangePassword`` grants; a policy that denies it still does."""


def _user(call: Call, request: Request) -> User:
    """The named user, or the caller; raises NoSuchEntity."""
    name = self_or_name(call, request)
    if name is None:
        raise no_such_entity(f"Login Profile for User {call.account} cannot be found.")
    return find_user(call, name)


def _profile(call: Call, user: User) -> LoginProfile:
    profile = call.store.iam.credentials.login_profiles.get(call.account, user.id)
    if profile is None:
        raise no_such_entity(f"Login Profile for User {user.name} cannot be found.")
    return profile


def _shown(user: User, profile: LoginProfile) -> dict[str, Any]:
    return {
        "LoginProfile": {
            "UserName": user.name,
            "CreateDate": as_datetime(profile.created_at),
            "PasswordResetRequired": profile.reset_required,
        }
    }


async def _hashed(node: Node, account_id: str, password: str, refused: Sequence[str] = ()) -> str:
    """A password's hash; raises PasswordPolicyViolation for one that is weak, or is among those that were used."""
    iam = node.store.read().iam
    account, rules = iam.accounts.get(account_id), _rules(node, account_id)
    check_password(password, rules, "" if account is None else account.name)

    def work() -> str | None:
        if any(is_hash_of(password, used) for used in refused):
            return None
        return hash_password(password, node.random)

    found = await asyncio.to_thread(work)
    if found is None:
        raise violation("Policy constraint violation with password reuse prevention during password change")
    return found


def _put_unless_changed(view: View, seen: LoginProfile, profile: LoginProfile) -> None:
    profiles = view.iam.credentials.login_profiles
    if profiles.get(seen.account, seen.id) != seen:
        raise AwsError(
            "EntityTemporarilyUnmodifiable",
            "Login Profile for the user is being modified. Please try again.",
            409,
        )
    profiles.put(profile)


@operation("iam", "CreateLoginProfile", LONG, checks=on_self_or_user("iam:CreateLoginProfile"))
async def create_login_profile(call: Call, request: CreateLoginProfileRequestTypeDef) -> dict[str, Any]:
    """Give a user a password."""
    password = request.get("Password")
    if password is None:
        raise AwsError("ValidationError", "Must specify password when creating a login profile.", 400)
    user = _user(call, request)
    _refuse_second(call.store, user)
    hashed = await _hashed(call.node, call.account, password)
    now = float(int(call.now))
    profile = LoginProfile(
        id=user.id,
        account=user.account,
        owner=user.id,
        created_at=now,
        changed_at=now,
        reset_required=request.get("PasswordResetRequired", False),
        secret=seal_hashes(call.node.keys, user.id, [hashed]),
    )

    def create(view: View) -> None:
        find_user(call, user.name)
        _refuse_second(view, user)
        view.iam.credentials.login_profiles.put(profile)

    await call.write(create)
    return _shown(user, profile)


def _refuse_second(view: View, user: User) -> None:
    if view.iam.credentials.login_profiles.get(user.account, user.id) is not None:
        raise already_exists(f"Login Profile for user {user.name} already exists.")


@operation("iam", "GetLoginProfile", READ, checks=on_self_or_user("iam:GetLoginProfile"))
def get_login_profile(call: Call, request: GetLoginProfileRequestTypeDef) -> dict[str, Any]:
    """Say since when a user has had a password."""
    user = _user(call, request)
    return _shown(user, _profile(call, user))


@operation("iam", "UpdateLoginProfile", LONG, checks=on_user("iam:UpdateLoginProfile"))
async def update_login_profile(call: Call, request: UpdateLoginProfileRequestTypeDef) -> dict[str, Any]:
    """Give a user another password, or make them choose one when they next sign in."""
    user = find_user(call, request["UserName"])
    seen = profile = _profile(call, user)
    if "Password" in request:
        profile = await _with_password(call.node, seen, request["Password"], call.now)
    if "PasswordResetRequired" in request:
        profile = replace(profile, reset_required=request["PasswordResetRequired"])
    await call.write(lambda view: _put_unless_changed(view, seen, profile))
    return {}


async def _with_password(node: Node, profile: LoginProfile, password: str, now: float) -> LoginProfile:
    """A profile with a new password, which must be none of the last ones where the account's rules say so."""
    rules = _rules(node, profile.account)
    hashes = open_hashes(node.keys, profile)
    hashed = await _hashed(node, profile.account, password, hashes[: 0 if rules is None else rules.reuse])
    return replace(
        profile,
        changed_at=float(int(now)),
        secret=seal_hashes(node.keys, profile.id, [hashed, *hashes]),
    )


async def choose_password(node: Node, user: User, old: str, new: str, now: float) -> None:
    """Set the password of a user who has just proved the old one, and must choose another: no policy is asked.

    Raises PasswordPolicyViolation, NoSuchEntity or EntityTemporarilyUnmodifiable.
    """
    seen = node.store.read().iam.credentials.login_profiles.get(user.account, user.id)
    if seen is None:
        raise no_such_entity(f"Login Profile for User {user.name} cannot be found.")
    if old == new:
        raise violation("New password should be different from the old password")
    profile = replace(await _with_password(node, seen, new, now), reset_required=False)
    await node.store.write(lambda view: _put_unless_changed(view, seen, profile))


def _rules(node: Node, account: str) -> PasswordPolicy | None:
    return node.store.read().iam.credentials.password_policies.get(account, account)


@operation("iam", "DeleteLoginProfile", WRITE, checks=on_self_or_user("iam:DeleteLoginProfile"))
def delete_login_profile(call: Call, request: DeleteLoginProfileRequestTypeDef) -> dict[str, Any]:
    """Take a user's password away."""
    call.store.iam.credentials.login_profiles.delete(_profile(call, _user(call, request)))
    return {}


def _check_change(call: Call, _request: Request) -> tuple[Check]:
    """Users need no policy of their own where the account's rules let them change their passwords."""
    rules = policy_of(call)
    allowed = None
    if rules is not None and rules.users_may_change:
        allowed = linked(_EVERY_USER, policy.Kind.RESOURCE, "account password policy")
    if call.caller.kind != "User":
        return (Check("iam:ChangePassword", call.caller.arn),)
    return (user_check(call, "iam:ChangePassword", call.caller.name).but(policy=allowed),)


@operation("iam", "ChangePassword", LONG, checks=_check_change)
async def change_password(call: Call, request: ChangePasswordRequestTypeDef) -> dict[str, Any]:
    """Change the calling user's own password."""
    if call.caller.kind != "User":
        raise AwsError("InvalidUserType", "ChangePassword can only be called by an IAM user.", 400)
    seen = _profile(call, find_user(call, call.caller.name))
    if not await asyncio.to_thread(is_password, call.node.keys, seen, request["OldPassword"]):
        raise AwsError("AccessDenied", "The old password was incorrect.", 403)
    if request["OldPassword"] == request["NewPassword"]:
        raise violation("New password should be different from the old password")
    changed = await _with_password(call.node, seen, request["NewPassword"], call.now)
    profile = replace(changed, reset_required=False)
    await call.write(lambda view: _put_unless_changed(view, seen, profile))
    return {}
