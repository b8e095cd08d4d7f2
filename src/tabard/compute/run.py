"""Run one command in a machine to its end and collect what it printed, over any driver."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tabard.compute.streams import DescriptorReader, DescriptorWriter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tabard.compute.port import ExitStatus, Machine


@dataclass(frozen=True, slots=True)
class Completed:
    """A command that has ended, with what it wrote (at most the asked number of bytes of each)."""

    status: ExitStatus
    stdout: bytes
    stderr: bytes


class _Collector:
    def __init__(self, limit: int) -> None:
        self.data = bytearray()
        self.ended = asyncio.Event()
        self._limit = limit

    def add(self, data: bytes) -> None:
        self.data += data[: self._limit - len(self.data)]


async def run(
    machine: Machine,
    argv: Sequence[str],
    *,
    stdin: bytes = b"",
    env: Mapping[str, str] | None = None,
    cwd: str | None = None,
    limit: int = 1 << 20,
    timeout: float | None = None,  # noqa: ASYNC109 - on expiry the process inside must be ended too
) -> Completed:
    """Run a command; after ``timeout`` seconds its process group is killed and ``TimeoutError`` raised.

    The end is that of the command itself: what it leaves running in the background is not waited for.
    """
    process = await machine.spawn(argv, env=env, cwd=cwd)
    outputs = [_Collector(limit), _Collector(limit)]
    fds = (process.stdin, process.stdout, process.stderr)
    assert None not in fds, "a process without a terminal has pipes"  # noqa: S101 - what the port promises
    readers = [
        DescriptorReader(fd, output.add, output.ended.set)
        for fd, output in zip(fds[1:], outputs, strict=True)
        if fd is not None
    ]
    writer = DescriptorWriter(fds[0] or 0, lambda _full: None)
    try:
        writer.write(stdin)
        writer.end()
        async with asyncio.timeout(timeout):
            status = await process.wait()
            await _drain(outputs)
    except (TimeoutError, asyncio.CancelledError):
        process.signal("KILL")
        raise
    finally:
        writer.close()
        for reader in readers:
            reader.close()
    return Completed(status, bytes(outputs[0].data), bytes(outputs[1].data))


async def _drain(outputs: list[_Collector]) -> None:
    """What was written before the end is in the pipes already; a child in the background may hold them
    open."""
    try:
        async with asyncio.timeout(0.25):
            for output in outputs:
                await output.ended.wait()
    except TimeoutError:
        return
