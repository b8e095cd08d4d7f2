"""A running sandbox and the processes in it, as the server sees them."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import signal
import struct
import termios
from typing import TYPE_CHECKING, Any

from tabard.compute import guest
from tabard.compute.port import ExitStatus, Pty, SpawnError

if TYPE_CHECKING:
    import socket
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from tabard.compute.port import MachineSpec
    from tabard.compute.sandbox.channel import Channel

_KILLED = ExitStatus(None, "KILL")


def _exit_status(code: int) -> ExitStatus:
    """From what ``os.waitstatus_to_exitcode`` returns: negative numbers are signals."""
    if code >= 0:
        return ExitStatus(code)
    try:
        name = signal.Signals(-code).name.removeprefix("SIG")
    except ValueError:  # a real-time signal
        name = f"RTMIN+{-code - signal.SIGRTMIN}"
    return ExitStatus(None, name)


class SandboxProcess:
    """A process inside a sandbox; see the port's ``Process``."""

    def __init__(self, machine: SandboxMachine, pid: int, descriptors: list[int]) -> None:
        self.pid = pid
        self.terminal = descriptors[0] if len(descriptors) == 1 else None
        pipes = descriptors if self.terminal is None else []
        self.stdin, self.stdout, self.stderr = [*pipes, None, None, None][:3]
        self._machine = machine
        self._ended: asyncio.Future[ExitStatus] = asyncio.get_running_loop().create_future()

    def resize(self, rows: int, columns: int) -> None:
        """Tell the terminal its new size. Only before the caller has closed ``terminal``."""
        if self.terminal is not None:
            with contextlib.suppress(OSError):
                fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def signal(self, name: str) -> None:
        """Send a signal to the process group; unknown names are ignored."""
        number = getattr(signal, f"SIG{name}", None)
        if isinstance(number, signal.Signals) and not self._ended.done():
            self._machine.send_signal(self.pid, number)

    async def wait(self) -> ExitStatus:
        """Wait for the process to end."""
        return await asyncio.shield(self._ended)

    def has_ended(self, status: ExitStatus) -> None:
        """The machine's news."""
        if not self._ended.done():
            self._ended.set_result(status)


class SandboxMachine:
    """A sandbox; see the port's ``Machine``. ``on_end`` gives back what the driver holds for it."""

    def __init__(
        self,
        spec: MachineSpec,
        channel: Channel,
        pidfd: int,
        sockets: tuple[socket.socket, socket.socket],
        *,
        first_boot: bool,
        on_end: Callable[[SandboxMachine], Awaitable[None]],
    ) -> None:
        self.instance_id = spec.instance_id
        self.first_boot = first_boot
        self.environment: Mapping[str, str] = guest.environment(spec)
        self.metadata_socket, self.api_socket = sockets
        self._channel = channel
        self._pidfd = pidfd
        self._on_end = on_end
        self._spawning: dict[int, asyncio.Future[SandboxProcess]] = {}
        self._processes: dict[int, SandboxProcess] = {}
        self._next_id = 0
        self._life = asyncio.create_task(self._live())

    async def spawn(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        cwd: str | None = None,
        pty: Pty | None = None,
        argv0: str | None = None,
        merge_stderr: bool = False,
    ) -> SandboxProcess:
        """Start a program as ec2-user. Raises ``SpawnError``."""
        environment = dict(self.environment if env is None else env)
        if pty is not None:
            environment["TERM"] = pty.term
        order: dict[str, Any] = {
            "do": "spawn",
            "argv": list(argv),
            "argv0": argv0,
            "env": environment,
            "cwd": cwd or guest.HOME,
            "merge_stderr": merge_stderr,
        }
        if pty is not None:
            order["pty"] = {"rows": pty.rows, "columns": pty.columns, "modes": dict(pty.modes)}
        return await self._order(order)

    async def sftp(self) -> SandboxProcess:
        """Start an SFTP server inside, a fork of process 1. Raises ``SpawnError``."""
        return await self._order({"do": "sftp", "cwd": guest.HOME})

    def send_signal(self, pid: int, number: int) -> None:
        """Send a signal to a process group that the agent started and has not yet reaped."""
        self._channel.send({"do": "signal", "pid": pid, "number": number})

    async def terminate(self, grace: float = 2.0) -> None:
        """End the machine: SIGTERM and SIGHUP to all, then SIGKILL after ``grace`` seconds."""
        if not self._life.done():
            if grace > 0:
                self._channel.send({"do": "shutdown", "grace": grace})
                await asyncio.wait([self._life], timeout=grace + 0.5)
            self.kill()
        await self.wait()

    def kill(self) -> None:
        """End everything inside at once; ``wait`` tells when it is done."""
        if self._pidfd >= 0:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)

    async def wait(self) -> None:
        """Return when nothing runs inside any more and the driver has cleaned up."""
        await asyncio.shield(self._life)

    async def _order(self, order: dict[str, Any]) -> SandboxProcess:
        if self._life.done():
            raise SpawnError(f"{self.instance_id} has ended")
        self._next_id += 1
        number = self._next_id
        spawned: asyncio.Future[SandboxProcess] = asyncio.get_running_loop().create_future()
        self._spawning[number] = spawned
        try:
            self._channel.send({**order, "id": number})
        except ValueError as error:
            del self._spawning[number]
            raise SpawnError("the command and its environment are too long") from error
        return await spawned

    async def _live(self) -> None:
        """Handle the agent's messages until it has gone, then wait for the last process inside and clean
        up."""
        while (received := await self._channel.receive()) is not None:
            self._hear(*received)
        await self._process_one_ended()
        self._channel.close()
        os.close(self._pidfd)
        self._pidfd = -1
        for spawned in self._spawning.values():
            if not spawned.done():
                spawned.set_exception(SpawnError(f"{self.instance_id} has ended"))
        for process in self._processes.values():
            process.has_ended(_KILLED)
        self._spawning.clear()
        self._processes.clear()
        await self._on_end(self)

    def _hear(self, message: dict[str, Any], descriptors: list[int]) -> None:
        match message.get("event"):
            case "spawned":
                self._spawned(message, descriptors)
            case "refused":
                spawned = self._spawning.pop(message["id"], None)
                if spawned is not None and not spawned.done():
                    spawned.set_exception(SpawnError(f"{self.instance_id}: {message['error']}"))
            case "exited":
                process = self._processes.pop(message["pid"], None)
                if process is not None:
                    process.has_ended(_exit_status(message["status"]))

    def _spawned(self, message: dict[str, Any], descriptors: list[int]) -> None:
        spawned = self._spawning.pop(message["id"], None)
        if spawned is None or spawned.done():  # whoever asked was cancelled meanwhile
            for descriptor in descriptors:
                os.close(descriptor)
            self.send_signal(message["pid"], signal.SIGKILL)
            return
        process = SandboxProcess(self, message["pid"], descriptors)
        self._processes[process.pid] = process
        spawned.set_result(process)

    async def _process_one_ended(self) -> None:
        """The pidfd becomes readable when process 1 has ended, and the kernel ends it after everything else
        inside."""
        loop = asyncio.get_running_loop()
        ended = loop.create_future()
        loop.add_reader(self._pidfd, lambda: None if ended.done() else ended.set_result(None))
        try:
            await ended
        finally:
            loop.remove_reader(self._pidfd)
