"""Tags: the rules, and who may set what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.services.ec2.world import ACCOUNT, REGION
from tests.services.iam.conftest import allow, refused

if TYPE_CHECKING:
    from tests.services.ec2.world import World


def tags_of(world: World, resource_id: str) -> dict[str, str]:
    reply = world.ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [resource_id]}])
    return {each["Key"]: each["Value"] for each in reply["Tags"]}


def tag(key: str, value: str = "") -> dict[str, str]:
    return {"Key": key, "Value": value}


def test_tags_are_added_changed_and_taken_away(world: World) -> None:
    (instance,) = world.launch()
    one, volume = instance["InstanceId"], instance["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]
    world.ec2.create_tags(Resources=[one, volume], Tags=[tag("Name", "web"), tag("env", "prod")])
    world.ec2.create_tags(Resources=[one], Tags=[tag("env", "test")])
    assert tags_of(world, one) == {"Name": "web", "env": "test"}
    assert tags_of(world, volume) == {"Name": "web", "env": "prod"}
    world.ec2.delete_tags(
        Resources=[one], Tags=[{"Key": "env", "Value": "prod"}, {"Key": "Name"}, {"Key": "none"}]
    )
    assert tags_of(world, one) == {"env": "test"}
    world.ec2.delete_tags(Resources=[volume])
    assert tags_of(world, volume) == {}


def test_all_kinds_of_resources_take_tags(world: World) -> None:
    (instance,) = world.launch()
    ids = [
        instance["InstanceId"],
        instance["VpcId"],
        instance["SubnetId"],
        instance["ImageId"],
        instance["NetworkInterfaces"][0]["NetworkInterfaceId"],
        instance["SecurityGroups"][0]["GroupId"],
        world.ec2.create_key_pair(KeyName="lab", KeyType="ed25519")["KeyPairId"],
        world.ec2.describe_route_tables()["RouteTables"][0]["RouteTableId"],
    ]
    world.ec2.create_tags(Resources=ids, Tags=[tag("mine", "yes")])
    reply = world.ec2.describe_tags(Filters=[{"Name": "tag:mine", "Values": ["y*"]}])["Tags"]
    assert {each["ResourceId"] for each in reply} == set(ids)
    assert {each["ResourceType"] for each in reply} >= {
        "instance",
        "vpc",
        "subnet",
        "key-pair",
        "security-group",
    }
    assert world.ec2.describe_vpcs(Filters=[{"Name": "tag:mine", "Values": ["yes"]}])["Vpcs"]
    assert world.ec2.describe_subnets(Filters=[{"Name": "tag-key", "Values": ["mine"]}])["Subnets"]


def test_the_rules_of_tags(world: World) -> None:
    instance_id = world.launched()

    def create(*tags: dict[str, Any], resource: str = instance_id) -> str:
        return refused(world.ec2.create_tags, Resources=[resource], Tags=list(tags))[0]

    assert create(tag("aws:x")) == "InvalidParameterValue"
    assert create(tag("k" * 129)) == "InvalidParameterValue"
    assert create(tag("k", "v" * 257)) == "InvalidParameterValue"
    assert create(tag("k"), tag("k")) == "InvalidParameterValue"
    assert create(*(tag(f"k{number}") for number in range(51))) == "TagLimitExceeded"
    assert create() == "MissingParameter"
    assert create(tag("k"), resource="i-0123456789abcdef0") == "InvalidInstanceID.NotFound"
    assert create(tag("k"), resource="vpc-0123456789abcdef0") == "InvalidVpcID.NotFound"
    assert create(tag("k"), resource="nonsense") == "InvalidID"
    assert tags_of(world, instance_id) == {}
    world.ec2.create_tags(Resources=[instance_id], Tags=[tag("k" * 128, "v" * 256), tag("ключ", "значение")])
    assert tags_of(world, instance_id) == {"k" * 128: "v" * 256, "ключ": "значение"}


def test_a_tag_can_guard_its_resource(world: World) -> None:
    mine, other = world.launched(), world.launched()
    world.ec2.create_tags(Resources=[mine], Tags=[tag("owner", "ann")])
    everywhere = f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/*"
    ann = world.caller(
        "ann",
        allow(
            ["ec2:CreateTags", "ec2:DeleteTags"],
            everywhere,
            Condition={
                "StringEquals": {"aws:ResourceTag/owner": "ann"},
                "ForAllValues:StringEquals": {"aws:TagKeys": ["note"]},
            },
        ),
    )
    ann.create_tags(Resources=[mine], Tags=[tag("note", "hello")])
    ann.delete_tags(Resources=[mine], Tags=[{"Key": "note"}])
    assert refused(ann.create_tags, Resources=[other], Tags=[tag("note", "x")])[0] == "UnauthorizedOperation"
    assert (
        refused(ann.create_tags, Resources=[mine], Tags=[tag("owner", "bob")])[0] == "UnauthorizedOperation"
    )
    assert (
        refused(ann.create_tags, Resources=[mine, other], Tags=[tag("note", "x")])[0]
        == "UnauthorizedOperation"
    )
    assert tags_of(world, mine) == {"owner": "ann"}
