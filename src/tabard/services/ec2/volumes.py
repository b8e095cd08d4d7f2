"""Volumes: the root volume of each instance, which is its home on the host's own disk.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVolumes.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tabard.core.sources import as_datetime, iso8601
from tabard.services.ec2.filters import flag
from tabard.services.ec2.images import ROOT_DEVICE
from tabard.services.ec2.listing import Listing
from tabard.services.ec2.operation import ec2_operation, on_anything
from tabard.services.ec2.tagging import shown
from tabard.services.operation import READ, Call

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tabard.store.ec2 import Instance

_VOLUMES: Listing[Instance] = Listing(
    "Volumes",
    "VolumeIds",
    "vol",
    "InvalidVolume.NotFound",
    "The volume '{}' does not exist.",
    lambda each: each.volume_id,
    {
        "attachment.attach-time": lambda each: iso8601(each.launched_at).replace("Z", ".000Z"),
        "attachment.delete-on-termination": lambda each: flag(each.delete_volume_on_termination),
        "attachment.device": lambda _: ROOT_DEVICE,
        "attachment.instance-id": lambda each: each.id,
        "attachment.status": lambda _: "attached",
        "availability-zone": lambda each: each.zone,
        "availability-zone-id": lambda each: each.zone_id,
        "create-time": lambda each: iso8601(each.launched_at).replace("Z", ".000Z"),
        "encrypted": lambda _: "false",
        "multi-attach-enabled": lambda _: "false",
        "size": lambda each: str(each.volume_size),
        "snapshot-id": lambda _: None,
        "status": lambda _: "in-use",
        "volume-id": lambda each: each.volume_id,
        "volume-type": lambda _: "gp3",
    },
)


@ec2_operation("DescribeVolumes", READ, checks=on_anything("ec2:DescribeVolumes"))
def describe_volumes(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """The volumes of the region's instances. Their size is what was asked for; the host does not enforce it."""

    def describe(instance: Instance, tags: Mapping[str, str]) -> dict[str, Any]:
        attached = as_datetime(int(instance.launched_at))
        return {
            "VolumeId": instance.volume_id,
            "AvailabilityZone": instance.zone,
            "AvailabilityZoneId": instance.zone_id,
            "CreateTime": attached,
            "Encrypted": False,
            "MultiAttachEnabled": False,
            "Size": instance.volume_size,
            "SnapshotId": "",
            "State": "in-use",
            "VolumeType": "gp3",
            "Attachments": [
                {
                    "AttachTime": attached,
                    "DeleteOnTermination": instance.delete_volume_on_termination,
                    "Device": ROOT_DEVICE,
                    "InstanceId": instance.id,
                    "State": "attached",
                    "VolumeId": instance.volume_id,
                }
            ],
            "Tags": shown(tags),
        }

    present = [
        each for each in call.store.ec2.instances.all(call.account, call.region) if each.state != "terminated"
    ]
    return _VOLUMES.reply(call, request, present, describe)
