"""What every driver owes the processes inside its machines."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

import pytest
from tests.conformance.compute.harness import output, shell, spec, tell

from tabard.compute.port import ExitStatus, Pty, SpawnError
from tabard.compute.run import run
from tabard.compute.streams import DescriptorReader, DescriptorWriter

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conformance.compute.harness import DriverFactory

    from tabard.compute.port import Machine, Process


class Terminal:
    """The human's side of a terminal: what has appeared, and a keyboard."""

    def __init__(self, process: Process) -> None:
        assert process.terminal is not None
        self.text = ""
        self._changed = asyncio.Event()
        self._writer = DescriptorWriter(os.dup(process.terminal), lambda _full: None)
        self._reader = DescriptorReader(process.terminal, self._add, self._changed.set)

    def type(self, keys: str) -> None:
        self._writer.write(keys.encode())

    async def until(self, wanted: str) -> str:
        """Wait until the text appears, and take everything up to it."""
        while wanted not in self.text:
            self._changed.clear()
            async with asyncio.timeout(60):
                await self._changed.wait()
        seen, _, self.text = self.text.partition(wanted)
        return seen + wanted

    def close(self) -> None:
        self._reader.close()
        self._writer.close()

    def _add(self, data: bytes) -> None:
        self.text += data.decode(errors="replace")
        self._changed.set()


def test_output_error_input_and_exit_code(make_driver: DriverFactory, tmp_path: Path) -> None:
    async def story(machine: Machine) -> None:
        completed = await shell(machine, "cat; echo oops >&2; exit 42", stdin=b"hello\n")
        assert (completed.stdout, completed.stderr, completed.status) == (
            b"hello\n",
            b"oops\n",
            ExitStatus(42),
        )

    tell(make_driver, spec(tmp_path), story)


def test_output_and_error_can_share_a_pipe_in_order(make_driver: DriverFactory, tmp_path: Path) -> None:
    async def story(machine: Machine) -> None:
        process = await machine.spawn(["/bin/bash", "-c", "echo 1; echo 2 >&2; echo 3"], merge_stderr=True)
        assert process.stderr is None
        assert process.stdin is not None
        assert process.stdout is not None
        await process.wait()
        assert os.read(process.stdout, 100) == b"1\n2\n3\n"
        os.close(process.stdin)
        os.close(process.stdout)

    tell(make_driver, spec(tmp_path), story)


def test_a_signal_ends_the_whole_group_and_is_named(make_driver: DriverFactory, tmp_path: Path) -> None:
    async def story(machine: Machine) -> None:
        process = await machine.spawn(["/bin/bash", "-c", "sleep 100 & sleep 101; true"])
        process.signal("NONSENSE")
        process.signal("TERM")
        assert await process.wait() == ExitStatus(None, "TERM")
        assert (await shell(machine, "pgrep sleep")).stdout == b""
        process.signal("KILL")
        for fd in (process.stdin, process.stdout, process.stderr):
            assert fd is not None
            os.close(fd)

    tell(make_driver, spec(tmp_path), story)


def test_a_program_that_cannot_be_executed_says_so(make_driver: DriverFactory, tmp_path: Path) -> None:
    async def story(machine: Machine) -> None:
        missing = await run(machine, ["/no/such/program"])
        assert missing.status == ExitStatus(127)
        assert b"/no/such/program: No such file or directory" in missing.stderr
        no_program = await run(machine, ["/etc/hosts"])
        assert no_program.status == ExitStatus(126)
        assert b"Permission denied" in no_program.stderr

    tell(make_driver, spec(tmp_path), story)


def test_a_command_that_is_too_long_is_refused_and_harms_nobody(
    make_driver: DriverFactory, tmp_path: Path
) -> None:
    async def story(machine: Machine) -> None:
        with pytest.raises(SpawnError, match="too long"):
            await machine.spawn(["/bin/echo", "x" * 300_000])
        assert await output(machine, "echo fine") == "fine\n"

    tell(make_driver, spec(tmp_path), story)


def test_arguments_are_bytes_to_the_program(make_driver: DriverFactory, tmp_path: Path) -> None:
    async def story(machine: Machine) -> None:
        odd = b'\xff\xfe"\n\\'.decode(errors="surrogateescape")
        completed = await run(machine, ["/usr/bin/printf", "%s", odd])
        assert completed.stdout == b'\xff\xfe"\n\\'

    tell(make_driver, spec(tmp_path), story)


def test_a_login_shell_shows_the_prompt_and_obeys_the_keyboard(
    make_driver: DriverFactory, tmp_path: Path
) -> None:
    prompt = "[ec2-user@ip-172-31-93-212 ~]$ "

    async def story(machine: Machine) -> None:
        process = await machine.spawn(
            ["/bin/bash"], argv0="-bash", pty=Pty(rows=33, columns=101, term="xterm")
        )
        terminal = Terminal(process)
        assert await terminal.until(prompt) == prompt
        terminal.type("stty size; echo $TERM; shopt -q login_shell && echo login\r")
        assert (await terminal.until(prompt)).split()[-6:-2] == ["33", "101", "xterm", "login"]
        process.resize(44, 120)
        terminal.type("stty size\r")
        await terminal.until("44 120")
        terminal.type("sleep 100\r")
        await terminal.until("sleep 100")
        await asyncio.sleep(0.2)
        terminal.type("\x03")
        await terminal.until(prompt)
        terminal.type("echo code=$?\r")
        assert "code=130" in await terminal.until("code=130")
        await terminal.until(prompt)
        terminal.type("exit 3\r")
        assert await process.wait() == ExitStatus(3)
        terminal.close()

    tell(make_driver, spec(tmp_path), story)


