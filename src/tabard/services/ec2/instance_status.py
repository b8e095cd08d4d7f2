"""DescribeInstanceStatus:
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/monitoring-system-instance-status-check.html.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tabard.services.ec2 import finding, instance_view
from tabard.services.ec2.filters import filtered
from tabard.services.ec2.instances import position
from tabard.services.ec2.operation import ec2_operation, on_anything
from tabard.services.ec2.pages import page
from tabard.services.operation import READ, Call

if TYPE_CHECKING:
    from tabard.services.ec2.filters import Reader
    from tabard.store.ec2 import Instance


def _status(instance: Instance) -> str:
    """Both checks: a running machine answers, since it is the server itself that holds it."""
    return {"running": "ok", "pending": "initializing"}.get(instance.state, "not-applicable")


def _reachability(instance: Instance) -> str | None:
    return {"running": "passed", "pending": "initializing"}.get(instance.state)


_READERS: dict[str, Reader[Instance]] = {
    "availability-zone": lambda each: each.zone,
    "availability-zone-id": lambda each: each.zone_id,
    "instance-state-code": lambda each: str(instance_view.STATE_CODES[each.state]),
    "instance-state-name": lambda each: each.state,
    "instance-status.reachability": _reachability,
    "instance-status.status": _status,
    "system-status.reachability": _reachability,
    "system-status.status": _status,
    "attached-ebs-status.status": _status,
    "event.code": lambda _: None,
    "event.description": lambda _: None,
    "event.instance-event-id": lambda _: None,
    "event.not-after": lambda _: None,
    "event.not-before": lambda _: None,
    "event.not-before-deadline": lambda _: None,
}


@ec2_operation("DescribeInstanceStatus", READ, checks=on_anything("ec2:DescribeInstanceStatus"))
def describe_instance_status(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """The status of the running instances, or of all."""
    ids = request.get("InstanceIds")
    found = (
        sorted(finding.instances(call, ids), key=position)
        if ids
        else call.store.ec2.instances.all(call.account, call.region)
    )
    if not request.get("IncludeAllInstances"):
        found = [each for each in found if each.state == "running"]
    tags = call.store.ec2.tags
    found = filtered(found, request.get("Filters"), _READERS, lambda each: tags.of(each.account, each.id))
    shown, token = page(found, request, position, ids="InstanceIds")
    reply: dict[str, Any] = {"InstanceStatuses": [_described(each) for each in shown]}
    if token:
        reply["NextToken"] = token
    return reply


def _described(instance: Instance) -> dict[str, Any]:
    status: dict[str, Any] = {"Status": _status(instance)}
    reachability = _reachability(instance)
    if reachability is not None:
        status["Details"] = [{"Name": "reachability", "Status": reachability}]
    return {
        "InstanceId": instance.id,
        "AvailabilityZone": instance.zone,
        "AvailabilityZoneId": instance.zone_id,
        "InstanceState": instance_view.state(instance.state),
        "InstanceStatus": status,
        "SystemStatus": status,
        "AttachedEbsStatus": status,
    }
