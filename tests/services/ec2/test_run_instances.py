"""RunInstances: what is asked for is there, what is wrong is refused as AWS refuses it, and nothing is half done."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest
from tests.services.ec2.world import ACCOUNT, REGION
from tests.services.iam.conftest import allow, refused

from tabard.services.ec2 import limits

if TYPE_CHECKING:
    from tests.services.ec2.world import World

ARN = f"arn:aws:ec2:{REGION}:{ACCOUNT}:"


def test_an_instance_is_pending_at_first_and_then_runs(world: World) -> None:
    reply = world.ec2.run_instances(ImageId=world.image, MinCount=1, MaxCount=1)
    (instance,) = reply["Instances"]
    assert reply["OwnerId"] == ACCOUNT
    assert instance["State"] == {"Code": 0, "Name": "pending"}
    assert instance["InstanceType"] == "t3.micro"
    assert instance["PrivateDnsName"] == f"ip-{instance['PrivateIpAddress'].replace('.', '-')}.ec2.internal"
    assert instance["PublicIpAddress"].split(".")[2:] == instance["PrivateIpAddress"].split(".")[2:]
    assert instance["MetadataOptions"]["HttpTokens"] == "required"
    world.settle()
    assert world.state(instance["InstanceId"]) == "running"
    spec = world.driver.of(instance["InstanceId"]).spec
    assert spec.hostname == f"ip-{instance['PrivateIpAddress'].replace('.', '-')}"
    assert spec.environment == {
        "AWS_ENDPOINT_URL": "http://169.254.169.253:80",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
    }
    assert (spec.cpu, spec.memory_bytes) == (2.0, 1 << 30)


def test_several_share_a_reservation_and_no_address(world: World) -> None:
    instances = world.launch(20, InstanceType="t3.nano")
    assert {each["State"]["Name"] for each in instances} == {"running"}
    assert len({each["PrivateIpAddress"] for each in instances}) == 20
    assert len({each["PublicIpAddress"] for each in instances}) == 20
    assert sorted(each["AmiLaunchIndex"] for each in instances) == list(range(20))
    assert len(world.ec2.describe_instances()["Reservations"]) == 1


def test_public_addresses_are_unique_over_regions_where_private_ones_may_repeat(world: World) -> None:
    (first,) = world.launch()
    west = world.in_region("eu-west-1")
    image = west.describe_images()["Images"][0]["ImageId"]
    subnet = west.describe_subnets()["Subnets"][0]
    address = subnet["CidrBlock"].replace(".0/20", ".77")
    west.run_instances(
        ImageId=image, MinCount=1, MaxCount=1, SubnetId=subnet["SubnetId"], PrivateIpAddress=address
    )
    east = next(
        each["SubnetId"]
        for each in world.ec2.describe_subnets()["Subnets"]
        if each["CidrBlock"] == subnet["CidrBlock"]
    )
    (second,) = world.launch(SubnetId=east, PrivateIpAddress=address)
    assert second["PrivateIpAddress"] == address
    assert second["PublicIpAddress"] not in {first["PublicIpAddress"], address.replace("172.", "127.")}


def test_what_was_asked_for_is_described(world: World) -> None:
    world.ec2.create_key_pair(KeyName="lab", KeyType="ed25519")
    arn = world.profile("app")
    zone = world.ec2.describe_availability_zones()["AvailabilityZones"][1]["ZoneName"]
    (instance,) = world.launch(
        KeyName="lab",
        InstanceType="t3.small",
        Placement={"AvailabilityZone": zone},
        IamInstanceProfile={"Name": "app"},
        UserData="#!/bin/sh\n",
        MetadataOptions={"HttpTokens": "optional", "InstanceMetadataTags": "enabled"},
        InstanceInitiatedShutdownBehavior="terminate",
        DisableApiTermination=True,
        TagSpecifications=[
            {"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "one"}]},
            {"ResourceType": "volume", "Tags": [{"Key": "Name", "Value": "disk"}]},
        ],
    )
    assert instance["KeyName"] == "lab"
    assert instance["Placement"]["AvailabilityZone"] == zone
    assert instance["IamInstanceProfile"]["Arn"] == arn
    assert instance["Tags"] == [{"Key": "Name", "Value": "one"}]
    assert instance["MetadataOptions"]["HttpTokens"] == "optional"
    volume = world.ec2.describe_volumes()["Volumes"][0]
    assert volume["Attachments"][0]["InstanceId"] == instance["InstanceId"]
    assert volume["Tags"] == [{"Key": "Name", "Value": "disk"}]
    subnets = world.ec2.describe_subnets(SubnetIds=[instance["SubnetId"]])["Subnets"]
    assert subnets[0]["AvailabilityZone"] == zone
    data = world.ec2.describe_instance_attribute(InstanceId=instance["InstanceId"], Attribute="userData")
    assert base64.b64decode(data["UserData"]["Value"]) == b"#!/bin/sh\n"
    assert world.instances.authorized_keys(instance["InstanceId"])[0].startswith("ssh-ed25519 ")


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"ImageId": None}, "MissingParameter", "The request must contain the parameter ImageId"),
    ({"ImageId": "ami-zz"}, "InvalidAMIID.Malformed", 'Invalid id: "ami-zz"'),
    ({"ImageId": "image"}, "InvalidAMIID.Malformed", 'Invalid id: "image" (expecting "ami-...")'),
    (
        {"ImageId": "ami-0123456789abcdef0"},
        "InvalidAMIID.NotFound",
        "The image id '[ami-0123456789abcdef0]' does not exist",
    ),
    ({"InstanceType": "t9.micro"}, "InvalidParameterValue", "Invalid value 't9.micro' for InstanceType."),
    ({"KeyName": "none"}, "InvalidKeyPair.NotFound", "The key pair 'none' does not exist"),
    (
        {"SubnetId": "subnet-0123456789abcdef0"},
        "InvalidSubnetID.NotFound",
        "The subnet ID 'subnet-0123456789abcdef0' does not exist",
    ),
    (
        {"SecurityGroupIds": ["sg-0123456789abcdef0"]},
        "InvalidGroup.NotFound",
        "The security group 'sg-0123456789abcdef0' does not exist",
    ),
    (
        {"MinCount": 0},
        "InvalidParameterValue",
        "Value (0) for parameter minCount is invalid. Expecting a value greater than 0.",
    ),
    (
        {"MinCount": 2, "MaxCount": 1},
        "InvalidParameterCombination",
        "The parameter minCount must not be greater than maxCount",
    ),
    (
        {"UserData": "x" * (limits.USER_DATA_AT_MOST + 1)},
        "InvalidParameterValue",
        "User data is limited to 16384 bytes",
    ),
    (
        {"IamInstanceProfile": {"Name": "none"}},
        "InvalidParameterValue",
        "Value (none) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name",
    ),
    (
        {"Placement": {"AvailabilityZone": "us-east-1z"}},
        "InvalidParameterValue",
        "Invalid availability zone: [us-east-1z]",
    ),
    (
        {"InstanceMarketOptions": {"MarketType": "spot"}},
        "UnsupportedOperation",
        "The parameter InstanceMarketOptions is not supported",
    ),
    ({"MinCount": 501, "MaxCount": 501}, "InstanceLimitExceeded", ""),
    (
        {"TagSpecifications": [{"ResourceType": "vpc", "Tags": [{"Key": "a", "Value": "b"}]}]},
        "InvalidParameterValue",
        "'vpc' is not a valid taggable resource type for this operation.",
    ),
    (
        {"TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "aws:x", "Value": "b"}]}]},
        "InvalidParameterValue",
        "Tag keys starting with 'aws:' are reserved for internal use",
    ),
    (
        {"PrivateIpAddress": "10.0.0.1"},
        "InvalidParameterValue",
        "Address does not fall within the subnet's address range",
    ),
    (
        {"NetworkInterfaces": [{"DeviceIndex": 0}], "SubnetId": "subnet-0123456789abcdef0"},
        "InvalidParameterCombination",
        "Network interfaces and an instance-level subnet ID may not be specified on the same request",
    ),
]


@pytest.mark.parametrize(
    ("parameters", "code", "message"), WRONG, ids=[f"{code}-{n}" for n, (_, code, _) in enumerate(WRONG)]
)
def test_what_is_wrong_is_refused_and_nothing_is_launched(
    world: World, parameters: dict[str, Any], code: str, message: str
) -> None:
    request = {"ImageId": world.image, "MinCount": 1, "MaxCount": 1, **parameters}
    request = {name: value for name, value in request.items() if value is not None}
    found = refused(world.ec2.run_instances, **request)
    assert found[0] == code
    assert found[1] == message or not message
    assert found[2] == 400
    assert world.ec2.describe_instances()["Reservations"] == []
    assert world.driver.machines == []


def test_a_client_token_launches_once(world: World) -> None:
    request = {"ImageId": world.image, "MinCount": 1, "MaxCount": 1, "ClientToken": "t" * 64}
    first = world.ec2.run_instances(**request)
    world.settle()
    second = world.ec2.run_instances(**request)
    assert second["ReservationId"] == first["ReservationId"]
    assert second["Instances"][0]["State"]["Name"] == "running"
    assert len(world.driver.machines) == 1
    code, _, status = refused(world.ec2.run_instances, **{**request, "InstanceType": "t3.nano"})
    assert (code, status) == ("IdempotentParameterMismatch", 400)
    assert (
        refused(world.ec2.run_instances, **{**request, "ClientToken": "t" * 65})[0] == "InvalidParameterValue"
    )
    world.ec2.terminate_instances(InstanceIds=[first["Instances"][0]["InstanceId"]])
    world.settle()
    assert refused(world.ec2.run_instances, **request)[0] == "IdempotentInstanceTerminated"


def test_a_dry_run_says_what_the_real_call_would_and_launches_nothing(world: World) -> None:
    request = {"ImageId": world.image, "MinCount": 1, "MaxCount": 1, "DryRun": True}
    assert refused(world.ec2.run_instances, **request) == (
        "DryRunOperation",
        "Request would have succeeded, but DryRun flag is set.",
        412,
    )
    assert refused(world.ec2.run_instances, **{**request, "KeyName": "none"})[0] == "InvalidKeyPair.NotFound"
    nobody = world.caller("nobody")
    assert refused(nobody.run_instances, **request)[0] == "UnauthorizedOperation"
    world.settle()
    assert world.ec2.describe_instances()["Reservations"] == []


def test_all_that_a_launch_touches_must_be_allowed(world: World) -> None:
    request = {"ImageId": world.image, "MinCount": 1, "MaxCount": 1}
    parts = [
        f"{ARN}{kind}/*" for kind in ("instance", "volume", "network-interface", "subnet", "security-group")
    ]
    parts.append(f"arn:aws:ec2:{REGION}::image/*")
    for missing in range(len(parts)):
        rest = parts[:missing] + parts[missing + 1 :]
        caller = world.caller(f"without-{missing}", allow("ec2:RunInstances", rest))
        assert refused(caller.run_instances, **request)[0] == "UnauthorizedOperation"
    world.caller("with-all", allow("ec2:RunInstances", parts)).run_instances(**request)


def test_tags_need_permission_and_can_be_demanded(world: World) -> None:
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "team", "Value": "blue"}]}]
    request = {"ImageId": world.image, "MinCount": 1, "MaxCount": 1}
    runner = world.caller("runner", allow("ec2:RunInstances"))
    assert refused(runner.run_instances, **request, TagSpecifications=tags)[0] == "UnauthorizedOperation"
    demand = [
        allow(
            "ec2:RunInstances",
            f"{ARN}instance/*",
            Condition={"StringEquals": {"aws:RequestTag/team": "blue"}},
        ),
        allow("ec2:RunInstances", f"arn:aws:ec2:{REGION}::image/*"),
        allow(
            "ec2:RunInstances",
            [f"{ARN}{kind}/*" for kind in ("volume", "network-interface", "subnet", "security-group")],
        ),
        allow("ec2:CreateTags", "*", Condition={"StringEquals": {"ec2:CreateAction": "RunInstances"}}),
    ]
    blue = world.caller("blue", *demand)
    assert refused(blue.run_instances, **request)[0] == "UnauthorizedOperation"
    reply = blue.run_instances(**request, TagSpecifications=tags)
    assert reply["Instances"][0]["Tags"] == [{"Key": "team", "Value": "blue"}]
    assert (
        refused(
            blue.create_tags,
            Resources=[reply["Instances"][0]["InstanceId"]],
            Tags=[{"Key": "team", "Value": "red"}],
        )[0]
        == "UnauthorizedOperation"
    )


def test_a_policy_can_limit_types_and_demand_the_second_version_of_metadata(world: World) -> None:
    limited = world.caller(
        "limited",
        allow("ec2:RunInstances"),
        {
            "Effect": "Deny",
            "Action": "ec2:RunInstances",
            "Resource": f"{ARN}instance/*",
            "Condition": {"StringNotLike": {"ec2:InstanceType": "t3.*"}},
        },
        {
            "Effect": "Deny",
            "Action": "ec2:RunInstances",
            "Resource": f"{ARN}instance/*",
            "Condition": {"StringNotEquals": {"ec2:MetadataHttpTokens": "required"}},
        },
    )
    request = {"ImageId": world.image, "MinCount": 1, "MaxCount": 1}
    limited.run_instances(**request, InstanceType="t3.nano")
    assert refused(limited.run_instances, **request, InstanceType="m5.large")[0] == "UnauthorizedOperation"
    optional = {"HttpTokens": "optional"}
    assert refused(limited.run_instances, **request, MetadataOptions=optional)[0] == "UnauthorizedOperation"


def test_a_profile_needs_permission_to_pass_its_role_to_ec2(world: World) -> None:
    world.profile("admin")
    request = {"ImageId": world.image, "MinCount": 1, "MaxCount": 1, "IamInstanceProfile": {"Name": "admin"}}
    runner = world.caller("runner", allow("ec2:*"))
    code, message, status = refused(runner.run_instances, **request)
    assert (code, status) == ("UnauthorizedOperation", 403)
    assert "iam:PassRole" in message
    assert f"arn:aws:iam::{ACCOUNT}:role/admin" in message
    passer = world.caller(
        "passer",
        allow("ec2:*"),
        allow(
            "iam:PassRole",
            f"arn:aws:iam::{ACCOUNT}:role/admin",
            Condition={
                "StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"},
                "ArnLike": {"iam:AssociatedResourceArn": f"{ARN}instance/*"},
            },
        ),
    )
    passer.run_instances(**request)
