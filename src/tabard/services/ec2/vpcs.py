"""The default VPC: https://docs.aws.amazon.com/vpc/latest/userguide/default-vpc.html.

It says where instances are; nothing is routed by it. Instances reach the API and their metadata, and nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tabard.core.arn import ec2_arn
from tabard.core.errors import AwsError
from tabard.services.ec2.default_network import VPC_CIDR, DefaultNetwork, default_network, derived_id
from tabard.services.ec2.errors import invalid_value, missing_parameter
from tabard.services.ec2.identifiers import checked
from tabard.services.ec2.listing import Listing
from tabard.services.ec2.operation import ec2_operation, on_anything, tag_keys
from tabard.services.ec2.tagging import shown
from tabard.services.operation import READ, Call, Check

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def _cidr_association(network: DefaultNetwork) -> str:
    return derived_id("vpc-cidr-assoc", network.account, network.region)


_VPCS: Listing[DefaultNetwork] = Listing(
    "Vpcs",
    "VpcIds",
    "vpc",
    "InvalidVpcID.NotFound",
    "The vpc ID '{}' does not exist",
    lambda each: each.vpc_id,
    {
        "cidr": lambda _: VPC_CIDR,
        "cidr-block-association.association-id": _cidr_association,
        "cidr-block-association.cidr-block": lambda _: VPC_CIDR,
        "cidr-block-association.state": lambda _: "associated",
        "dhcp-options-id": lambda each: each.dhcp_options_id,
        "is-default": lambda _: "true",
        "isDefault": lambda _: "true",
        "owner-id": lambda each: each.account,
        "state": lambda _: "available",
        "vpc-id": lambda each: each.vpc_id,
        "ipv6-cidr-block-association.ipv6-cidr-block": lambda _: None,
    },
)


@ec2_operation("DescribeVpcs", READ, checks=on_anything("ec2:DescribeVpcs"))
def describe_vpcs(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """The VPCs of the region: the default one."""

    def describe(network: DefaultNetwork, tags: Mapping[str, str]) -> dict[str, Any]:
        return {
            "VpcId": network.vpc_id,
            "OwnerId": network.account,
            "CidrBlock": VPC_CIDR,
            "CidrBlockAssociationSet": [
                {
                    "AssociationId": _cidr_association(network),
                    "CidrBlock": VPC_CIDR,
                    "CidrBlockState": {"State": "associated"},
                }
            ],
            "DhcpOptionsId": network.dhcp_options_id,
            "InstanceTenancy": "default",
            "IsDefault": True,
            "State": "available",
            "Tags": shown(tags),
        }

    return _VPCS.reply(call, request, [default_network(call.account, call.region)], describe)


def _attribute_checks(call: Call, request: dict[str, Any]) -> Iterator[Check]:
    vpc_id = request.get("VpcId") or ""
    keys = {
        "ec2:region": call.region,
        "ec2:vpcid": vpc_id,
        **tag_keys(call.store.ec2.tags.of(call.account, vpc_id)),
    }
    yield Check(
        "ec2:DescribeVpcAttribute", ec2_arn(call.region, call.account, "vpc", vpc_id or "*"), keys=keys
    )


@ec2_operation("DescribeVpcAttribute", READ, checks=_attribute_checks)
def describe_vpc_attribute(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """One attribute of a VPC. Instances know their own names; there is no resolver, so no public host names."""
    for vpc_id in checked("vpc", [request.get("VpcId") or ""]):
        if vpc_id != default_network(call.account, call.region).vpc_id:
            raise AwsError("InvalidVpcID.NotFound", f"The vpc ID '{vpc_id}' does not exist")
    attribute = request.get("Attribute")
    if not attribute:
        raise missing_parameter("attribute")
    members = {
        "enableDnsSupport": ("EnableDnsSupport", True),
        "enableDnsHostnames": ("EnableDnsHostnames", False),
        "enableNetworkAddressUsageMetrics": ("EnableNetworkAddressUsageMetrics", False),
    }
    if attribute not in members:
        raise invalid_value(f"Value ({attribute}) for parameter attribute is invalid.")
    name, value = members[attribute]
    return {"VpcId": request["VpcId"], name: {"Value": value}}
