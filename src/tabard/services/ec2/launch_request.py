"""What RunInstances asks for, checked: every parameter is either honoured or refused.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from typing import TYPE_CHECKING, Any, NamedTuple

from tabard.catalog import instance_types
from tabard.core.errors import AwsError
from tabard.services.ec2 import groups, images, profiles
from tabard.services.ec2.default_network import default_network
from tabard.services.ec2.errors import (
    invalid_combination,
    invalid_value,
    missing_parameter,
    unsupported,
)
from tabard.services.ec2.identifiers import checked
from tabard.services.ec2.images import ROOT_DEVICE, ROOT_SIZE_GIB
from tabard.services.ec2.limits import GROUPS_PER_INTERFACE_AT_MOST, USER_DATA_AT_MOST
from tabard.services.ec2.metadata_options import requested_options
from tabard.services.ec2.tagging import Specifications, specifications
from tabard.store.ec2 import MetadataOptions

if TYPE_CHECKING:
    from tabard.services.ec2.default_network import Subnet
    from tabard.services.ec2.images import Image
    from tabard.services.ec2.profiles import Profile
    from tabard.services.operation import Call
    from tabard.store.ec2 import SecurityGroup

OFFERED_DEFAULT = "t3.micro"
"""What is launched where no type is given (AWS takes m1.small, of a generation that is gone)."""

TAGGABLE = ("instance", "volume", "network-interface")

_NOT_OFFERED = (
    "LaunchTemplate",
    "InstanceMarketOptions",
    "ElasticGpuSpecification",
    "ElasticInferenceAccelerators",
    "LicenseSpecifications",
    "SecondaryInterfaces",
    "Ipv6AddressCount",
    "Ipv6Addresses",
    "EnablePrimaryIpv6",
    "KernelId",
    "RamdiskId",
    "CpuOptions",
    "Operator",
)


class LaunchRequest(NamedTuple):
    """What is to be launched."""

    least: int
    most: int
    image: Image
    instance_type: str
    subnet: Subnet
    groups: tuple[SecurityGroup, ...]
    key_name: str | None
    profile: Profile | None
    private_ip: str | None
    public: bool
    user_data: bytes | None
    metadata_options: MetadataOptions
    tags: Specifications
    shutdown_behavior: str
    volume_size: int
    delete_volume: bool


def requested_type(request: dict[str, Any]) -> str:
    """The instance type that a request means."""
    return str(request.get("InstanceType") or OFFERED_DEFAULT)


def requested_subnet(call: Call, request: dict[str, Any]) -> str:
    """The id of the subnet that a request means, whether or not there is such a one."""
    interface = _interface(request)
    given = request.get("SubnetId") or interface.get("SubnetId")
    if given:
        return str(given)
    network = default_network(call.account, call.region)
    placement = request.get("Placement") or {}
    zone = placement.get("AvailabilityZone")
    if not zone and placement.get("AvailabilityZoneId"):
        zone = next(
            (each.zone for each in network.subnets if each.zone_id == placement["AvailabilityZoneId"]), None
        )
    subnet = network.subnet_of_zone(zone) if zone else network.preferred
    return (subnet or network.preferred).id


def requested_groups(call: Call, request: dict[str, Any]) -> list[str]:
    """The ids of the security groups that a request means, whether or not there are such ones."""
    ids = list(request.get("SecurityGroupIds") or _interface(request).get("Groups") or ())
    for name in request.get("SecurityGroups") or ():
        group = groups.by_name(call.store, call.account, call.region, name)
        ids.append(group.id if group is not None else name)
    return list(dict.fromkeys(ids)) or [default_network(call.account, call.region).security_group.id]


def parameters_hash(request: dict[str, Any]) -> str:
    """What tells two requests under one client token apart."""
    rest = {name: value for name, value in request.items() if name not in {"ClientToken", "DryRun"}}
    return hashlib.sha256(json.dumps(rest, sort_keys=True, default=repr).encode()).hexdigest()


def checked_request(call: Call, request: dict[str, Any]) -> LaunchRequest:
    """The request, understood; raises ``AwsError`` for what is wrong with it or not offered here."""
    _refuse_what_is_not_offered(request)
    least, most = _counts(request)
    image_id = request.get("ImageId")
    if not image_id:
        raise missing_parameter("ImageId")
    checked("ami", [image_id])
    image = images.find(call.region, image_id)
    if image is None:
        raise images.not_found(image_id)
    size, delete_volume = _root_volume(request)
    private_ip = request.get("PrivateIpAddress") or _interface_address(request)
    if private_ip and most > 1:
        raise invalid_combination(
            "The parameter PrivateIpAddress cannot be used when launching several instances"
        )
    behavior = request.get("InstanceInitiatedShutdownBehavior") or "stop"
    if behavior not in {"stop", "terminate"}:
        raise invalid_value(
            f"Value ({behavior}) for parameter instanceInitiatedShutdownBehavior is invalid. "
            "Valid values: stop, terminate"
        )
    given_profile = request.get("IamInstanceProfile")
    return LaunchRequest(
        least,
        most,
        image,
        _instance_type(request, image),
        _subnet(call, request),
        _groups(call, request),
        _key_name(call, request),
        profiles.required(call, given_profile) if given_profile else None,
        private_ip,
        _interface(request).get("AssociatePublicIpAddress", True),
        decoded_user_data(request.get("UserData")),
        requested_options(request.get("MetadataOptions") or {}, MetadataOptions()),
        specifications(request, *TAGGABLE),
        behavior,
        size,
        delete_volume,
    )


def decoded_user_data(text: str | bytes | None) -> bytes | None:
    """User data as it was before base64; raises ``AwsError`` where it is not that, or too long."""
    if not text:
        return None
    raw = text.encode() if isinstance(text, str) else text
    try:
        data = base64.b64decode(b"".join(raw.split()), validate=True)
    except (binascii.Error, ValueError):
        raise invalid_value("Invalid BASE64 encoding of user data.") from None
    if len(data) > USER_DATA_AT_MOST:
        raise invalid_value(f"User data is limited to {USER_DATA_AT_MOST} bytes")
    return data


def _refuse_what_is_not_offered(request: dict[str, Any]) -> None:
    for name in _NOT_OFFERED:
        if request.get(name):
            raise unsupported(f"The parameter {name} is not supported")
    placement = request.get("Placement") or {}
    for name in ("GroupName", "GroupId", "HostId", "HostResourceGroupArn", "PartitionNumber", "Affinity"):
        if placement.get(name):
            raise unsupported(f"The parameter Placement.{name} is not supported")
    if (placement.get("Tenancy") or "default") != "default":
        raise unsupported("Only the tenancy default is supported")
    if (request.get("HibernationOptions") or {}).get("Configured"):
        raise unsupported("Hibernation is not supported")
    if (request.get("EnclaveOptions") or {}).get("Enabled"):
        raise unsupported("Enclaves are not supported")
    if (request.get("PrivateDnsNameOptions") or {}).get("HostnameType") == "resource-name":
        raise unsupported("Only the hostname type ip-name is supported")
    reservation = request.get("CapacityReservationSpecification") or {}
    if reservation.get("CapacityReservationTarget"):
        raise unsupported("Capacity reservations are not supported")


def _counts(request: dict[str, Any]) -> tuple[int, int]:
    least, most = request.get("MinCount"), request.get("MaxCount")
    if least is None:
        raise missing_parameter("MinCount")
    if most is None:
        raise missing_parameter("MaxCount")
    for name, value in (("minCount", least), ("maxCount", most)):
        if value < 1:
            raise invalid_value(
                f"Value ({value}) for parameter {name} is invalid. Expecting a value greater than 0."
            )
    if least > most:
        raise invalid_combination("The parameter minCount must not be greater than maxCount")
    return least, most


def _instance_type(request: dict[str, Any], image: Image) -> str:
    name = requested_type(request)
    known = instance_types.get(name)
    if known is None:
        raise invalid_value(f"Invalid value '{name}' for InstanceType.")
    if image.architecture not in known.architectures:
        raise invalid_value(
            f"The architecture '{','.join(known.architectures)}' of the specified instance type does not match the "
            f"architecture '{image.architecture}' of the specified AMI. Specify an instance type and an AMI that have "
            "matching architectures, and try again."
        )
    return name


def _interface(request: dict[str, Any]) -> dict[str, Any]:
    """The one network interface that a request may specify."""
    given = request.get("NetworkInterfaces") or ()
    return given[0] if given else {}


def _interface_address(request: dict[str, Any]) -> str | None:
    interface = _interface(request)
    if interface.get("PrivateIpAddress"):
        return str(interface["PrivateIpAddress"])
    listed = interface.get("PrivateIpAddresses") or ()
    return next((each.get("PrivateIpAddress") for each in listed if each.get("Primary")), None)


def _check_interfaces(request: dict[str, Any]) -> None:
    given = request.get("NetworkInterfaces") or ()
    if not given:
        return
    if request.get("SubnetId"):
        raise invalid_combination(
            "Network interfaces and an instance-level subnet ID may not be specified on the same request"
        )
    if request.get("SecurityGroupIds") or request.get("SecurityGroups"):
        raise invalid_combination(
            "Network interfaces and an instance-level security groups may not be specified on the same request"
        )
    if len(given) > 1 or given[0].get("DeviceIndex", 0) != 0:
        raise unsupported("An instance has exactly one network interface, with device index 0")
    for name in (
        "NetworkInterfaceId",
        "SecondaryPrivateIpAddressCount",
        "Ipv6AddressCount",
        "Ipv6Addresses",
        "Ipv4Prefixes",
        "Ipv4PrefixCount",
        "Ipv6Prefixes",
        "Ipv6PrefixCount",
    ):
        if given[0].get(name):
            raise unsupported(f"The parameter NetworkInterface.{name} is not supported")
    if any(not each.get("Primary") for each in given[0].get("PrivateIpAddresses") or ()):
        raise unsupported("Secondary private addresses are not supported")


def _subnet(call: Call, request: dict[str, Any]) -> Subnet:
    _check_interfaces(request)
    network = default_network(call.account, call.region)
    placement = request.get("Placement") or {}
    zone, zone_id = placement.get("AvailabilityZone"), placement.get("AvailabilityZoneId")
    if zone and network.subnet_of_zone(zone) is None:
        raise invalid_value(f"Invalid availability zone: [{zone}]")
    if zone_id and all(each.zone_id != zone_id for each in network.subnets):
        raise invalid_value(f"Invalid availability zone-id: [{zone_id}]")
    subnet_id = requested_subnet(call, request)
    checked("subnet", [subnet_id])
    subnet = network.subnet(subnet_id)
    if subnet is None:
        raise AwsError("InvalidSubnetID.NotFound", f"The subnet ID '{subnet_id}' does not exist")
    if (zone and subnet.zone != zone) or (zone_id and subnet.zone_id != zone_id):
        raise invalid_value(
            f"The availability zone '{zone or zone_id}' does not match the availability zone of the subnet '{subnet_id}'"
        )
    return subnet


def _groups(call: Call, request: dict[str, Any]) -> tuple[SecurityGroup, ...]:
    for name in request.get("SecurityGroups") or ():
        groups.required_by_name(call.store, call.account, call.region, name)
    ids = checked("sg", requested_groups(call, request))
    if len(ids) > GROUPS_PER_INTERFACE_AT_MOST:
        raise AwsError(
            "SecurityGroupsPerInterfaceLimitExceeded",
            f"The maximum number of security groups per interface ({GROUPS_PER_INTERFACE_AT_MOST}) has been reached.",
        )
    return tuple(groups.required(call.store, call.account, call.region, each) for each in ids)


def _key_name(call: Call, request: dict[str, Any]) -> str | None:
    name = request.get("KeyName")
    if not name:
        return None
    if call.store.ec2.key_pairs.get(call.account, call.region, name) is None:
        raise AwsError("InvalidKeyPair.NotFound", f"The key pair '{name}' does not exist")
    return str(name)


def _root_volume(request: dict[str, Any]) -> tuple[int, bool]:
    size, delete = ROOT_SIZE_GIB, True
    for mapping in request.get("BlockDeviceMappings") or ():
        if mapping.get("DeviceName") != ROOT_DEVICE:
            raise unsupported(f"An instance has one volume, {ROOT_DEVICE}")
        ebs = mapping.get("Ebs") or {}
        size = ebs.get("VolumeSize") or size
        delete = ebs.get("DeleteOnTermination", delete)
        if size < ROOT_SIZE_GIB:
            raise AwsError(
                "InvalidBlockDeviceMapping",
                f"Volume of size {size}GB is smaller than snapshot, expect size >= {ROOT_SIZE_GIB}GB",
            )
        if not delete:
            raise unsupported("A volume ends with its instance: DeleteOnTermination can not be false")
        if ebs.get("Encrypted") or ebs.get("KmsKeyId"):
            raise unsupported("Encrypted volumes are not supported")
    return size, delete
