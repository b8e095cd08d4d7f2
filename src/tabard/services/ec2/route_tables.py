"""The default VPC's route table, and the internet gateway that it does not have.

https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Route_Tables.html. What is described is what holds: there is no
way from an instance to the internet, so neither a gateway nor a route to one is shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tabard.services.ec2.default_network import VPC_CIDR, DefaultNetwork, default_network
from tabard.services.ec2.listing import Listing
from tabard.services.ec2.operation import ec2_operation, on_anything
from tabard.services.ec2.tagging import shown
from tabard.services.operation import READ, Call

if TYPE_CHECKING:
    from collections.abc import Mapping

_ROUTE_TABLES: Listing[DefaultNetwork] = Listing(
    "RouteTables",
    "RouteTableIds",
    "rtb",
    "InvalidRouteTableID.NotFound",
    "The routeTable ID '{}' does not exist",
    lambda each: each.route_table_id,
    {
        "association.main": lambda _: "true",
        "association.route-table-association-id": lambda each: each.route_association_id,
        "association.route-table-id": lambda each: each.route_table_id,
        "association.subnet-id": lambda _: None,
        "association.gateway-id": lambda _: None,
        "owner-id": lambda each: each.account,
        "route-table-id": lambda each: each.route_table_id,
        "route.destination-cidr-block": lambda _: (VPC_CIDR,),
        "route.gateway-id": lambda _: ("local",),
        "route.origin": lambda _: ("CreateRouteTable",),
        "route.state": lambda _: ("active",),
        "vpc-id": lambda each: each.vpc_id,
    },
)

_NO_GATEWAYS: Listing[str] = Listing(
    "InternetGateways",
    "InternetGatewayIds",
    "igw",
    "InvalidInternetGatewayID.NotFound",
    "The internetGateway ID '{}' does not exist",
    str,
    dict.fromkeys(
        ("attachment.state", "attachment.vpc-id", "internet-gateway-id", "owner-id"), lambda _: None
    ),
)


@ec2_operation("DescribeRouteTables", READ, checks=on_anything("ec2:DescribeRouteTables"))
def describe_route_tables(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """The route tables of the region: the default VPC's main one, with the local route alone."""

    def describe(network: DefaultNetwork, tags: Mapping[str, str]) -> dict[str, Any]:
        return {
            "RouteTableId": network.route_table_id,
            "VpcId": network.vpc_id,
            "OwnerId": network.account,
            "Associations": [
                {
                    "Main": True,
                    "RouteTableAssociationId": network.route_association_id,
                    "RouteTableId": network.route_table_id,
                    "AssociationState": {"State": "associated"},
                }
            ],
            "PropagatingVgws": [],
            "Routes": [
                {
                    "DestinationCidrBlock": VPC_CIDR,
                    "GatewayId": "local",
                    "Origin": "CreateRouteTable",
                    "State": "active",
                }
            ],
            "Tags": shown(tags),
        }

    return _ROUTE_TABLES.reply(call, request, [default_network(call.account, call.region)], describe)


@ec2_operation("DescribeInternetGateways", READ, checks=on_anything("ec2:DescribeInternetGateways"))
def describe_internet_gateways(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """The internet gateways of the region: none, since instances have no way to the internet."""
    return _NO_GATEWAYS.reply(call, request, (), lambda gateway, _: {"InternetGatewayId": gateway})
