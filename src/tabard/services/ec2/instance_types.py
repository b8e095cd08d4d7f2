"""Instance types: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceTypes.html."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tabard.catalog import instance_types, regions
from tabard.core.errors import AwsError
from tabard.services.ec2.errors import invalid_value
from tabard.services.ec2.filters import filtered, flag
from tabard.services.ec2.operation import ec2_operation, on_anything
from tabard.services.ec2.pages import page
from tabard.services.operation import READ, Call

if TYPE_CHECKING:
    from tabard.catalog.instance_types import InstanceType
    from tabard.services.ec2.filters import Reader

_READERS: dict[str, Reader[InstanceType]] = {
    "instance-type": lambda each: each.name,
    "burstable-performance-supported": lambda each: flag(each.burstable),
    "current-generation": lambda each: flag(each.description.get("CurrentGeneration")),
    "free-tier-eligible": lambda each: flag(each.description.get("FreeTierEligible")),
    "bare-metal": lambda each: flag(each.description.get("BareMetal")),
    "hypervisor": lambda each: each.hypervisor,
    "memory-info.size-in-mib": lambda each: str(each.memory_mib),
    "vcpu-info.default-vcpus": lambda each: str(each.vcpus),
    "vcpu-info.default-cores": lambda each: str(each.description["VCpuInfo"].get("DefaultCores", each.vcpus)),
    "processor-info.supported-architecture": lambda each: each.architectures,
    "supported-root-device-type": lambda each: each.description.get("SupportedRootDeviceTypes", ()),
    "supported-usage-class": lambda each: each.description.get("SupportedUsageClasses", ()),
    "supported-virtualization-type": lambda each: each.description.get("SupportedVirtualizationTypes", ()),
    "instance-storage-supported": lambda each: flag(each.description.get("InstanceStorageSupported")),
    "ebs-info.ebs-optimized-support": lambda each: each.description.get("EbsInfo", {}).get(
        "EbsOptimizedSupport"
    ),
    "network-info.ena-support": lambda each: each.description.get("NetworkInfo", {}).get("EnaSupport"),
    "hibernation-supported": lambda each: flag(each.description.get("HibernationSupported")),
    "auto-recovery-supported": lambda each: flag(each.description.get("AutoRecoverySupported")),
    "dedicated-hosts-supported": lambda each: flag(each.description.get("DedicatedHostsSupported")),
}


@ec2_operation("DescribeInstanceTypes", READ, checks=on_anything("ec2:DescribeInstanceTypes"))
def describe_instance_types(_call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """The instance types that can be launched, as they are on AWS (see the notes on what a host enforces)."""
    named = list(dict.fromkeys(request.get("InstanceTypes") or ()))
    unknown = [name for name in named if instance_types.get(name) is None]
    if unknown:
        raise AwsError(
            "InvalidInstanceType",
            f"The following supplied instance types do not exist: [{', '.join(unknown)}]",
        )
    found = [
        each for name, each in sorted(instance_types.instance_types().items()) if not named or name in named
    ]
    found = filtered(found, request.get("Filters"), _READERS)
    shown, token = page(found, request, lambda each: each.name, most=100, default=100, ids="InstanceTypes")
    reply: dict[str, Any] = {"InstanceTypes": [each.description for each in shown]}
    if token:
        reply["NextToken"] = token
    return reply


@ec2_operation("DescribeInstanceTypeOfferings", READ, checks=on_anything("ec2:DescribeInstanceTypeOfferings"))
def describe_instance_type_offerings(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Where each type can be launched: everywhere."""
    kind = request.get("LocationType") or "region"
    region = regions.regions()[call.region]
    if kind == "region":
        locations = [region.name]
    elif kind == "availability-zone":
        locations = [zone.name for zone in region.zones]
    elif kind == "availability-zone-id":
        locations = [zone.zone_id for zone in region.zones]
    else:
        raise invalid_value(f"Value ({kind}) for parameter LocationType is invalid.")
    offered = [
        (name, place) for name in sorted(instance_types.instance_types()) for place in sorted(locations)
    ]
    readers: dict[str, Reader[tuple[str, str]]] = {
        "instance-type": lambda each: each[0],
        "location": lambda each: each[1],
    }
    offered = filtered(offered, request.get("Filters"), readers)
    shown, token = page(offered, request, lambda each: f"{each[0]} {each[1]}", default=1000)
    reply: dict[str, Any] = {
        "InstanceTypeOfferings": [
            {"InstanceType": name, "LocationType": kind, "Location": place} for name, place in shown
        ]
    }
    if token:
        reply["NextToken"] = token
    return reply
