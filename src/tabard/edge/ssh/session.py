"""One SSH session: a shell, a command or SFTP inside an instance, joined to the client's channel."""

from __future__ import annotations

import asyncio
import os
import re
from typing import TYPE_CHECKING

import asyncssh

from tabard.compute import guest
from tabard.compute.port import ExitStatus, Pty, SpawnError
from tabard.compute.streams import DescriptorReader, DescriptorWriter

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from tabard.compute.port import Machine, Process

_ACCEPTED_VARIABLE = re.compile(r"LANG|LC_[A-Z]+")  # as the AcceptEnv of Amazon Linux
_ACCEPTED_VALUE = re.compile(r"[A-Za-z0-9_.@-]{1,64}")
_MAX_SIZE = 0xFFFF  # rows and columns of a terminal
_NO_STATUS = 255  # what ssh itself returns when it fails
_END_OF_TRANSMISSION = b"\x04"


class GuestSession(asyncssh.SSHServerSession[bytes]):
    """Joins a channel to a process. ``machine`` gives the instance, None when it is not running."""

    def __init__(self, machine: Callable[[], Machine | None]) -> None:
        self._machine = machine
        self._channel: asyncssh.SSHServerChannel[bytes] | None = None
        self._pty: Pty | None = None
        self._start: Callable[[Machine], Awaitable[Process]] | None = None
        self._running: asyncio.Task[None] | None = None
        self._process: Process | None = None
        self._writer: DescriptorWriter | None = None
        self._readers: list[DescriptorReader] = []
        self._open_outputs = 0
        self._outputs_ended = asyncio.Event()
        self._early: list[bytes] = []
        self._early_end = False

    # What the client asks for

    def connection_made(self, chan: asyncssh.SSHServerChannel[bytes]) -> None:
        """Remember the channel."""
        self._channel = chan

    def pty_requested(
        self, term_type: str, term_size: tuple[int, int, int, int], term_modes: Mapping[int, int]
    ) -> bool:
        """A terminal is made with the process."""
        columns, rows = (min(size, _MAX_SIZE) for size in term_size[:2])
        self._pty = Pty(rows=rows, columns=columns, term=term_type or "dumb", modes=dict(term_modes))
        return True

    def shell_requested(self) -> bool:
        """A login shell."""
        self._start = lambda machine: machine.spawn(
            [guest.SHELL],
            argv0=guest.LOGIN_SHELL_NAME,
            env=self._environment(machine),
            pty=self._pty,
        )
        return True

    def exec_requested(self, command: str) -> bool:
        """A command, which the shell reads as sshd would have it."""
        self._start = lambda machine: machine.spawn(
            [guest.SHELL, "-c", command], env=self._environment(machine), pty=self._pty
        )
        return True

    def subsystem_requested(self, subsystem: str) -> bool:
        """SFTP, and nothing else."""
        if subsystem != "sftp":
            return False
        self._start = lambda machine: machine.sftp()
        return True

    def session_started(self) -> None:
        """The client has its answer: start what it asked for."""
        self._running = asyncio.get_running_loop().create_task(self._run())

    def terminal_size_changed(self, width: int, height: int, pixwidth: int, pixheight: int) -> None:
        """Pass the new size on."""
        del pixwidth, pixheight
        rows, columns = min(height, _MAX_SIZE), min(width, _MAX_SIZE)
        if self._process is not None and not self._outputs_ended.is_set():
            self._process.resize(rows, columns)
        elif self._pty is not None:
            self._pty = Pty(rows=rows, columns=columns, term=self._pty.term, modes=self._pty.modes)

    def signal_received(self, signal: str) -> None:
        """Pass a signal on to the process group."""
        if self._process is not None:
            self._process.signal(signal)

    # The client's data, and its end

    def data_received(self, data: bytes, datatype: int | None) -> None:
        """Input for the process."""
        del datatype
        if self._writer is None:
            self._early.append(data)
        else:
            self._writer.write(data)

    def eof_received(self) -> bool:
        """The end of the input. Output goes on."""
        if self._writer is None:
            self._early_end = True
        else:
            self._end_input(self._writer)
        return True

    def pause_writing(self) -> None:
        """The client does not keep up: let the process wait."""
        for reader in self._readers:
            reader.pause()

    def resume_writing(self) -> None:
        """The client has caught up."""
        for reader in self._readers:
            reader.resume()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has hung up: so must the process, with its process group."""
        del exc
        self._channel = None
        if self._running is not None:
            self._running.cancel()

    # The process

    async def _run(self) -> None:
        machine = self._machine()
        if machine is None or self._start is None:
            self._fail("the instance is not running")
            return
        try:
            self._process = await self._start(machine)
        except SpawnError as error:
            self._fail(str(error))
            return
        status: ExitStatus | None = None
        try:
            self._join(self._process)
            status = await self._process.wait()
            await self._outputs_ended.wait()
        finally:
            if status is None:
                for name in ("HUP", "CONT"):
                    self._process.signal(name)
            self._close_streams()
        self._report(status)

    def _join(self, process: Process) -> None:
        if process.terminal is not None:
            outputs: list[tuple[int | None, int | None]] = [(process.terminal, None)]
            source = os.dup(process.terminal)
        else:
            outputs = [(process.stdout, None), (process.stderr, asyncssh.EXTENDED_DATA_STDERR)]
            source = process.stdin if process.stdin is not None else -1
        for fd, kind in outputs:
            if fd is not None:
                self._readers.append(DescriptorReader(fd, self._deliver(kind), self._output_ended))
        self._open_outputs = len(self._readers)
        writer = DescriptorWriter(source, self._throttle)
        for data in self._early:
            writer.write(data)
        self._early.clear()
        self._writer = writer
        if self._early_end:
            self._end_input(writer)

    def _deliver(self, kind: int | None) -> Callable[[bytes], None]:
        def deliver(data: bytes) -> None:
            if self._channel is not None:
                self._channel.write(data, kind)

        return deliver

    def _output_ended(self) -> None:
        self._open_outputs -= 1
        if not self._open_outputs:
            self._outputs_ended.set()

    def _end_input(self, writer: DescriptorWriter) -> None:
        if self._pty is not None:
            writer.write(_END_OF_TRANSMISSION)  # a terminal has no end of file but this
        writer.end()

    def _throttle(self, full: bool) -> None:  # noqa: FBT001 - the signature of DescriptorWriter's callback
        if self._channel is None:
            return
        if full:
            self._channel.pause_reading()
        else:
            self._channel.resume_reading()

    def _environment(self, machine: Machine) -> dict[str, str]:
        environment = dict(machine.environment)
        asked = self._channel.get_environment_bytes() if self._channel is not None else {}
        for name, value in asked.items():
            text, setting = name.decode(errors="replace"), value.decode(errors="replace")
            if _ACCEPTED_VARIABLE.fullmatch(text) and _ACCEPTED_VALUE.fullmatch(setting):
                environment[text] = setting
        return environment

    def _close_streams(self) -> None:
        self._outputs_ended.set()
        for reader in self._readers:
            reader.close()
        if self._writer is not None:
            self._writer.close()

    def _report(self, status: ExitStatus) -> None:
        if self._channel is None:
            return
        if status.code is not None:
            self._channel.exit(status.code)
        else:
            self._channel.exit_with_signal(status.signal or "KILL")

    def _fail(self, message: str) -> None:
        if self._channel is not None:
            self._channel.write_stderr(f"tabard: {message}\r\n".encode())
            self._channel.exit(_NO_STATUS)
