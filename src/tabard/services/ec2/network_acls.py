"""The default VPC's network ACL, which lets everything through.

https://docs.aws.amazon.com/vpc/latest/userguide/default-network-acl.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tabard.services.ec2.default_network import DefaultNetwork, default_network, derived_id
from tabard.services.ec2.listing import Listing
from tabard.services.ec2.operation import ec2_operation, on_anything
from tabard.services.ec2.tagging import shown
from tabard.services.operation import READ, Call

if TYPE_CHECKING:
    from collections.abc import Mapping

_ENTRIES = [
    {"CidrBlock": "0.0.0.0/0", "Egress": egress, "Protocol": "-1", "RuleAction": action, "RuleNumber": number}
    for egress in (True, False)
    for action, number in (("allow", 100), ("deny", 32767))
]

_ACLS: Listing[DefaultNetwork] = Listing(
    "NetworkAcls",
    "NetworkAclIds",
    "acl",
    "InvalidNetworkAclID.NotFound",
    "The networkAcl ID '{}' does not exist",
    lambda each: each.network_acl_id,
    {
        "association.association-id": lambda each: [_association(each, subnet.id) for subnet in each.subnets],
        "association.network-acl-id": lambda each: each.network_acl_id,
        "association.subnet-id": lambda each: [subnet.id for subnet in each.subnets],
        "default": lambda _: "true",
        "network-acl-id": lambda each: each.network_acl_id,
        "owner-id": lambda each: each.account,
        "vpc-id": lambda each: each.vpc_id,
    },
)


def _association(network: DefaultNetwork, subnet_id: str) -> str:
    return derived_id("aclassoc", network.account, network.region, subnet_id)


@ec2_operation("DescribeNetworkAcls", READ, checks=on_anything("ec2:DescribeNetworkAcls"))
def describe_network_acls(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """The network ACLs of the region: the default one."""

    def describe(network: DefaultNetwork, tags: Mapping[str, str]) -> dict[str, Any]:
        return {
            "NetworkAclId": network.network_acl_id,
            "VpcId": network.vpc_id,
            "OwnerId": network.account,
            "IsDefault": True,
            "Entries": _ENTRIES,
            "Associations": [
                {
                    "NetworkAclAssociationId": _association(network, subnet.id),
                    "NetworkAclId": network.network_acl_id,
                    "SubnetId": subnet.id,
                }
                for subnet in network.subnets
            ],
            "Tags": shown(tags),
        }

    return _ACLS.reply(call, request, [default_network(call.account, call.region)], describe)
