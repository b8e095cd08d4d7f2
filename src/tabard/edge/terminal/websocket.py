"""A WebSocket on a connection that HTTP has handed over (RFC 6455). The frames are wsproto's; this file moves the bytes.

Neither side can make the other's bytes pile up here: what arrives is passed on as it arrives, in pieces, and whoever takes
it may ask for a pause; whoever sends is told when the client does not keep up.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from typing import TYPE_CHECKING, Protocol, cast

from wsproto.connection import Connection, ConnectionState, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Ping, Pong, TextMessage
from wsproto.utilities import RemoteProtocolError, generate_accept_token

if TYPE_CHECKING:
    from tabard.core.http import Headers, HttpRequest

TEXT_AT_MOST = 1024
"""Bytes of a text message: those are for control alone."""
BUFFERED_AT_MOST = 256 * 1024
"""Bytes that wait for a client before the sender is asked to pause."""
CLOSE_WITHIN = 2.0
"""Seconds that a client has to answer a close."""

GOING_AWAY, PROTOCOL_ERROR, TOO_BIG = 1001, 1002, 1009


class User(Protocol):
    """Who uses a socket. Each is called on the event loop, ``opened`` first and ``closed`` last and once."""

    def opened(self, socket: WebSocket) -> None: ...  # noqa: D102 - said above
    def received(self, data: bytes) -> None: ...  # noqa: D102
    def told(self, text: str) -> None: ...  # noqa: D102
    def hold(self, *, back: bool) -> None:
        """The client does not keep up, or does again."""

    def closed(self) -> None: ...  # noqa: D102


def handshake(request: HttpRequest, protocol: str) -> Headers | None:
    """The headers of the reply (101) that accepts a client's handshake; None where it is none, or lacks the sub-protocol."""
    key = request.header_all(b"sec-websocket-key")
    offered = {
        each.strip() for value in request.header_all(b"sec-websocket-protocol") for each in value.split(",")
    }
    upgrades = {each.strip().lower() for each in (request.header(b"upgrade") or "").split(",")}
    if (
        request.method != "GET"
        or "websocket" not in upgrades
        or request.header_all(b"sec-websocket-version") != ["13"]
        or protocol not in offered
        or len(key) != 1
        or not _is_key(key[0])
    ):
        return None
    return [
        (b"upgrade", b"websocket"),
        (b"connection", b"Upgrade"),
        (b"sec-websocket-accept", generate_accept_token(key[0].encode())),
        (b"sec-websocket-protocol", protocol.encode()),
    ]


def _is_key(text: str) -> bool:
    try:
        return len(base64.b64decode(text, validate=True)) == 16
    except (ValueError, binascii.Error):
        return False


class WebSocket(asyncio.Protocol):
    """The server's end of a socket, from the moment that the handshake is answered."""

    def __init__(self, user: User) -> None:
        self._user = user
        self._frames = Connection(ConnectionType.SERVER)
        self._transport: asyncio.Transport | None = None
        self._text = ""
        self._ending: asyncio.TimerHandle | None = None
        self._heard_at = 0.0
        self._deaf = False

    @property
    def silent_for(self) -> float:
        """Seconds since the client was last heard from, as far as it was listened to."""
        return 0.0 if self._deaf else asyncio.get_running_loop().time() - self._heard_at

    # what its user does

    def send(self, data: bytes) -> None:
        """Send bytes; nothing happens once the socket is closing."""
        self._send(BytesMessage(data))

    def tell(self, text: str) -> None:
        """Send a text."""
        self._send(TextMessage(text))

    def ping(self) -> None:
        """Ask whether the client is still there."""
        self._send(Ping())

    def pause(self) -> None:
        """Read no further."""
        if self._transport is not None:
            self._deaf = True
            self._transport.pause_reading()

    def resume(self) -> None:
        """Read on."""
        if self._transport is not None and not self._transport.is_closing():
            self._deaf = False
            self._heard_at = asyncio.get_running_loop().time()
            self._transport.resume_reading()

    def close(self, code: int, reason: str = "") -> None:
        """Say why, and end once the client has answered that, or has not in time."""
        transport = self._transport
        if transport is None or self._ending is not None:
            return
        told = reason.encode()[:120].decode(errors="ignore")
        if self._frames.state in {ConnectionState.OPEN, ConnectionState.REMOTE_CLOSING}:
            transport.write(self._frames.send(CloseConnection(code, told)))
        self._ending = asyncio.get_running_loop().call_later(CLOSE_WITHIN, transport.abort)
        if self._frames.state is ConnectionState.CLOSED:
            transport.close()
        else:
            self.resume()  # for the client's answer

    def abort(self) -> None:
        """End at once."""
        if self._transport is not None:
            self._transport.abort()

    # asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection is ours."""
        self._transport = transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass
        transport.set_write_buffer_limits(BUFFERED_AT_MOST)
        self._heard_at = asyncio.get_running_loop().time()
        self._user.opened(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """The client is gone."""
        self._transport = None
        if self._ending is not None:
            self._ending.cancel()
        self._user.closed()

    def data_received(self, data: bytes) -> None:
        """Some frames, or pieces of them."""
        self._heard_at = asyncio.get_running_loop().time()
        if self._frames.state not in {ConnectionState.OPEN, ConnectionState.LOCAL_CLOSING}:
            return
        try:
            self._frames.receive_data(data)
            for event in self._frames.events():
                self._happened(event)
        except RemoteProtocolError as error:
            self.close(PROTOCOL_ERROR, str(error))

    def eof_received(self) -> bool:
        """No more will come: half-open sockets are of no use."""
        return False

    def pause_writing(self) -> None:
        """The client does not read as fast as it is written to."""
        self._user.hold(back=True)

    def resume_writing(self) -> None:
        """The client has read."""
        self._user.hold(back=False)

    def _send(self, event: BytesMessage | TextMessage | Ping | Pong) -> None:
        transport = self._transport
        if transport is not None and self._frames.state is ConnectionState.OPEN:
            transport.write(self._frames.send(event))

    def _happened(self, event: object) -> None:
        if isinstance(event, CloseConnection):
            self._client_closes(int(event.code), event.reason or "")
        elif self._frames.state is not ConnectionState.OPEN:
            return
        elif isinstance(event, BytesMessage):
            self._user.received(bytes(event.data))
        elif isinstance(event, TextMessage):
            self._text += event.data
            if len(self._text) > TEXT_AT_MOST:
                self.close(TOO_BIG)
            elif event.message_finished:
                text, self._text = self._text, ""
                self._user.told(text)
        elif isinstance(event, Ping):
            self._send(event.response())

    def _client_closes(self, code: int, reason: str) -> None:
        """The client closes, has answered our close, or sent what is no frame (then it is told so)."""
        state = self._frames.state
        if state is ConnectionState.CLOSED:
            if self._transport is not None:
                self._transport.close()
        elif state is ConnectionState.REMOTE_CLOSING:
            self.close(1000)
        else:
            self.close(code, reason)
