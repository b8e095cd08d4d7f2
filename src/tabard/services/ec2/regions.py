"""Regions and availability zones, and what the account may have.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeRegions.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tabard.catalog import regions
from tabard.services.ec2.default_network import default_network
from tabard.services.ec2.errors import invalid_value
from tabard.services.ec2.filters import filtered
from tabard.services.ec2.limits import INSTANCES_AT_MOST
from tabard.services.ec2.operation import ec2_operation, on_anything
from tabard.services.operation import READ, Call

if TYPE_CHECKING:
    from tabard.catalog.regions import Region, Zone
    from tabard.services.ec2.filters import Reader

_REGION_READERS: dict[str, Reader[Region]] = {
    "endpoint": lambda each: each.endpoint,
    "opt-in-status": lambda each: each.opt_in_status,
    "region-name": lambda each: each.name,
}

_ZONE_READERS: dict[str, Reader[Zone]] = {
    "group-name": lambda each: each.group_name,
    "group-long-name": lambda each: each.group_long_name,
    "message": lambda _: None,
    "opt-in-status": lambda _: "opt-in-not-required",
    "parent-zone-id": lambda _: None,
    "parent-zone-name": lambda _: None,
    "region-name": lambda each: each.region,
    "state": lambda _: "available",
    "zone-id": lambda each: each.zone_id,
    "zone-name": lambda each: each.name,
    "zone-type": lambda _: "availability-zone",
}


@ec2_operation("DescribeRegions", READ, checks=on_anything("ec2:DescribeRegions"))
def describe_regions(_call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Every region: all of them are on, whichever AWS would leave off."""
    known = regions.regions()
    for name in request.get("RegionNames") or ():
        if name not in known:
            raise invalid_value(f"Invalid region provided: [{name}]")
    named = set(request.get("RegionNames") or known)
    found = filtered(
        (each for each in known.values() if each.name in named), request.get("Filters"), _REGION_READERS
    )
    return {
        "Regions": [
            {"RegionName": each.name, "Endpoint": each.endpoint, "OptInStatus": each.opt_in_status}
            for each in found
        ]
    }


@ec2_operation("DescribeAvailabilityZones", READ, checks=on_anything("ec2:DescribeAvailabilityZones"))
def describe_availability_zones(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """The zones of the region."""
    zones = regions.regions()[call.region].zones
    names, ids = request.get("ZoneNames") or (), request.get("ZoneIds") or ()
    for name in names:
        if name not in {zone.name for zone in zones}:
            raise invalid_value(f"Invalid availability zone: [{name}]")
    for zone_id in ids:
        if zone_id not in {zone.zone_id for zone in zones}:
            raise invalid_value(f"Invalid availability zone-id: [{zone_id}]")
    wanted = [
        zone for zone in zones if (not names or zone.name in names) and (not ids or zone.zone_id in ids)
    ]
    return {
        "AvailabilityZones": [
            {
                "ZoneName": zone.name,
                "ZoneId": zone.zone_id,
                "RegionName": zone.region,
                "State": "available",
                "OptInStatus": "opt-in-not-required",
                "Messages": [],
                "GroupName": zone.group_name,
                "GroupLongName": zone.group_long_name,
                "NetworkBorderGroup": zone.network_border_group,
                "ZoneType": "availability-zone",
            }
            for zone in filtered(wanted, request.get("Filters"), _ZONE_READERS)
        ]
    }


@ec2_operation("DescribeAccountAttributes", READ, checks=on_anything("ec2:DescribeAccountAttributes"))
def describe_account_attributes(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """What the account has and may have in this region."""
    attributes = {
        "supported-platforms": "VPC",
        "default-vpc": default_network(call.account, call.region).vpc_id,
        "max-instances": str(INSTANCES_AT_MOST),
        "vpc-max-security-groups-per-interface": "5",
        "max-elastic-ips": "0",
        "vpc-max-elastic-ips": "0",
    }
    names = request.get("AttributeNames") or list(attributes)
    for name in names:
        if name not in attributes:
            raise invalid_value(f"Value ({name}) for parameter attributeName is invalid.")
    return {
        "AccountAttributes": [
            {"AttributeName": name, "AttributeValues": [{"AttributeValue": attributes[name]}]}
            for name in names
        ]
    }
