"""The life of an instance: started, stopped, rebooted, terminated, and what it keeps through all that."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from tests.services.iam.conftest import allow, refused

if TYPE_CHECKING:
    from tests.services.ec2.world import World


def test_a_stopped_instance_keeps_its_home_and_profile_and_comes_back(world: World) -> None:
    world.profile("app")
    (before,) = world.launch(IamInstanceProfile={"Name": "app"})
    instance_id = before["InstanceId"]
    home = world.site.home(instance_id)
    (home / "notes").write_text("kept")
    reply = world.ec2.stop_instances(InstanceIds=[instance_id])["StoppingInstances"][0]
    assert reply["PreviousState"]["Name"] == "running"
    assert reply["CurrentState"] == {"Code": 64, "Name": "stopping"}
    world.settle()
    stopped = world.describe(instance_id)
    assert stopped["State"]["Name"] == "stopped"
    assert stopped["StateReason"]["Code"] == "Client.UserInitiatedShutdown"
    assert stopped["StateTransitionReason"].startswith("User initiated (")
    assert "PublicIpAddress" not in stopped
    assert stopped["PrivateIpAddress"] == before["PrivateIpAddress"]
    assert world.driver.running == []
    assert world.doors.open_for == {}
    world.ec2.start_instances(InstanceIds=[instance_id])
    world.settle()
    after = world.describe(instance_id)
    assert after["State"]["Name"] == "running"
    assert after["PrivateIpAddress"] == before["PrivateIpAddress"]
    assert after["PublicIpAddress"] == before["PublicIpAddress"]
    assert after["IamInstanceProfile"] == before["IamInstanceProfile"]
    assert after.get("StateReason") is None
    assert (home / "notes").read_text() == "kept"
    assert world.doors.open_for == {instance_id: after["PublicIpAddress"]}


def test_a_terminated_instance_loses_all_but_its_name(world: World) -> None:
    world.profile("app")
    instance_id = world.launched(IamInstanceProfile={"Name": "app"})
    reply = world.ec2.terminate_instances(InstanceIds=[instance_id])["TerminatingInstances"][0]
    assert reply["CurrentState"] == {"Code": 32, "Name": "shutting-down"}
    world.settle()
    gone = world.describe(instance_id)
    assert gone["State"] == {"Code": 48, "Name": "terminated"}
    for member in ("PrivateIpAddress", "PublicIpAddress", "IamInstanceProfile", "SubnetId"):
        assert member not in gone
    assert gone["NetworkInterfaces"] == []
    assert not (world.site.folder / instance_id).exists()
    assert world.driver.running == []
    assert world.ec2.describe_iam_instance_profile_associations()["IamInstanceProfileAssociations"] == []
    again = world.ec2.terminate_instances(InstanceIds=[instance_id])["TerminatingInstances"][0]
    assert again["PreviousState"]["Name"] == again["CurrentState"]["Name"] == "terminated"


def test_a_reboot_boots_anew_and_changes_nothing_else(world: World) -> None:
    (before,) = world.launch()
    instance_id = before["InstanceId"]
    first = world.driver.of(instance_id)
    world.ec2.reboot_instances(InstanceIds=[instance_id])
    world.settle()
    assert first.ended.is_set()
    assert world.driver.of(instance_id) is not first
    assert world.describe(instance_id) == before
    assert world.doors.open_for == {instance_id: before["PublicIpAddress"]}


def test_what_does_not_fit_the_state_is_refused(world: World) -> None:
    stopped, ended = world.launched(), world.launched()
    world.ec2.stop_instances(InstanceIds=[stopped])
    world.ec2.terminate_instances(InstanceIds=[ended])
    world.settle()
    code, message, status = refused(world.ec2.start_instances, InstanceIds=[ended])
    assert (code, status) == ("IncorrectInstanceState", 400)
    assert message == f"The instance '{ended}' is not in a state from which it can be started."
    assert refused(world.ec2.stop_instances, InstanceIds=[ended])[0] == "IncorrectInstanceState"
    assert refused(world.ec2.reboot_instances, InstanceIds=[stopped])[0] == "IncorrectInstanceState"
    assert (
        world.ec2.stop_instances(InstanceIds=[stopped])["StoppingInstances"][0]["CurrentState"]["Name"]
        == "stopped"
    )


@pytest.mark.parametrize(
    "operation", ["start_instances", "stop_instances", "reboot_instances", "terminate_instances"]
)
def test_unknown_and_malformed_ids_are_told_apart(world: World, operation: str) -> None:
    known = world.launched()
    act = getattr(world.ec2, operation)
    missing = ["i-0123456789abcdef0", "i-0123456789abcdef1"]
    assert refused(act, InstanceIds=missing[:1]) == (
        "InvalidInstanceID.NotFound",
        "The instance ID 'i-0123456789abcdef0' does not exist",
        400,
    )
    code, message, _ = refused(act, InstanceIds=[known, *missing])
    assert code == "InvalidInstanceID.NotFound"
    assert message == "The instance IDs 'i-0123456789abcdef0, i-0123456789abcdef1' do not exist"
    assert refused(act, InstanceIds=["nonsense"])[:2] == (
        "InvalidInstanceID.Malformed",
        'Invalid id: "nonsense" (expecting "i-...")',
    )
    world.settle()
    assert world.state(known) == "running"


def test_what_never_ran_cannot_be_stopped(world: World) -> None:
    world.driver.launching = world.run(_event())
    reply = world.ec2.run_instances(ImageId=world.image, MinCount=1, MaxCount=1)
    instance_id = reply["Instances"][0]["InstanceId"]
    code, message, _ = refused(world.ec2.stop_instances, InstanceIds=[instance_id])
    assert code == "IncorrectInstanceState"
    assert (
        message == f"Instance '{instance_id}' cannot be stopped as it has never reached the 'running' state."
    )
    world.driver.launching.set()
    world.settle()
    assert world.state(instance_id) == "running"


async def _event() -> asyncio.Event:
    return asyncio.Event()


def test_one_that_is_protected_protects_all_of_the_request(world: World) -> None:
    guarded, other = world.launched(DisableApiTermination=True), world.launched()
    code, message, _ = refused(world.ec2.terminate_instances, InstanceIds=[other, guarded])
    assert code == "OperationNotPermitted"
    assert message == (
        f"The instance '{guarded}' may not be terminated. Modify its 'disableApiTermination' instance attribute and "
        "try again."
    )
    assert world.state(other) == "running"
    world.ec2.modify_instance_attribute(InstanceId=guarded, DisableApiTermination={"Value": False})
    world.ec2.terminate_instances(InstanceIds=[other, guarded])
    world.settle()
    assert world.state(guarded) == "terminated"


def test_one_that_may_not_be_touched_keeps_all_of_the_request_from_being_done(world: World) -> None:
    tagged, other = (
        world.launched(
            TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "mine", "Value": "yes"}]}]
        ),
        world.launched(),
    )
    mine = world.caller(
        "mine", allow("ec2:StopInstances", Condition={"StringEquals": {"ec2:ResourceTag/mine": "yes"}})
    )
    assert refused(mine.stop_instances, InstanceIds=[tagged, other])[0] == "UnauthorizedOperation"
    assert refused(mine.stop_instances, InstanceIds=["i-0123456789abcdef0"])[0] == "UnauthorizedOperation"
    assert world.state(tagged) == "running"
    mine.stop_instances(InstanceIds=[tagged])
    world.settle()
    assert world.state(tagged) == "stopped"


def test_a_machine_that_shuts_itself_down_stops_or_ends_its_instance(world: World) -> None:
    stops, ends = world.launched(), world.launched(InstanceInitiatedShutdownBehavior="terminate")
    for each in (stops, ends):
        world.driver.of(each).shut_down()
    world.run(_moment())
    world.settle()
    assert world.state(stops) == "stopped"
    assert world.state(ends) == "terminated"
    assert world.describe(stops)["StateReason"]["Code"] == "Client.InstanceInitiatedShutdown"
    assert world.doors.open_for == {}


async def _moment() -> None:
    await asyncio.sleep(0.1)


def test_detailed_monitoring_is_switched_on_and_off(world: World) -> None:
    one, two = world.launched(), world.launched(Monitoring={"Enabled": True})
    told = world.ec2.monitor_instances(InstanceIds=[one, two])["InstanceMonitorings"]
    assert [each["Monitoring"]["State"] for each in told] == ["pending", "enabled"]
    assert world.describe(one)["Monitoring"]["State"] == "enabled"
    told = world.ec2.unmonitor_instances(InstanceIds=[one])["InstanceMonitorings"]
    assert told == [{"InstanceId": one, "Monitoring": {"State": "disabling"}}]
    assert world.describe(one)["Monitoring"]["State"] == "disabled"
    world.ec2.terminate_instances(InstanceIds=[one])
    world.settle()
    assert refused(world.ec2.monitor_instances, InstanceIds=[two, one])[0] == "IncorrectInstanceState"
    assert refused(world.caller("ana").monitor_instances, InstanceIds=[two])[0] == "UnauthorizedOperation"
