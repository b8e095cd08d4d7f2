"""An instance behind a front door, and the ordinary clients that knock at it."""

from __future__ import annotations

import asyncio
import fcntl
import os
import select
import signal
import struct
import termios
import threading
import time
from pathlib import Path
from subprocess import CompletedProcess, Popen, run
from typing import TYPE_CHECKING, Any, TypeVar

import asyncssh
from tests.conformance.compute import harness

from tabard.compute.run import run as run_inside
from tabard.edge.ssh import HostKeyFolder, SshFrontDoor
from tabard.edge.ssh.host_keys import known_hosts_line

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from tabard.compute.port import Machine
    from tabard.compute.run import Completed

T = TypeVar("T")

ADDRESS = "127.93.7.21"
PROMPT = "[ec2-user@ip-172-31-93-212 ~]$ "


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
        return self.do(run_inside(self.current, ["/bin/bash", "-c", command], timeout=60))

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
        words = [*self.options(key=key), f"{user}@{ADDRESS}", *command]
        return run(["ssh", *words], input=stdin or b"", capture_output=True, timeout=120, check=False)

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
        self.port = await self.door.open(self.instance_id, ADDRESS, 0)
        line = known_hosts_line(await keys(self.instance_id), ADDRESS, self.port)
        (self.folder / "known_hosts").write_text(line)

    async def _stop(self) -> None:
        await self.door.close_all()
        await self.driver.close()


class Keyboard:
    """An ``ssh`` client on a terminal of its own."""

    def __init__(self, door: Door, *command: str, rows: int = 30, columns: int = 100) -> None:
        self._master, slave = os.openpty()
        self._slave = slave
        self._set_size(rows, columns)
        words = ["ssh", "-tt", *door.options(), f"ec2-user@{ADDRESS}", *command]
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
        deadline = time.monotonic() + 60
        while wanted not in self.text:
            ready, _, _ = select.select([self._master], [], [], max(0.0, deadline - time.monotonic()))
            assert ready, f"{wanted!r} did not appear in {self.text!r}"
            self.text += os.read(self._master, 65536).decode(errors="replace")
        seen, _, self.text = self.text.partition(wanted)
        return seen + wanted

    def close(self) -> int:
        code = self.client.wait(60)
        os.close(self._master)
        os.close(self._slave)
        return code


def open_descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it did not become true"
        time.sleep(0.02)
