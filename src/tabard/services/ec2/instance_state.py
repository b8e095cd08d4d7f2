"""Starting, stopping, rebooting and terminating.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html. What is recorded is what is wanted;
the reconciler brings it about and records that it is done.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from tabard.core.errors import AwsError
from tabard.core.sources import as_datetime
from tabard.services.ec2 import finding
from tabard.services.ec2.addresses import AddressPool
from tabard.services.ec2.errors import incorrect_instance_state, not_permitted, unsupported
from tabard.services.ec2.instance_view import state
from tabard.services.ec2.operation import ec2_operation
from tabard.services.ec2.profile_associations import disassociate
from tabard.services.ec2.runtime import wake_after
from tabard.services.operation import WRITE, Call
from tabard.store.ec2 import StateReason

if TYPE_CHECKING:
    from tabard.store.ec2 import Instance

USER_SHUTDOWN = StateReason(
    "Client.UserInitiatedShutdown", "Client.UserInitiatedShutdown: User initiated shutdown"
)


def _change(before: Instance, after: Instance) -> dict[str, Any]:
    return {
        "InstanceId": before.id,
        "PreviousState": state(before.state),
        "CurrentState": state(after.state),
    }


def _user_initiated(now: float) -> str:
    return f"User initiated ({as_datetime(now):%Y-%m-%d %H:%M:%S} GMT)"


@ec2_operation("StartInstances", WRITE, checks=finding.on_instances("ec2:StartInstances"))
def start_instances(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Start stopped instances: the same id, home, private address and profile, a public address anew."""
    instances = finding.instances(call, request.get("InstanceIds"))
    for each in instances:
        if each.state in {"stopping", "shutting-down", "terminated"}:
            raise incorrect_instance_state(each.id, "started")
    pool = AddressPool(call.store, call.account, call.region, call.node.random)
    changes = []
    for each in instances:
        after = each
        if each.state == "stopped":
            public = (
                pool.take_public(each.private_ip)
                if each.wants_public_ip and each.private_ip is not None
                else None
            )
            after = msgspec.structs.replace(
                each,
                state="pending",
                boot=each.boot + 1,
                public_ip=public,
                launched_at=call.now,
                state_changed_at=call.now,
                state_reason=None,
                transition_reason="",
            )
            call.store.ec2.instances.put(after)
        changes.append(_change(each, after))
    wake_after(call, [each.id for each in instances])
    return {"StartingInstances": changes}


@ec2_operation("StopInstances", WRITE, checks=finding.on_instances("ec2:StopInstances"))
def stop_instances(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Stop running instances; their homes stay."""
    if request.get("Hibernate"):
        raise unsupported("Hibernation is not supported")
    instances = finding.instances(call, request.get("InstanceIds"))
    for each in instances:
        if each.state == "pending" and each.boot == 1:
            raise AwsError(
                "IncorrectInstanceState",
                f"Instance '{each.id}' cannot be stopped as it has never reached the 'running' state.",
            )
        if each.state in {"pending", "shutting-down", "terminated"}:
            raise incorrect_instance_state(each.id, "stopped")
        if each.disable_api_stop and each.state == "running":
            raise not_permitted(each.id, "stopped", "disableApiStop")
    changes = []
    for each in instances:
        after = each
        if each.state == "running":
            after = msgspec.structs.replace(
                each,
                state="stopping",
                state_changed_at=call.now,
                state_reason=USER_SHUTDOWN,
                transition_reason=_user_initiated(call.now),
            )
            call.store.ec2.instances.put(after)
        changes.append(_change(each, after))
    wake_after(call, [each.id for each in instances])
    return {"StoppingInstances": changes}


@ec2_operation("RebootInstances", WRITE, checks=finding.on_instances("ec2:RebootInstances"))
def reboot_instances(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Boot running instances anew; id, home, addresses and profile stay."""
    instances = finding.instances(call, request.get("InstanceIds"))
    for each in instances:
        if each.state not in {"pending", "running"}:
            raise incorrect_instance_state(each.id, "rebooted")
    for each in instances:
        if each.state == "running":
            call.store.ec2.instances.put(msgspec.structs.replace(each, boot=each.boot + 1))
    wake_after(call, [each.id for each in instances])
    return {}


@ec2_operation("TerminateInstances", WRITE, checks=finding.on_instances("ec2:TerminateInstances"))
def terminate_instances(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """End instances for good, homes included. One that is protected keeps all of them from being ended."""
    instances = finding.instances(call, request.get("InstanceIds"))
    for each in instances:
        if each.disable_api_termination and each.state not in {"shutting-down", "terminated"}:
            raise not_permitted(each.id, "terminated", "disableApiTermination")
    changes = []
    for each in instances:
        after = each
        if each.state not in {"shutting-down", "terminated"}:
            after = msgspec.structs.replace(
                each,
                state="shutting-down",
                state_changed_at=call.now,
                state_reason=USER_SHUTDOWN,
                transition_reason=_user_initiated(call.now),
            )
            call.store.ec2.instances.put(after)
            disassociate(call, each)
        changes.append(_change(each, after))
    wake_after(call, [each.id for each in instances])
    return {"TerminatingInstances": changes}
