"""Network interfaces: one for each instance.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeNetworkInterfaces.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tabard.services.ec2 import groups, instance_view
from tabard.services.ec2.filters import flag
from tabard.services.ec2.listing import Listing
from tabard.services.ec2.operation import ec2_operation, on_anything
from tabard.services.ec2.tagging import shown
from tabard.services.operation import READ, Call

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tabard.store.ec2 import Instance

_NOT_FOUND = ("InvalidNetworkInterfaceID.NotFound", "The networkInterface ID '{}' does not exist")


@ec2_operation("DescribeNetworkInterfaces", READ, checks=on_anything("ec2:DescribeNetworkInterfaces"))
def describe_network_interfaces(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """The network interfaces of the region's instances."""

    def names(instance: Instance) -> list[str]:
        known = groups.known(call.store, call.account, call.region, instance.security_groups)
        return [group.name for group in known]

    def dns(instance: Instance) -> str:
        return instance_view.private_dns_name(instance.region, instance.private_ip)

    listing: Listing[Instance] = Listing(
        "NetworkInterfaces",
        "NetworkInterfaceIds",
        "eni",
        *_NOT_FOUND,
        lambda each: each.interface_id,
        {
            "addresses.association.public-ip": lambda each: each.public_ip,
            "addresses.primary": lambda _: "true",
            "addresses.private-ip-address": lambda each: each.private_ip,
            "association.public-ip": lambda each: each.public_ip,
            "association.ip-owner-id": lambda each: "amazon" if each.public_ip else None,
            "attachment.attachment-id": lambda each: each.attachment_id,
            "attachment.delete-on-termination": lambda _: "true",
            "attachment.device-index": lambda _: "0",
            "attachment.instance-id": lambda each: each.id,
            "attachment.instance-owner-id": lambda each: each.account,
            "attachment.status": lambda _: "attached",
            "availability-zone": lambda each: each.zone,
            "availability-zone-id": lambda each: each.zone_id,
            "description": lambda _: "",
            "group-id": lambda each: each.security_groups,
            "group-name": names,
            "interface-type": lambda _: "interface",
            "mac-address": lambda each: each.mac,
            "network-interface-id": lambda each: each.interface_id,
            "owner-id": lambda each: each.account,
            "private-dns-name": dns,
            "private-ip-address": lambda each: each.private_ip,
            "requester-managed": lambda _: "false",
            "source-dest-check": lambda each: flag(each.source_dest_check),
            "status": lambda _: "in-use",
            "subnet-id": lambda each: each.subnet_id,
            "vpc-id": lambda each: each.vpc_id,
        },
    )

    def describe(instance: Instance, tags: Mapping[str, str]) -> dict[str, Any]:
        known = groups.known(call.store, call.account, call.region, instance.security_groups)
        entry = instance_view.interface(instance, known)
        entry["Attachment"] |= {"InstanceId": instance.id, "InstanceOwnerId": instance.account}
        return {
            **entry,
            "AvailabilityZone": instance.zone,
            "AvailabilityZoneId": instance.zone_id,
            "RequesterManaged": False,
            "TagSet": shown(tags),
        }

    present = [
        each for each in call.store.ec2.instances.all(call.account, call.region) if each.state != "terminated"
    ]
    return listing.reply(call, request, present, describe)