def test_a_closed_terminal_hangs_up_on_what_runs_in_it(make_driver: DriverFactory, tmp_path: Path) -> None:
    async def story(machine: Machine) -> None:
        process = await machine.spawn(["/bin/sleep", "100"], pty=Pty())
        assert process.terminal is not None
        os.close(process.terminal)
        assert await process.wait() == ExitStatus(None, "HUP")

    tell(make_driver, spec(tmp_path), story)


def test_terminal_modes_hold_from_the_first_byte(make_driver: DriverFactory, tmp_path: Path) -> None:
    async def story(machine: Machine) -> None:
        pty = Pty(modes={53: 0, 38: 0, 3: 8, 42: 1})
        process = await machine.spawn(["/bin/bash", "-c", "stty -a; sleep 5"], pty=pty)
        terminal = Terminal(process)
        settings = await terminal.until("extproc")
        assert " -echo " in settings
        assert "-ixon" in settings
        assert "erase = ^H" in settings
        process.signal("KILL")
        await process.wait()
        terminal.close()

    tell(make_driver, spec(tmp_path), story)


def test_senseless_wishes_for_a_terminal_harm_nobody(make_driver: DriverFactory, tmp_path: Path) -> None:
    async def story(machine: Machine) -> None:
        modes = dict.fromkeys(range(160), 4294967295)
        process = await machine.spawn(
            ["/bin/true"], pty=Pty(rows=0, columns=65535, term="x" * 5000, modes=modes)
        )
        assert process.terminal is not None
        assert await process.wait() == ExitStatus(0)
        os.close(process.terminal)
        assert await output(machine, "echo fine") == "fine\n"

    tell(make_driver, spec(tmp_path), story)


def test_a_null_byte_in_a_command_is_refused(make_driver: DriverFactory, tmp_path: Path) -> None:
    async def story(machine: Machine) -> None:
        completed = await run(machine, ["/bin/echo", "a\0b"])
        assert completed.status.code == 126
        assert await output(machine, "echo fine") == "fine\n"

    tell(make_driver, spec(tmp_path), story)


def test_a_hundred_commands_at_once(make_driver: DriverFactory, tmp_path: Path) -> None:
    async def story(machine: Machine) -> None:
        answers = await asyncio.gather(*(output(machine, f"echo {number}") for number in range(100)))
        assert answers == [f"{number}\n" for number in range(100)]

    tell(make_driver, spec(tmp_path), story)


def test_a_command_that_takes_too_long_is_ended(make_driver: DriverFactory, tmp_path: Path) -> None:
    async def story(machine: Machine) -> None:
        with pytest.raises(TimeoutError):
            await run(machine, ["/bin/sleep", "100"], timeout=0.2)
        await shell(machine, "while pgrep -x sleep; do read -rt 0.02 <> <(:); done")

    tell(make_driver, spec(tmp_path), story)


def test_nothing_can_be_started_in_a_machine_that_has_ended(
    make_driver: DriverFactory, tmp_path: Path
) -> None:
    async def story(machine: Machine) -> None:
        process = await machine.spawn(["/bin/sleep", "100"])
        await machine.terminate(grace=0)
        await machine.wait()
        assert await process.wait() == ExitStatus(None, "KILL")
        with pytest.raises(SpawnError, match="has ended"):
            await machine.spawn(["/bin/true"])
        await machine.terminate()
        for fd in (process.stdin, process.stdout, process.stderr):
            assert fd is not None
            os.close(fd)

    tell(make_driver, spec(tmp_path), story)


def test_termination_asks_before_it_kills(make_driver: DriverFactory, tmp_path: Path) -> None:
    async def story(machine: Machine) -> None:
        polite = await machine.spawn(
            [
                "/bin/bash",
                "-c",
                "trap 'echo bye > ~/bye; exit' TERM; touch ~/one; while :; do sleep 0.05; done",
            ]
        )
        stubborn = await machine.spawn(
            ["/bin/bash", "-c", "trap '' TERM HUP; touch ~/two; while :; do sleep 1; done"]
        )
        await shell(machine, "until [ -e ~/one ] && [ -e ~/two ]; do sleep 0.02; done")
        await machine.terminate(grace=1.5)
        assert (tmp_path / machine.instance_id / "home" / "bye").read_text() == "bye\n"
        for process in (polite, stubborn):
            for fd in (process.stdin, process.stdout, process.stderr):
                assert fd is not None
                os.close(fd)

    tell(make_driver, spec(tmp_path), story)
