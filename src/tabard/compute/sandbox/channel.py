"""The server's end of a channel to a launcher or an agent: messages with file descriptors, on the event
loop."""

from __future__ import annotations

import asyncio
import os
import socket
from collections import deque
from typing import TYPE_CHECKING

from tabard.compute.sandbox.inside import messages
from tabard.compute.sandbox.inside.messages import Message

if TYPE_CHECKING:
    from collections.abc import Sequence

Received = tuple[Message, list[int]]


class Channel:
    """Sends without waiting (what the socket does not take at once is queued) and receives one message at a
    time."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._loop = asyncio.get_running_loop()
        self._incoming: deque[Received] = deque()
        self._outgoing: deque[tuple[bytes, list[int]]] = deque()
        self._arrival: asyncio.Future[None] | None = None
        self._ended = False
        self._open = True
        sock.setblocking(False)
        self._loop.add_reader(sock.fileno(), self._readable)

    def send(self, message: Message, descriptors: Sequence[int] = ()) -> None:
        """Send a message; ValueError where it is too long. The descriptors are the channel's from now on, and
        closed after."""
        data = messages.encode(message)
        if len(data) > messages.MAX_MESSAGE:
            raise ValueError(f"a message of {len(data)} bytes is too long")
        self._outgoing.append((data, list(descriptors)))
        if len(self._outgoing) == 1 and self._open:
            self._writable()
            if self._outgoing and self._open:
                self._loop.add_writer(self._socket.fileno(), self._writable)

    async def receive(self) -> Received | None:
        """The next message and its descriptors, which are the caller's; None when the other side has gone."""
        while not self._incoming:
            if self._ended or not self._open:
                return None
            self._arrival = self._loop.create_future()
            await self._arrival
        return self._incoming.popleft()

    def close(self) -> None:
        """Close the channel, which ends whoever listens on its other side."""
        if not self._open:
            return
        self._open = False
        self._loop.remove_reader(self._socket.fileno())
        self._loop.remove_writer(self._socket.fileno())
        self._socket.close()
        for _, descriptors in [*self._incoming, *self._outgoing]:
            for descriptor in descriptors:
                os.close(descriptor)
        self._incoming.clear()
        self._outgoing.clear()
        self._notify()

    def _notify(self) -> None:
        if self._arrival is not None and not self._arrival.done():
            self._arrival.set_result(None)

    def _readable(self) -> None:
        try:
            message, descriptors = messages.receive(self._socket)
        except (BlockingIOError, InterruptedError):
            return
        except ValueError:  # not JSON: nothing of ours speaks so
            message, descriptors = None, []
        if message is None:
            self._ended = True
            self._loop.remove_reader(self._socket.fileno())
        else:
            self._incoming.append((message, descriptors))
        self._notify()

    def _writable(self) -> None:
        while self._outgoing:
            data, descriptors = self._outgoing[0]
            try:
                socket.send_fds(self._socket, [data], descriptors)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:  # the other side has gone; the reader notices
                pass
            self._outgoing.popleft()
            for descriptor in descriptors:
                os.close(descriptor)
        self._loop.remove_writer(self._socket.fileno())
