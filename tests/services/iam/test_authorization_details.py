"""Everything that grants permissions, in one listing."""

from __future__ import annotations

from typing import Any

from tests.support.world import EC2_TRUST, World, allow, document, refused

ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
LISTS = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")


def furnish(world: World) -> str:
    """One of everything; the ARN of the account's own policy."""
    iam = world.iam
    arn: str = iam.create_policy(PolicyName="mine", PolicyDocument=document(allow("s3:*")))["Policy"]["Arn"]
    iam.create_user(UserName="bob", PermissionsBoundary=ADMIN, Tags=[{"Key": "a", "Value": "1"}])
    iam.create_group(GroupName="staff")
    iam.add_user_to_group(GroupName="staff", UserName="bob")
    iam.attach_group_policy(GroupName="staff", PolicyArn=ADMIN)
    iam.put_user_policy(UserName="bob", PolicyName="p", PolicyDocument=document(allow("s3:*")))
    iam.create_role(RoleName="app", AssumeRolePolicyDocument=EC2_TRUST)
    iam.attach_role_policy(RoleName="app", PolicyArn=arn)
    iam.create_instance_profile(InstanceProfileName="app")
    iam.add_role_to_instance_profile(InstanceProfileName="app", RoleName="app")
    return arn


def test_everything_is_listed_with_its_policies(world: World) -> None:
    mine = furnish(world)
    details = world.iam.get_account_authorization_details()
    (user,), (group,), (role,) = (details[name] for name in LISTS[:3])
    assert user["GroupList"] == ["staff"]
    assert user["UserPolicyList"][0]["PolicyDocument"]["Statement"][0]["Action"] == "s3:*"
    assert user["PermissionsBoundary"]["PermissionsBoundaryArn"] == ADMIN
    assert group["AttachedManagedPolicies"] == [{"PolicyName": "AdministratorAccess", "PolicyArn": ADMIN}]
    assert role["InstanceProfileList"][0]["InstanceProfileName"] == "app"
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"Service": "ec2.amazonaws.com"}
    assert [policy["Arn"] for policy in details["Policies"]] == [mine, ADMIN]
    assert details["Policies"][0]["PolicyVersionList"][0]["Document"]["Statement"][0]["Action"] == "s3:*"
    assert details["Policies"][1]["AttachmentCount"] == 1


def test_filters_and_pages_show_everything_once(world: World) -> None:
    furnish(world)
    only = world.iam.get_account_authorization_details(Filter=["Role", "AWSManagedPolicy"])
    assert {name: len(only[name]) for name in LISTS} == {
        "UserDetailList": 0,
        "GroupDetailList": 0,
        "RoleDetailList": 1,
        "Policies": 1,
    }
    seen: list[Any] = []
    marker: dict[str, str] = {}
    while True:
        page = world.iam.get_account_authorization_details(MaxItems=1, **marker)
        shown = [item.get("Arn") for name in LISTS for item in page[name]]
        assert len(shown) == 1
        seen += shown
        if not page["IsTruncated"]:
            break
        marker = {"Marker": page["Marker"]}
    assert len(seen) == len(set(seen)) == 5


def test_it_is_shown_only_to_who_is_allowed_to_see_it(world: World) -> None:
    bob = world.user("boss")
    assert refused(bob.get_account_authorization_details)[0] == "AccessDenied"
