"""Instance profiles."""

from __future__ import annotations

from tests.support.world import ACCOUNT, EC2_TRUST, World, allow, refused


def test_a_profile_is_created_shown_listed_and_deleted(world: World) -> None:
    iam = world.iam
    made = iam.create_instance_profile(
        InstanceProfileName="App", Path="/x/", Tags=[{"Key": "a", "Value": "1"}]
    )["InstanceProfile"]
    assert made["Arn"] == f"arn:aws:iam::{ACCOUNT}:instance-profile/x/App"
    assert made["InstanceProfileId"].startswith("AIPA")
    assert made["Roles"] == []
    assert made["Tags"] == [{"Key": "a", "Value": "1"}]
    assert iam.get_instance_profile(InstanceProfileName="app")["InstanceProfile"] == made
    listed = iam.list_instance_profiles(PathPrefix="/x/")["InstanceProfiles"]
    assert [profile["InstanceProfileName"] for profile in listed] == ["App"]
    assert "Tags" not in listed[0]
    assert refused(iam.create_instance_profile, InstanceProfileName="APP") == (
        "EntityAlreadyExists",
        "Instance Profile APP already exists.",
        409,
    )
    iam.delete_instance_profile(InstanceProfileName="App")
    assert refused(iam.get_instance_profile, InstanceProfileName="App") == (
        "NoSuchEntity",
        "Instance Profile App cannot be found.",
        404,
    )


def test_a_profile_holds_one_role(world: World) -> None:
    iam = world.iam
    iam.create_instance_profile(InstanceProfileName="app")
    for name in ("one", "two"):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=EC2_TRUST)
    in_profile = {"InstanceProfileName": "app", "RoleName": "one"}
    iam.add_role_to_instance_profile(**in_profile)
    assert refused(iam.add_role_to_instance_profile, InstanceProfileName="app", RoleName="two") == (
        "LimitExceeded",
        "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1",
        409,
    )
    profile = iam.get_instance_profile(InstanceProfileName="app")["InstanceProfile"]
    assert [role["RoleName"] for role in profile["Roles"]] == ["one"]
    assert profile["Roles"][0]["AssumeRolePolicyDocument"]["Version"] == "2012-10-17"
    of_role = iam.list_instance_profiles_for_role(RoleName="one")["InstanceProfiles"]
    assert [held["InstanceProfileName"] for held in of_role] == ["app"]
    assert iam.list_instance_profiles_for_role(RoleName="two")["InstanceProfiles"] == []
    assert refused(iam.delete_instance_profile, InstanceProfileName="app") == (
        "DeleteConflict",
        "Cannot delete entity, must remove roles from instance profile first.",
        409,
    )
    assert refused(iam.remove_role_from_instance_profile, InstanceProfileName="app", RoleName="two")[0] == (
        "NoSuchEntity"
    )
    iam.remove_role_from_instance_profile(**in_profile)
    assert iam.get_instance_profile(InstanceProfileName="app")["InstanceProfile"]["Roles"] == []
    iam.add_role_to_instance_profile(InstanceProfileName="app", RoleName="two")
    assert (
        refused(iam.add_role_to_instance_profile, InstanceProfileName="app", RoleName="no")[0]
        == "NoSuchEntity"
    )
    assert (
        refused(iam.add_role_to_instance_profile, InstanceProfileName="no", RoleName="one")[0]
        == "NoSuchEntity"
    )


def test_a_role_is_put_into_a_profile_only_by_who_may_pass_it(world: World) -> None:
    world.iam.create_instance_profile(InstanceProfileName="app")
    for name in ("one", "two"):
        world.iam.create_role(RoleName=name, AssumeRolePolicyDocument=EC2_TRUST)
    passing = allow(
        "iam:PassRole",
        f"arn:aws:iam::{ACCOUNT}:role/one",
        Condition={"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}},
    )
    bob = world.user("bob", allow("iam:AddRoleToInstanceProfile"), passing)
    code, message, _ = refused(bob.add_role_to_instance_profile, InstanceProfileName="app", RoleName="two")
    assert code == "AccessDenied"
    assert "iam:PassRole" in message
    bob.add_role_to_instance_profile(InstanceProfileName="app", RoleName="one")
    ann = world.user("ann", passing)
    assert (
        refused(ann.add_role_to_instance_profile, InstanceProfileName="app", RoleName="one")[0]
        == "AccessDenied"
    )


def test_profiles_are_paged_and_authorised(world: World) -> None:
    for name in ("a", "b", "c"):
        world.iam.create_instance_profile(InstanceProfileName=name)
    pages = world.iam.get_paginator("list_instance_profiles").paginate(PaginationConfig={"PageSize": 2})
    assert [[p["InstanceProfileName"] for p in page["InstanceProfiles"]] for page in pages] == [
        ["a", "b"],
        ["c"],
    ]
    bob = world.user("bob", allow("iam:GetInstanceProfile", f"arn:aws:iam::{ACCOUNT}:instance-profile/a"))
    assert bob.get_instance_profile(InstanceProfileName="a")
    for operation, parameters in (
        (bob.get_instance_profile, {"InstanceProfileName": "b"}),
        (bob.create_instance_profile, {"InstanceProfileName": "d"}),
        (bob.delete_instance_profile, {"InstanceProfileName": "a"}),
        (bob.list_instance_profiles, {}),
        (bob.list_instance_profiles_for_role, {"RoleName": "x"}),
        (bob.remove_role_from_instance_profile, {"InstanceProfileName": "a", "RoleName": "x"}),
    ):
        assert refused(operation, **parameters)[0] == "AccessDenied"


def test_a_profile_without_tags_says_so_where_it_is_looked_at(world: World) -> None:
    assert "Tags" not in world.iam.create_instance_profile(InstanceProfileName="app")["InstanceProfile"]
    assert world.iam.get_instance_profile(InstanceProfileName="app")["InstanceProfile"]["Tags"] == []
