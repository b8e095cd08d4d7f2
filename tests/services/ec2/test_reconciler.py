"""The reconciler: what was recorded comes true, also after a crash, and what fails is said."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import msgspec
from tests.services.ec2.world import ACCOUNT

from tabard.core.errors import service_unavailable
from tabard.services.ec2.reconciler import TERMINATED_SHOWN

if TYPE_CHECKING:
    import pytest
    from tests.services.ec2.world import World

    from tabard.store.ec2 import Instance
    from tabard.store.port import View


def change(world: World, instance_id: str, **members: Any) -> None:
    """Record something without waking anybody: what a server that was killed leaves behind."""

    def job(view: View) -> None:
        (found,) = [each for each in view.ec2.instances.everywhere() if each.id == instance_id]
        view.ec2.instances.put(msgspec.structs.replace(found, **members))

    world.run(world.store.write(job))


def crash(world: World) -> None:
    """The server is killed: its machines die with it, its records stay."""
    reconciler = world.instances

    async def die() -> None:
        await reconciler.stop()
        await world.driver.close()

    world.run(die())
    world.doors.open_for.clear()


def test_after_a_crash_everything_is_taken_up_again(world: World) -> None:
    world.profile("app")
    runs, was_new, was_stopping, was_ending, rests = (each["InstanceId"] for each in world.launch(5))
    world.ec2.associate_iam_instance_profile(InstanceId=runs, IamInstanceProfile={"Name": "app"})
    world.ec2.stop_instances(InstanceIds=[rests])
    world.settle()
    before = world.describe(runs)
    (world.site.home(runs) / "notes").write_text("kept")
    crash(world)
    change(world, was_new, state="pending")
    change(world, was_stopping, state="stopping")
    change(world, was_ending, state="shutting-down")
    world.start_reconciler()
    assert world.describe(runs) == before
    assert (world.site.home(runs) / "notes").read_text() == "kept"
    assert world.driver.running == sorted([runs, was_new])
    assert sorted(world.doors.open_for) == sorted([runs, was_new])
    assert world.state(was_new) == "running"
    assert world.state(was_stopping) == "stopped"
    assert world.state(was_ending) == "terminated"
    assert world.state(rests) == "stopped"
    assert not world.site.home(was_ending).exists()


def test_an_instance_that_boots_again_is_pending_until_it_runs(world: World) -> None:
    """What ran when the server was killed does not run at its next start: not until it has booted."""
    boots, rests = (each["InstanceId"] for each in world.launch(2))
    world.ec2.stop_instances(InstanceIds=[rests])
    world.settle()
    before = world.describe(boots)
    crash(world)
    gate = world.driver.launching = world.run(_event())
    world.start_reconciler(settled=False)
    assert world.describe(boots) == {**before, "State": {"Code": 0, "Name": "pending"}}
    assert world.ec2.describe_instance_status(InstanceIds=[boots])["InstanceStatuses"] == []
    (status,) = world.ec2.describe_instance_status(InstanceIds=[boots], IncludeAllInstances=True)[
        "InstanceStatuses"
    ]
    for check in ("InstanceStatus", "SystemStatus"):
        assert status[check]["Status"] == "initializing"
        assert status[check]["Details"] == [{"Name": "reachability", "Status": "initializing"}]
    assert world.state(rests) == "stopped"
    gate.set()
    world.settle()
    assert world.describe(boots) == before
    (status,) = world.ec2.describe_instance_status(InstanceIds=[boots])["InstanceStatuses"]
    assert status["InstanceStatus"]["Status"] == "ok"


def test_a_new_instance_that_cannot_be_launched_is_terminated_and_says_why(world: World) -> None:
    world.driver.failure = "no namespaces here"
    (instance,) = world.launch()
    assert instance["State"]["Name"] == "terminated"
    assert instance["StateReason"] == {
        "Code": "Server.InternalError",
        "Message": "Server.InternalError: Internal error on launch",
    }
    output = world.ec2.get_console_output(InstanceId=instance["InstanceId"])["Output"]
    assert "no namespaces here" in output


def test_an_instance_that_ran_before_is_stopped_and_keeps_its_home_when_it_cannot_be_launched(
    world: World,
) -> None:
    instance_id = world.launched()
    (world.site.home(instance_id) / "notes").write_text("kept")
    crash(world)
    world.driver.failure = "no namespaces here"
    world.start_reconciler()
    assert world.state(instance_id) == "stopped"
    assert (world.site.home(instance_id) / "notes").read_text() == "kept"
    world.driver.failure = None
    world.ec2.start_instances(InstanceIds=[instance_id])
    world.settle()
    assert world.state(instance_id) == "running"


def test_an_instance_that_is_terminated_while_it_is_launched_does_not_come_up(world: World) -> None:
    world.driver.launching = world.run(_event())
    reply = world.ec2.run_instances(ImageId=world.image, MinCount=1, MaxCount=1)
    instance_id = reply["Instances"][0]["InstanceId"]
    world.ec2.terminate_instances(InstanceIds=[instance_id])
    world.driver.launching.set()
    world.settle()
    assert world.state(instance_id) == "terminated"
    assert world.driver.running == []
    assert world.doors.open_for == {}


async def _event() -> asyncio.Event:
    return asyncio.Event()


def test_where_the_public_address_is_taken_on_this_host_another_is_found(world: World) -> None:
    world.driver.launching = world.run(_event())
    reply = world.ec2.run_instances(ImageId=world.image, MinCount=1, MaxCount=1)
    instance = reply["Instances"][0]
    world.doors.taken.add(instance["PublicIpAddress"])
    world.driver.launching.set()
    world.settle()
    found = world.describe(instance["InstanceId"])
    assert found["State"]["Name"] == "running"
    assert found["PublicIpAddress"] != instance["PublicIpAddress"]
    assert world.doors.open_for == {instance["InstanceId"]: found["PublicIpAddress"]}


def test_a_write_that_failed_is_made_up_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    instance_id = world.launched()
    change(world, instance_id, state="pending")  # as if it had never been recorded that it runs
    machine = world.driver.of(instance_id)
    world.run(world.instances.sweep())
    world.settle()
    assert world.state(instance_id) == "running"
    assert world.driver.of(instance_id) is machine
    world.ec2.stop_instances(InstanceIds=[instance_id])
    world.settle()

    async def fail(_job: object) -> None:
        raise service_unavailable()

    with monkeypatch.context() as patch:
        patch.setattr(world.store, "write", fail)
        world.run(_wake(world, instance_id))
    world.ec2.start_instances(InstanceIds=[instance_id])
    world.settle()
    assert world.state(instance_id) == "running"


async def _wake(world: World, instance_id: str) -> None:
    world.instances.wake(ACCOUNT, instance_id)
    await world.instances.settled()


def test_a_terminated_instance_is_forgotten_after_an_hour(world: World) -> None:
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "one"}]}]
    instance_id = world.launched(TagSpecifications=tags)
    world.ec2.terminate_instances(InstanceIds=[instance_id])
    world.settle()
    world.run(world.instances.sweep())
    assert world.state(instance_id) == "terminated"
    change(world, instance_id, state_changed_at=world.node.clock() - TERMINATED_SHOWN - 1)
    world.run(world.instances.sweep())
    assert world.ec2.describe_instances()["Reservations"] == []
    assert world.ec2.describe_tags()["Tags"] == []


def test_what_nobody_knows_any_more_is_swept_away(world: World) -> None:
    instance_id = world.launched()
    orphan = world.site.folder / "i-0123456789abcdef0" / "home"
    orphan.mkdir(parents=True)
    (orphan / "file").write_text("x")
    world.run(world.instances.sweep())
    assert not orphan.parent.exists()
    assert world.site.home(instance_id).exists()


def test_an_instance_of_another_region_is_run_as_well(world: World) -> None:
    west = world.in_region("eu-west-1")
    image = west.describe_images()["Images"][0]["ImageId"]
    reply = west.run_instances(ImageId=image, MinCount=1, MaxCount=1)
    world.settle()
    instance_id = reply["Instances"][0]["InstanceId"]
    found: Instance | dict[str, Any] = world.describe(instance_id, west)
    assert isinstance(found, dict)
    assert found["State"]["Name"] == "running"
    assert found["PrivateDnsName"].endswith(".eu-west-1.compute.internal")
    assert world.driver.of(instance_id).environment["AWS_REGION"] == "eu-west-1"
    assert world.ec2.describe_instances()["Reservations"] == []
