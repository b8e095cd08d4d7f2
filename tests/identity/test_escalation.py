"""The known ways to more permissions through IAM: each works with exactly its permissions, and with none of them less.

https://github.com/RhinoSecurityLabs/AWS-IAM-Privilege-Escalation lists them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from tests.services.iam.conftest import ACCOUNT, World, allow, document, refused, trust

if TYPE_CHECKING:
    from collections.abc import Callable

ALL = document(allow("*"))
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
POLICY = f"arn:aws:iam::{ACCOUNT}:policy/mine"


class Path(NamedTuple):
    """A way: the permission it takes, on what, and the call; ``gains`` who may list users afterwards."""

    action: str
    resource: str
    call: Callable[[Any], Any]
    gains: str = "eve"


def user(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:user/{name}"


ROLE = f"arn:aws:iam::{ACCOUNT}:role/app"
GROUP = f"arn:aws:iam::{ACCOUNT}:group/admins"
PATHS = {
    "CreatePolicyVersion": Path(
        "iam:CreatePolicyVersion",
        POLICY,
        lambda iam: iam.create_policy_version(PolicyArn=POLICY, PolicyDocument=ALL, SetAsDefault=True),
    ),
    "SetDefaultPolicyVersion": Path(
        "iam:SetDefaultPolicyVersion",
        POLICY,
        lambda iam: iam.set_default_policy_version(PolicyArn=POLICY, VersionId="v2"),
    ),
    "AttachUserPolicy": Path(
        "iam:AttachUserPolicy",
        user("eve"),
        lambda iam: iam.attach_user_policy(UserName="eve", PolicyArn=ADMIN),
    ),
    "PutUserPolicy": Path(
        "iam:PutUserPolicy",
        user("eve"),
        lambda iam: iam.put_user_policy(UserName="eve", PolicyName="x", PolicyDocument=ALL),
    ),
    "DeleteUserPermissionsBoundary": Path(
        "iam:DeleteUserPermissionsBoundary",
        user("bounded"),
        lambda iam: iam.delete_user_permissions_boundary(UserName="bounded"),
        "bounded",
    ),
    "AttachGroupPolicy": Path(
        "iam:AttachGroupPolicy",
        f"arn:aws:iam::{ACCOUNT}:group/staff",
        lambda iam: iam.attach_group_policy(GroupName="staff", PolicyArn=ADMIN),
    ),
    "PutGroupPolicy": Path(
        "iam:PutGroupPolicy",
        f"arn:aws:iam::{ACCOUNT}:group/staff",
        lambda iam: iam.put_group_policy(GroupName="staff", PolicyName="x", PolicyDocument=ALL),
    ),
    "AddUserToGroup": Path(
        "iam:AddUserToGroup",
        GROUP,
        lambda iam: iam.add_user_to_group(GroupName="admins", UserName="eve"),
    ),
    "AttachRolePolicy": Path(
        "iam:AttachRolePolicy",
        ROLE,
        lambda iam: iam.attach_role_policy(RoleName="app", PolicyArn=ADMIN),
        "app",
    ),
    "PutRolePolicy": Path(
        "iam:PutRolePolicy",
        ROLE,
        lambda iam: iam.put_role_policy(RoleName="app", PolicyName="x", PolicyDocument=ALL),
        "app",
    ),
    "UpdateAssumeRolePolicy": Path(
        "iam:UpdateAssumeRolePolicy",
        f"arn:aws:iam::{ACCOUNT}:role/strong",
        lambda iam: iam.update_assume_role_policy(
            RoleName="strong", PolicyDocument=trust(AWS=f"arn:aws:iam::{ACCOUNT}:root")
        ),
        "strong",
    ),
    "CreateAccessKey": Path(
        "iam:CreateAccessKey",
        user("admin"),
        lambda iam: iam.create_access_key(UserName="admin"),
        "key",
    ),
    "CreateLoginProfile": Path(
        "iam:CreateLoginProfile",
        user("admin"),
        lambda iam: iam.create_login_profile(UserName="admin", Password="Correct-Horse-1"),
        "nobody",
    ),
    "UpdateLoginProfile": Path(
        "iam:UpdateLoginProfile",
        user("secretary"),
        lambda iam: iam.update_login_profile(UserName="secretary", Password="Correct-Horse-2"),
        "nobody",
    ),
    "DeactivateMFADevice": Path(
        "iam:DeactivateMFADevice",
        user("admin"),
        lambda iam: iam.deactivate_mfa_device(
            UserName="admin", SerialNumber=f"arn:aws:iam::{ACCOUNT}:mfa/none"
        ),
        "no such device",
    ),
}


@pytest.fixture
def eve(world: World) -> Any:
    """Somebody who wants more, and what there is to be had."""
    iam = world.iam
    iam.create_policy(PolicyName="mine", PolicyDocument=document(allow("ec2:DescribeRegions")))
    iam.create_policy_version(PolicyArn=POLICY, PolicyDocument=ALL)
    key = world.user("eve")
    iam.attach_user_policy(UserName="eve", PolicyArn=POLICY)
    for name in ("admin", "secretary", "bounded"):
        iam.create_user(UserName=name)
    iam.attach_user_policy(UserName="admin", PolicyArn=ADMIN)
    iam.create_login_profile(UserName="secretary", Password="Correct-Horse-1")
    iam.attach_user_policy(UserName="bounded", PolicyArn=ADMIN)
    iam.put_user_permissions_boundary(
        UserName="bounded", PermissionsBoundary="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
    )
    for name in ("admins", "staff"):
        iam.create_group(GroupName=name)
    iam.attach_group_policy(GroupName="admins", PolicyArn=ADMIN)
    iam.add_user_to_group(GroupName="staff", UserName="eve")
    iam.create_role(RoleName="app", AssumeRolePolicyDocument=trust(AWS=user("eve")))
    iam.create_role(RoleName="strong", AssumeRolePolicyDocument=trust(Service="ec2.amazonaws.com"))
    iam.attach_role_policy(RoleName="strong", PolicyArn=ADMIN)
    return key


def give(world: World, *statements: dict[str, Any]) -> None:
    world.iam.put_user_policy(UserName="eve", PolicyName="may", PolicyDocument=document(*statements))


@pytest.mark.parametrize("name", PATHS)
def test_a_way_to_more_works_with_exactly_its_permission(world: World, eve: Any, name: str) -> None:
    path = PATHS[name]
    code, message, status = refused(path.call, iam=eve)
    assert (code, status) == ("AccessDenied", 403)
    assert path.action in message
    others = {"Effect": "Deny", "Action": path.action, "Resource": path.resource}
    give(world, allow("iam:*"), others)
    assert refused(path.call, iam=eve)[0] == "AccessDenied"
    give(world, allow(path.action, f"{path.resource}-other"))
    assert refused(path.call, iam=eve)[0] == "AccessDenied"
    near = {"Effect": "Allow", "NotAction": path.action, "Resource": "*"}
    give(world, near)
    assert refused(path.call, iam=eve)[0] == "AccessDenied"
    give(world, allow(path.action, path.resource), allow("sts:AssumeRole"))
    if path.gains == "no such device":
        assert refused(path.call, iam=eve)[0] == "NoSuchEntity"
        return
    assert refused(eve.list_users)[0] == "AccessDenied"
    gained = path.call(eve)
    holder = _who_gained(world, path.gains, gained)
    if holder is not None:
        assert holder.list_users()["Users"]


def _who_gained(world: World, gains: str, gained: Any) -> Any:
    """An IAM client of whoever can do more now; None where it takes a browser."""
    if gains == "key":
        return world.client("iam", gained["AccessKey"])
    if gains in {"eve", "bounded"}:
        return world.client("iam", world.iam.create_access_key(UserName=gains)["AccessKey"])
    if gains in {"app", "strong"}:
        key = world.iam.create_access_key(UserName="eve")["AccessKey"]
        session = world.client("sts", key).assume_role(
            RoleArn=f"arn:aws:iam::{ACCOUNT}:role/{gains}", RoleSessionName="eve"
        )
        return world.client("iam", session["Credentials"])
    return None


def test_permission_to_put_on_a_role_is_not_the_roles_trust(world: World, eve: Any) -> None:
    assert eve
    give(world, allow("sts:AssumeRole"))
    sts = world.client("sts", world.iam.create_access_key(UserName="eve")["AccessKey"])
    strong = {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/strong", "RoleSessionName": "eve"}
    assert refused(sts.assume_role, **strong)[0] == "AccessDenied"


def test_a_boundary_that_must_be_passed_on_keeps_who_makes_users_within_it(world: World, eve: Any) -> None:
    boundary = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
    condition = {"StringEquals": {"iam:PermissionsBoundary": boundary}}
    give(world, allow(["iam:CreateUser", "iam:PutUserPermissionsBoundary"], Condition=condition))
    assert refused(eve.create_user, UserName="free")[0] == "AccessDenied"
    assert refused(eve.create_user, UserName="free", PermissionsBoundary=ADMIN)[0] == "AccessDenied"
    assert eve.create_user(UserName="kept", PermissionsBoundary=boundary)["User"]
    assert refused(eve.put_user_permissions_boundary, UserName="kept", PermissionsBoundary=ADMIN)[0] == (
        "AccessDenied"
    )
    assert refused(eve.delete_user_permissions_boundary, UserName="kept")[0] == "AccessDenied"


def test_only_the_policies_that_are_named_may_be_attached(world: World, eve: Any) -> None:
    condition = {"ArnEquals": {"iam:PolicyARN": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}}
    give(world, allow("iam:AttachUserPolicy", user("eve"), Condition=condition))
    assert refused(eve.attach_user_policy, UserName="eve", PolicyArn=ADMIN)[0] == "AccessDenied"
    eve.attach_user_policy(UserName="eve", PolicyArn="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
    other = {"UserName": "admin", "PolicyArn": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}
    assert refused(eve.attach_user_policy, **other)[0] == "AccessDenied"


def test_who_may_pass_one_role_passes_no_other(world: World, eve: Any) -> None:
    world.iam.create_instance_profile(InstanceProfileName="box")
    add = {"InstanceProfileName": "box"}
    give(world, allow("iam:AddRoleToInstanceProfile"))
    assert refused(eve.add_role_to_instance_profile, **add, RoleName="strong")[0] == "AccessDenied"
    give(world, allow("iam:AddRoleToInstanceProfile"), allow("iam:PassRole", ROLE))
    code, message, _ = refused(eve.add_role_to_instance_profile, **add, RoleName="strong")
    assert code == "AccessDenied"
    assert "iam:PassRole" in message
    eve.add_role_to_instance_profile(**add, RoleName="app")
