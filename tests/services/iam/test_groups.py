"""Groups and membership."""

from __future__ import annotations

from tests.support.world import ACCOUNT, World, allow, document, refused


def test_a_group_is_created_shown_and_listed(world: World) -> None:
    made = world.iam.create_group(GroupName="Staff", Path="/x/")["Group"]
    assert made["Arn"] == f"arn:aws:iam::{ACCOUNT}:group/x/Staff"
    assert made["GroupId"].startswith("AGPA")
    shown = world.iam.get_group(GroupName="staff")
    assert shown["Group"] == made
    assert shown["Users"] == []
    assert world.iam.list_groups()["Groups"] == [made]
    assert world.iam.list_groups(PathPrefix="/y/")["Groups"] == []
    assert refused(world.iam.create_group, GroupName="staff") == (
        "EntityAlreadyExists",
        "Group with name staff already exists.",
        409,
    )
    assert refused(world.iam.get_group, GroupName="nope") == (
        "NoSuchEntity",
        "The group with name nope cannot be found.",
        404,
    )


def test_members_come_go_and_are_paged(world: World) -> None:
    iam = world.iam
    iam.create_group(GroupName="staff")
    for name in ("c", "a", "b"):
        iam.create_user(UserName=name)
        iam.add_user_to_group(GroupName="staff", UserName=name)
    iam.add_user_to_group(GroupName="staff", UserName="a")
    pages = list(iam.get_paginator("get_group").paginate(GroupName="staff", PaginationConfig={"PageSize": 2}))
    assert [[user["UserName"] for user in page["Users"]] for page in pages] == [["a", "b"], ["c"]]
    assert [group["GroupName"] for group in iam.list_groups_for_user(UserName="a")["Groups"]] == ["staff"]
    iam.remove_user_from_group(GroupName="staff", UserName="a")
    assert iam.list_groups_for_user(UserName="a")["Groups"] == []
    assert refused(iam.remove_user_from_group, GroupName="staff", UserName="a")[0] == "NoSuchEntity"
    assert refused(iam.add_user_to_group, GroupName="staff", UserName="nope")[0] == "NoSuchEntity"
    assert refused(iam.add_user_to_group, GroupName="nope", UserName="a")[0] == "NoSuchEntity"


def test_what_a_group_may_do_its_members_may_do_from_then_on_and_no_longer(world: World) -> None:
    bob = world.user("bob")
    world.iam.create_group(GroupName="staff")
    world.iam.put_group_policy(
        GroupName="staff", PolicyName="p", PolicyDocument=document(allow("iam:ListUsers"))
    )
    assert refused(bob.list_users)[0] == "AccessDenied"
    world.iam.add_user_to_group(GroupName="staff", UserName="bob")
    assert bob.list_users()["Users"]
    world.iam.remove_user_from_group(GroupName="staff", UserName="bob")
    assert refused(bob.list_users)[0] == "AccessDenied"


def test_a_user_is_in_ten_groups_at_most(world: World) -> None:
    world.iam.create_user(UserName="bob")
    for number in range(11):
        world.iam.create_group(GroupName=f"g{number}")
    for number in range(10):
        world.iam.add_user_to_group(GroupName=f"g{number}", UserName="bob")
    assert refused(world.iam.add_user_to_group, GroupName="g10", UserName="bob") == (
        "LimitExceeded",
        "Cannot exceed quota for GroupsPerUser: 10",
        409,
    )
    listed = world.iam.list_groups_for_user(UserName="bob", MaxItems=4)
    assert len(listed["Groups"]) == 4
    rest = world.iam.list_groups_for_user(UserName="bob", Marker=listed["Marker"])["Groups"]
    assert len(rest) == 6


def test_a_group_is_renamed_with_permission_on_both_names(world: World) -> None:
    world.iam.create_group(GroupName="staff")
    world.iam.create_group(GroupName="other")
    arn = f"arn:aws:iam::{ACCOUNT}:group"
    bob = world.user("bob", allow("iam:UpdateGroup", f"{arn}/staff"))
    assert refused(bob.update_group, GroupName="staff", NewGroupName="team")[0] == "AccessDenied"
    assert (
        refused(world.iam.update_group, GroupName="staff", NewGroupName="OTHER")[0] == "EntityAlreadyExists"
    )
    world.iam.update_group(GroupName="staff", NewGroupName="team", NewPath="/x/")
    assert world.iam.get_group(GroupName="team")["Group"]["Arn"] == f"{arn}/x/team"
    assert refused(world.iam.get_group, GroupName="staff")[0] == "NoSuchEntity"


def test_a_group_is_deleted_only_when_it_is_empty(world: World) -> None:
    iam = world.iam
    iam.create_group(GroupName="staff")
    iam.create_user(UserName="bob")
    iam.add_user_to_group(GroupName="staff", UserName="bob")
    assert refused(iam.delete_group, GroupName="staff") == (
        "DeleteConflict",
        "Cannot delete entity, must remove users from group first.",
        409,
    )
    iam.remove_user_from_group(GroupName="staff", UserName="bob")
    iam.put_group_policy(GroupName="staff", PolicyName="p", PolicyDocument=document(allow("iam:ListUsers")))
    assert (
        refused(iam.delete_group, GroupName="staff")[1] == "Cannot delete entity, must delete policies first."
    )
    iam.delete_group_policy(GroupName="staff", PolicyName="p")
    iam.delete_group(GroupName="staff")
    assert refused(iam.delete_group, GroupName="staff")[0] == "NoSuchEntity"
