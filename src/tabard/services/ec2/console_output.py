"""GetConsoleOutput: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetConsoleOutput.html."""

from __future__ import annotations

import base64
from typing import Any

from tabard.core.sources import as_datetime
from tabard.services.ec2 import finding
from tabard.services.ec2.operation import ec2_operation
from tabard.services.ec2.runtime import instances
from tabard.services.operation import READ, Call


@ec2_operation("GetConsoleOutput", READ, checks=finding.on_instance("ec2:GetConsoleOutput"))
def get_console_output(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """What an instance's boot and user data printed: the last 64 KiB, in base64."""
    instance = finding.instance(call, request.get("InstanceId"))
    reply: dict[str, Any] = {"InstanceId": instance.id, "Timestamp": as_datetime(int(instance.launched_at))}
    running = instances(call.node)
    found = running.console(instance) if running is not None else None
    if found is not None:
        text, written_at = found
        reply["Timestamp"] = as_datetime(int(written_at))
        reply["Output"] = base64.b64encode(text).decode()
    return reply
