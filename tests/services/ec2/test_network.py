"""The default VPC and what is in it, described as it is."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from tests.services.ec2.world import ACCOUNT, REGION
from tests.services.iam.conftest import refused

from tabard.services.ec2.default_network import default_network

if TYPE_CHECKING:
    from tests.services.ec2.world import World


def test_every_region_has_a_default_vpc_with_a_subnet_for_each_zone(world: World) -> None:
    (vpc,) = world.ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
    assert (vpc["CidrBlock"], vpc["IsDefault"], vpc["State"]) == ("172.31.0.0/16", True, "available")
    subnets = world.ec2.describe_subnets()["Subnets"]
    zones = world.ec2.describe_availability_zones()["AvailabilityZones"]
    assert sorted(each["AvailabilityZone"] for each in subnets) == sorted(each["ZoneName"] for each in zones)
    blocks = [ipaddress.ip_network(each["CidrBlock"]) for each in subnets]
    assert all(block.prefixlen == 20 for block in blocks)
    assert len(set(blocks)) == len(blocks)
    assert {each["AvailableIpAddressCount"] for each in subnets} == {4091}
    west = world.in_region("eu-west-1")
    assert west.describe_vpcs()["Vpcs"][0]["VpcId"] != vpc["VpcId"]
    attribute = world.ec2.describe_vpc_attribute(VpcId=vpc["VpcId"], Attribute="enableDnsHostnames")
    assert attribute["EnableDnsHostnames"] == {"Value": False}
    assert refused(world.ec2.describe_vpcs, VpcIds=["vpc-0123456789abcdef0"])[0] == "InvalidVpcID.NotFound"


def test_a_subnet_counts_its_free_addresses(world: World) -> None:
    (instance,) = world.launch()
    (subnet,) = world.ec2.describe_subnets(SubnetIds=[instance["SubnetId"]])["Subnets"]
    assert subnet["AvailableIpAddressCount"] == 4090
    assert ipaddress.ip_address(instance["PrivateIpAddress"]) in ipaddress.ip_network(subnet["CidrBlock"])


def test_an_interface_and_a_volume_come_and_go_with_their_instance(world: World) -> None:
    (instance,) = world.launch()
    (interface,) = world.ec2.describe_network_interfaces()["NetworkInterfaces"]
    assert interface["Attachment"]["InstanceId"] == instance["InstanceId"]
    assert interface["PrivateIpAddress"] == instance["PrivateIpAddress"]
    (volume,) = world.ec2.describe_volumes()["Volumes"]
    assert volume["Attachments"][0]["InstanceId"] == instance["InstanceId"]
    world.ec2.terminate_instances(InstanceIds=[instance["InstanceId"]])
    world.settle()
    assert world.ec2.describe_network_interfaces()["NetworkInterfaces"] == []
    assert refused(world.ec2.describe_volumes, VolumeIds=[volume["VolumeId"]])[0] == "InvalidVolume.NotFound"


def test_there_is_no_way_to_the_internet_and_none_is_shown(world: World) -> None:
    assert world.ec2.describe_internet_gateways()["InternetGateways"] == []
    (table,) = world.ec2.describe_route_tables()["RouteTables"]
    assert [route["GatewayId"] for route in table["Routes"]] == ["local"]


def test_ids_follow_from_account_and_region_alone() -> None:
    network = default_network(ACCOUNT, REGION)
    default_network.cache_clear()
    assert default_network(ACCOUNT, REGION) == network
    assert default_network("444455556666", REGION).vpc_id != network.vpc_id


def test_the_image_is_the_host_and_says_so(world: World) -> None:
    (image,) = world.ec2.describe_images(Owners=["amazon"])["Images"]
    assert image["Name"].startswith("tabard-")
    assert image["State"] == "available"
    assert "user land of this host" in image["Description"]
    assert world.ec2.describe_images(Owners=["self"])["Images"] == []
    names = [
        {"Name": "name", "Values": ["tabard-*"]},
        {"Name": "architecture", "Values": [image["Architecture"]]},
    ]
    assert world.ec2.describe_images(Filters=names)["Images"] == [image]
    missing = refused(world.ec2.describe_images, ImageIds=["ami-0123456789abcdef0"])
    assert missing[0] == "InvalidAMIID.NotFound"


def test_types_regions_and_zones(world: World) -> None:
    (small,) = world.ec2.describe_instance_types(InstanceTypes=["t3.small"])["InstanceTypes"]
    assert (small["VCpuInfo"]["DefaultVCpus"], small["MemoryInfo"]["SizeInMiB"]) == (2, 2048)
    assert (
        refused(world.ec2.describe_instance_types, InstanceTypes=["x1e.32xlarge"])[0] == "InvalidInstanceType"
    )
    pages = world.ec2.get_paginator("describe_instance_types").paginate(PaginationConfig={"PageSize": 7})
    names = [each["InstanceType"] for page in pages for each in page["InstanceTypes"]]
    assert len(names) == len(set(names)) > 20
    kind = [{"Name": "instance-type", "Values": ["t3.micro"]}]
    offered = world.ec2.describe_instance_type_offerings(LocationType="availability-zone", Filters=kind)
    assert len(offered["InstanceTypeOfferings"]) == 6
    regions = world.ec2.describe_regions(RegionNames=["eu-west-1"])["Regions"]
    assert regions == [
        {
            "RegionName": "eu-west-1",
            "Endpoint": "ec2.eu-west-1.amazonaws.com",
            "OptInStatus": "opt-in-not-required",
        }
    ]
    assert refused(world.ec2.describe_regions, RegionNames=["mars"])[0] == "InvalidParameterValue"
    zones = world.ec2.describe_availability_zones(ZoneNames=["us-east-1a"])["AvailabilityZones"]
    assert zones[0]["ZoneId"] == "use1-az6"
    assert (
        refused(world.ec2.describe_availability_zones, ZoneNames=["us-east-9z"])[0] == "InvalidParameterValue"
    )
    vpc = world.ec2.describe_account_attributes(AttributeNames=["default-vpc"])["AccountAttributes"][0]
    assert vpc["AttributeValues"][0]["AttributeValue"] == world.ec2.describe_vpcs()["Vpcs"][0]["VpcId"]


def test_what_tools_ask_beside(world: World) -> None:
    (burst,) = world.launch(CreditSpecification={"CpuCredits": "standard"})
    (plain,) = world.launch(InstanceType="m5.large")
    shown = world.ec2.describe_instance_credit_specifications(
        InstanceIds=[burst["InstanceId"], plain["InstanceId"]]
    )
    assert shown["InstanceCreditSpecifications"] == [
        {"InstanceId": burst["InstanceId"], "CpuCredits": "standard"}
    ]
    assert world.ec2.describe_instance_credit_specifications()["InstanceCreditSpecifications"] == []
    (acl,) = world.ec2.describe_network_acls(Filters=[{"Name": "default", "Values": ["true"]}])["NetworkAcls"]
    assert len(acl["Associations"]) == len(world.ec2.describe_subnets()["Subnets"])
    assert world.ec2.describe_addresses()["Addresses"] == []
    missing = refused(world.ec2.describe_addresses, AllocationIds=["eipalloc-0123456789abcdef0"])
    assert missing[0] == "InvalidAllocationID.NotFound"
