"""The server's side of the process that forks instances (``inside/launchpad.py``)."""

from __future__ import annotations

import asyncio
import os
import socket
from pathlib import Path

import tabard
from tabard.compute.port import LaunchError
from tabard.compute.sandbox.channel import Channel

_START = """import sys
sys.path.append(sys.argv[1])
import socket
from tabard.compute.sandbox.inside import launchpad
launchpad.run(socket.socket(fileno=int(sys.argv[2])))"""

_SOURCE = str(Path(tabard.__file__).resolve().parent.parent)


class Launcher:
    """Starts the process at the first launch, and again if somebody ended it."""

    def __init__(self, interpreter: str) -> None:
        self._interpreter = interpreter
        self._process: asyncio.subprocess.Process | None = None
        self._channel: Channel | None = None
        self._starting = asyncio.Lock()

    async def fork_instance(self) -> Channel:
        """Fork a process that awaits its configuration on the returned channel. Raises ``LaunchError``."""
        launchpad = await self._running()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        launchpad.send({"do": "launch"}, [theirs.detach()])
        return Channel(ours)

    async def close(self) -> None:
        """End the process; running instances do not need it."""
        if self._channel is not None:
            self._channel.close()
        if self._process is not None:
            await self._process.wait()

    async def _running(self) -> Channel:
        async with self._starting:
            if self._process is None or self._process.returncode is not None or self._channel is None:
                if self._channel is not None:
                    self._channel.close()
                self._process, self._channel = await self._start()
            return self._channel

    async def _start(self) -> tuple[asyncio.subprocess.Process, Channel]:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            try:
                process = await asyncio.create_subprocess_exec(
                    self._interpreter,
                    "-IS",
                    "-c",
                    _START,
                    _SOURCE,
                    str(theirs.fileno()),
                    pass_fds=[theirs.fileno()],
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=asyncio.subprocess.DEVNULL,
                    env={},
                    cwd=os.sep,
                    start_new_session=True,
                )
            except OSError as error:
                ours.close()
                raise LaunchError(
                    f"the launcher cannot be started with {self._interpreter}: {error}"
                ) from error
        return process, Channel(ours)
