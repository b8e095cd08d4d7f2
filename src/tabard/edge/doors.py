"""What is opened for a machine: its metadata service, the API on a socket of its own, and its SSH door."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tabard.edge.http import Origin

if TYPE_CHECKING:
    import asyncio

    from tabard.compute.port import Machine
    from tabard.edge.http import HttpServer
    from tabard.edge.metadata_listener import MetadataListener
    from tabard.edge.ssh import SshFrontDoor
    from tabard.store.ec2 import Instance


class InstanceDoors:
    """The doors of a node's instances; see ``services.ec2.reconciler.Doors``.

    A call that comes through an instance's API socket comes from that instance: its ``aws:SourceIp`` is the instance's
    public address, as it is for an instance in a default VPC on AWS.
    """

    def __init__(
        self, server: HttpServer, metadata: MetadataListener, ssh: SshFrontDoor, ssh_port: int
    ) -> None:
        self._server = server
        self._metadata = metadata
        self._ssh = ssh
        self._ssh_port = ssh_port
        self._listeners: dict[str, asyncio.Server] = {}

    async def open(self, instance: Instance, machine: Machine) -> None:
        """Open all three, or none: ``OSError`` where the public address can not be listened on."""
        if instance.public_ip is not None:
            await self._ssh.open(instance.id, instance.public_ip, self._ssh_port)
        try:
            await self._metadata.open(instance, machine)
            origin = Origin(instance.public_ip or instance.private_ip, instance.id)
            self._listeners[instance.id] = await self._server.serve_on(machine.api_socket, origin)
        except BaseException:
            await self.close(instance.id)
            raise

    async def close(self, instance_id: str) -> None:
        """Close whatever is open for an instance."""
        listener = self._listeners.pop(instance_id, None)
        if listener is not None:
            self._server.stop_serving(listener)
        await self._metadata.close(instance_id)
        await self._ssh.close(instance_id)
