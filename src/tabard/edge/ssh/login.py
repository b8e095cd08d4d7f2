"""Who may log in: ec2-user, with a key of the instance's key pair or of the guest's own
``authorized_keys``."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import asyncssh

from tabard.compute import guest
from tabard.compute.port import ComputeError
from tabard.compute.run import run
from tabard.edge.ssh.session import GuestSession

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tabard.compute.port import Machine
    from tabard.edge.ssh.front_door import InstanceDirectory

_MAX_TRIES = 6  # as sshd's MaxAuthTries
_GUEST_KEYS_BYTES = 64 * 1024
_READ_GUEST_KEYS = ["/usr/bin/head", "-c", str(_GUEST_KEYS_BYTES), f"{guest.HOME}/.ssh/authorized_keys"]
_READ_TIMEOUT = 2.0  # seconds; the guest may have put a pipe in the place of the file


class Login(asyncssh.SSHServer):
    """One connection to one instance. Nothing can be forwarded: an instance has no network beyond itself."""

    def __init__(self, instance_id: str, directory: InstanceDirectory, connections: Connections) -> None:
        self._instance_id = instance_id
        self._directory = directory
        self._connections = connections
        self._connection: asyncssh.SSHServerConnection | None = None
        self._misses = 0

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        """Turn the connection away where too many others have not logged in yet."""
        self._connection = conn
        if not self._connections.enter(conn):
            conn.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        del exc
        if self._connection is not None:
            self._connections.leave(self._connection)

    async def begin_auth(self, username: str) -> bool:
        """Gather the keys that open this door; none for any user but ec2-user. Always asks for a key."""
        keys: list[str] = []
        machine = self._machine()
        if username == guest.USER and machine is not None:
            keys = [*self._directory.authorized_keys(self._instance_id), *await _guest_keys(machine)]
        if self._connection is not None:
            self._connection.set_authorized_keys(_parsed(keys))
        return True

    def public_key_auth_supported(self) -> bool:
        """Keys are the only way in."""
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        """Called for a key that is not authorized: refuse it, and the connection after too many of them."""
        del username, key
        self._misses += 1
        if self._misses >= _MAX_TRIES and self._connection is not None:
            self._connection.disconnect(
                asyncssh.DISC_NO_MORE_AUTH_METHODS_AVAILABLE, "Too many authentication failures"
            )
        return False

    def auth_completed(self) -> None:
        """The connection has logged in."""
        if self._connection is not None:
            self._connections.logged_in(self._connection)

    def session_requested(self) -> GuestSession | bool:
        """Offer a session for as long as the instance runs."""
        return GuestSession(self._machine)

    def _machine(self) -> Machine | None:
        return self._directory.machine(self._instance_id)


class Connections:
    """An instance's connections. Those that have not logged in yet are bounded, as by sshd's MaxStartups."""

    def __init__(self, limit: int = 100) -> None:
        self._limit = limit
        self._all: set[asyncssh.SSHServerConnection] = set()
        self._not_logged_in: set[asyncssh.SSHServerConnection] = set()

    def enter(self, connection: asyncssh.SSHServerConnection) -> bool:
        """Add a connection. False where it must be turned away."""
        self._all.add(connection)
        if len(self._not_logged_in) >= self._limit:
            return False
        self._not_logged_in.add(connection)
        return True

    def logged_in(self, connection: asyncssh.SSHServerConnection) -> None:
        """A connection counts against the limit no longer."""
        self._not_logged_in.discard(connection)

    def leave(self, connection: asyncssh.SSHServerConnection) -> None:
        """A connection is closed."""
        self._all.discard(connection)
        self._not_logged_in.discard(connection)

    async def abort(self) -> None:
        """End all connections."""
        connections = list(self._all)
        for connection in connections:
            connection.abort()
        await asyncio.gather(
            *(connection.wait_closed() for connection in connections), return_exceptions=True
        )


async def _guest_keys(machine: Machine) -> list[str]:
    """The keys that ec2-user added, read inside the instance: there a link leads to the guest's own files
    only."""
    try:
        completed = await run(machine, _READ_GUEST_KEYS, limit=_GUEST_KEYS_BYTES, timeout=_READ_TIMEOUT)
    except (ComputeError, TimeoutError):
        return []
    return completed.stdout.decode(errors="replace").splitlines()


def _parsed(lines: Iterable[str]) -> asyncssh.SSHAuthorizedKeys:
    """Every line that can be read; sshd, too, skips the others."""
    return asyncssh.import_authorized_keys("\n".join(line for line in dict.fromkeys(lines) if _is_key(line)))


def _is_key(line: str) -> bool:
    if not line.strip() or line.lstrip().startswith("#"):
        return False
    parse: Callable[[str], object] = asyncssh.import_authorized_keys
    try:
        parse(line)
    except ValueError:  # KeyImportError among them
        return False
    return True
