"""An instance as replies, filters and condition keys see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tabard.core.arn import Arn, ec2_arn
from tabard.core.sources import as_datetime
from tabard.services.ec2.images import ROOT_DEVICE
from tabard.services.ec2.operation import tag_keys
from tabard.services.ec2.tagging import shown

if TYPE_CHECKING:
    from tabard.services.operation import Call
    from tabard.store.ec2 import Instance, MetadataOptions, SecurityGroup
    from tabard.store.port import View

STATE_CODES = {
    "pending": 0,
    "running": 16,
    "shutting-down": 32,
    "terminated": 48,
    "stopping": 64,
    "stopped": 80,
}


def state(name: str) -> dict[str, Any]:
    """A state's code and name."""
    return {"Code": STATE_CODES[name], "Name": name}


def host_name(address: str) -> str:
    """``ip-172-31-93-212``, the name that an instance calls itself by."""
    return f"ip-{address.replace('.', '-')}"


def private_dns_name(region: str, address: str | None) -> str:
    """The name that an instance has within its VPC; empty for one that has no address any more."""
    if address is None:
        return ""
    domain = "ec2.internal" if region == "us-east-1" else f"{region}.compute.internal"
    return f"{host_name(address)}.{domain}"


def arn(instance: Instance) -> str:
    """An instance's ARN."""
    return ec2_arn(instance.region, instance.account, "instance", instance.id)


def metadata_options(options: MetadataOptions, applied: str = "applied") -> dict[str, Any]:
    """Metadata options as replies show them."""
    return {
        "State": applied,
        "HttpTokens": options.http_tokens,
        "HttpPutResponseHopLimit": options.http_put_response_hop_limit,
        "HttpEndpoint": options.http_endpoint,
        "HttpProtocolIpv6": options.http_protocol_ipv6,
        "InstanceMetadataTags": options.instance_metadata_tags,
    }


def groups_shown(groups: list[SecurityGroup]) -> list[dict[str, str]]:
    """Security groups as an instance's description names them."""
    return [{"GroupId": group.id, "GroupName": group.name} for group in groups]


def condition_keys(view: View, instance: Instance) -> dict[str, Any]:
    """The condition keys that describe an instance.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html#amazonec2-resources-for-iam-policies
    """
    options = instance.metadata_options

    def profile() -> str | None:
        association = view.ec2.associations.of_instance(instance.account, instance.id)
        return None if association is None else association.profile_arn

    return {
        "ec2:region": instance.region,
        "ec2:availabilityzone": instance.zone,
        "ec2:availabilityzoneid": instance.zone_id,
        "ec2:ebsoptimized": "true" if instance.ebs_optimized else "false",
        "ec2:instanceid": instance.id,
        "ec2:instanceprofile": profile,
        "ec2:instancetype": instance.instance_type,
        "ec2:instancemarkettype": "on-demand",
        "ec2:instanceautorecovery": "default",
        "ec2:instancemetadatatags": options.instance_metadata_tags,
        "ec2:metadatahttpendpoint": options.http_endpoint,
        "ec2:metadatahttpputresponsehoplimit": str(options.http_put_response_hop_limit),
        "ec2:metadatahttptokens": options.http_tokens,
        "ec2:rootdevicetype": "ebs",
        "ec2:tenancy": "default",
        **tag_keys(view.ec2.tags.of(instance.account, instance.id)),
    }


