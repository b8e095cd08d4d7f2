"""Who gets in at the SSH front door, and what the door itself does."""

from __future__ import annotations

import asyncio
from subprocess import PIPE, Popen, run
from typing import TYPE_CHECKING

import asyncssh
import pytest
from tests.edge.ssh.door import ADDRESS, Door

from tabard.edge.ssh import HostKeyFolder

if TYPE_CHECKING:
    from pathlib import Path


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
    """A stalled login would meet the client's own time limit."""
    door.inside(f"mv .ssh/authorized_keys keep; {trap}")
    assert door.ssh("echo in").stdout == b"in\n"
    door.inside("rm -f .ssh/authorized_keys; mv keep .ssh/authorized_keys")


def test_passwords_are_not_asked_for_and_tries_are_counted(door: Door) -> None:
    words = [
        "ssh",
        *door.options(key="missing"),
        "-o",
        "PreferredAuthentications=password,keyboard-interactive",
    ]
    done = run([*words, f"ec2-user@{ADDRESS}", "true"], capture_output=True, timeout=120, check=False)
    assert b"Permission denied (publickey)." in done.stderr
    for number in range(8):
        path = door.folder / f"wrong{number}"
        asyncssh.generate_private_key("ssh-ed25519").write_private_key(str(path))
        path.chmod(0o600)
    wrong = [word for number in range(8) for word in ("-i", str(door.folder / f"wrong{number}"))]
    words = ["ssh", *wrong, *door.options(key="missing"), f"ec2-user@{ADDRESS}", "true"]
    done = run(words, capture_output=True, timeout=120, check=False)
    assert b"Too many authentication failures" in done.stderr


@pytest.mark.parametrize(
    "forward", [["-L", "0:127.0.0.1:22"], ["-R", "0:127.0.0.1:22"], ["-W", "127.0.0.1:22"]]
)
def test_nothing_is_forwarded(door: Door, forward: list[str]) -> None:
    words = ["ssh", "-o", "ExitOnForwardFailure=yes", *forward, *door.options(), f"ec2-user@{ADDRESS}"]
    if forward[0] == "-L":
        probe = "exec 3<>/dev/tcp/127.0.0.1/22"
        assert door.ssh(probe).returncode != 0, "nothing of the host's listens inside"
        return
    done = run(
        [*words, *([] if forward[0] == "-W" else ["true"])], capture_output=True, timeout=120, check=False
    )
    assert done.returncode != 0


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
        ["ssh", *opened.options(), f"ec2-user@{ADDRESS}", "echo up; sleep 99"], stdout=PIPE, stderr=PIPE
    ) as client:
        assert client.stdout is not None
        assert client.stdout.readline() == b"up\n"
        opened.do(opened.door.close(opened.instance_id))
        assert client.wait(60) == 255
    assert opened.do(opened.door.open(opened.instance_id, ADDRESS, opened.port)) == opened.port
    with pytest.raises(ValueError, match="already has a listener"):
        opened.do(opened.door.open(opened.instance_id, ADDRESS, 0))
    opened.close()
