"""Detailed monitoring, on and off: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/manage-detailed-monitoring.html.

It is kept and shown as AWS keeps it; nothing here measures more often for it.
"""

from __future__ import annotations

from typing import Any

import msgspec

from tabard.services.ec2 import finding
from tabard.services.ec2.errors import incorrect_instance_state
from tabard.services.ec2.operation import ec2_operation
from tabard.services.operation import WRITE, Call


@ec2_operation("MonitorInstances", WRITE, checks=finding.on_instances("ec2:MonitorInstances"))
def monitor_instances(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Switch detailed monitoring on: all of the instances, or none."""
    return _set(call, request, on=True, meanwhile="pending")


@ec2_operation("UnmonitorInstances", WRITE, checks=finding.on_instances("ec2:UnmonitorInstances"))
def unmonitor_instances(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Switch it off."""
    return _set(call, request, on=False, meanwhile="disabling")


def _set(call: Call, request: dict[str, Any], *, on: bool, meanwhile: str) -> dict[str, Any]:
    instances = finding.instances(call, request.get("InstanceIds"))
    for each in instances:
        if each.state in {"shutting-down", "terminated"}:
            raise incorrect_instance_state(each.id, "monitored" if on else "unmonitored")
    told = []
    for each in instances:
        if each.monitoring is not on:
            call.store.ec2.instances.put(msgspec.structs.replace(each, monitoring=on))
        state = meanwhile if each.monitoring is not on else "enabled" if on else "disabled"
        told.append({"InstanceId": each.id, "Monitoring": {"State": state}})
    return {"InstanceMonitorings": told}
