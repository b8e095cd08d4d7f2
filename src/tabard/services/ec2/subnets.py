"""The default subnets: https://docs.aws.amazon.com/vpc/latest/userguide/default-subnet.html."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from tabard.core.arn import ec2_arn
from tabard.services.ec2.default_network import Subnet, default_network
from tabard.services.ec2.listing import Listing
from tabard.services.ec2.operation import ec2_operation, on_anything
from tabard.services.ec2.tagging import shown
from tabard.services.operation import READ, Call

if TYPE_CHECKING:
    from collections.abc import Mapping

_NOT_FOUND = ("InvalidSubnetID.NotFound", "The subnet ID '{}' does not exist")


def _taken(call: Call) -> Counter[str]:
    """How many addresses are taken in each subnet."""
    return Counter(
        each.subnet_id
        for each in call.store.ec2.instances.all(call.account, call.region)
        if each.private_ip is not None
    )


@ec2_operation("DescribeSubnets", READ, checks=on_anything("ec2:DescribeSubnets"))
def describe_subnets(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """The subnets of the region: a default one for each zone."""
    network = default_network(call.account, call.region)
    taken = _taken(call)

    def arn(subnet: Subnet) -> str:
        return ec2_arn(call.region, call.account, "subnet", subnet.id)

    listing: Listing[Subnet] = Listing(
        "Subnets",
        "SubnetIds",
        "subnet",
        *_NOT_FOUND,
        lambda each: each.id,
        {
            "availability-zone": lambda each: each.zone,
            "availabilityZone": lambda each: each.zone,
            "availability-zone-id": lambda each: each.zone_id,
            "availabilityZoneId": lambda each: each.zone_id,
            "available-ip-address-count": lambda each: str(each.capacity - taken[each.id]),
            "cidr": lambda each: str(each.cidr),
            "cidr-block": lambda each: str(each.cidr),
            "cidrBlock": lambda each: str(each.cidr),
            "default-for-az": lambda _: "true",
            "defaultForAz": lambda _: "true",
            "ipv6-native": lambda _: "false",
            "map-public-ip-on-launch": lambda _: "true",
            "owner-id": lambda _: call.account,
            "state": lambda _: "available",
            "subnet-arn": arn,
            "subnet-id": lambda each: each.id,
            "vpc-id": lambda each: each.vpc_id,
        },
    )

    def describe(subnet: Subnet, tags: Mapping[str, str]) -> dict[str, Any]:
        return {
            "SubnetId": subnet.id,
            "SubnetArn": arn(subnet),
            "VpcId": subnet.vpc_id,
            "OwnerId": call.account,
            "State": "available",
            "AvailabilityZone": subnet.zone,
            "AvailabilityZoneId": subnet.zone_id,
            "CidrBlock": str(subnet.cidr),
            "AvailableIpAddressCount": subnet.capacity - taken[subnet.id],
            "DefaultForAz": True,
            "MapPublicIpOnLaunch": True,
            "MapCustomerOwnedIpOnLaunch": False,
            "AssignIpv6AddressOnCreation": False,
            "Ipv6CidrBlockAssociationSet": [],
            "EnableDns64": False,
            "Ipv6Native": False,
            "PrivateDnsNameOptionsOnLaunch": {
                "HostnameType": "ip-name",
                "EnableResourceNameDnsARecord": False,
                "EnableResourceNameDnsAAAARecord": False,
            },
            "Tags": shown(tags),
        }

    return listing.reply(call, request, network.subnets, describe)
