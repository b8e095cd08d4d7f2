"""DescribeInstanceCreditSpecifications.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/burstable-performance-instances.html. The option is kept and
shown; an instance always gets the CPUs of its type.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tabard.catalog import instance_types
from tabard.services.ec2 import finding
from tabard.services.ec2.filters import filtered
from tabard.services.ec2.instances import position
from tabard.services.ec2.operation import ec2_operation, on_anything
from tabard.services.ec2.pages import page
from tabard.services.operation import READ, Call

if TYPE_CHECKING:
    from tabard.store.ec2 import Instance


def _credits(instance: Instance) -> str | None:
    """The credit option of a burstable instance: ``unlimited`` where none was chosen, except for T2."""
    kind = instance_types.get(instance.instance_type)
    if kind is None or not kind.burstable:
        return None
    return instance.cpu_credits or ("standard" if kind.family == "t2" else "unlimited")


@ec2_operation(
    "DescribeInstanceCreditSpecifications",
    READ,
    checks=on_anything("ec2:DescribeInstanceCreditSpecifications"),
)
def describe_instance_credit_specifications(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """The credit options of burstable instances; without ids, of those that are not at ``standard``."""
    ids = request.get("InstanceIds")
    found = (
        sorted(finding.instances(call, ids), key=position)
        if ids
        else [
            each
            for each in call.store.ec2.instances.all(call.account, call.region)
            if each.state != "terminated" and _credits(each) == "unlimited"
        ]
    )
    found = filtered(
        (each for each in found if _credits(each) is not None),
        request.get("Filters"),
        {"instance-id": lambda each: each.id},
    )
    shown, token = page(found, request, position, ids="InstanceIds")
    reply: dict[str, Any] = {
        "InstanceCreditSpecifications": [
            {"InstanceId": each.id, "CpuCredits": _credits(each)} for each in shown
        ]
    }
    if token:
        reply["NextToken"] = token
    return reply
