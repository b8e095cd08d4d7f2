"""EC2 Instance Connect: who may come to an instance without a key pair of its own.

https://docs.aws.amazon.com/ec2-instance-connect/latest/APIReference/API_SendSSHPublicKey.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tabard.services.ec2 import finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tabard.services.operation import Call, Check

SERVICE = "ec2-instance-connect"


def on_connecting(call: Call, request: dict[str, Any]) -> Iterator[Check]:
    """The check of coming to an instance as one of its users, whether or not the instance exists."""
    keys = {"ec2:osuser": request["InstanceOSUser"]}
    yield finding.check_on(call, "ec2-instance-connect:SendSSHPublicKey", request["InstanceId"], keys)
