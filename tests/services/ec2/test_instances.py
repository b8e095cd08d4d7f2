"""DescribeInstances and its kin: every instance is found by what it is, page by page, in its region only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.services.iam.conftest import allow, refused

if TYPE_CHECKING:
    from tests.services.ec2.world import World


def found(world: World, *filters: tuple[str, list[str]], **parameters: Any) -> set[str]:
    given = [{"Name": name, "Values": values} for name, values in filters]
    reply = world.ec2.describe_instances(Filters=given, **parameters)
    return {each["InstanceId"] for one in reply["Reservations"] for each in one["Instances"]}


def test_filters_look_at_what_an_instance_is(world: World) -> None:
    arn = world.profile("app")
    world.ec2.create_key_pair(KeyName="lab", KeyType="ed25519")
    tags = [
        {
            "ResourceType": "instance",
            "Tags": [{"Key": "Name", "Value": "web-1"}, {"Key": "env", "Value": "prod"}],
        }
    ]
    (web,) = world.launch(
        InstanceType="t3.small", KeyName="lab", IamInstanceProfile={"Name": "app"}, TagSpecifications=tags
    )
    (plain,) = world.launch()
    (stopped,) = world.launch()
    world.ec2.stop_instances(InstanceIds=[stopped["InstanceId"]])
    world.settle()
    one, two, three = web["InstanceId"], plain["InstanceId"], stopped["InstanceId"]
    everything = {one, two, three}
    table: list[tuple[str, list[str], set[str]]] = [
        ("instance-id", [one, two], {one, two}),
        ("instance-type", ["t3.small"], {one}),
        ("instance-type", ["t3.*"], everything),
        ("instance-type", ["t3.smal?"], {one}),
        ("instance-type", ["T3.*"], set()),
        ("instance-state-name", ["running"], {one, two}),
        ("instance-state-name", ["stopp*"], {three}),
        ("instance-state-code", ["16"], {one, two}),
        ("key-name", ["lab"], {one}),
        ("iam-instance-profile.arn", [arn], {one}),
        ("iam-instance-profile.name", ["app"], {one}),
        ("tag:Name", ["web-*"], {one}),
        ("tag:name", ["web-*"], set()),
        ("tag-key", ["env"], {one}),
        ("tag-value", ["prod"], {one}),
        ("private-ip-address", [plain["PrivateIpAddress"]], {two}),
        ("ip-address", [plain["PublicIpAddress"]], {two}),
        ("private-dns-name", [plain["PrivateDnsName"]], {two}),
        (
            "network-interface.network-interface-id",
            [plain["NetworkInterfaces"][0]["NetworkInterfaceId"]],
            {two},
        ),
        ("block-device-mapping.volume-id", [plain["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]], {two}),
        ("vpc-id", [plain["VpcId"]], everything),
        ("group-name", ["default"], everything),
        ("image-id", ["ami-*"], everything),
        ("state-reason-code", ["Client.UserInitiatedShutdown"], {three}),
        ("platform", ["windows"], set()),
    ]
    for name, values, expected in table:
        assert found(world, (name, values)) == expected, (name, values)
    assert found(world, ("instance-type", ["t3.*"]), ("instance-state-name", ["running"])) == {one, two}
    assert found(world, ("tag:Name", ["web-1"]), ("instance-state-name", ["stopped"])) == set()


def test_an_unknown_filter_is_refused(world: World) -> None:
    code, message, status = refused(
        world.ec2.describe_instances, Filters=[{"Name": "colour", "Values": ["x"]}]
    )
    assert (code, message, status) == ("InvalidParameterValue", "The filter 'colour' is invalid", 400)
    many = [{"Name": "instance-id", "Values": [f"i-{number}" for number in range(201)]}]
    assert refused(world.ec2.describe_instances, Filters=many)[0] == "FilterLimitExceeded"


def test_pages_hold_every_instance_once_while_others_come_and_go(world: World) -> None:
    ids = [each["InstanceId"] for _ in range(4) for each in world.launch(3, InstanceType="t3.nano")]
    first = world.ec2.describe_instances(MaxResults=5)
    seen = [each["InstanceId"] for one in first["Reservations"] for each in one["Instances"]]
    assert len(seen) == 5
    world.launch(2)
    rest = world.ec2.describe_instances(MaxResults=1000, NextToken=first["NextToken"])
    seen += [each["InstanceId"] for one in rest["Reservations"] for each in one["Instances"]]
    assert "NextToken" not in rest
    assert len(seen) == len(set(seen)) == 14
    assert set(ids) < set(seen)
    pages = world.ec2.get_paginator("describe_instances").paginate(PaginationConfig={"PageSize": 5})
    assert sum(len(one["Instances"]) for page in pages for one in page["Reservations"]) == 14


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"MaxResults": 4}, "InvalidParameterValue"),
        ({"MaxResults": 1001}, "InvalidParameterValue"),
        ({"NextToken": "nonsense"}, "InvalidNextToken"),
        ({"NextToken": "é"}, "InvalidNextToken"),
        ({"InstanceIds": ["i-0123456789abcdef0"]}, "InvalidInstanceID.NotFound"),
        ({"InstanceIds": ["i-xyz"]}, "InvalidInstanceID.Malformed"),
    ],
)
def test_bad_questions_are_refused(world: World, parameters: dict[str, Any], code: str) -> None:
    instance_id = world.launched()
    assert refused(world.ec2.describe_instances, **parameters)[0] == code
    both = refused(world.ec2.describe_instances, MaxResults=5, InstanceIds=[instance_id])
    assert both[0] == "InvalidParameterCombination"


def test_an_instance_is_seen_in_its_own_region_and_account(world: World) -> None:
    instance_id = world.launched()
    west = world.in_region("eu-west-1")
    assert west.describe_instances()["Reservations"] == []
    assert refused(west.terminate_instances, InstanceIds=[instance_id])[0] == "InvalidInstanceID.NotFound"
    other = world.in_region("us-east-1", world.other_root)
    assert other.describe_instances()["Reservations"] == []
    assert refused(other.terminate_instances, InstanceIds=[instance_id])[0] == "InvalidInstanceID.NotFound"


def test_describing_needs_permission_on_everything(world: World) -> None:
    assert refused(world.caller("nobody").describe_instances)[0] == "UnauthorizedOperation"
    world.caller("reader", allow("ec2:Describe*")).describe_instances()


def test_a_region_that_there_is_not_is_refused(world: World) -> None:
    code, message, status = refused(world.in_region("mars-north-1").describe_instances)
    assert (code, status) == ("AuthFailure", 403)
    assert message == "Credential should be scoped to a valid region."


def test_the_status_of_what_runs_is_ok(world: World) -> None:
    runs, rests = world.launched(), world.launched()
    world.ec2.stop_instances(InstanceIds=[rests])
    world.settle()
    (status,) = world.ec2.describe_instance_status()["InstanceStatuses"]
    assert status["InstanceId"] == runs
    assert status["InstanceStatus"]["Status"] == status["SystemStatus"]["Status"] == "ok"
    everything = world.ec2.describe_instance_status(IncludeAllInstances=True)["InstanceStatuses"]
    assert {each["InstanceId"]: each["InstanceStatus"]["Status"] for each in everything} == {
        runs: "ok",
        rests: "not-applicable",
    }
    waiting = world.ec2.get_waiter("instance_status_ok")
    waiting.wait(InstanceIds=[runs], WaiterConfig={"Delay": 0, "MaxAttempts": 1})


def test_attributes_are_shown_and_changed(world: World) -> None:
    instance_id = world.launched()

    def shown(attribute: str) -> Any:
        reply = world.ec2.describe_instance_attribute(InstanceId=instance_id, Attribute=attribute)
        return next(value for name, value in reply.items() if name not in {"InstanceId", "ResponseMetadata"})

    assert shown("instanceType") == {"Value": "t3.micro"}
    assert shown("disableApiTermination") == {"Value": False}
    assert shown("userData") == {}
    change = world.ec2.modify_instance_attribute
    change(InstanceId=instance_id, DisableApiTermination={"Value": True})
    assert shown("disableApiTermination") == {"Value": True}
    change(InstanceId=instance_id, Attribute="disableApiTermination", Value="false")
    assert shown("disableApiTermination") == {"Value": False}
    change(InstanceId=instance_id, InstanceInitiatedShutdownBehavior={"Value": "terminate"})
    assert shown("instanceInitiatedShutdownBehavior") == {"Value": "terminate"}
    bigger = {"InstanceId": instance_id, "InstanceType": {"Value": "t3.large"}}
    assert refused(change, **bigger)[0] == "IncorrectInstanceState"
    world.ec2.stop_instances(InstanceIds=[instance_id])
    world.settle()
    change(**bigger)
    change(InstanceId=instance_id, UserData={"Value": b"#!/bin/sh\ntrue\n"})
    assert shown("userData")["Value"]
    world.ec2.start_instances(InstanceIds=[instance_id])
    world.settle()
    assert world.driver.of(instance_id).spec.memory_bytes == 8 << 30
    assert refused(change, InstanceId=instance_id)[0] == "InvalidParameterCombination"
    assert refused(change, InstanceId=instance_id, Kernel={"Value": "x"})[0] == "UnsupportedOperation"
    assert (
        refused(change, InstanceId=instance_id, Groups=["sg-0123456789abcdef0"])[0] == "InvalidGroup.NotFound"
    )
    describe = world.ec2.describe_instance_attribute
    assert refused(describe, InstanceId=instance_id, Attribute="colour")[0] == "InvalidParameterValue"


def test_metadata_options_are_changed_at_once_and_checked(world: World) -> None:
    instance_id = world.launched()
    change = world.ec2.modify_instance_metadata_options
    reply = change(InstanceId=instance_id, HttpTokens="optional", HttpPutResponseHopLimit=5)
    assert reply["InstanceMetadataOptions"]["State"] == "pending"
    options = world.describe(instance_id)["MetadataOptions"]
    assert (options["HttpTokens"], options["HttpPutResponseHopLimit"], options["State"]) == (
        "optional",
        5,
        "applied",
    )
    assert refused(change, InstanceId=instance_id, HttpPutResponseHopLimit=65)[0] == "InvalidParameterValue"
    assert refused(change, InstanceId=instance_id, HttpTokens="perhaps")[0] == "InvalidParameterValue"
    assert refused(change, InstanceId="i-0123456789abcdef0")[0] == "InvalidInstanceID.NotFound"
