"""The SSH front door, through the unmodified ``ssh``, ``scp`` and ``sftp`` clients."""

from __future__ import annotations

import asyncio
import fcntl
import os
import re
import select
import shutil
import signal
import struct
import termios
import threading
import time
from pathlib import Path
from subprocess import PIPE, CompletedProcess, Popen, run
from typing import TYPE_CHECKING, Any, TypeVar

import asyncssh
import pytest
from tests.conformance.compute import harness

from tabard.compute.run import run as run_inside
from tabard.edge.ssh import HostKeyFolder, SshFrontDoor
from tabard.edge.ssh.host_keys import known_hosts_line

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator, Sequence

    from tabard.compute.port import Machine
    from tabard.compute.run import Completed

T = TypeVar("T")

_ADDRESS = "127.93.7.21"
_PROMPT = "[ec2-user@ip-172-31-93-212 ~]$ "


@pytest.fixture(autouse=True, scope="module")
def _clients() -> None:
    missing = [name for name in ("ssh", "scp", "sftp") if shutil.which(name) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} absent: install the package openssh-client")
    harness.factory("sandbox")


class Door:
    """One instance behind a front door, both in a loop of their own in a thread, and the clients' commands."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.keys = {kind: asyncssh.generate_private_key(kind) for kind in ("ssh-ed25519", "ssh-rsa")}
        for kind, key in self.keys.items():
            key.write_private_key(str(folder / kind))
            (folder / kind).chmod(0o600)
        self.pair = [key.export_public_key().decode().strip() for key in self.keys.values()]
        self.current: Machine | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self.do(self._start())

    def authorized_keys(self, instance_id: str) -> Sequence[str]:
        assert instance_id == self.instance_id
        return self.pair

    def machine(self, instance_id: str) -> Machine | None:
        assert instance_id == self.instance_id
        return self.current

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    def inside(self, command: str) -> Completed:
        assert self.current is not None
        return self.do(run_inside(self.current, ["/bin/bash", "-c", command], timeout=20))

    def options(self, *, key: str = "ssh-ed25519", port_flag: str = "-p") -> list[str]:
        chosen = {
            "IdentityFile": self.folder / key,
            "IdentitiesOnly": "yes",
            "UserKnownHostsFile": self.folder / "known_hosts",
            "StrictHostKeyChecking": "yes",
            "BatchMode": "yes",
            "LogLevel": "ERROR",
        }
        flags = [word for name, value in chosen.items() for word in ("-o", f"{name}={value}")]
        return ["-F", "/dev/null", *flags, port_flag, str(self.port)]

    def ssh(
        self, *command: str, key: str = "ssh-ed25519", user: str = "ec2-user", stdin: bytes | None = None
    ) -> CompletedProcess[bytes]:
        words = [*self.options(key=key), f"{user}@{_ADDRESS}", *command]
        return run(["ssh", *words], input=stdin or b"", capture_output=True, timeout=30, check=False)

    def close(self) -> None:
        self.do(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _start(self) -> None:
        self.instance_id = "i-0123456789abcdef0"
        self.driver = harness.DRIVERS["sandbox"]()
        wanted = harness.spec(self.folder, self.instance_id, authorized_keys=self.pair)
        self.current = await self.driver.launch(wanted)
        self.current.metadata_socket.close()
        self.current.api_socket.close()
        keys = HostKeyFolder(self.folder / "host-keys")
        self.door = SshFrontDoor(keys, self)
        self.port = await self.door.open(self.instance_id, _ADDRESS, 0)
        line = known_hosts_line(await keys(self.instance_id), _ADDRESS, self.port)
        (self.folder / "known_hosts").write_text(line)

    async def _stop(self) -> None:
        await self.door.close_all()
        await self.driver.close()


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """An instance that the module's tests share."""
    opened = Door(tmp_path_factory.mktemp("door"))
    yield opened
    opened.close()


