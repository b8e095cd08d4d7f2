"""How operations reach what makes records come true: the reconciler, and the logs of what ran on an instance.

``app.py`` puts the reconciler into ``Node.extensions``; a node without one keeps records only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tabard.services.node import Node
    from tabard.services.operation import Call
    from tabard.store.ec2 import Instance

EXTENSION = "ec2.instances"


class Instances(Protocol):
    """What runs the instances of this node."""

    def wake(self, account: str, instance_id: str) -> None:
        """Look at an instance's record (again) and bring about what it says, soon and not in this call."""

    def console(self, instance: Instance) -> tuple[bytes, float] | None:
        """The end of an instance's console log, and when it was last written to (seconds since the epoch)."""


def instances(node: Node) -> Instances | None:
    """What runs the instances of a node."""
    found: Instances | None = node.extensions.get(EXTENSION)
    return found


def wake_after(call: Call, instance_ids: Iterable[str]) -> None:
    """Once the transaction is durable, have the instances' records brought about."""
    account, ids = call.account, list(instance_ids)

    def wake() -> None:
        running = instances(call.node)
        if running is not None:
            for instance_id in ids:
                running.wake(account, instance_id)

    call.after(wake)
