"""The lab's own server: `tabard up` in a process of its own, on free ports, with a data folder of its own."""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tabard.cli.errors import CommandError
from tabard.cli.lab.processes import undisturbed
from tabard.cli.places import Running, running

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

TABARD = (sys.executable, "-m", "tabard.cli")
# ends the server with the process that started it, even one that is killed: prctl(PR_SET_PDEATHSIG, SIGTERM), then the server
_MORTAL = "import ctypes, os, sys; ctypes.CDLL(None).prctl(1, 15); os.execv(sys.argv[1], sys.argv[1:])"
_LONGEST_START = 60.0
_LONGEST_STOP = 60.0
_GONE_WITHIN = 20.0  # seconds that what a server started may take to go after it


@dataclass
class Server:
    """A server that answers. ``told`` is what it left for other commands to read."""

    process: subprocess.Popen[bytes]
    told: Running
    data: Path
    ssh_port: int
    log: Path

    def stop(self) -> list[str]:
        """End it as an operator would; what is left of it (processes, mounts), a line each."""
        before = _descendants(self.process.pid)
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(_LONGEST_STOP)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return [f"the server itself, {_LONGEST_STOP:g} s after SIGTERM"]
        return _leftovers(before, self.data)


def start(
    data: Path, home: Path, log: Path, command: Sequence[str] = TABARD, *, outlives_us: bool = False
) -> Server:
    """Start a server and wait until it answers. Raises ``CommandError`` with its own words where it does not."""
    words = command if outlives_us else [sys.executable, "-IS", "-c", _MORTAL, *command]
    ssh_port = free_port()
    began = time.monotonic()
    with log.open("ab") as stderr:
        process = subprocess.Popen(  # noqa: S603 - this very program
            [
                *words,
                "up",
                "--data",
                str(data),
                "--listen",
                "127.0.0.1:0",
                "--ssh-port",
                str(ssh_port),
            ],
            env={**undisturbed(home), "NO_COLOR": "1"},
            cwd=data.parent,
            stdin=subprocess.DEVNULL,
            stdout=stderr,
            stderr=stderr,
            start_new_session=True,
        )
    while time.monotonic() - began < _LONGEST_START:
        if process.poll() is not None:
            raise CommandError("The lab's server did not start.", *_last_words(log))
        with contextlib.suppress(CommandError):
            told = running(data)
            if told.pid == process.pid:
                return Server(process, told, data, ssh_port, log)
        time.sleep(0.02)
    process.kill()
    process.wait()
    raise CommandError(f"The lab's server did not answer within {_LONGEST_START:g} s.", *_last_words(log))


def free_port() -> int:
    """A TCP port that nothing listens on at this moment, on any address: every instance listens on it, at its own."""
    with socket.socket() as sock:
        sock.bind(("", 0))
        return int(sock.getsockname()[1])


def _last_words(log: Path) -> list[str]:
    return log.read_text(errors="replace").strip().splitlines()[-8:]


def _processes() -> Iterator[tuple[int, int, str]]:
    """Every process: its id, its parent's, and its start time, which tells it from a later one with the same id."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text(errors="replace").rpartition(")")[2].split()
        except OSError:
            continue  # it has ended meanwhile
        if fields[0] != "Z":
            yield int(path.parent.name), int(fields[1]), fields[19]


def _descendants(pid: int) -> set[tuple[int, str]]:
    children: dict[int, list[tuple[int, str]]] = {}
    for child, parent, began in _processes():
        children.setdefault(parent, []).append((child, began))
    found: set[tuple[int, str]] = set()
    waiting = [pid]
    while waiting:
        for child, began in children.get(waiting.pop(), ()):
            found.add((child, began))
            waiting.append(child)
    return found


def _leftovers(before: set[tuple[int, str]], data: Path) -> list[str]:
    end = time.monotonic() + _GONE_WITHIN
    while True:
        alive = before & {(pid, began) for pid, _, began in _processes()}
        mounts = [row for row in Path("/proc/self/mountinfo").read_text().splitlines() if str(data) in row]
        if not (alive or mounts) or time.monotonic() > end:
            names = [f"process {pid} {_command_line(pid)}" for pid, _ in sorted(alive)]
            return names + [f"mount {row}" for row in mounts]
        time.sleep(0.02)


def _command_line(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    return ""
