"""The key by which an instance proves who it is to SSH clients: made once, kept for the instance's life."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import asyncssh

if TYPE_CHECKING:
    from pathlib import Path

HostKeys = Callable[[str], Awaitable[bytes]]
"""From an instance's id to its private host key in OpenSSH's format, made at the first call."""


def generate_host_key() -> bytes:
    """A new Ed25519 private key in OpenSSH's format, without a passphrase."""
    return asyncssh.generate_private_key("ssh-ed25519").export_private_key("openssh")


def known_hosts_line(private_key: bytes, address: str, port: int) -> str:
    """The line with which a client's ``known_hosts`` file trusts the instance."""
    public = asyncssh.import_private_key(private_key).export_public_key("openssh").decode().strip()
    host = address if port == 22 else f"[{address}]:{port}"
    return f"{host} {public}\n"


class HostKeyFolder:
    """Host keys as files, one per instance, that only the server's user can read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def __call__(self, instance_id: str) -> bytes:
        """The instance's key."""
        return await asyncio.to_thread(self._read_or_make, instance_id)

    def forget(self, instance_id: str) -> None:
        """Delete the key of an instance that is no more."""
        (self._folder / instance_id).unlink(missing_ok=True)

    def _read_or_make(self, instance_id: str) -> bytes:
        path = self._folder / instance_id
        if not path.exists():
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            unfinished = path.with_name(f".{instance_id}.{os.getpid()}")
            descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(generate_host_key())
                file.flush()
                os.fsync(file.fileno())
            unfinished.rename(path)
        return path.read_bytes()