class Keyboard:
    """An ``ssh`` client on a terminal of its own."""

    def __init__(self, door: Door, *command: str, rows: int = 30, columns: int = 100) -> None:
        self._master, slave = os.openpty()
        self._slave = slave
        self._set_size(rows, columns)
        words = ["ssh", "-tt", *door.options(), f"ec2-user@{_ADDRESS}", *command]
        self.client = Popen(
            words,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            env={**os.environ, "TERM": "vt220"},
        )
        self.text = ""

    def resize(self, rows: int, columns: int) -> None:
        self._set_size(rows, columns)
        self.client.send_signal(signal.SIGWINCH)

    def _set_size(self, rows: int, columns: int) -> None:
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def until(self, wanted: str) -> str:
        deadline = time.monotonic() + 10
        while wanted not in self.text:
            ready, _, _ = select.select([self._master], [], [], max(0.0, deadline - time.monotonic()))
            assert ready, f"{wanted!r} did not appear in {self.text!r}"
            self.text += os.read(self._master, 65536).decode(errors="replace")
        seen, _, self.text = self.text.partition(wanted)
        return seen + wanted

    def close(self) -> int:
        code = self.client.wait(10)
        os.close(self._master)
        os.close(self._slave)
        return code


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
    done = run([*words, f"ec2-user@{_ADDRESS}", "/usr/bin/env"], capture_output=True, timeout=20, check=False)
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
    with Popen(["ssh", *door.options(), f"ec2-user@{_ADDRESS}", command], stdout=PIPE) as client:
        assert client.stdout is not None
        assert client.stdout.read(10) == bytes(10)
        time.sleep(0.5)
        assert door.inside("cat ~/finished").stdout == b""
        assert len(client.stdout.read()) == 99_999_990
    assert door.inside("cat ~/finished; rm ~/finished").stdout == b"done\n"


def test_the_prompt_the_window_and_ctrl_c(door: Door) -> None:
    keyboard = Keyboard(door)
    assert keyboard.until(_PROMPT).endswith(_PROMPT)
    keyboard.type("stty size; echo $TERM; tty; shopt login_shell; ls -A\r")
    seen = keyboard.until(_PROMPT)
    assert "30 100" in seen
    assert "vt220" in seen
    assert re.search(r"/dev/pts/\d", seen)
    assert re.search(r"login_shell\s+on", seen)
    keyboard.resize(50, 140)
    time.sleep(0.2)
    keyboard.type("stty size\r")
    keyboard.until("50 140")
    keyboard.type("sleep 300\r")
    keyboard.until("sleep 300")
    time.sleep(0.3)
    keyboard.type("\x03")
    keyboard.until(_PROMPT)
    keyboard.type("echo code=$?\r")
    keyboard.until("code=130")
    keyboard.type("exit 9\r")
    assert keyboard.close() == 9


def test_hanging_up_ends_what_ran_in_the_terminal(door: Door) -> None:
    keyboard = Keyboard(door)
    keyboard.until(_PROMPT)
    keyboard.type("sleep 1234 & sleep 1235\r")
    keyboard.until("sleep 1235")
    _eventually(lambda: door.inside("pgrep -xc sleep").stdout == b"2\n")
    keyboard.client.kill()
    keyboard.close()
    _eventually(lambda: door.inside("pgrep -xc sleep").stdout == b"0\n")


def test_hanging_up_ends_a_command_without_terminal(door: Door) -> None:
    with Popen(["ssh", *door.options(), f"ec2-user@{_ADDRESS}", "sleep 1236 & sleep 1237"]) as client:
        try:
            _eventually(lambda: door.inside("pgrep -xc sleep").stdout == b"2\n")
        finally:
            client.kill()
    _eventually(lambda: door.inside("pgrep -xc sleep").stdout == b"0\n")


def test_a_command_killed_by_a_signal(door: Door) -> None:
    assert door.ssh("kill -KILL $$").returncode == 255
    assert door.ssh("bash -c 'kill -TERM $$'; exit $?").returncode == 143


