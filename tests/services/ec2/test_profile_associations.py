"""Instance profiles on instances: attached, replaced and taken off while they run, by who may pass the role."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.services.ec2.world import ACCOUNT, REGION
from tests.services.iam.conftest import allow, refused

if TYPE_CHECKING:
    from tests.services.ec2.world import World


def associations(world: World, **parameters: Any) -> list[dict[str, Any]]:
    reply = world.ec2.describe_iam_instance_profile_associations(**parameters)
    found: list[dict[str, Any]] = reply["IamInstanceProfileAssociations"]
    return found


@pytest.mark.parametrize("by", ["Name", "Arn"])
def test_a_profile_is_put_on_a_running_instance(world: World, by: str) -> None:
    arn = world.profile("app")
    instance_id = world.launched()
    given = {"Name": "app"} if by == "Name" else {"Arn": arn}
    reply = world.ec2.associate_iam_instance_profile(InstanceId=instance_id, IamInstanceProfile=given)
    made = reply["IamInstanceProfileAssociation"]
    assert made["AssociationId"].startswith("iip-assoc-")
    assert made["State"] == "associating"
    assert made["IamInstanceProfile"]["Arn"] == arn
    (found,) = associations(world)
    assert found == {**made, "State": "associated"}
    assert world.describe(instance_id)["IamInstanceProfile"] == made["IamInstanceProfile"]


def test_a_second_profile_is_refused_until_the_first_is_taken_off(world: World) -> None:
    world.profile("one"), world.profile("two")
    instance_id = world.launched(IamInstanceProfile={"Name": "one"})
    second = {"InstanceId": instance_id, "IamInstanceProfile": {"Name": "two"}}
    assert refused(world.ec2.associate_iam_instance_profile, **second) == (
        "IncorrectState",
        f"There is an existing association for instance {instance_id}",
        400,
    )
    (present,) = associations(world)
    reply = world.ec2.disassociate_iam_instance_profile(AssociationId=present["AssociationId"])
    assert reply["IamInstanceProfileAssociation"]["State"] == "disassociating"
    assert associations(world) == []
    assert "IamInstanceProfile" not in world.describe(instance_id)
    world.ec2.associate_iam_instance_profile(**second)
    (now,) = associations(world)
    assert now["AssociationId"] != present["AssociationId"]


def test_replacing_makes_a_new_association_in_one_step(world: World) -> None:
    world.profile("one")
    two = world.profile("two")
    instance_id = world.launched(IamInstanceProfile={"Name": "one"})
    (before,) = associations(world)
    reply = world.ec2.replace_iam_instance_profile_association(
        AssociationId=before["AssociationId"], IamInstanceProfile={"Name": "two"}
    )["IamInstanceProfileAssociation"]
    assert reply["AssociationId"] != before["AssociationId"]
    assert [each["AssociationId"] for each in associations(world)] == [reply["AssociationId"]]
    assert world.describe(instance_id)["IamInstanceProfile"]["Arn"] == two
    again = refused(
        world.ec2.replace_iam_instance_profile_association,
        AssociationId=before["AssociationId"],
        IamInstanceProfile={"Name": "one"},
    )
    assert again == (
        "NoSuchAssociation",
        f"An invalid association-id of '{before['AssociationId']}' was given",
        400,
    )


def test_only_a_running_instance_has_its_profile_replaced(world: World) -> None:
    world.profile("app")
    instance_id = world.launched(IamInstanceProfile={"Name": "app"})
    world.ec2.stop_instances(InstanceIds=[instance_id])
    world.settle()
    (present,) = associations(world)
    replace = world.ec2.replace_iam_instance_profile_association
    assert refused(replace, AssociationId=present["AssociationId"], IamInstanceProfile={"Name": "app"})[
        :2
    ] == (
        "IncorrectState",
        f"The association {present['AssociationId']} is not the active association",
    )
    assert refused(replace, AssociationId=instance_id, IamInstanceProfile={"Name": "app"})[:2] == (
        "InvalidParameterValue",
        "Invalid value for associationId.",
    )
    world.ec2.disassociate_iam_instance_profile(AssociationId=present["AssociationId"])
    world.ec2.associate_iam_instance_profile(InstanceId=instance_id, IamInstanceProfile={"Name": "app"})


def test_bad_profiles_are_refused(world: World) -> None:
    instance_id = world.launched()

    def associate(**given: str) -> tuple[str, str]:
        code, message, _ = refused(
            world.ec2.associate_iam_instance_profile, InstanceId=instance_id, IamInstanceProfile=given
        )
        return code, message

    assert associate(Name="none")[0] == "InvalidParameterValue"
    assert "Invalid IAM Instance Profile name" in associate(Name="none")[1]
    assert "Invalid IAM Instance Profile ARN" in associate(Arn="arn:aws:iam::1:role/x")[1]
    assert associate(Name="a", Arn="b")[0] == "InvalidParameterCombination"
    assert associate()[0] == "MissingParameter"
    other = f"arn:aws:iam::444455556666:instance-profile/{'app'}"
    assert associate(Arn=other)[0] == "InvalidParameterValue"
    arn = world.iam.create_instance_profile(InstanceProfileName="empty")["InstanceProfile"]["Arn"]
    assert associate(Name="empty") == (
        "InvalidParameterValue",
        f'IAM Instance Profile "{arn}" has no associated IAM Roles',
    )
    assert associations(world) == []


def test_only_running_and_stopped_instances_take_a_profile(world: World) -> None:
    world.profile("app")
    stopped, ended = world.launched(), world.launched()
    world.ec2.stop_instances(InstanceIds=[stopped])
    world.ec2.terminate_instances(InstanceIds=[ended])
    world.settle()
    profile = {"Name": "app"}
    world.ec2.associate_iam_instance_profile(InstanceId=stopped, IamInstanceProfile=profile)
    code, _, _ = refused(
        world.ec2.associate_iam_instance_profile, InstanceId=ended, IamInstanceProfile=profile
    )
    assert code == "IncorrectInstanceState"
    missing = "i-0123456789abcdef0"
    code, _, _ = refused(
        world.ec2.associate_iam_instance_profile, InstanceId=missing, IamInstanceProfile=profile
    )
    assert code == "InvalidInstanceID.NotFound"


def test_who_may_not_pass_the_role_may_neither_attach_nor_replace(world: World) -> None:
    world.profile("admin"), world.profile("reader")
    instance_id = world.launched()
    operator = world.caller(
        "operator", allow("ec2:*"), allow("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/reader")
    )
    admin = {"InstanceId": instance_id, "IamInstanceProfile": {"Name": "admin"}}
    code, message, status = refused(operator.associate_iam_instance_profile, **admin)
    assert (code, status) == ("UnauthorizedOperation", 403)
    assert f"iam:PassRole on resource: arn:aws:iam::{ACCOUNT}:role/admin" in message
    operator.associate_iam_instance_profile(InstanceId=instance_id, IamInstanceProfile={"Name": "reader"})
    (present,) = associations(world)
    code, message, _ = refused(
        operator.replace_iam_instance_profile_association,
        AssociationId=present["AssociationId"],
        IamInstanceProfile={"Name": "admin"},
    )
    assert code == "UnauthorizedOperation"
    assert "iam:PassRole" in message
    assert associations(world) == [present]
    operator.disassociate_iam_instance_profile(AssociationId=present["AssociationId"])


def test_a_policy_can_name_the_profile_and_the_instance(world: World) -> None:
    arn = world.profile("app")
    world.profile("other")
    mine, others = world.launched(), world.launched()
    caller = world.caller(
        "caller",
        allow("iam:PassRole"),
        allow(
            "ec2:AssociateIamInstanceProfile",
            f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/{mine}",
            Condition={"ArnEquals": {"ec2:NewInstanceProfile": arn}},
        ),
    )
    associate = caller.associate_iam_instance_profile
    assert (
        refused(associate, InstanceId=mine, IamInstanceProfile={"Name": "other"})[0]
        == "UnauthorizedOperation"
    )
    assert (
        refused(associate, InstanceId=others, IamInstanceProfile={"Name": "app"})[0]
        == "UnauthorizedOperation"
    )
    associate(InstanceId=mine, IamInstanceProfile={"Name": "app"})


def test_associations_are_found_by_id_and_by_instance_in_their_region(world: World) -> None:
    world.profile("app")
    first, second = (world.launched(IamInstanceProfile={"Name": "app"}) for _ in range(2))
    (found,) = associations(world, Filters=[{"Name": "instance-id", "Values": [second]}])
    assert found["InstanceId"] == second
    assert associations(world, AssociationIds=[found["AssociationId"]]) == [found]
    assert len(associations(world, Filters=[{"Name": "state", "Values": ["associat*"]}])) == 2
    west = world.in_region("eu-west-1")
    assert west.describe_iam_instance_profile_associations()["IamInstanceProfileAssociations"] == []
    code, _, _ = refused(west.disassociate_iam_instance_profile, AssociationId=found["AssociationId"])
    assert code == "NoSuchAssociation"
    assert world.describe(first)["IamInstanceProfile"]
