"""The sandbox driver: instances as Linux namespaces, for root and for plain users alike."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tabard.compute import guest
from tabard.compute.port import LaunchError, MachineSpec, Probe
from tabard.compute.sandbox import cgroups, homes, id_ranges, probing, tools
from tabard.compute.sandbox.launcher import Launcher
from tabard.compute.sandbox.machine import SandboxMachine
from tabard.compute.sandbox.userland import host_userland

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tabard.compute.sandbox.channel import Channel

_LAUNCH_TIMEOUT = 20.0  # seconds; a launch takes some hundredths, more on a loaded machine
_SCRATCH_BYTES = 1 << 30  # of /tmp, /var/tmp, /var/log and /dev/shm together; memory, used only as it fills


class SandboxDriver:
    """Starts sandboxes. ``interpreter`` is a Python 3.11 or newer that the server's user can execute."""

    def __init__(self, interpreter: str = sys.executable) -> None:
        self._launcher = Launcher(interpreter)
        self._ranges = id_ranges.IdRanges()
        self._with_ranges = id_ranges.available()
        self._userland = host_userland()
        self._groups = cgroups.discover()
        self._groups.sweep()
        self._machines: set[SandboxMachine] = set()
        self._tools: dict[Path, tools.Tools] = {}

    async def probe(self) -> Probe:
        """Launch a machine for nothing and say what is enforced, or what the host forbids and the remedy."""
        return await probing.probe(self, self._groups.enforced, with_ranges=self._with_ranges)

    async def launch(self, spec: MachineSpec) -> SandboxMachine:
        """Start a sandbox. Raises ``LaunchError``, with nothing left behind."""
        try:
            async with asyncio.timeout(_LAUNCH_TIMEOUT):
                return await self._launch(spec)
        except TimeoutError as error:
            raise LaunchError(f"{spec.instance_id} did not start within {_LAUNCH_TIMEOUT:g} s") from error
        except OSError as error:
            raise LaunchError(f"{spec.instance_id}: {error}") from error

    async def delete_home(self, home: Path) -> None:
        """Delete an instance's home, following no link out of it."""
        await asyncio.to_thread(homes.delete, home)

    async def close(self) -> None:
        """End every sandbox at once, and the launcher."""
        machines = list(self._machines)
        for machine in machines:
            machine.kill()
        for machine in machines:
            await machine.wait()
        await self._launcher.close()
        self._groups.close()

    async def _launch(self, spec: MachineSpec) -> SandboxMachine:
        config = self._config(spec)
        if not self._with_ranges:
            _refuse_a_home_in_sight(spec.home, (source for source, _ in config["binds"]))
        async with AsyncExitStack() as undo:
            start = None
            if not self._with_ranges and id_ranges.own_id_is_the_hosts_root():
                raise LaunchError(
                    "ec2-user would be the host's root: Tabard runs as root in a narrower user namespace"
                )
            if self._with_ranges:
                start = self._ranges.claim(homes.owner(spec.home))
                undo.callback(self._ranges.release, start)
            user = None if start is None else start + guest.USER_ID
            first_boot = await asyncio.to_thread(homes.prepare, spec, user)
            group = self._groups.create(spec.instance_id, spec.cpu, spec.memory_bytes, spec.max_processes)
            undo.push_async_callback(group.remove)
            channel = await self._launcher.fork_instance()
            undo.callback(channel.close)
            channel.send(config)
            unshared, _ = await _expect(channel, "unshared")
            group.attach(unshared["pid"])
            _write_id_maps(unshared["pid"], start)
            channel.send({"do": "go"})
            _, descriptors = await _expect(channel, "sockets")
            sockets = [undo.enter_context(socket.socket(fileno=descriptor)) for descriptor in descriptors]
            _, (pidfd,) = await _expect(channel, "started")
            undo.callback(os.close, pidfd)
            await _expect(channel, "ready")
            undo.pop_all()  # from here on the machine itself gives everything back

        async def ended(machine: SandboxMachine) -> None:
            self._machines.discard(machine)
            if start is not None:
                self._ranges.release(start)
            await group.remove()

        for listener in sockets:
            listener.setblocking(False)
        machine = SandboxMachine(
            spec, channel, pidfd, (sockets[0], sockets[1]), first_boot=first_boot, on_end=ended
        )
        self._machines.add(machine)
        return machine

    def _config(self, spec: MachineSpec) -> dict[str, Any]:
        aws = self._aws_cli(spec.tools)
        addresses = [spec.metadata_address[0], spec.api_address[0], spec.private_ip]
        return {
            "ids": "range" if self._with_ranges else "single",
            "user": guest.USER_ID,
            "hostname": spec.hostname,
            "addresses": [address for address in dict.fromkeys(addresses) if not address.startswith("127.")],
            "listeners": [spec.metadata_address, spec.api_address],
            "binds": [*self._userland.binds, *aws.binds, *((str(path), str(path)) for path in spec.binds)],
            "symlinks": self._userland.symlinks,
            "files": guest.etc_files(spec),
            "executables": dict(aws.executables),
            "home": str(spec.home.absolute()),
            "home_inside": guest.HOME,
            "scratch_bytes": min(_SCRATCH_BYTES, spec.memory_bytes // 2),
            "scratch_files": 65536,
            "max_processes": spec.max_processes,
        }

    def _aws_cli(self, prefix: Path | None) -> tools.Tools:
        if prefix is None:
            return tools.Tools()
        if prefix not in self._tools:
            self._tools[prefix] = tools.aws_cli(prefix, for_others=self._with_ranges)
        return self._tools[prefix]


async def _expect(channel: Channel, event: str) -> tuple[dict[str, Any], list[int]]:
    received = await channel.receive()
    if received is None:
        raise LaunchError(f"the launcher ended before it was {event}")
    message, descriptors = received
    if message["event"] != event:
        raise LaunchError(str(message.get("error", message)))
    return message, descriptors


def _refuse_a_home_in_sight(home: Path, shown: Iterable[str]) -> None:
    """A plain user's instances have that user's id: what lies in a folder that they are shown, each of them may read.

    Then one would read another's home, and the server's keys beside it.
    """
    real = home.absolute().resolve()
    for source in shown:
        if real.is_relative_to(source):
            raise LaunchError(
                f"{home} lies in {source}, which instances see: choose another folder with --data"
            )


def _write_id_maps(pid: int, start: int | None) -> None:
    """Map the sandbox's ids: a range of its own for root, ec2-user alone to the server's own user
    otherwise."""
    process = Path("/proc", str(pid))
    if start is None:
        (process / "setgroups").write_text("deny")
        (process / "uid_map").write_text(f"{guest.USER_ID} {os.geteuid()} 1")
        (process / "gid_map").write_text(f"{guest.USER_ID} {os.getegid()} 1")
    else:
        (process / "uid_map").write_text(f"0 {start} {id_ranges.SIZE}")
        (process / "gid_map").write_text(f"0 {start} {id_ranges.SIZE}")
