"""DescribeInstances: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from tabard.core.sources import iso8601
from tabard.services.ec2 import finding, groups, instance_view
from tabard.services.ec2.filters import filtered, flag
from tabard.services.ec2.images import ROOT_DEVICE
from tabard.services.ec2.operation import ec2_operation, on_anything
from tabard.services.ec2.pages import page
from tabard.services.operation import READ, Call

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tabard.services.ec2.filters import Reader
    from tabard.store.ec2 import Instance, SecurityGroup


def position(instance: Instance) -> str:
    """Where an instance stands in listings: in the order of launch."""
    return f"{instance.launched_at:020.9f} {instance.id}"


def readers(call: Call) -> Mapping[str, Reader[Instance]]:
    """What the filters of DescribeInstances look at."""
    associations = call.store.ec2.associations

    def members(instance: Instance) -> list[SecurityGroup]:
        return groups.known(call.store, instance.account, instance.region, instance.security_groups)

    def profile(member: str) -> Reader[Instance]:
        def read(instance: Instance) -> str | None:
            association = associations.of_instance(instance.account, instance.id)
            return None if association is None else str(getattr(association, member))

        return read

    def attached(read: Reader[Instance]) -> Reader[Instance]:
        """A terminated instance has no volume and no network interface any more."""
        return lambda instance: None if instance.state == "terminated" else read(instance)

    def dns(instance: Instance) -> str:
        return instance_view.private_dns_name(instance.region, instance.private_ip)

    launched: Reader[Instance] = lambda each: iso8601(each.launched_at).replace("Z", ".000Z")  # noqa: E731 - one of many
    group_ids = attached(lambda each: each.security_groups)
    group_names = attached(lambda each: [group.name for group in members(each)])
    table: dict[str, Reader[Instance]] = {
        "affinity": lambda _: None,
        "architecture": lambda each: each.architecture,
        "availability-zone": lambda each: each.zone,
        "availability-zone-id": lambda each: each.zone_id,
        "block-device-mapping.attach-time": attached(launched),
        "block-device-mapping.delete-on-termination": attached(
            lambda each: flag(each.delete_volume_on_termination)
        ),
        "block-device-mapping.device-name": attached(lambda _: ROOT_DEVICE),
        "block-device-mapping.status": attached(lambda _: "attached"),
        "block-device-mapping.volume-id": attached(lambda each: each.volume_id),
        "boot-mode": lambda _: "uefi-preferred",
        "client-token": lambda each: each.client_token,
        "dns-name": lambda _: "",
        "hibernation-options.configured": lambda _: "false",
        "hypervisor": lambda _: "xen",
        "iam-instance-profile.arn": profile("profile_arn"),
        "iam-instance-profile.id": profile("profile_id"),
        "iam-instance-profile.name": lambda each: _last_part(profile("profile_arn")(each)),
        "image-id": lambda each: each.image_id,
        "instance-id": lambda each: each.id,
        "instance-lifecycle": lambda _: None,
        "instance-state-code": lambda each: str(instance_view.STATE_CODES[each.state]),
        "instance-state-name": lambda each: each.state,
        "instance-type": lambda each: each.instance_type,
        "instance.group-id": group_ids,
        "instance.group-name": group_names,
        "group-id": group_ids,
        "group-name": group_names,
        "ip-address": lambda each: each.public_ip,
        "kernel-id": lambda _: None,
        "key-name": lambda each: each.key_name,
        "launch-index": lambda each: str(each.launch_index),
        "launch-time": launched,
        "metadata-options.http-tokens": lambda each: each.metadata_options.http_tokens,
        "metadata-options.http-put-response-hop-limit": lambda each: str(
            each.metadata_options.http_put_response_hop_limit
        ),
        "metadata-options.http-endpoint": lambda each: each.metadata_options.http_endpoint,
        "metadata-options.instance-metadata-tags": lambda each: each.metadata_options.instance_metadata_tags,
        "monitoring-state": lambda each: "enabled" if each.monitoring else "disabled",
        "network-interface.addresses.private-ip-address": lambda each: each.private_ip,
        "network-interface.addresses.primary": attached(lambda _: "true"),
        "network-interface.addresses.association.public-ip": lambda each: each.public_ip,
        "network-interface.association.public-ip": lambda each: each.public_ip,
        "network-interface.availability-zone": attached(lambda each: each.zone),
        "network-interface.attachment.attachment-id": attached(lambda each: each.attachment_id),
        "network-interface.attachment.instance-id": attached(lambda each: each.id),
        "network-interface.attachment.status": attached(lambda _: "attached"),
        "network-interface.attachment.device-index": attached(lambda _: "0"),
        "network-interface.group-id": group_ids,
        "network-interface.group-name": group_names,
        "network-interface.mac-address": attached(lambda each: each.mac),
        "network-interface.network-interface-id": attached(lambda each: each.interface_id),
        "network-interface.owner-id": attached(lambda each: each.account),
        "network-interface.private-dns-name": attached(dns),
        "network-interface.private-ip-address": attached(lambda each: each.private_ip),
        "network-interface.source-dest-check": attached(lambda each: flag(each.source_dest_check)),
        "network-interface.status": attached(lambda _: "in-use"),
        "network-interface.subnet-id": attached(lambda each: each.subnet_id),
        "network-interface.vpc-id": attached(lambda each: each.vpc_id),
        "owner-id": lambda each: each.account,
        "placement-group-name": lambda _: None,
        "platform": lambda _: None,
        "platform-details": lambda _: "Linux/UNIX",
        "private-dns-name": dns,
        "private-ip-address": lambda each: each.private_ip,
        "product-code": lambda _: None,
        "ramdisk-id": lambda _: None,
        "reason": lambda each: each.transition_reason,
        "requester-id": lambda _: None,
        "reservation-id": lambda each: each.reservation_id,
        "root-device-name": lambda _: ROOT_DEVICE,
        "root-device-type": lambda _: "ebs",
        "source-dest-check": lambda each: flag(each.source_dest_check),
        "spot-instance-request-id": lambda _: None,
        "state-reason-code": lambda each: each.state_reason.code if each.state_reason else None,
        "state-reason-message": lambda each: each.state_reason.message if each.state_reason else None,
        "subnet-id": attached(lambda each: each.subnet_id),
        "tenancy": lambda _: "default",
        "usage-operation": lambda _: "RunInstances",
        "virtualization-type": lambda _: "hvm",
        "vpc-id": attached(lambda each: each.vpc_id),
    }
    return table


def _last_part(arn: object) -> str | None:
    return None if arn is None else instance_view.resource_name(str(arn))


@ec2_operation("DescribeInstances", READ, checks=on_anything("ec2:DescribeInstances"))
def describe_instances(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """The instances of the region, by reservation, in the order of their launch."""
    ids = request.get("InstanceIds")
    found = (
        sorted(finding.instances(call, ids), key=position)
        if ids
        else call.store.ec2.instances.all(call.account, call.region)
    )
    if request.get("Filters"):
        tags = call.store.ec2.tags
        found = filtered(
            found, request["Filters"], readers(call), lambda each: tags.of(each.account, each.id)
        )
    shown, token = page(found, request, position, ids="InstanceIds")
    reservations = [
        {
            "ReservationId": reservation_id,
            "OwnerId": call.account,
            "Groups": [],
            "Instances": [
                instance_view.described(
                    call, each, groups.known(call.store, each.account, each.region, each.security_groups)
                )
                for each in members
            ],
        }
        for reservation_id, members in groupby(shown, key=lambda each: each.reservation_id)
    ]
    reply: dict[str, Any] = {"Reservations": reservations}
    if token:
        reply["NextToken"] = token
    return reply