def test_signals_and_exit_signals_are_named_on_the_wire(door: Door) -> None:
    async def talk() -> tuple[object, ...] | None:
        async with asyncssh.connect(
            _ADDRESS,
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


@pytest.mark.parametrize("protocol", [[], ["-O"]], ids=["sftp", "scp"])
def test_thirty_megabytes_there_and_back(door: Door, protocol: list[str], tmp_path: Path) -> None:
    data = os.urandom(30_000_000)
    (tmp_path / "data").write_bytes(data)
    options = door.options(port_flag="-P")
    there = ["scp", "-q", *protocol, *options, str(tmp_path / "data"), f"ec2-user@{_ADDRESS}:copied"]
    back = ["scp", "-q", *protocol, *options, f"ec2-user@{_ADDRESS}:copied", str(tmp_path / "back")]
    run(there, check=True, timeout=60)
    run(back, check=True, timeout=60)
    assert (tmp_path / "back").read_bytes() == data
    door.inside("rm copied")


def test_a_tree_of_files_by_scp(door: Door, tmp_path: Path) -> None:
    (tmp_path / "tree" / "a" / "b").mkdir(parents=True)
    (tmp_path / "tree" / "a" / "b" / "übung mit leerzeichen").write_text("1")
    (tmp_path / "tree" / "a" / "run").write_text("#!/bin/sh\necho ran\n")
    (tmp_path / "tree" / "a" / "run").chmod(0o755)
    options = door.options(port_flag="-P")
    run(["scp", "-qrp", *options, str(tmp_path / "tree"), f"ec2-user@{_ADDRESS}:"], check=True, timeout=30)
    assert door.ssh("tree/a/run; cat tree/a/b/*; rm -r tree").stdout == b"ran\n1"


def test_sftp_in_a_batch(door: Door, tmp_path: Path) -> None:
    (tmp_path / "local").write_text("content\n")
    batch = f"""
mkdir folder
put {tmp_path}/local folder/one
rename folder/one folder/two
symlink two folder/three
chmod 600 folder/two
ls -l folder
get folder/three {tmp_path}/fetched
-rm folder/none
df folder
rm folder/three
rm folder/two
rmdir folder
pwd
"""
    words = ["sftp", "-b", "-", *door.options(port_flag="-P"), f"ec2-user@{_ADDRESS}"]
    done = run(words, input=batch, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "fetched").read_text() == "content\n"
    assert "-rw-------" in done.stdout
    assert "Remote working directory: /home/ec2-user" in done.stdout
    assert "No such file or directory" in done.stderr


def test_a_guests_links_lead_only_to_the_guests_own_files(door: Door, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("the host's secret")
    door.inside(f"ln -s {tmp_path}/secret leak; ln -s /etc/shadow shadow")
    for name in ("leak", "shadow"):
        words = [
            "scp",
            "-q",
            *door.options(port_flag="-P"),
            f"ec2-user@{_ADDRESS}:{name}",
            str(tmp_path / "got"),
        ]
        assert run(words, capture_output=True, timeout=30, check=False).returncode != 0
    assert not (tmp_path / "got").exists()
    door.inside("rm leak shadow")


@pytest.mark.parametrize("user", ["root", "ubuntu", "nobody"])
def test_other_users_are_denied(door: Door, user: str) -> None:
    done = door.ssh("true", user=user)
    assert done.returncode == 255
    assert b"Permission denied (publickey)." in done.stderr


def test_a_key_that_the_guest_adds_opens_the_door_until_it_is_removed(door: Door) -> None:
    key = asyncssh.generate_private_key("ssh-ed25519")
    key.write_private_key(str(door.folder / "added"))
    (door.folder / "added").chmod(0o600)
    assert door.ssh("true", key="added").returncode == 255
    line = key.export_public_key().decode().strip()
    door.inside(
        f"cp .ssh/authorized_keys keep; echo 'not a key' >> .ssh/authorized_keys; echo '{line}' >> .ssh/authorized_keys"
    )
    assert door.ssh("echo in", key="added").stdout == b"in\n"
    door.inside("mv keep .ssh/authorized_keys")
    assert door.ssh("true", key="added").returncode == 255


def test_a_forced_command_is_obeyed(door: Door) -> None:
    key = asyncssh.generate_private_key("ssh-ed25519")
    key.write_private_key(str(door.folder / "forced"))
    (door.folder / "forced").chmod(0o600)
    line = key.export_public_key().decode().strip()
    door.inside(
        f"cp .ssh/authorized_keys keep; echo 'command=\"echo forced\" {line}' >> .ssh/authorized_keys"
    )
    assert door.ssh("echo free", key="forced").stdout == b"forced\n"
    door.inside("mv keep .ssh/authorized_keys")


@pytest.mark.parametrize(
    "trap", ["mkfifo .ssh/authorized_keys", "ln -s /dev/zero .ssh/authorized_keys", "true"]
)
def test_a_guest_cannot_lock_its_owner_out_or_stall_the_server(door: Door, trap: str) -> None:
    door.inside(f"mv .ssh/authorized_keys keep; {trap}")
    begun = time.monotonic()
    assert door.ssh("echo in").stdout == b"in\n"
    assert time.monotonic() - begun < 5
    door.inside("rm -f .ssh/authorized_keys; mv keep .ssh/authorized_keys")


def test_passwords_are_not_asked_for_and_tries_are_counted(door: Door) -> None:
    words = [
        "ssh",
        *door.options(key="missing"),
        "-o",
        "PreferredAuthentications=password,keyboard-interactive",
    ]
    done = run([*words, f"ec2-user@{_ADDRESS}", "true"], capture_output=True, timeout=20, check=False)
    assert b"Permission denied (publickey)." in done.stderr
    for number in range(8):
        path = door.folder / f"wrong{number}"
        asyncssh.generate_private_key("ssh-ed25519").write_private_key(str(path))
        path.chmod(0o600)
    wrong = [word for number in range(8) for word in ("-i", str(door.folder / f"wrong{number}"))]
    words = ["ssh", *wrong, *door.options(key="missing"), f"ec2-user@{_ADDRESS}", "true"]
    done = run(words, capture_output=True, timeout=20, check=False)
    assert b"Too many authentication failures" in done.stderr


@pytest.mark.parametrize(
    "forward", [["-L", "0:127.0.0.1:22"], ["-R", "0:127.0.0.1:22"], ["-W", "127.0.0.1:22"]]
)
def test_nothing_is_forwarded(door: Door, forward: list[str]) -> None:
    words = ["ssh", "-o", "ExitOnForwardFailure=yes", *forward, *door.options(), f"ec2-user@{_ADDRESS}"]
    if forward[0] == "-L":
        probe = "exec 3<>/dev/tcp/127.0.0.1/22"
        assert door.ssh(probe).returncode != 0, "nothing of the host's listens inside"
        return
    done = run(
        [*words, *([] if forward[0] == "-W" else ["true"])], capture_output=True, timeout=20, check=False
    )
    assert done.returncode != 0


def test_an_unknown_subsystem_is_refused(door: Door) -> None:
    words = ["ssh", "-s", *door.options(), f"ec2-user@{_ADDRESS}", "netconf"]
    done = run(words, capture_output=True, timeout=20, check=False)
    assert done.returncode != 0
    assert b"subsystem request failed" in done.stderr


def test_many_sessions_over_one_connection(door: Door) -> None:
    async def talk() -> list[str]:
        async with asyncssh.connect(
            _ADDRESS,
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
    before = _open_descriptors()
    for _ in range(5):
        door.ssh("true")
        door.ssh("cat", stdin=b"x" * 100_000)
    run(
        ["sftp", "-b", "/dev/null", *door.options(port_flag="-P"), f"ec2-user@{_ADDRESS}"],
        check=True,
        capture_output=True,
    )
    _eventually(lambda: _open_descriptors() <= before)
    assert int(door.inside("ls -d /proc/[0-9]* | wc -l").stdout) <= 4


def test_an_instance_that_does_not_run_lets_nobody_in(door: Door) -> None:
    machine, door.current = door.current, None
    try:
        assert b"Permission denied (publickey)." in door.ssh("true").stderr
    finally:
        door.current = machine


def test_a_host_key_is_made_once_and_closed_to_others(tmp_path: Path) -> None:
    folder = HostKeyFolder(tmp_path / "keys")
    first = asyncio.run(folder("i-1"))
    assert asyncio.run(HostKeyFolder(tmp_path / "keys")("i-1")) == first
    assert asyncio.run(folder("i-2")) != first
    assert (tmp_path / "keys" / "i-1").stat().st_mode & 0o777 == 0o600
    folder.forget("i-1")
    assert asyncio.run(folder("i-1")) != first


def test_closing_ends_sessions_and_frees_the_address(tmp_path: Path) -> None:
    opened = Door(tmp_path)
    with Popen(
        ["ssh", *opened.options(), f"ec2-user@{_ADDRESS}", "echo up; sleep 99"], stdout=PIPE, stderr=PIPE
    ) as client:
        assert client.stdout is not None
        assert client.stdout.readline() == b"up\n"
        opened.do(opened.door.close(opened.instance_id))
        assert client.wait(5) == 255
    assert opened.do(opened.door.open(opened.instance_id, _ADDRESS, opened.port)) == opened.port
    with pytest.raises(ValueError, match="already has a listener"):
        opened.do(opened.door.open(opened.instance_id, _ADDRESS, 0))
    opened.close()


def _open_descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def _eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline, "it did not become true"
        time.sleep(0.02)
