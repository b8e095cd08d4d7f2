"""One SSH listener per instance, at the instance's public address. The listening address says which instance
is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import asyncssh

from tabard.edge.ssh.login import Connections, Login

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tabard.compute.port import Machine
    from tabard.edge.ssh.host_keys import HostKeys

_LOGIN_GRACE = 60  # seconds to authenticate in
_KEEPALIVE = 60  # seconds between questions whether the client is still there
_KEEPALIVE_MISSES = 3


class InstanceDirectory(Protocol):
    """What the front door asks about instances."""

    def authorized_keys(self, instance_id: str) -> Sequence[str]:
        """The public keys, in OpenSSH's format, with which ec2-user may log in: those of the instance's key
        pair."""
        ...

    def machine(self, instance_id: str) -> Machine | None:
        """The running machine; None where the instance does not run."""
        ...


class SshFrontDoor:
    """Opens and closes instances' SSH listeners."""

    def __init__(self, host_keys: HostKeys, directory: InstanceDirectory) -> None:
        self._host_keys = host_keys
        self._directory = directory
        self._listeners: dict[str, asyncssh.SSHAcceptor] = {}
        self._connections: dict[str, Connections] = {}

    async def open(self, instance_id: str, address: str, port: int) -> int:
        """Listen for an instance and return the port, which the system chooses for 0. OSError where it is in
        use."""
        if instance_id in self._listeners:
            raise ValueError(f"{instance_id} already has a listener")
        key = asyncssh.import_private_key(await self._host_keys(instance_id))
        connections = self._connections[instance_id] = Connections()
        listener = await asyncssh.listen(
            address,
            port,
            config=None,
            server_factory=lambda: Login(instance_id, self._directory, connections),
            server_host_keys=[key],
            server_version="Tabard",
            encoding=None,
            line_editor=False,
            agent_forwarding=False,
            x11_forwarding=False,
            host_based_auth=False,
            kbdint_auth=False,
            password_auth=False,
            gss_host=None,
            compression_algs=["none"],
            login_timeout=_LOGIN_GRACE,
            keepalive_interval=_KEEPALIVE,
            keepalive_count_max=_KEEPALIVE_MISSES,
        )
        self._listeners[instance_id] = listener
        return listener.get_port()

    async def close(self, instance_id: str) -> None:
        """Stop listening for an instance and end its connections."""
        listener = self._listeners.pop(instance_id, None)
        if listener is None:
            return
        listener.close()
        await self._connections.pop(instance_id).abort()
        await listener.wait_closed()

    async def close_all(self) -> None:
        """Close every listener."""
        for instance_id in list(self._listeners):
            await self.close(instance_id)
