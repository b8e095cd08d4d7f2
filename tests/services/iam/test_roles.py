"""Roles and their trust policies."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.support.world import (
    ACCOUNT,
    EC2_TRUST,
    OTHER_ACCOUNT,
    World,
    allow,
    document,
    refused,
    trust,
)

if TYPE_CHECKING:
    from collections.abc import Callable

ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"


def test_a_role_is_created_shown_and_listed(world: World) -> None:
    made = world.iam.create_role(
        RoleName="App",
        Path="/x/",
        AssumeRolePolicyDocument=EC2_TRUST,
        Description="an app",
        Tags=[{"Key": "a", "Value": "1"}],
        PermissionsBoundary=ADMIN,
    )["Role"]
    assert made["Arn"] == f"arn:aws:iam::{ACCOUNT}:role/x/App"
    assert made["RoleId"].startswith("AROA")
    assert made["AssumeRolePolicyDocument"] == json.loads(EC2_TRUST)
    shown = world.iam.get_role(RoleName="app")["Role"]
    assert shown["Description"] == "an app"
    assert shown["MaxSessionDuration"] == 3600
    assert shown["PermissionsBoundary"] == {
        "PermissionsBoundaryType": "Policy",
        "PermissionsBoundaryArn": ADMIN,
    }
    assert shown["Tags"] == [{"Key": "a", "Value": "1"}]
    assert shown["RoleLastUsed"] == {}
    listed = world.iam.list_roles()["Roles"][0]
    assert "Tags" not in listed
    assert "PermissionsBoundary" not in listed
    assert "RoleLastUsed" not in listed
    assert listed["RoleId"] == made["RoleId"]


def test_what_is_not_there_is_absent(world: World) -> None:
    world.iam.create_role(RoleName="app", AssumeRolePolicyDocument=EC2_TRUST)
    shown = world.iam.get_role(RoleName="app")["Role"]
    assert not {"Description", "Tags", "PermissionsBoundary"} & set(shown)


def test_missing_and_taken_names_are_said_as_aws_says_them(world: World) -> None:
    assert refused(world.iam.get_role, RoleName="app") == (
        "NoSuchEntity",
        "The role with name app cannot be found.",
        404,
    )
    world.iam.create_role(RoleName="app", AssumeRolePolicyDocument=EC2_TRUST)
    assert refused(world.iam.create_role, RoleName="APP", AssumeRolePolicyDocument=EC2_TRUST) == (
        "EntityAlreadyExists",
        "Role with name APP already exists.",
        409,
    )


def test_a_denial_does_not_tell_whether_the_role_exists(world: World) -> None:
    world.iam.create_role(RoleName="app", AssumeRolePolicyDocument=EC2_TRUST)
    bob = world.user("bob")
    there = refused(bob.get_role, RoleName="app")
    missing = refused(bob.get_role, RoleName="nope")
    assert there[0] == missing[0] == "AccessDenied"
    assert f"iam:GetRole on resource: arn:aws:iam::{ACCOUNT}:role/app " in there[1].replace(
        "role app", "role/app"
    )
    assert missing[1] == there[1].replace("app", "nope")


def test_a_role_is_updated(world: World) -> None:
    iam = world.iam
    iam.create_role(
        RoleName="app", AssumeRolePolicyDocument=EC2_TRUST, Description="old", MaxSessionDuration=7200
    )
    iam.update_role(RoleName="app", MaxSessionDuration=43200)
    shown = iam.get_role(RoleName="app")["Role"]
    assert (shown["Description"], shown["MaxSessionDuration"]) == ("old", 43200)
    iam.update_role(RoleName="app", Description="new")
    shown = iam.get_role(RoleName="app")["Role"]
    assert (shown["Description"], shown["MaxSessionDuration"]) == ("new", 3600)
    described = iam.update_role_description(RoleName="app", Description="newest")["Role"]
    assert described["Description"] == "newest"
    assert refused(iam.update_role, RoleName="app", MaxSessionDuration=3599)[0] == "ValidationError"


def test_a_role_is_deleted_only_when_nothing_depends_on_it(world: World) -> None:
    iam = world.iam
    iam.create_role(RoleName="app", AssumeRolePolicyDocument=EC2_TRUST)
    iam.create_instance_profile(InstanceProfileName="app")
    iam.add_role_to_instance_profile(InstanceProfileName="app", RoleName="app")
    iam.attach_role_policy(RoleName="app", PolicyArn=ADMIN)
    iam.put_role_policy(RoleName="app", PolicyName="p", PolicyDocument=document(allow("s3:*")))
    remedies: tuple[tuple[str, Callable[[], Any]], ...] = (
        (
            "Cannot delete entity, must remove roles from instance profile first.",
            lambda: iam.remove_role_from_instance_profile(InstanceProfileName="app", RoleName="app"),
        ),
        (
            "Cannot delete entity, must detach all policies first.",
            lambda: iam.detach_role_policy(RoleName="app", PolicyArn=ADMIN),
        ),
        (
            "Cannot delete entity, must delete policies first.",
            lambda: iam.delete_role_policy(RoleName="app", PolicyName="p"),
        ),
    )
    for message, remedy in remedies:
        assert refused(iam.delete_role, RoleName="app") == ("DeleteConflict", message, 409)
        remedy()
    iam.delete_role(RoleName="app")
    assert refused(iam.get_role, RoleName="app")[0] == "NoSuchEntity"


def test_a_deleted_role_takes_its_sessions_and_its_successor_does_not_inherit_them(world: World) -> None:
    world.user("bob", allow("sts:AssumeRole"))
    arn = f"arn:aws:iam::{ACCOUNT}:user/bob"
    world.iam.create_role(RoleName="app", AssumeRolePolicyDocument=trust(AWS=arn))
    key = world.iam.create_access_key(UserName="bob")["AccessKey"]
    session = world.client("sts", key).assume_role(
        RoleArn=f"arn:aws:iam::{ACCOUNT}:role/app", RoleSessionName="work"
    )["Credentials"]
    sts = world.client("sts", session)
    assert sts.get_caller_identity()["Arn"].endswith("assumed-role/app/work")
    assert world.iam.get_role(RoleName="app")["Role"]["RoleLastUsed"]["Region"] == "us-east-1"
    world.iam.delete_role(RoleName="app")
    assert refused(sts.get_caller_identity)[0] == "InvalidClientTokenId"
    world.iam.create_role(RoleName="app", AssumeRolePolicyDocument=trust(AWS=arn))
    assert refused(sts.get_caller_identity)[0] == "InvalidClientTokenId"


def _principal(role: dict[str, Any]) -> Any:
    return role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]


def test_a_trusted_principal_must_exist(world: World) -> None:
    def create(principal: str) -> tuple[str, str, int]:
        return refused(world.iam.create_role, RoleName="app", AssumeRolePolicyDocument=trust(AWS=principal))

    for principal in (
        f"arn:aws:iam::{ACCOUNT}:user/nobody",
        f"arn:aws:iam::{ACCOUNT}:role/nobody",
        "arn:aws:iam::999999999999:root",
        "999999999999",
        "AIDAAAAAAAAAAAAAAAAAA",
        f"arn:aws:sts::{ACCOUNT}:assumed-role/nobody/session",
    ):
        message = f'Invalid principal in policy: "AWS":"{principal}"'
        assert create(principal) == ("MalformedPolicyDocument", message, 400)
    world.iam.create_user(UserName="bob", Path="/staff/")
    assert create(f"arn:aws:iam::{ACCOUNT}:user/bob")[0] == "MalformedPolicyDocument"
    assert create(f"arn:aws:iam::{ACCOUNT}:user/staff/BOB")[0] == "MalformedPolicyDocument"


def test_trusted_principals_are_shown_by_arn_while_they_exist_and_by_id_afterwards(world: World) -> None:
    iam = world.iam
    bob_id = iam.create_user(UserName="bob")["User"]["UserId"]
    iam.create_role(RoleName="one", AssumeRolePolicyDocument=EC2_TRUST)
    bob, one = f"arn:aws:iam::{ACCOUNT}:user/bob", f"arn:aws:iam::{ACCOUNT}:role/one"
    made = iam.create_role(RoleName="two", AssumeRolePolicyDocument=trust(AWS=[bob, one, OTHER_ACCOUNT]))[
        "Role"
    ]
    root = f"arn:aws:iam::{OTHER_ACCOUNT}:root"
    assert _principal(made) == {"AWS": [bob, one, root]}
    iam.update_user(UserName="bob", NewUserName="rob")
    rob = bob.replace("bob", "rob")
    assert _principal(iam.get_role(RoleName="two")["Role"]) == {"AWS": [rob, one, root]}
    iam.delete_user(UserName="rob")
    iam.create_user(UserName="rob")
    assert _principal(iam.get_role(RoleName="two")["Role"]) == {"AWS": [bob_id, one, root]}


def test_a_user_made_again_is_not_trusted(world: World) -> None:
    world.iam.create_user(UserName="bob")
    arn = f"arn:aws:iam::{ACCOUNT}:user/bob"
    world.iam.create_role(RoleName="app", AssumeRolePolicyDocument=trust(AWS=arn))

    def assume() -> Callable[..., Any]:
        world.iam.put_user_policy(
            UserName="bob", PolicyName="may", PolicyDocument=document(allow("sts:GetCallerIdentity"))
        )
        key = world.iam.create_access_key(UserName="bob")["AccessKey"]
        assumed: Callable[..., Any] = world.client("sts", key).assume_role
        return assumed

    parameters = {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/app", "RoleSessionName": "work"}
    assert assume()(**parameters)["Credentials"]
    for key in world.iam.list_access_keys(UserName="bob")["AccessKeyMetadata"]:
        world.iam.delete_access_key(UserName="bob", AccessKeyId=key["AccessKeyId"])
    world.iam.delete_user_policy(UserName="bob", PolicyName="may")
    world.iam.delete_user(UserName="bob")
    world.iam.create_user(UserName="bob")
    assert refused(assume(), **parameters)[0] == "AccessDenied"


def test_changing_the_trust_policy_is_authorised_and_checked(world: World) -> None:
    world.iam.create_role(RoleName="app", AssumeRolePolicyDocument=EC2_TRUST)
    world.iam.update_assume_role_policy(RoleName="app", PolicyDocument=trust(Service="lambda.amazonaws.com"))
    assert _principal(world.iam.get_role(RoleName="app")["Role"]) == {"Service": "lambda.amazonaws.com"}
    assert refused(world.iam.update_assume_role_policy, RoleName="app", PolicyDocument="{")[0] == (
        "MalformedPolicyDocument"
    )
    long = trust(Service=[f"service{number:04d}.amazonaws.com" for number in range(100)])
    assert refused(world.iam.update_assume_role_policy, RoleName="app", PolicyDocument=long) == (
        "LimitExceeded",
        "Cannot exceed quota for ACLSizePerRole: 2048",
        409,
    )
    bob = world.user(
        "bob", allow("iam:UpdateAssumeRolePolicy", "*", Condition={"Bool": {"aws:SecureTransport": "true"}})
    )
    assert (
        refused(bob.update_assume_role_policy, RoleName="app", PolicyDocument=EC2_TRUST)[0] == "AccessDenied"
    )


def test_roles_can_be_granted_by_tag(world: World) -> None:
    for name, team in (("mine", "a"), ("theirs", "b")):
        world.iam.create_role(
            RoleName=name, AssumeRolePolicyDocument=EC2_TRUST, Tags=[{"Key": "Team", "Value": team}]
        )
    bob = world.user("bob", allow("iam:GetRole", Condition={"StringEquals": {"aws:ResourceTag/Team": "a"}}))
    ann = world.user("ann", allow("iam:GetRole", Condition={"StringEquals": {"iam:ResourceTag/team": "b"}}))
    assert bob.get_role(RoleName="mine")
    assert refused(bob.get_role, RoleName="theirs")[0] == "AccessDenied"
    assert ann.get_role(RoleName="theirs")
    assert refused(ann.get_role, RoleName="mine")[0] == "AccessDenied"


def test_roles_are_listed_page_by_page(world: World) -> None:
    for number in range(5):
        world.iam.create_role(RoleName=f"r{number}", Path="/x/", AssumeRolePolicyDocument=EC2_TRUST)
    pages = list(
        world.iam.get_paginator("list_roles").paginate(PathPrefix="/x", PaginationConfig={"PageSize": 2})
    )
    assert [[role["RoleName"] for role in page["Roles"]] for page in pages] == [
        ["r0", "r1"],
        ["r2", "r3"],
        ["r4"],
    ]
    bob = world.user("bob", allow("iam:ListRoles", f"arn:aws:iam::{ACCOUNT}:role/x/"))
    assert bob.list_roles(PathPrefix="/x/")["Roles"]
    assert refused(bob.list_roles)[0] == "AccessDenied"


def test_paths_of_awss_own_roles_are_reserved(world: World) -> None:
    for path in ("/aws-service-role/x.amazonaws.com/", "/aws-reserved/"):
        made = refused(world.iam.create_role, RoleName="app", Path=path, AssumeRolePolicyDocument=EC2_TRUST)
        assert made[0] == "InvalidInput"
    assert world.iam.create_role(RoleName="app", Path="/aws-mine/", AssumeRolePolicyDocument=EC2_TRUST)
