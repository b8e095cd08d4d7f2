"""IAM's world with instances in it: the real pipeline, store and reconciler, and a driver whose machines are names
only.
"""

from __future__ import annotations

import asyncio
import shutil
import socket
from typing import TYPE_CHECKING, Any

import boto3
import botocore.config
import tests.services.iam.conftest as iam_world
from tests.support.server import as_arguments

import tabard.services.ec2
import tabard.services.iam  # noqa: F401 - importing a service registers its operations
from tabard.compute.port import LaunchError, SpawnError
from tabard.services.ec2 import runtime
from tabard.services.ec2.reconciler import InstanceReconciler, Site

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tabard.compute.port import Machine, MachineSpec, Process
    from tabard.store.ec2 import Instance

ACCOUNT = iam_world.ACCOUNT
REGION = "us-east-1"


class PaperMachine:
    """A machine that runs nothing: it is there until it is ended."""

    def __init__(self, spec: MachineSpec) -> None:
        self.spec = spec
        self.first_boot = not spec.home.exists()
        spec.home.mkdir(parents=True, exist_ok=True)
        self.ended = asyncio.Event()
        self.environment: Mapping[str, str] = dict(spec.environment)
        self.metadata_socket = socket.create_server(("127.0.0.1", 0))
        self.api_socket = socket.create_server(("127.0.0.1", 0))

    @property
    def instance_id(self) -> str:
        return self.spec.instance_id

    async def spawn(self, *_arguments: Any, **_options: Any) -> Process:
        raise SpawnError("paper runs nothing")

    async def sftp(self) -> Process:
        raise SpawnError("paper runs nothing")

    async def terminate(self, grace: float = 2.0) -> None:
        assert grace >= 0
        self.shut_down()

    async def wait(self) -> None:
        await self.ended.wait()

    def shut_down(self) -> None:
        """End, as if from inside."""
        self.ended.set()
        self.metadata_socket.close()
        self.api_socket.close()


class PaperDriver:
    """Starts paper machines, unless it is told not to."""

    def __init__(self) -> None:
        self.machines: list[PaperMachine] = []
        self.failure: str | None = None
        self.launching: asyncio.Event | None = None

    async def probe(self) -> Any:
        raise NotImplementedError

    async def launch(self, spec: MachineSpec) -> PaperMachine:
        if self.launching is not None:
            await self.launching.wait()
        await asyncio.sleep(0)
        if self.failure is not None:
            raise LaunchError(self.failure)
        machine = PaperMachine(spec)
        self.machines.append(machine)
        return machine

    async def delete_home(self, home: Path) -> None:
        shutil.rmtree(home, ignore_errors=True)

    async def close(self) -> None:
        for machine in self.machines:
            machine.shut_down()

    @property
    def running(self) -> list[str]:
        return sorted(each.instance_id for each in self.machines if not each.ended.is_set())

    def of(self, instance_id: str) -> PaperMachine:
        """The machine that runs for an instance."""
        (found,) = [
            each for each in self.machines if each.instance_id == instance_id and not each.ended.is_set()
        ]
        return found


class Doors:
    """Remembers which doors are open, and refuses addresses that are said to be taken."""

    def __init__(self) -> None:
        self.open_for: dict[str, str | None] = {}
        self.taken: set[str] = set()

    async def open(self, instance: Instance, machine: Machine) -> None:
        assert machine.instance_id == instance.id
        if instance.public_ip in self.taken:
            raise OSError(98, "Address already in use")
        assert instance.id not in self.open_for
        self.open_for[instance.id] = instance.public_ip

    async def close(self, instance_id: str) -> None:
        self.open_for.pop(instance_id, None)


class World(iam_world.World):
    """A node that runs paper instances."""

    def __init__(self, folder: Path, runner: asyncio.Runner) -> None:
        super().__init__(folder, runner)
        self.site = Site(folder=folder / "instances", api_address=("169.254.169.253", 80))
        self.driver = PaperDriver()
        self.doors = Doors()
        self.instances = self.start_reconciler()
        self.ec2 = self.in_region(REGION)

    def start_reconciler(self, *, settled: bool = True) -> InstanceReconciler:
        """A new reconciler over the same records, as after a start of the server."""

        async def start() -> InstanceReconciler:
            made = InstanceReconciler(
                self.store, self.driver, self.doors, self.site, self.node.clock, self.node.random
            )
            await made.start()
            if settled:
                await made.settled()
            return made

        made: InstanceReconciler = self.run(start())
        self.node.extensions[runtime.EXTENSION] = self.instances = made
        return made

    def in_region(self, region: str, credentials: dict[str, str] | None = None) -> Any:
        """An EC2 client of a region."""
        client = boto3.client(  # type: ignore[call-overload]
            "ec2",
            endpoint_url="http://127.0.0.1:1",
            region_name=region,
            config=botocore.config.Config(retries={"total_max_attempts": 1}, parameter_validation=False),
            **as_arguments(credentials or self.root),
        )
        client.meta.events.register("before-send", self._send)
        return client

    def settle(self) -> None:
        """Let the reconciler finish."""
        self.run(self.instances.settled())

    def caller(self, name: str, *statements: dict[str, Any]) -> Any:
        """An EC2 client of a new user who may do what the statements say."""
        self.iam.create_user(UserName=name)
        if statements:
            policy = iam_world.document(*statements)
            self.iam.put_user_policy(UserName=name, PolicyName="may", PolicyDocument=policy)
        return self.in_region(REGION, self.iam.create_access_key(UserName=name)["AccessKey"])

    @property
    def image(self) -> str:
        return str(self.ec2.describe_images()["Images"][0]["ImageId"])

    def launch(self, count: int = 1, **parameters: Any) -> list[dict[str, Any]]:
        """Instances that run (or whatever became of them)."""
        reply = self.ec2.run_instances(ImageId=self.image, MinCount=count, MaxCount=count, **parameters)
        self.settle()
        ids = [each["InstanceId"] for each in reply["Instances"]]
        return [self.describe(each) for each in ids]

    def launched(self, **parameters: Any) -> str:
        """The id of an instance that runs."""
        return str(self.launch(**parameters)[0]["InstanceId"])

    def describe(self, instance_id: str, client: Any = None) -> dict[str, Any]:
        """An instance as it is described now."""
        reply = (client or self.ec2).describe_instances(InstanceIds=[instance_id])
        found: dict[str, Any] = reply["Reservations"][0]["Instances"][0]
        return found

    def state(self, instance_id: str) -> str:
        return str(self.describe(instance_id)["State"]["Name"])

    def profile(self, name: str, trust: str = iam_world.EC2_TRUST) -> str:
        """An instance profile with a role of the same name; its ARN."""
        self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
        arn = self.iam.create_instance_profile(InstanceProfileName=name)["InstanceProfile"]["Arn"]
        self.iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)
        return str(arn)

    def close(self) -> None:
        self.run(self.instances.stop())
        self.run(self.driver.close())
        self.store.close()
