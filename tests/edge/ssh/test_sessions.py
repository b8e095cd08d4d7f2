"""Commands, terminals and signals, through the unmodified ``ssh`` client."""

from __future__ import annotations

import asyncio
import os
import re
import time
from subprocess import PIPE, Popen, run
from typing import TYPE_CHECKING

import asyncssh
import pytest
from tests.edge.ssh.door import ADDRESS, PROMPT, Keyboard, eventually, open_descriptors

if TYPE_CHECKING:
    from tests.edge.ssh.door import Door


@pytest.mark.parametrize("key", ["ssh-ed25519", "ssh-rsa"])
def test_a_command_with_either_kind_of_key(door: Door, key: str) -> None:
    done = door.ssh("echo out; echo err >&2; exit 7", key=key)
    assert (done.stdout, done.stderr, done.returncode) == (b"out\n", b"err\n", 7)


def test_the_command_is_the_shells_to_read(door: Door) -> None:
    done = door.ssh("a=1;", "echo", "$a", "'two  words'", "|", "tr", "a-z", "A-Z")
    assert done.stdout == b"1 TWO  WORDS\n"


def test_the_environment_is_the_instances(door: Door) -> None:
    names = {line.split("=")[0] for line in door.ssh("/usr/bin/env").stdout.decode().splitlines()}
    assert names - {"PWD", "SHLVL", "_"} == {"HOME", "USER", "LOGNAME", "SHELL", "LANG", "PATH", "AWS_REGION"}


def test_only_locale_variables_are_taken_from_the_client(door: Door) -> None:
    words = [
        "ssh",
        "-o",
        "SetEnv=LC_ALL=C LD_PRELOAD=/tmp/x AWS_PROFILE=evil LC_TIME=../../x",
        *door.options(),
    ]
    done = run([*words, f"ec2-user@{ADDRESS}", "/usr/bin/env"], capture_output=True, timeout=120, check=False)
    assert b"LC_ALL=C\n" in done.stdout
    assert not {b"LD_PRELOAD", b"AWS_PROFILE", b"LC_TIME"} & {
        line.split(b"=")[0] for line in done.stdout.splitlines()
    }


def test_input_reaches_the_command_and_ends(door: Door) -> None:
    data = os.urandom(3_000_000)
    assert door.ssh("cat", stdin=data).stdout == data


def test_a_reader_that_stops_early_is_no_error(door: Door) -> None:
    assert door.ssh("head -c 3", stdin=b"x" * 2_000_000).stdout == b"xxx"


def test_a_slow_client_holds_the_command_back(door: Door) -> None:
    """The command writes far more than pipes and windows hold: it must wait, not fill the server's memory."""
    command = "head -c 100000000 /dev/zero; echo done > ~/finished"
    with Popen(["ssh", *door.options(), f"ec2-user@{ADDRESS}", command], stdout=PIPE) as client:
        assert client.stdout is not None
        assert client.stdout.read(10) == bytes(10)
        time.sleep(0.5)
        assert door.inside("cat ~/finished").stdout == b""
        assert len(client.stdout.read()) == 99_999_990
    assert door.inside("cat ~/finished; rm ~/finished").stdout == b"done\n"


def test_the_prompt_the_window_and_ctrl_c(door: Door) -> None:
    keyboard = Keyboard(door)
    assert keyboard.until(PROMPT).endswith(PROMPT)
    keyboard.type("stty size; echo $TERM; tty; shopt login_shell; ls -A\r")
    seen = keyboard.until(PROMPT)
    assert "30 100" in seen
    assert "vt220" in seen
    assert re.search(r"/dev/pts/\d", seen)
    assert re.search(r"login_shell\s+on", seen)
    keyboard.resize(50, 140)
    keyboard.type("until [ \"$(stty size)\" = '50 140' ]; do sleep 0.02; done; echo follow$((1))ed\r")
    keyboard.until("follow1ed")
    keyboard.type("sleep 300\r")
    keyboard.until("sleep 300")
    time.sleep(0.3)
    keyboard.type("\x03")
    keyboard.until(PROMPT)
    keyboard.type("echo code=$?\r")
    keyboard.until("code=130")
    keyboard.type("exit 9\r")
    assert keyboard.close() == 9


def test_hanging_up_ends_what_ran_in_the_terminal(door: Door) -> None:
    keyboard = Keyboard(door)
    keyboard.until(PROMPT)
    keyboard.type("sleep 1234 & sleep 1235\r")
    keyboard.until("sleep 1235")
    eventually(lambda: door.inside("pgrep -xc sleep").stdout == b"2\n")
    keyboard.client.kill()
    keyboard.close()
    eventually(lambda: door.inside("pgrep -xc sleep").stdout == b"0\n")


def test_hanging_up_ends_a_command_without_terminal(door: Door) -> None:
    with Popen(["ssh", *door.options(), f"ec2-user@{ADDRESS}", "sleep 1236 & sleep 1237"]) as client:
        try:
            eventually(lambda: door.inside("pgrep -xc sleep").stdout == b"2\n")
        finally:
            client.kill()
    eventually(lambda: door.inside("pgrep -xc sleep").stdout == b"0\n")


def test_a_command_killed_by_a_signal(door: Door) -> None:
    assert door.ssh("kill -KILL $$").returncode == 255
    assert door.ssh("bash -c 'kill -TERM $$'; exit $?").returncode == 143


def test_signals_and_exit_signals_are_named_on_the_wire(door: Door) -> None:
    async def talk() -> tuple[object, ...] | None:
        async with asyncssh.connect(
            ADDRESS,
            door.port,
            username="ec2-user",
            client_keys=[door.keys["ssh-ed25519"]],
            known_hosts=None,
            config=None,
        ) as connection:
            process = await connection.create_process("exec sleep 100")
            await asyncio.sleep(0.3)
            process.send_signal("USR1")
            await process.wait_closed()
            return process.exit_signal

    received = asyncio.run(talk())
    assert received is not None
    assert received[0] == "USR1"


def test_many_sessions_over_one_connection(door: Door) -> None:
    async def talk() -> list[str]:
        async with asyncssh.connect(
            ADDRESS,
            door.port,
            username="ec2-user",
            client_keys=[door.keys["ssh-ed25519"]],
            known_hosts=None,
            config=None,
        ) as connection:
            done = await asyncio.gather(*(connection.run(f"echo {number}") for number in range(30)))
            return [str(each.stdout) for each in done]

    assert asyncio.run(talk()) == [f"{number}\n" for number in range(30)]


def test_sessions_leave_no_descriptor_and_no_process(door: Door) -> None:
    door.ssh("true")
    before = open_descriptors()
    for _ in range(5):
        door.ssh("true")
        door.ssh("cat", stdin=b"x" * 100_000)
    run(
        ["sftp", "-b", "/dev/null", *door.options(port_flag="-P"), f"ec2-user@{ADDRESS}"],
        check=True,
        capture_output=True,
    )
    eventually(lambda: open_descriptors() <= before)
    assert int(door.inside("ls -d /proc/[0-9]* | wc -l").stdout) <= 4
