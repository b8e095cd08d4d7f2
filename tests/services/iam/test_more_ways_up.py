"""Ways to more permissions that take a hindrance away, or go by tags, by keys of others and by wider boundaries.

The plainer ones are in ``identity/test_escalation``. Each works with exactly its permission, and with none of them less.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from tests.services.iam.test_mfa_devices import Phone, enable
from tests.support.world import ACCOUNT, World, allow, document, refused, trust

if TYPE_CHECKING:
    from collections.abc import Callable

ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
READ_ONLY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
ARN = f"arn:aws:iam::{ACCOUNT}"
FORBIDDEN = {"Effect": "Deny", "Action": "iam:ListUsers", "Resource": "*"}
TEAM = {"StringEquals": {"aws:PrincipalTag/team": "admins"}}


class Way(NamedTuple):
    """What stands in the way, what takes it away, with which permission on what, and who may list users then."""

    action: str
    resource: str
    hinder: Callable[[Any], Any]
    call: Callable[[Any], Any]
    gains: str = "eve"


def user(name: str) -> str:
    return f"{ARN}:user/{name}"


def deny_by_policy(iam: Any) -> str:
    arn: str = iam.create_policy(PolicyName="forbids", PolicyDocument=document(FORBIDDEN))["Policy"]["Arn"]
    return arn


def deny_by_group(iam: Any) -> None:
    iam.create_group(GroupName="staff")
    iam.add_user_to_group(GroupName="staff", UserName="eve")
    iam.put_group_policy(GroupName="staff", PolicyName="forbids", PolicyDocument=document(FORBIDDEN))


def deny_by_groups_policy(iam: Any) -> None:
    iam.create_group(GroupName="staff")
    iam.add_user_to_group(GroupName="staff", UserName="eve")
    iam.attach_group_policy(GroupName="staff", PolicyArn=deny_by_policy(iam))


def role(iam: Any, **more: Any) -> None:
    iam.create_role(RoleName="app", AssumeRolePolicyDocument=trust(AWS=user("eve")), **more)
    iam.attach_role_policy(RoleName="app", PolicyArn=ADMIN)


def role_with(iam: Any, *, inline: bool) -> None:
    role(iam)
    if inline:
        iam.put_role_policy(RoleName="app", PolicyName="forbids", PolicyDocument=document(FORBIDDEN))
    else:
        iam.attach_role_policy(RoleName="app", PolicyArn=deny_by_policy(iam))


def _by_tag(iam: Any) -> None:
    iam.create_user(UserName="tagged")
    statement = allow("iam:ListUsers", Condition=TEAM)
    iam.put_user_policy(UserName="tagged", PolicyName="may", PolicyDocument=document(statement))


def _by_no_tag(iam: Any) -> None:
    iam.create_user(UserName="tagged", Tags=[{"Key": "team", "Value": "guests"}])
    absent = {"Null": {"aws:PrincipalTag/team": "true"}}
    statement = allow("iam:ListUsers", Condition=absent)
    iam.put_user_policy(UserName="tagged", PolicyName="may", PolicyDocument=document(statement))


FORBIDS = f"{ARN}:policy/forbids"
WAYS = {
    "DetachUserPolicy": Way(
        "iam:DetachUserPolicy",
        user("eve"),
        lambda iam: iam.attach_user_policy(UserName="eve", PolicyArn=deny_by_policy(iam)),
        lambda iam: iam.detach_user_policy(UserName="eve", PolicyArn=FORBIDS),
    ),
    "DeleteUserPolicy": Way(
        "iam:DeleteUserPolicy",
        user("eve"),
        lambda iam: iam.put_user_policy(
            UserName="eve", PolicyName="forbids", PolicyDocument=document(FORBIDDEN)
        ),
        lambda iam: iam.delete_user_policy(UserName="eve", PolicyName="forbids"),
    ),
    "RemoveUserFromGroup": Way(
        "iam:RemoveUserFromGroup",
        f"{ARN}:group/staff",
        deny_by_group,
        lambda iam: iam.remove_user_from_group(GroupName="staff", UserName="eve"),
    ),
    "DeleteGroupPolicy": Way(
        "iam:DeleteGroupPolicy",
        f"{ARN}:group/staff",
        deny_by_group,
        lambda iam: iam.delete_group_policy(GroupName="staff", PolicyName="forbids"),
    ),
    "DetachGroupPolicy": Way(
        "iam:DetachGroupPolicy",
        f"{ARN}:group/staff",
        deny_by_groups_policy,
        lambda iam: iam.detach_group_policy(GroupName="staff", PolicyArn=FORBIDS),
    ),
    "DetachRolePolicy": Way(
        "iam:DetachRolePolicy",
        f"{ARN}:role/app",
        lambda iam: role_with(iam, inline=False),
        lambda iam: iam.detach_role_policy(RoleName="app", PolicyArn=FORBIDS),
        "app",
    ),
    "DeleteRolePolicy": Way(
        "iam:DeleteRolePolicy",
        f"{ARN}:role/app",
        lambda iam: role_with(iam, inline=True),
        lambda iam: iam.delete_role_policy(RoleName="app", PolicyName="forbids"),
        "app",
    ),
    "PutUserPermissionsBoundary": Way(
        "iam:PutUserPermissionsBoundary",
        user("bounded"),
        lambda iam: iam.put_user_permissions_boundary(UserName="bounded", PermissionsBoundary=READ_ONLY),
        lambda iam: iam.put_user_permissions_boundary(UserName="bounded", PermissionsBoundary=ADMIN),
        "bounded",
    ),
    "PutRolePermissionsBoundary": Way(
        "iam:PutRolePermissionsBoundary",
        f"{ARN}:role/app",
        lambda iam: role(iam, PermissionsBoundary=READ_ONLY),
        lambda iam: iam.put_role_permissions_boundary(RoleName="app", PermissionsBoundary=ADMIN),
        "app",
    ),
    "DeleteRolePermissionsBoundary": Way(
        "iam:DeleteRolePermissionsBoundary",
        f"{ARN}:role/app",
        lambda iam: role(iam, PermissionsBoundary=READ_ONLY),
        lambda iam: iam.delete_role_permissions_boundary(RoleName="app"),
        "app",
    ),
    "TagUser": Way(
        "iam:TagUser",
        user("tagged"),
        _by_tag,
        lambda iam: iam.tag_user(UserName="tagged", Tags=[{"Key": "team", "Value": "admins"}]),
        "tagged",
    ),
    "UntagUser": Way(
        "iam:UntagUser",
        user("tagged"),
        _by_no_tag,
        lambda iam: iam.untag_user(UserName="tagged", TagKeys=["team"]),
        "tagged",
    ),
}


@pytest.fixture
def eve(world: World) -> Any:
    """Somebody who might list users, were it not forbidden."""
    key = world.user("eve", allow("iam:ListUsers"), allow("sts:AssumeRole"))
    world.iam.create_user(UserName="bounded")
    world.iam.attach_user_policy(UserName="bounded", PolicyArn=ADMIN)
    return key


def give(world: World, *statements: dict[str, Any]) -> None:
    world.iam.put_user_policy(UserName="eve", PolicyName="more", PolicyDocument=document(*statements))


@pytest.mark.parametrize("name", WAYS)
def test_a_hindrance_is_taken_away_with_exactly_its_permission(world: World, eve: Any, name: str) -> None:
    way = WAYS[name]
    way.hinder(world.iam)
    holder = _holder(world, way.gains)
    assert refused(holder.list_users)[0] == "AccessDenied"
    code, message, status = refused(way.call, iam=eve)
    assert (code, status) == ("AccessDenied", 403)
    assert way.action in message
    give(world, allow(way.action, f"{way.resource}-other"))
    assert refused(way.call, iam=eve)[0] == "AccessDenied"
    give(world, {"Effect": "Allow", "NotAction": way.action, "Resource": "*"})
    assert refused(way.call, iam=eve)[0] == "AccessDenied"
    give(world, allow(way.action, way.resource))
    assert refused(holder.list_users)[0] == "AccessDenied"
    way.call(eve)
    assert holder.list_users()["Users"]


def _holder(world: World, gains: str) -> Any:
    if gains == "app":
        key = world.iam.create_access_key(UserName="eve")["AccessKey"]
        asked = {"RoleArn": f"{ARN}:role/app", "RoleSessionName": "eve"}
        return world.client("iam", world.client("sts", key).assume_role(**asked)["Credentials"])
    return world.client("iam", world.iam.create_access_key(UserName=gains)["AccessKey"])


def test_a_key_that_was_switched_off_is_switched_on_by_who_may(world: World, eve: Any) -> None:
    world.iam.create_user(UserName="admin")
    world.iam.attach_user_policy(UserName="admin", PolicyArn=ADMIN)
    key = world.iam.create_access_key(UserName="admin")["AccessKey"]
    it = {"UserName": "admin", "AccessKeyId": key["AccessKeyId"]}
    world.iam.update_access_key(**it, Status="Inactive")
    assert refused(eve.update_access_key, **it, Status="Active")[0] == "AccessDenied"
    give(world, allow("iam:UpdateAccessKey", user("eve")))
    assert refused(eve.update_access_key, **it, Status="Active")[0] == "AccessDenied"
    assert refused(world.client("iam", key).list_users)[0] == "InvalidClientTokenId"
    give(world, allow("iam:UpdateAccessKey", user("admin")))
    eve.update_access_key(**it, Status="Active")
    assert world.client("iam", key).list_users()["Users"]


def test_a_device_that_somebody_signs_in_with_is_taken_away_by_who_may(world: World, eve: Any) -> None:
    now = world.node.clock()
    world.node.clock = lambda: now
    world.iam.create_user(UserName="admin")
    phone = Phone(world, "theirs")
    enable(world, phone, now, "admin")
    it = {"UserName": "admin", "SerialNumber": phone.serial}
    give(world, allow("iam:DeactivateMFADevice", user("eve")))
    assert refused(eve.deactivate_mfa_device, **it)[0] == "AccessDenied"
    give(world, allow("iam:DeactivateMFADevice", user("admin")))
    eve.deactivate_mfa_device(**it)
    assert world.iam.list_mfa_devices(UserName="admin")["MFADevices"] == []


def test_a_provider_that_roles_trust_is_changed_by_who_may_alone(world: World, eve: Any) -> None:
    """Whoever names the clients or keys of a provider says who puts on the roles that trust it."""
    provider = world.iam.create_open_id_connect_provider(Url="https://id.example.com", ClientIDList=["app"])
    it = {"OpenIDConnectProviderArn": provider["OpenIDConnectProviderArn"]}
    ways: dict[str, tuple[Any, dict[str, Any]]] = {
        "AddClientIDToOpenIDConnectProvider": (
            eve.add_client_id_to_open_id_connect_provider,
            {**it, "ClientID": "eves"},
        ),
        "UpdateOpenIDConnectProviderThumbprint": (
            eve.update_open_id_connect_provider_thumbprint,
            {**it, "ThumbprintList": ["a" * 40]},
        ),
    }
    for action, (call, parameters) in ways.items():
        assert refused(call, **parameters)[0] == "AccessDenied"
        give(world, allow(f"iam:{action}", f"{ARN}:oidc-provider/other.example.com"))
        assert refused(call, **parameters)[0] == "AccessDenied"
        give(world, allow(f"iam:{action}", it["OpenIDConnectProviderArn"]))
        call(**parameters)
    shown = world.iam.get_open_id_connect_provider(**it)
    assert (shown["ClientIDList"], shown["ThumbprintList"]) == (["app", "eves"], ["a" * 40])
