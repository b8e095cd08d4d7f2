"""EC2 Instance Connect: who may come to an instance without a key pair of its own.

https://docs.aws.amazon.com/ec2-instance-connect/latest/APIReference/API_SendSSHPublicKey.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tabard.catalog import regions
from tabard.core.errors import AwsError
from tabard.services.ec2 import finding, key_material
from tabard.services.operation import READ, operation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tabard.services.ec2.pushed_keys import PushedKeys
    from tabard.services.operation import Call, Check

SERVICE = "ec2-instance-connect"
PUSHED_KEYS = "ec2.pushed-keys"
"""Under which name a node has its ``PushedKeys``."""


def on_connecting(call: Call, request: dict[str, Any]) -> Iterator[Check]:
    """The check of coming to an instance as one of its users, whether or not the instance exists."""
    keys = {"ec2:osuser": request["InstanceOSUser"]}
    yield finding.check_on(call, "ec2-instance-connect:SendSSHPublicKey", request["InstanceId"], keys)


def _checks(call: Call, request: dict[str, Any]) -> Iterator[Check]:
    if regions.get(call.region) is None:
        raise AwsError(
            "UnrecognizedClientException", "The security token included in the request is invalid."
        )
    return on_connecting(call, request)


@operation(SERVICE, "SendSSHPublicKey", READ, checks=_checks)
def send_ssh_public_key(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Let a key open an instance's SSH door for one of its users, for a minute. No record keeps it."""
    try:
        key = key_material.read_public(request["SSHPublicKey"].encode()).public_key
    except AwsError:
        raise AwsError("InvalidArgsException", "SSHPublicKey is not a valid public key.") from None
    instance = call.store.ec2.instances.get(call.account, call.region, request["InstanceId"])
    zone = request.get("AvailabilityZone")
    if instance is None or zone not in {None, instance.zone}:
        raise AwsError("EC2InstanceNotFoundException", f"Instance {request['InstanceId']} not found", 404)
    if instance.state != "running":
        raise AwsError(
            "EC2InstanceStateInvalidException",
            "Unable to connect because the instance is not in a valid state. Connecting to a stopped or terminated "
            "instance is not allowed. If the instance is stopped, start your instance, and try to connect again.",
        )
    pushed: PushedKeys | None = call.node.extensions.get(PUSHED_KEYS)
    if pushed is None:
        raise AwsError("ServiceException", "No instance can be reached from here.", 500)
    pushed.push(instance.id, request["InstanceOSUser"], key)
    return {"RequestId": call.request_id, "Success": True}
