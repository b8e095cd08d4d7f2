"""Accounts know nothing of each other but what trust policies say."""

from __future__ import annotations

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


def test_names_of_one_account_mean_nothing_in_another(world: World) -> None:
    other = world.client("iam", world.other_root)
    world.iam.create_role(RoleName="app", AssumeRolePolicyDocument=EC2_TRUST)
    world.iam.create_user(UserName="bob")
    arn = world.iam.create_policy(PolicyName="p", PolicyDocument=document(allow("s3:*")))["Policy"]["Arn"]
    assert other.list_roles()["Roles"] == []
    assert refused(other.get_role, RoleName="app")[0] == "NoSuchEntity"
    assert refused(other.delete_user, UserName="bob")[0] == "NoSuchEntity"
    assert refused(other.get_policy, PolicyArn=arn)[0] == "AccessDenied"
    assert refused(other.delete_policy, PolicyArn=arn)[0] == "AccessDenied"
    other.create_role(RoleName="app", AssumeRolePolicyDocument=EC2_TRUST)
    assert refused(other.attach_role_policy, RoleName="app", PolicyArn=arn) == (
        "NoSuchEntity",
        f"Policy {arn} does not exist or is not attachable.",
        404,
    )
    assert other.get_role(RoleName="app")["Role"]["Arn"] == f"arn:aws:iam::{OTHER_ACCOUNT}:role/app"


def test_a_role_may_trust_another_accounts_user_who_is_then_named_for_good(world: World) -> None:
    other = world.client("iam", world.other_root)
    world.user("bob", allow("sts:AssumeRole"))
    arn = f"arn:aws:iam::{ACCOUNT}:user/bob"
    shown = other.create_role(RoleName="app", AssumeRolePolicyDocument=trust(AWS=arn))["Role"]
    assert shown["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"AWS": arn}
    key = world.iam.create_access_key(UserName="bob")["AccessKey"]
    parameters = {"RoleArn": f"arn:aws:iam::{OTHER_ACCOUNT}:role/app", "RoleSessionName": "work"}
    session = world.client("sts", key).assume_role(**parameters)["Credentials"]
    assert world.client("sts", session).get_caller_identity()["Account"] == OTHER_ACCOUNT
    for held in world.iam.list_access_keys(UserName="bob")["AccessKeyMetadata"]:
        world.iam.delete_access_key(UserName="bob", AccessKeyId=held["AccessKeyId"])
    world.iam.delete_user_policy(UserName="bob", PolicyName="may")
    identifier = world.iam.get_user(UserName="bob")["User"]["UserId"]
    world.iam.delete_user(UserName="bob")
    role = other.get_role(RoleName="app")["Role"]
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"AWS": identifier}


def test_a_user_of_one_account_may_do_nothing_in_another_however_much_it_is_allowed(world: World) -> None:
    admin = world.user("admin", allow("*"))
    other = world.client("iam", world.other_root)
    other.create_user(UserName="ann")
    assert refused(admin.get_user, UserName="ann")[0] == "NoSuchEntity"
    key = other.list_access_keys()["AccessKeyMetadata"][0]["AccessKeyId"]
    assert refused(admin.delete_access_key, UserName="admin", AccessKeyId=key)[0] == "NoSuchEntity"
    assert (
        refused(admin.update_access_key, UserName="admin", AccessKeyId=key, Status="Inactive")[0]
        == "NoSuchEntity"
    )
