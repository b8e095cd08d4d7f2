"""One terminal: a login shell on an instance, joined to a socket, for as long as its caller may have it."""

from __future__ import annotations

import asyncio
import logging
import os
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from tabard.compute import guest
from tabard.compute.port import Pty, SpawnError
from tabard.compute.streams import DescriptorReader, DescriptorWriter
from tabard.core.errors import AwsError
from tabard.edge.terminal.websocket import GOING_AWAY

if TYPE_CHECKING:
    from collections.abc import Callable

    from tabard.compute.port import ExitStatus, Machine, Process
    from tabard.edge.terminal.websocket import WebSocket

log = logging.getLogger(__name__)

ENDED, REFUSED, DENIED, UNKNOWN, NOT_RUNNING, TOO_MANY, BAD_REQUEST = 1000, 4401, 4403, 4404, 4409, 4429, 4400
"""Why a socket is closed; 4400 and above are ours."""
SIZE_AT_MOST = 0xFFFF
ASK_EVERY = 5.0
"""Seconds between two looks at whether the caller still may."""
PING_EVERY = 20.0
SILENT_AT_MOST = 60.0
"""Seconds without a sign of the client after which it is given up."""


class End(NamedTuple):
    """Why a terminal ends: what the client is told, and the code that its socket is closed with."""

    code: int
    told: dict[str, object]

    @property
    def reason(self) -> str:
        """A word for the close frame."""
        error = self.told.get("error")
        return str(error["code"]) if isinstance(error, dict) else ""


def failure(code: int, error: AwsError) -> End:
    """An end in AWS's words."""
    return End(code, {"error": {"code": error.code, "message": error.message}})


def not_running(instance_id: str) -> End:
    """The instance does not run, or has just ceased to."""
    message = f"The instance '{instance_id}' is not in a state from which it can be reached."
    return failure(NOT_RUNNING, AwsError("IncorrectInstanceState", message))


def ended(status: ExitStatus) -> End:
    """The shell has ended by itself."""
    told = {"code": status.code} if status.code is not None else {"signal": status.signal}
    return End(ENDED, {"exit": told})


class TerminalSession:
    """See the module; a ``websocket.User``.

    ``machine`` gives the instance's machine, None once it does not run; ``ask`` raises the ``AwsError`` by which the caller may
    not go on; ``on_end`` is called once.
    """

    def __init__(
        self,
        instance_id: str,
        pty: Pty,
        machine: Callable[[], Machine | None],
        ask: Callable[[], None],
        on_end: Callable[[TerminalSession], None],
        *,
        ask_every: float = ASK_EVERY,
    ) -> None:
        self.instance_id = instance_id
        self._pty = pty
        self._machine = machine
        self._ask = ask
        self._ask_every = ask_every
        self._on_end = on_end
        self._socket: WebSocket | None = None
        self._running: asyncio.Task[None] | None = None
        self._process: Process | None = None
        self._reader: DescriptorReader | None = None
        self._writer: DescriptorWriter | None = None
        self._output_ended = asyncio.Event()

    # the socket's side

    def opened(self, socket: WebSocket) -> None:
        """Start the shell; nothing is read from the client before it runs."""
        self._socket = socket
        socket.pause()
        self._running = asyncio.get_running_loop().create_task(self._run(socket))

    def received(self, data: bytes) -> None:
        """What is typed."""
        if self._writer is not None:
            self._writer.write(data)

    def told(self, text: str) -> None:
        """A new size. What is no such thing is not for us."""
        try:
            columns, rows = msgspec.json.decode(text.encode(), type=_Resize).resize
        except (msgspec.MsgspecError, ValueError):
            return
        if self._process is not None and not self._output_ended.is_set() and columns > 0 and rows > 0:
            self._process.resize(min(rows, SIZE_AT_MOST), min(columns, SIZE_AT_MOST))

    def hold(self, *, back: bool) -> None:
        """The shell waits for a client that does not keep up."""
        if self._reader is not None:
            if back:
                self._reader.pause()
            else:
                self._reader.resume()

    def closed(self) -> None:
        """The client hung up: so must the shell."""
        self._socket = None
        if self._running is not None:
            self._running.cancel()
        self._on_end(self)

    def stop(self) -> None:
        """The server stops."""
        if self._running is not None:
            self._running.cancel()
        if self._socket is not None:
            self._socket.close(GOING_AWAY)

    # the shell's side

    async def _run(self, socket: WebSocket) -> None:
        try:
            end = await self._until_the_end(socket)
        except asyncio.CancelledError:
            raise
        except Exception:
            log.exception("a terminal on %s failed", self.instance_id)
            end = failure(1011, AwsError("InternalError", "We encountered an internal error."))
        finally:
            self._release()
        socket.tell(msgspec.json.encode(end.told).decode())
        socket.close(end.code, end.reason)

    async def _until_the_end(self, socket: WebSocket) -> End:
        machine = self._machine()
        if machine is None:
            return not_running(self.instance_id)
        try:
            process = self._process = await machine.spawn(
                [guest.SHELL], argv0=guest.LOGIN_SHELL_NAME, env=dict(machine.environment), pty=self._pty
            )
        except SpawnError:
            return not_running(self.instance_id)
        self._join(process)
        socket.resume()
        shell = asyncio.ensure_future(self._shell_ends(process))
        allowed = asyncio.ensure_future(self._while_allowed(socket))
        try:
            await asyncio.wait({shell, allowed}, return_when=asyncio.FIRST_COMPLETED)
            if not shell.done():
                return allowed.result()
            return ended(shell.result()) if self._machine() is machine else not_running(self.instance_id)
        finally:
            for task in (shell, allowed):
                task.cancel()

    async def _shell_ends(self, process: Process) -> ExitStatus:
        """Wait for the shell, and until all that it printed is on its way."""
        status = await process.wait()
        await self._output_ended.wait()
        return status

    async def _while_allowed(self, socket: WebSocket) -> End:
        """Why the terminal may not go on, once it may not."""
        loop = asyncio.get_running_loop()
        pinged = loop.time()
        while True:
            await asyncio.sleep(self._ask_every)
            now = loop.time()
            try:
                self._ask()
            except AwsError as error:
                return failure(code_of(error), error)
            if socket.silent_for > SILENT_AT_MOST:
                socket.abort()
            elif now - pinged >= PING_EVERY:
                socket.ping()
                pinged = now

    def _join(self, process: Process) -> None:
        terminal = process.terminal
        if terminal is None:
            raise RuntimeError("a shell without its terminal")
        self._writer = DescriptorWriter(os.dup(terminal), self._throttle)
        self._reader = DescriptorReader(terminal, self._show, self._output_ended.set)

    def _show(self, data: bytes) -> None:
        if self._socket is not None:
            self._socket.send(data)

    def _throttle(self, full: bool) -> None:  # noqa: FBT001 - the signature of DescriptorWriter's callback
        socket = self._socket
        if socket is not None:
            if full:
                socket.pause()
            else:
                socket.resume()

    def _release(self) -> None:
        """Hang up on whatever still runs in the terminal."""
        process, self._process = self._process, None
        self._output_ended.set()
        if process is not None:
            for name in ("HUP", "CONT"):
                process.signal(name)
        for stream in (self._reader, self._writer):
            if stream is not None:
                stream.close()
        self._reader = self._writer = None


def code_of(error: AwsError) -> int:
    """The code of a refusal: whether the credentials are bad, or what is asked is not theirs to ask."""
    if error.status >= 500:
        return 1013
    return DENIED if error.code.startswith("AccessDenied") else REFUSED


class _Resize(msgspec.Struct):
    resize: tuple[int, int]
