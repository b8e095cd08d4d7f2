"""Every operation that is built, attacked over the wire: modelled errors, no server error, nothing lost."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from tests.hostile.attacks import attacks
from tests.hostile.inventory import World
from tests.hostile.signed import Caller
from tests.hostile.verdict import fault
from tests.support.server import running

import tabard.app  # noqa: F401 - importing it registers every operation
from tabard.services.operation import OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

SIZES = Counter(service for service, _ in OPERATIONS)
FEW = 20
"""Services with fewer operations share a world."""
SERVICES = [
    "+".join(sorted(service for service in SIZES if SIZES[service] < FEW)),
    *sorted(service for service in SIZES if SIZES[service] >= FEW),
]
RESTORING = (
    "Abort", "Accept", "Associate", "Complete", "Delete", "Describe", "Detach", "Disassociate", "Get", "Modify", "Put",
    "Reject", "Remove", "Replace", "Send", "Start", "Stop", "Terminate", "Untag", "Update",
)  # fmt: skip
SHOWN_AT_MOST = 20


@pytest.fixture
def world() -> Iterator[World]:
    with running() as server:
        made = World(server)
        yield made
        made.end_instances()


def attack(world: World, services: str, *, seed: str, every: bool) -> None:
    """Send every attack on services' operations; fail with what was wrong, in the words of a reproduction."""
    wrong: list[str] = []
    caller = Caller(world.server, world.attacker)
    for service, name in sorted(each for each in OPERATIONS if each[0] in services.split("+")):
        if name.startswith(RESTORING):
            world.restore()
        for wire in attacks(service, name, world.values, seed, every=every):
            problem = fault(service, name, wire, caller.send(service, wire))
            if problem is not None:
                wrong.append(f"{service}:{name} {str(wire)[:600]}: {problem}")
        if name == "RunInstances":
            world.end_instances()
    caller.close()
    assert not wrong, f"{len(wrong)} faults:\n" + "\n".join(wrong[:SHOWN_AT_MOST])
    assert world.witnesses() == world.before
    assert "Traceback" not in world.server.log, world.server.log[-5000:]


@pytest.mark.parametrize("services", SERVICES)
def test_no_request_gets_more_than_a_modelled_error(world: World, services: str) -> None:
    attack(world, services, seed="1", every=False)


@pytest.mark.long
@pytest.mark.parametrize("services", SERVICES)
def test_no_request_of_the_long_list_gets_more_than_a_modelled_error(world: World, services: str) -> None:
    attack(world, services, seed="2", every=True)