def described(call: Call, instance: Instance, groups: list[SecurityGroup]) -> dict[str, Any]:
    """An instance as DescribeInstances shows it."""
    association = call.store.ec2.associations.of_instance(instance.account, instance.id)
    entry: dict[str, Any] = {
        "InstanceId": instance.id,
        "ImageId": instance.image_id,
        "State": state(instance.state),
        "PrivateDnsName": private_dns_name(instance.region, instance.private_ip),
        "PublicDnsName": "",
        "StateTransitionReason": instance.transition_reason,
        "AmiLaunchIndex": instance.launch_index,
        "ProductCodes": [],
        "InstanceType": instance.instance_type,
        "LaunchTime": as_datetime(int(instance.launched_at)),
        "Placement": {
            "AvailabilityZone": instance.zone,
            "AvailabilityZoneId": instance.zone_id,
            "GroupName": "",
            "Tenancy": "default",
        },
        "Monitoring": {"State": "enabled" if instance.monitoring else "disabled"},
        "Architecture": instance.architecture,
        "BlockDeviceMappings": [],
        "ClientToken": instance.client_token,
        "EbsOptimized": instance.ebs_optimized,
        "EnaSupport": True,
        "Hypervisor": "xen",
        "NetworkInterfaces": [],
        "RootDeviceName": ROOT_DEVICE,
        "RootDeviceType": "ebs",
        "SecurityGroups": [],
        "Tags": shown(call.store.ec2.tags.of(instance.account, instance.id)),
        "VirtualizationType": "hvm",
        "CapacityReservationSpecification": {"CapacityReservationPreference": "open"},
        "HibernationOptions": {"Configured": False},
        "MetadataOptions": metadata_options(instance.metadata_options),
        "EnclaveOptions": {"Enabled": False},
        "BootMode": "uefi-preferred",
        "PlatformDetails": "Linux/UNIX",
        "UsageOperation": "RunInstances",
        "UsageOperationUpdateTime": as_datetime(int(instance.launched_at)),
        "MaintenanceOptions": {"AutoRecovery": "default"},
        "CpuOptions": cpu_options(instance.instance_type),
    }
    if instance.key_name is not None:
        entry["KeyName"] = instance.key_name
    if instance.state_reason is not None:
        entry["StateReason"] = {"Code": instance.state_reason.code, "Message": instance.state_reason.message}
    if instance.state == "terminated":
        return entry
    entry |= {
        "SubnetId": instance.subnet_id,
        "VpcId": instance.vpc_id,
        "PrivateIpAddress": instance.private_ip,
        "SourceDestCheck": instance.source_dest_check,
        "SecurityGroups": groups_shown(groups),
        "PrivateDnsNameOptions": {
            "HostnameType": "ip-name",
            "EnableResourceNameDnsARecord": False,
            "EnableResourceNameDnsAAAARecord": False,
        },
        "BlockDeviceMappings": [
            {
                "DeviceName": ROOT_DEVICE,
                "Ebs": {
                    "AttachTime": as_datetime(int(instance.launched_at)),
                    "DeleteOnTermination": instance.delete_volume_on_termination,
                    "Status": "attached",
                    "VolumeId": instance.volume_id,
                },
            }
        ],
        "NetworkInterfaces": [interface(instance, groups)],
    }
    if instance.public_ip is not None:
        entry["PublicIpAddress"] = instance.public_ip
    if association is not None:
        entry["IamInstanceProfile"] = {"Arn": association.profile_arn, "Id": association.profile_id}
    return entry


def interface(instance: Instance, groups: list[SecurityGroup]) -> dict[str, Any]:
    """An instance's only network interface, as its description shows it."""
    name = private_dns_name(instance.region, instance.private_ip)
    address: dict[str, Any] = {
        "Primary": True,
        "PrivateDnsName": name,
        "PrivateIpAddress": instance.private_ip,
    }
    entry: dict[str, Any] = {
        "Attachment": {
            "AttachTime": as_datetime(int(instance.launched_at)),
            "AttachmentId": instance.attachment_id,
            "DeleteOnTermination": True,
            "DeviceIndex": 0,
            "NetworkCardIndex": 0,
            "Status": "attached",
        },
        "Description": "",
        "Groups": groups_shown(groups),
        "Ipv6Addresses": [],
        "MacAddress": instance.mac,
        "NetworkInterfaceId": instance.interface_id,
        "OwnerId": instance.account,
        "PrivateDnsName": name,
        "PrivateIpAddress": instance.private_ip,
        "PrivateIpAddresses": [address],
        "SourceDestCheck": instance.source_dest_check,
        "Status": "in-use",
        "SubnetId": instance.subnet_id,
        "VpcId": instance.vpc_id,
        "InterfaceType": "interface",
    }
    if instance.public_ip is not None:
        public = {"IpOwnerId": "amazon", "PublicDnsName": "", "PublicIp": instance.public_ip}
        entry["Association"] = address["Association"] = public
    return entry


def cpu_options(instance_type: str) -> dict[str, int]:
    """How many cores a type has, and threads on each."""
    from tabard.catalog import instance_types

    known = instance_types.get(instance_type)
    if known is None:
        return {}
    info = known.description["VCpuInfo"]
    threads = info.get("DefaultThreadsPerCore", 1)
    return {"CoreCount": info.get("DefaultCores", known.vcpus // threads), "ThreadsPerCore": threads}


def resource_name(text: str) -> str:
    """The last part of an ARN's resource: the name without its path."""
    return Arn.parse(text).resource.rpartition("/")[2]
