"""Instance attributes: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyInstanceAttribute.html."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from tabard.catalog import instance_types
from tabard.core.errors import AwsError
from tabard.core.sources import as_datetime
from tabard.services.ec2 import finding, groups
from tabard.services.ec2.errors import invalid_combination, invalid_value, missing_parameter, unsupported
from tabard.services.ec2.identifiers import checked
from tabard.services.ec2.images import ROOT_DEVICE
from tabard.services.ec2.launch_request import decoded_user_data
from tabard.services.ec2.limits import GROUPS_PER_INTERFACE_AT_MOST, USER_DATA_AT_MOST
from tabard.services.ec2.operation import ec2_operation
from tabard.services.operation import READ, WRITE, Call

if TYPE_CHECKING:
    from tabard.store.ec2 import Instance

Shown = Callable[[Call, "Instance"], dict[str, Any]]


def _user_data(call: Call, instance: Instance) -> dict[str, Any]:
    data = call.store.ec2.instances.user_data(instance.account, instance.id)
    return {"UserData": {} if data is None else {"Value": base64.b64encode(data).decode()}}


def _groups(call: Call, instance: Instance) -> dict[str, Any]:
    known = groups.known(call.store, instance.account, instance.region, instance.security_groups)
    return {"Groups": [{"GroupId": group.id, "GroupName": group.name} for group in known]}


def _volumes(_call: Call, instance: Instance) -> dict[str, Any]:
    ebs = {
        "AttachTime": as_datetime(int(instance.launched_at)),
        "DeleteOnTermination": instance.delete_volume_on_termination,
        "Status": "attached",
        "VolumeId": instance.volume_id,
    }
    return {"BlockDeviceMappings": [{"DeviceName": ROOT_DEVICE, "Ebs": ebs}]}


_SHOWN: dict[str, Shown] = {
    "instanceType": lambda _, each: {"InstanceType": {"Value": each.instance_type}},
    "kernel": lambda _, __: {"KernelId": {}},
    "ramdisk": lambda _, __: {"RamdiskId": {}},
    "userData": _user_data,
    "disableApiTermination": lambda _, each: {
        "DisableApiTermination": {"Value": each.disable_api_termination}
    },
    "disableApiStop": lambda _, each: {"DisableApiStop": {"Value": each.disable_api_stop}},
    "instanceInitiatedShutdownBehavior": lambda _, each: {
        "InstanceInitiatedShutdownBehavior": {"Value": each.shutdown_behavior}
    },
    "rootDeviceName": lambda _, __: {"RootDeviceName": {"Value": ROOT_DEVICE}},
    "blockDeviceMapping": _volumes,
    "productCodes": lambda _, __: {"ProductCodes": []},
    "sourceDestCheck": lambda _, each: {"SourceDestCheck": {"Value": each.source_dest_check}},
    "groupSet": _groups,
    "ebsOptimized": lambda _, each: {"EbsOptimized": {"Value": each.ebs_optimized}},
    "sriovNetSupport": lambda _, __: {"SriovNetSupport": {}},
    "enaSupport": lambda _, __: {"EnaSupport": {"Value": True}},
    "enclaveOptions": lambda _, __: {"EnclaveOptions": {"Enabled": False}},
}


def _attribute_key(_call: Call, request: dict[str, Any]) -> dict[str, Any]:
    return {"ec2:attribute": request.get("Attribute")}


@ec2_operation(
    "DescribeInstanceAttribute",
    READ,
    checks=finding.on_instance("ec2:DescribeInstanceAttribute", _attribute_key),
)
def describe_instance_attribute(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """One attribute of an instance."""
    instance = finding.instance(call, request.get("InstanceId"))
    name = request.get("Attribute")
    if not name:
        raise missing_parameter("attribute")
    show = _SHOWN.get(name)
    if show is None:
        raise invalid_value(f"Value ({name}) for parameter attribute is invalid. Unknown attribute.")
    return {"InstanceId": instance.id, **show(call, instance)}


_FLAGS = {
    "DisableApiTermination": "disable_api_termination",
    "DisableApiStop": "disable_api_stop",
    "SourceDestCheck": "source_dest_check",
    "EbsOptimized": "ebs_optimized",
}
_BY_NAME = {
    "instanceType": "InstanceType",
    "userData": "UserData",
    "disableApiTermination": "DisableApiTermination",
    "disableApiStop": "DisableApiStop",
    "instanceInitiatedShutdownBehavior": "InstanceInitiatedShutdownBehavior",
    "sourceDestCheck": "SourceDestCheck",
    "ebsOptimized": "EbsOptimized",
    "groupSet": "Groups",
}
_UNSUPPORTED = ("Kernel", "Ramdisk", "SriovNetSupport", "EnaSupport")


def _changes(request: dict[str, Any]) -> dict[str, Any]:
    """The one attribute that a request changes, as its own parameter says it or as Attribute and Value do."""
    changes = {
        name: request[name] for name in (*_BY_NAME.values(), *_UNSUPPORTED) if request.get(name) is not None
    }
    if request.get("BlockDeviceMappings"):
        changes["BlockDeviceMappings"] = request["BlockDeviceMappings"]
    name = request.get("Attribute")
    if name:
        if name not in _BY_NAME:
            raise unsupported(f"The attribute {name} can not be modified")
        value = request.get("Value")
        if _BY_NAME[name] in _FLAGS:
            if str(value).lower() not in {"true", "false"}:
                raise invalid_value(
                    f"Value ({value}) for parameter value is invalid. Expecting true or false."
                )
            value = str(value).lower() == "true"
        changes.setdefault(_BY_NAME[name], [value] if name == "groupSet" else {"Value": value})
    if not changes:
        raise AwsError("InvalidParameterCombination", "No attributes specified.")
    if len(changes) > 1:
        raise invalid_combination("Fields for multiple attribute types specified")
    return changes


def _modify_keys(_call: Call, request: dict[str, Any]) -> dict[str, Any]:
    return {"ec2:attribute": next(iter(_changes(request)))}


@ec2_operation(
    "ModifyInstanceAttribute", WRITE, checks=finding.on_instance("ec2:ModifyInstanceAttribute", _modify_keys)
)
def modify_instance_attribute(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Change one attribute; type and user data only of a stopped instance."""
    instance = finding.instance(call, request.get("InstanceId"))
    if instance.state in {"shutting-down", "terminated"}:
        raise AwsError("IncorrectInstanceState", f"The instance '{instance.id}' is not in a valid state.")
    ((name, given),) = _changes(request).items()
    value = given.get("Value") if isinstance(given, dict) else given
    if name in _FLAGS:
        _put(call, instance, {_FLAGS[name]: bool(value)})
    elif name == "InstanceType":
        _put(call, instance, {"instance_type": _new_type(instance, value)})
    elif name == "UserData":
        _require_stopped(instance, "userData")
        raw = value if value is not None else b""
        data = raw if isinstance(raw, bytes) else decoded_user_data(raw)
        if data is not None and len(data) > USER_DATA_AT_MOST:
            raise invalid_value(f"User data is limited to {USER_DATA_AT_MOST} bytes")
        call.store.ec2.instances.put_user_data(call.account, instance.id, data or None)
    elif name == "InstanceInitiatedShutdownBehavior":
        if value not in {"stop", "terminate"}:
            raise invalid_value(
                f"Value ({value}) for parameter instanceInitiatedShutdownBehavior is invalid."
            )
        _put(call, instance, {"shutdown_behavior": value})
    elif name == "Groups":
        ids = checked("sg", given)
        if len(ids) > GROUPS_PER_INTERFACE_AT_MOST:
            raise AwsError(
                "SecurityGroupsPerInterfaceLimitExceeded",
                f"The maximum number of security groups per interface ({GROUPS_PER_INTERFACE_AT_MOST}) has been reached.",
            )
        found = [groups.required(call.store, call.account, call.region, each) for each in ids]
        _put(call, instance, {"security_groups": tuple(group.id for group in found)})
    else:
        raise unsupported(f"The attribute {name} can not be modified")
    return {}


def _put(call: Call, instance: Instance, members: dict[str, Any]) -> None:
    call.store.ec2.instances.put(msgspec.structs.replace(instance, **members))


def _require_stopped(instance: Instance, attribute: str) -> None:
    if instance.state != "stopped":
        raise AwsError(
            "IncorrectInstanceState",
            f"The instance '{instance.id}' must be in the 'stopped' state to modify its '{attribute}' attribute.",
        )


def _new_type(instance: Instance, name: str | None) -> str:
    _require_stopped(instance, "instanceType")
    known = instance_types.get(name or "")
    if known is None or instance.architecture not in known.architectures:
        raise invalid_value(f"Invalid value '{name}' for InstanceType.")
    return known.name
