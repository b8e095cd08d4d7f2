"""Roles that belong to a service."""

from __future__ import annotations

import pytest
from tests.support.world import ACCOUNT, EC2_TRUST, World, allow, document, refused

from tabard.catalog import managed_policies
from tabard.services.iam import service_linked_roles

NAME = "AWSServiceRoleForAutoScaling"
ARN = f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/autoscaling.amazonaws.com/{NAME}"
POLICY = "arn:aws:iam::aws:policy/aws-service-role/AutoScalingServiceRolePolicy"


def create(world: World, **more: str) -> str:
    made = world.iam.create_service_linked_role(AWSServiceName="autoscaling.amazonaws.com", **more)
    name: str = made["Role"]["RoleName"]
    return name


def test_each_services_policy_is_known() -> None:
    for service, linked in service_linked_roles._SERVICES.items():
        assert managed_policies.get(service_linked_roles.policy_arn(linked.policy)) is not None, service


def test_a_services_role_is_made_shown_and_deleted(world: World) -> None:
    assert create(world, Description="d") == NAME
    role = world.iam.get_role(RoleName=NAME)["Role"]
    assert (role["Arn"], role["Description"]) == (ARN, "d")
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {
        "Service": "autoscaling.amazonaws.com"
    }
    attached = world.iam.list_attached_role_policies(RoleName=NAME)["AttachedPolicies"]
    assert [policy["PolicyArn"] for policy in attached] == [POLICY]
    assert refused(create, world=world) == (
        "InvalidInput",
        f"Service role name {NAME} has been taken in this account, please try a different suffix.",
        400,
    )
    assert create(world, CustomSuffix="two") == f"{NAME}_two"
    task = world.iam.delete_service_linked_role(RoleName=NAME)["DeletionTaskId"]
    assert task.startswith(f"task/aws-service-role/autoscaling.amazonaws.com/{NAME}/")
    assert world.iam.get_service_linked_role_deletion_status(DeletionTaskId=task)["Status"] == "SUCCEEDED"
    assert refused(world.iam.get_role, RoleName=NAME)[0] == "NoSuchEntity"
    other = world.client("iam", world.other_root)
    assert refused(other.get_service_linked_role_deletion_status, DeletionTaskId=task)[0] == "NoSuchEntity"
    create(world)


def test_only_known_services_and_suffixes_are_taken(world: World) -> None:
    make = world.iam.create_service_linked_role
    assert refused(make, AWSServiceName="nothing.amazonaws.com")[0] == "InvalidInput"
    assert refused(make, AWSServiceName="autoscaling")[0] == "InvalidInput"
    assert refused(make, AWSServiceName="ecs.amazonaws.com", CustomSuffix="x")[:2] == (
        "InvalidInput",
        "Custom suffix is not allowed for ecs.amazonaws.com",
    )
    world.iam.create_role(RoleName="app", AssumeRolePolicyDocument=EC2_TRUST)
    assert refused(world.iam.delete_service_linked_role, RoleName="app")[0] == "NoSuchEntity"


def test_nobody_but_the_service_changes_its_role(world: World) -> None:
    create(world)
    world.iam.create_instance_profile(InstanceProfileName="p")
    inline = document(allow("s3:*"))
    role = {"RoleName": NAME}
    iam = world.iam
    for operation, more in (
        (iam.delete_role, {}),
        (iam.update_assume_role_policy, {"PolicyDocument": EC2_TRUST}),
        (iam.update_role, {"MaxSessionDuration": 7200}),
        (iam.attach_role_policy, {"PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}),
        (iam.detach_role_policy, {"PolicyArn": POLICY}),
        (iam.put_role_policy, {"PolicyName": "p", "PolicyDocument": inline}),
        (iam.delete_role_policy, {"PolicyName": "p"}),
        (iam.put_role_permissions_boundary, {"PermissionsBoundary": POLICY}),
        (iam.delete_role_permissions_boundary, {}),
        (iam.add_role_to_instance_profile, {"InstanceProfileName": "p"}),
    ):
        assert refused(operation, **role, **more) == (
            "UnmodifiableEntity",
            f"Cannot perform the operation on the protected role '{NAME}' - this role is only modifiable by AWS",
            400,
        )
    iam.update_role(**role, Description="new")
    iam.tag_role(**role, Tags=[{"Key": "a", "Value": "b"}])
    assert iam.get_role(**role)["Role"]["Description"] == "new"


@pytest.mark.parametrize(("service", "allowed"), [("autoscaling", True), ("ecs", False)])
def test_a_policy_may_name_the_service(world: World, service: str, allowed: bool) -> None:  # noqa: FBT001 - a table's column
    only = {"StringEquals": {"iam:AWSServiceName": "autoscaling.amazonaws.com"}}
    bob = world.user("bob", allow("iam:CreateServiceLinkedRole", Condition=only))
    asked = {"AWSServiceName": f"{service}.amazonaws.com"}
    if allowed:
        bob.create_service_linked_role(**asked)
    else:
        assert refused(bob.create_service_linked_role, **asked)[0] == "AccessDenied"
