"""Messages between the server and the processes of this package: JSON objects and file descriptors on a
SEQPACKET socket."""

from __future__ import annotations

import contextlib
import json
import socket
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_MESSAGE = (
    160 * 1024
)  # bytes; a socket's default buffer holds it. Longer commands are refused before sending
MAX_DESCRIPTORS = 8

Message = dict[str, Any]


def encode(message: Message) -> bytes:
    """The bytes of a message. Text that came from undecodable bytes (surrogates) survives the trip."""
    return json.dumps(message, separators=(",", ":")).encode()


def send(channel: socket.socket, message: Message, descriptors: Sequence[int] = ()) -> None:
    """Send one message, waiting while the other side is busy."""
    socket.send_fds(channel, [encode(message)], list(descriptors))


def receive(channel: socket.socket) -> tuple[Message | None, list[int]]:
    """Receive one message; None when the other side has gone. Descriptors are closed at the next execve."""
    try:
        data, descriptors, _, _ = socket.recv_fds(
            channel, MAX_MESSAGE, MAX_DESCRIPTORS, socket.MSG_CMSG_CLOEXEC
        )
    except ConnectionError:
        return None, []
    return (json.loads(data) if data else None), descriptors


def report_failure(channel: socket.socket, error: BaseException) -> None:
    """Tell the server why this process is about to end, if the server is still there."""
    with contextlib.suppress(OSError):
        send(
            channel,
            {"event": "failed", "error": str(error) or type(error).__name__, "kind": type(error).__name__},
        )
