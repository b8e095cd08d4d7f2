"""Users."""

from __future__ import annotations

from tests.support.world import ACCOUNT, World, allow, refused


def test_a_user_is_created_shown_and_listed(world: World) -> None:
    made = world.iam.create_user(UserName="Bob", Path="/staff/", Tags=[{"Key": "Team", "Value": "a"}])["User"]
    assert made["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/staff/Bob"
    assert made["UserId"].startswith("AIDA")
    assert len(made["UserId"]) == 21
    assert made["Tags"] == [{"Key": "Team", "Value": "a"}]
    assert world.iam.get_user(UserName="bob")["User"] == made
    listed = world.iam.list_users()["Users"]
    assert [set(user) for user in listed] == [{"Path", "UserName", "UserId", "Arn", "CreateDate"}]


def test_names_are_unique_without_regard_to_case(world: World) -> None:
    world.iam.create_user(UserName="Bob")
    assert refused(world.iam.create_user, UserName="bOB") == (
        "EntityAlreadyExists",
        "User with name bOB already exists.",
        409,
    )
    assert refused(world.iam.get_user, UserName="ann") == (
        "NoSuchEntity",
        "The user with name ann cannot be found.",
        404,
    )


def test_a_caller_who_names_no_user_means_itself(world: World) -> None:
    bob = world.user("bob", allow("iam:GetUser", f"arn:aws:iam::{ACCOUNT}:user/${{aws:username}}"))
    assert bob.get_user()["User"]["UserName"] == "bob"
    root = world.iam.get_user()["User"]
    assert (root["Arn"], root["UserId"]) == (f"arn:aws:iam::{ACCOUNT}:root", ACCOUNT)
    assert refused(bob.get_user, UserName="ann")[0] == "AccessDenied"


def test_a_renamed_user_stays_the_same(world: World) -> None:
    bob = world.user("bob", allow("iam:GetUser"))
    before = bob.get_user()["User"]
    world.iam.create_user(UserName="ann")
    assert refused(world.iam.update_user, UserName="bob", NewUserName="ANN")[0] == "EntityAlreadyExists"
    world.iam.update_user(UserName="bob", NewUserName="Rob", NewPath="/x/")
    after = bob.get_user()["User"]
    assert after["UserId"] == before["UserId"]
    assert after["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/x/Rob"
    assert refused(world.iam.get_user, UserName="bob")[0] == "NoSuchEntity"


def test_a_rename_needs_permission_on_both_names(world: World) -> None:
    world.iam.create_user(UserName="bob")
    arn = f"arn:aws:iam::{ACCOUNT}:user"
    one = world.user("one", allow("iam:UpdateUser", f"{arn}/bob"))
    both = world.user("both", allow("iam:UpdateUser", [f"{arn}/bob", f"{arn}/rob"]))
    code, message, status = refused(one.update_user, UserName="bob", NewUserName="rob")
    assert (code, status) == ("AccessDenied", 403)
    assert f"on resource: {arn}/rob" in message
    both.update_user(UserName="bob", NewUserName="rob")


def test_a_user_is_deleted_only_when_nothing_depends_on_it(world: World) -> None:
    iam = world.iam
    iam.create_user(UserName="bob")
    iam.create_group(GroupName="staff")
    iam.add_user_to_group(GroupName="staff", UserName="bob")
    key = iam.create_access_key(UserName="bob")["AccessKey"]
    iam.attach_user_policy(UserName="bob", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    assert refused(iam.delete_user, UserName="bob") == (
        "DeleteConflict",
        "Cannot delete entity, must delete access keys first.",
        409,
    )
    iam.delete_access_key(UserName="bob", AccessKeyId=key["AccessKeyId"])
    assert "remove users from group first" in refused(iam.delete_user, UserName="bob")[1]
    iam.remove_user_from_group(GroupName="staff", UserName="bob")
    assert (
        refused(iam.delete_user, UserName="bob")[1] == "Cannot delete entity, must detach all policies first."
    )
    iam.detach_user_policy(UserName="bob", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    iam.delete_user(UserName="bob")
    assert refused(iam.delete_user, UserName="bob")[0] == "NoSuchEntity"


def test_users_are_listed_page_by_page_under_a_path(world: World) -> None:
    for name in ("a", "B", "c", "d"):
        world.iam.create_user(UserName=name, Path="/x/" if name != "d" else "/y/")
    first = world.iam.list_users(PathPrefix="/x/", MaxItems=2)
    assert [user["UserName"] for user in first["Users"]] == ["a", "B"]
    assert first["IsTruncated"]
    second = world.iam.list_users(PathPrefix="/x/", MaxItems=2, Marker=first["Marker"])
    assert [user["UserName"] for user in second["Users"]] == ["c"]
    assert not second["IsTruncated"]
    assert "Marker" not in second
    pages = world.iam.get_paginator("list_users").paginate(PaginationConfig={"PageSize": 1})
    assert [user["UserName"] for page in pages for user in page["Users"]] == ["a", "B", "c", "d"]
    assert refused(world.iam.list_users, Marker="not ours")[0] == "ValidationError"


def test_markers_stay_short_however_long_the_path(world: World) -> None:
    path = "/" + "p" * 500 + "/"
    for name in ("a" * 64, "b" * 64):
        world.iam.create_user(UserName=name, Path=path)
    first = world.iam.list_users(MaxItems=1)
    assert len(first["Marker"]) <= 320
    assert world.iam.list_users(MaxItems=1, Marker=first["Marker"])["Users"][0]["UserName"] == "b" * 64


def test_of_many_who_ask_for_one_name_at_once_one_gets_it(world: World) -> None:
    statuses = world.together(world.iam.create_user, [{"UserName": name} for name in ("bob", "BOB") * 10])
    assert sorted(statuses) == [200] + [409] * 19
    assert len(world.iam.list_users()["Users"]) == 1


def test_creating_a_user_is_authorised_on_the_path_and_tags_asked_for(world: World) -> None:
    tagged = {
        "StringEquals": {"aws:RequestTag/team": "a"},
        "ForAllValues:StringEquals": {"aws:TagKeys": ["team"]},
    }
    staff = f"arn:aws:iam::{ACCOUNT}:user/staff/*"
    boss = world.user("boss", allow("iam:CreateUser", staff, Condition=tagged), allow("iam:TagUser", staff))
    team = [{"Key": "team", "Value": "a"}]
    boss.create_user(UserName="bob", Path="/staff/", Tags=team)
    assert refused(boss.create_user, UserName="ann", Tags=team)[0] == "AccessDenied"
    assert refused(boss.create_user, UserName="ann", Path="/staff/")[0] == "AccessDenied"
