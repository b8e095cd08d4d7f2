"""The port behind which instances run: what a driver must offer, whatever it is made of (a sandbox, Podman, a
machine).

A machine's identity is the pair of listening sockets that the driver opens *inside* the machine's network and
hands to the server: nothing else can connect to them, so no address has to be trusted.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping, Sequence
    from pathlib import Path


class ComputeError(Exception):
    """The driver could not do what was asked; the text says which step failed and why."""


class LaunchError(ComputeError):
    """A machine could not be started; nothing of it is left."""


class SpawnError(ComputeError):
    """A process could not be started, most often because the machine has ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineSpec:
    """Everything that a driver needs to know to start one instance.

    ``home`` is the directory on the host that holds the instance's lasting files; the driver makes it, with
    ec2-user's skeleton and ``authorized_keys``, at the first boot. ``cpu`` counts virtual CPUs,
    ``memory_bytes`` bytes. ``files`` are further files at absolute paths inside, read-only; ``binds`` are
    host paths shown inside read-only under the same name; ``tools`` is the prefix of a virtual environment
    (or installation) whose ``aws`` is the instance's AWS CLI.
    """

    instance_id: str
    hostname: str
    private_ip: str
    home: Path
    api_address: tuple[str, int]
    public_ip: str | None = None
    metadata_address: tuple[str, int] = ("169.254.169.254", 80)
    cpu: float = 1.0
    memory_bytes: int = 1 << 30
    max_processes: int = 1024
    environment: Mapping[str, str] = field(default_factory=dict)
    authorized_keys: Sequence[str] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    binds: Sequence[Path] = ()
    tools: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pty:
    """A terminal to make for a process: its size in characters, ``TERM``, and modes by their RFC 4254
    (section 8) opcode."""

    rows: int = 24
    columns: int = 80
    term: str = "xterm"
    modes: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ExitStatus:
    """How a process ended: ``code`` from 0 to 255, or killed by ``signal`` (``KILL``, ``TERM`` …, without
    ``SIG``)."""

    code: int | None
    signal: str | None = None

    @property
    def shell_code(self) -> int:
        """The number a shell would show in ``$?``: 128 and the signal's number where a signal ended it."""
        import signal as numbers

        if self.code is not None:
            return self.code
        return 128 + getattr(numbers, f"SIG{self.signal}", 0)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that keeps a driver from working, and what the operator can do about it."""

    what: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What a driver can do on this host. ``limits`` says by which mechanism each limit is enforced, None
    where it is not."""

    problems: tuple[Problem, ...] = ()
    limits: Mapping[str, str | None] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """True where instances can be launched."""
        return not self.problems


class Process(Protocol):
    """A process inside a machine, the leader of a session and process group of its own.

    The descriptors are non-blocking and belong to the caller from the start, who closes them. With a terminal
    ``terminal`` is its master and the other three are None.
    """

    @property
    def pid(self) -> int:
        """The process id inside the machine."""
        ...

    @property
    def stdin(self) -> int | None:
        """The writing end of its standard input."""
        ...

    @property
    def stdout(self) -> int | None:
        """The reading end of its standard output."""
        ...

    @property
    def stderr(self) -> int | None:
        """The reading end of its standard error."""
        ...

    @property
    def terminal(self) -> int | None:
        """The master of its terminal."""
        ...

    def resize(self, rows: int, columns: int) -> None:
        """Tell the terminal its new size; the foreground process group gets SIGWINCH."""
        ...

    def signal(self, name: str) -> None:
        """Send a signal (``INT``, ``TERM``, ``HUP`` …) to the process group. Nothing happens after its
        end."""
        ...

    async def wait(self) -> ExitStatus:
        """Wait for the process to end."""
        ...


class Machine(Protocol):
    """A running instance."""

    @property
    def instance_id(self) -> str:
        """The id that the specification gave it."""
        ...

    @property
    def first_boot(self) -> bool:
        """True where this launch made the instance's home: the boot at which user data runs."""
        ...

    @property
    def environment(self) -> Mapping[str, str]:
        """What every process inside starts with, whether by ssh, user data or cron."""
        ...

    @property
    def metadata_socket(self) -> socket.socket:
        """Listening at the metadata address inside the machine, to accept on: the caller's, who closes it."""
        ...

    @property
    def api_socket(self) -> socket.socket:
        """Listening at the API's address inside the machine, to accept on: the caller's, who closes it."""
        ...

    async def spawn(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        cwd: str | None = None,
        pty: Pty | None = None,
        argv0: str | None = None,
        merge_stderr: bool = False,
    ) -> Process:
        """Start a program as ec2-user, by default with the machine's environment in the home directory.

        ``argv[0]`` is an absolute path; ``argv0`` replaces the name that the program sees (``-bash``). A
        program that cannot be executed ends with 127 (126 where it is no program) and says why on its
        standard error, as under a shell.
        """
        ...

    async def sftp(self) -> Process:
        """Start an SFTP server (protocol 3) inside the machine on its standard input and output."""
        ...

    async def terminate(self, grace: float = 2.0) -> None:
        """Ask all processes to end, wait ``grace`` seconds at most, then end them. Idempotent; afterwards
        nothing is left."""
        ...

    async def wait(self) -> None:
        """Return when the machine has ended, for whatever reason, and nothing runs inside any more."""
        ...


class Driver(Protocol):
    """Starts machines."""

    async def probe(self) -> Probe:
        """Find out whether machines can be launched here, by launching one, and which limits are enforced."""
        ...

    async def launch(self, spec: MachineSpec) -> Machine:
        """Start a machine; its sockets listen and it spawns at return. Raises ``LaunchError``."""
        ...

    async def delete_home(self, home: Path) -> None:
        """Delete the home of an instance that does not run and never will again."""
        ...

    async def close(self) -> None:
        """End every machine at once and give back what the driver holds."""
        ...
