"""The SSH front door: the ordinary ``ssh``, ``scp`` and ``sftp`` clients reach an instance at its public
address."""

from tabard.edge.ssh.front_door import InstanceDirectory, SshFrontDoor
from tabard.edge.ssh.host_keys import HostKeyFolder, HostKeys

__all__ = ["HostKeyFolder", "HostKeys", "InstanceDirectory", "SshFrontDoor"]
