"""Whatever is asked in whatever order, with crashes and failures in between: records, machines and doors agree at
last.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import botocore.exceptions
import pytest
from tests.services.ec2.test_reconciler import crash

if TYPE_CHECKING:
    from tests.services.ec2.world import World


def agree(world: World) -> None:
    """What must hold once there is nothing left to do."""
    described = [each for one in world.ec2.describe_instances()["Reservations"] for each in one["Instances"]]
    by_state: dict[str, set[str]] = {}
    for each in described:
        by_state.setdefault(each["State"]["Name"], set()).add(each["InstanceId"])
    assert set(by_state) <= {"running", "stopped", "terminated"}
    running = sorted(by_state.get("running", set()))
    assert world.driver.running == running
    assert sorted(world.doors.open_for) == running
    for each in described:
        home = world.site.home(each["InstanceId"])
        state = each["State"]["Name"]
        assert home.exists() == (state != "terminated")
        assert ("PublicIpAddress" in each) == (state == "running")
        assert ("PrivateIpAddress" in each) == (state != "terminated")
        if state == "running":
            assert world.doors.open_for[each["InstanceId"]] == each["PublicIpAddress"]
    for member in ("PrivateIpAddress", "PublicIpAddress"):
        addresses = [each[member] for each in described if member in each]
        assert len(addresses) == len(set(addresses))
    attached = {each["InstanceId"] for each in described if "IamInstanceProfile" in each}
    associations = world.ec2.describe_iam_instance_profile_associations()["IamInstanceProfileAssociations"]
    assert {each["InstanceId"] for each in associations} == attached
    assert len(associations) == len(attached)
    assert not attached & by_state.get("terminated", set())


class Somebody:
    """Asks for anything, whether or not it makes sense."""

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.choose = random.Random(seed)  # noqa: S311 - tests, not secrets
        self.ids: list[str] = []
        self.image = world.image

    def act(self) -> None:
        choose, world = self.choose, self.world
        some = choose.sample(self.ids, min(len(self.ids), choose.randint(1, 2)))
        what = choose.choice(
            ["run", "stop", "start", "reboot", "terminate", "attach", "detach", "replace", "die"]
        )
        try:
            match what:
                case "run":
                    reply = world.ec2.run_instances(
                        ImageId=self.image, MinCount=1, MaxCount=choose.randint(1, 2)
                    )
                    self.ids += [each["InstanceId"] for each in reply["Instances"]]
                case "stop" | "start" | "reboot" | "terminate" if some:
                    getattr(world.ec2, f"{what}_instances")(InstanceIds=some)
                case "attach" if some:
                    world.ec2.associate_iam_instance_profile(
                        InstanceId=some[0], IamInstanceProfile={"Name": "app"}
                    )
                case "detach" | "replace":
                    self._change_association(what)
                case "die" if world.driver.running:
                    world.driver.of(choose.choice(world.driver.running)).shut_down()
        except botocore.exceptions.ClientError as error:
            if error.response["Error"]["Code"] not in {"IncorrectInstanceState", "IncorrectState"}:
                raise

    def _change_association(self, what: str) -> None:
        ec2 = self.world.ec2
        present = ec2.describe_iam_instance_profile_associations()["IamInstanceProfileAssociations"]
        if present and what == "detach":
            ec2.disassociate_iam_instance_profile(AssociationId=present[0]["AssociationId"])
        elif present:
            ec2.replace_iam_instance_profile_association(
                AssociationId=present[0]["AssociationId"], IamInstanceProfile={"Name": "app"}
            )

    def weather(self) -> None:
        """What may happen around: launches that fail, a server that is killed, a look of the sweeper's."""
        world = self.world
        match self.choose.randint(0, 9):
            case 0:
                crash(world)
                world.start_reconciler()
            case 1:
                world.driver.failure = "no room"
            case 2:
                world.driver.failure = None
            case 3:
                world.run(world.instances.sweep())


@pytest.mark.parametrize("seed", range(8))
def test_records_machines_and_doors_agree_at_last(world: World, seed: int) -> None:
    world.profile("app")
    somebody = Somebody(world, seed)
    for _ in range(40):
        somebody.act()
        somebody.weather()
    world.driver.failure = None
    for _ in range(3):
        world.run(_moment())
        world.settle()
    agree(world)


async def _moment() -> Any:
    import asyncio

    await asyncio.sleep(0.02)
