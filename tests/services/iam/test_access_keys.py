"""Long-term access keys."""

from __future__ import annotations

import sqlite3

from tests.support.world import World, allow, refused, trust


def test_a_key_works_from_its_making_to_its_deletion(world: World) -> None:
    world.iam.create_user(UserName="bob")
    key = world.iam.create_access_key(UserName="bob")["AccessKey"]
    assert key["AccessKeyId"].startswith("AKIA")
    assert len(key["AccessKeyId"]) == 20
    assert len(key["SecretAccessKey"]) == 40
    assert key["Status"] == "Active"
    sts = world.client("sts", key)
    assert sts.get_caller_identity()["Arn"].endswith(":user/bob")
    of_bob = {"UserName": "bob", "AccessKeyId": key["AccessKeyId"]}
    world.iam.update_access_key(**of_bob, Status="Inactive")
    assert refused(sts.get_caller_identity)[0] == "InvalidClientTokenId"
    assert refused(world.iam.update_access_key, **of_bob, Status="Expired")[0] == "InvalidInput"
    world.iam.update_access_key(**of_bob, Status="Active")
    assert sts.get_caller_identity()
    world.iam.delete_access_key(**of_bob)
    assert refused(sts.get_caller_identity)[0] == "InvalidClientTokenId"
    assert refused(world.iam.delete_access_key, **of_bob) == (
        "NoSuchEntity",
        f"The Access Key with id {key['AccessKeyId']} cannot be found.",
        404,
    )


def test_a_user_has_two_keys_at_most(world: World) -> None:
    world.iam.create_user(UserName="bob")
    made = [world.iam.create_access_key(UserName="bob")["AccessKey"]["AccessKeyId"] for _ in range(2)]
    assert refused(world.iam.create_access_key, UserName="bob") == (
        "LimitExceeded",
        "Cannot exceed quota for AccessKeysPerUser: 2",
        409,
    )
    listed = world.iam.list_access_keys(UserName="bob")["AccessKeyMetadata"]
    assert sorted(key["AccessKeyId"] for key in listed) == sorted(made)
    assert all("SecretAccessKey" not in key for key in listed)
    first = world.iam.list_access_keys(UserName="bob", MaxItems=1)
    assert len(first["AccessKeyMetadata"]) == 1
    assert len(world.iam.list_access_keys(UserName="bob", Marker=first["Marker"])["AccessKeyMetadata"]) == 1


def test_users_and_root_manage_their_own_keys_when_they_name_no_user(world: World) -> None:
    own = "arn:aws:iam::*:user/${aws:username}"
    bob = world.user("bob", allow(["iam:CreateAccessKey", "iam:ListAccessKeys", "iam:DeleteAccessKey"], own))
    key = bob.create_access_key()["AccessKey"]
    assert key["UserName"] == "bob"
    assert len(bob.list_access_keys()["AccessKeyMetadata"]) == 2
    bob.delete_access_key(AccessKeyId=key["AccessKeyId"])
    world.iam.create_user(UserName="ann")
    assert refused(bob.create_access_key, UserName="ann")[0] == "AccessDenied"
    of_root = world.iam.create_access_key()["AccessKey"]
    assert "UserName" not in of_root
    assert world.client("sts", of_root).get_caller_identity()["Arn"].endswith(":root")
    assert len(world.iam.list_access_keys()["AccessKeyMetadata"]) == 2
    assert (
        refused(world.iam.delete_access_key, UserName="ann", AccessKeyId=of_root["AccessKeyId"])[0]
        == "NoSuchEntity"
    )


def test_a_role_must_name_a_user(world: World) -> None:
    bob = world.iam.create_user(UserName="bob")["User"]["Arn"]
    world.iam.create_role(RoleName="app", AssumeRolePolicyDocument=trust(AWS=bob))
    world.iam.attach_role_policy(RoleName="app", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    key = world.iam.create_access_key(UserName="bob")["AccessKey"]
    session = world.client("sts", key).assume_role(
        RoleArn=world.iam.get_role(RoleName="app")["Role"]["Arn"], RoleSessionName="work"
    )["Credentials"]
    assert refused(world.client("iam", session).get_user) == (
        "ValidationError",
        "Must specify userName when calling with non-User credentials",
        400,
    )


def test_last_use_is_known_at_once_and_survives_the_process(world: World) -> None:
    world.iam.create_user(UserName="bob")
    key = world.iam.create_access_key(UserName="bob")["AccessKey"]
    never = world.iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])
    assert never["UserName"] == "bob"
    assert never["AccessKeyLastUsed"] == {"ServiceName": "N/A", "Region": "N/A"}
    world.client("sts", key).get_caller_identity()
    used = world.iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])["AccessKeyLastUsed"]
    assert (used["ServiceName"], used["Region"]) == ("sts", "us-east-1")
    world.run(world.last_used.flush())
    assert world.last_used.pending(key["AccessKeyId"]) is None
    assert world.iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])["AccessKeyLastUsed"] == used


def test_last_use_of_a_foreign_key_is_denied(world: World) -> None:
    code, _, status = refused(world.iam.get_access_key_last_used, AccessKeyId=world.other_root["AccessKeyId"])
    assert (code, status) == ("AccessDenied", 403)
    bob = world.user("bob")
    key_id = world.iam.list_access_keys(UserName="bob")["AccessKeyMetadata"][0]["AccessKeyId"]
    assert refused(bob.get_access_key_last_used, AccessKeyId=key_id)[0] == "AccessDenied"


def test_no_secret_is_at_rest_or_in_the_record(world: World) -> None:
    world.iam.create_user(UserName="bob")
    secret = world.iam.create_access_key(UserName="bob")["AccessKey"]["SecretAccessKey"]
    with sqlite3.connect(world.path) as database:
        rows = [
            *database.execute("SELECT * FROM iam_access_keys"),
            *database.execute("SELECT * FROM changes"),
        ]
    database.close()
    assert not any(secret in str(row) for row in rows)
    assert not any(secret in str(event) for event in world.trail.events)
    assert any(event.event_name == "CreateAccessKey" for event in world.trail.events)
