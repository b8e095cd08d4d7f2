"""What the compute tests share: drivers by name, machines with sensible specifications, and a loop to run a
story in."""

from __future__ import annotations

import asyncio
import dataclasses
import functools
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tabard.compute.port import MachineSpec
from tabard.compute.run import run
from tabard.compute.sandbox.driver import SandboxDriver

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from tabard.compute.port import Driver, Machine
    from tabard.compute.run import Completed

    DriverFactory = Callable[[], Driver]

DRIVERS: dict[str, Callable[[], Driver]] = {"sandbox": SandboxDriver}
API_ADDRESS = ("169.254.170.23", 4680)
METADATA_ADDRESS = ("169.254.169.254", 80)
PRIVATE_IP = "172.31.93.212"


@functools.cache
def usable(name: str) -> str | None:
    """None where the driver works here, else why it does not."""

    async def probe() -> str | None:
        driver = DRIVERS[name]()
        try:
            found = await driver.probe()
        finally:
            await driver.close()
        return (
            None if found.ok else "; ".join(f"{problem.what}: {problem.remedy}" for problem in found.problems)
        )

    return asyncio.run(probe())


def factory(name: str) -> DriverFactory:
    """The driver's constructor; skips the test where the driver does not work on this host."""
    reason = usable(name)
    if reason is not None:
        pytest.skip(f"the {name} driver does not work here: {reason}")
    return DRIVERS[name]


def spec(folder: Path, instance_id: str = "i-0123456789abcdef0", **changes: Any) -> MachineSpec:
    """A small instance whose home lies below the folder."""
    standard = MachineSpec(
        instance_id=instance_id,
        hostname="ip-172-31-93-212",
        private_ip=PRIVATE_IP,
        home=folder / instance_id / "home",
        api_address=API_ADDRESS,
        memory_bytes=256 << 20,
        max_processes=256,
        environment={"AWS_REGION": "us-east-1"},
        authorized_keys=[
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExampleExampleExampleExampleExampleExampleExa lab"
        ],
    )
    return dataclasses.replace(standard, **changes)


@asynccontextmanager
async def launched(driver: Driver, wanted: MachineSpec) -> AsyncIterator[Machine]:
    """A machine for the length of a block."""
    machine = await driver.launch(wanted)
    try:
        yield machine
    finally:
        machine.metadata_socket.close()
        machine.api_socket.close()
        await machine.terminate(grace=0)


def tell(
    make_driver: DriverFactory,
    wanted: MachineSpec,
    story: Callable[[Machine], Awaitable[None]],
    limit: float = 60,
) -> None:
    """Run a story about one machine."""

    async def whole() -> None:
        async with asyncio.timeout(limit):
            driver = make_driver()
            try:
                async with launched(driver, wanted) as machine:
                    await story(machine)
            finally:
                await driver.close()

    asyncio.run(whole())


async def shell(machine: Machine, command: str, **options: Any) -> Completed:
    """Run a shell command inside."""
    return await run(machine, ["/bin/bash", "-c", command], timeout=120, **options)


async def output(machine: Machine, command: str) -> str:
    """What a shell command that must succeed prints."""
    completed = await shell(machine, command)
    assert completed.status.code == 0, completed
    return completed.stdout.decode()


def tools_prefix() -> Path:
    """The environment that holds the AWS CLI of these tests."""
    import awscli

    return Path(awscli.__file__).parents[4]
