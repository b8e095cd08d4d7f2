"""Event streams: replies that are a sequence of framed messages, such as SelectObjectContent's.

https://docs.aws.amazon.com/AmazonS3/latest/API/RESTSelectObjectAppendix.html
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tabard.wire.model import Shape

CONTENT_TYPE = b"application/vnd.amazon.eventstream"
_STRING = 7
_BYTES = b"application/octet-stream"


def message(headers: Mapping[str, bytes], payload: bytes) -> bytes:
    """One framed message: lengths, their checksum, headers that are text, the payload, a checksum of all."""
    packed = b"".join(
        struct.pack("!B", len(name)) + name.encode() + struct.pack("!BH", _STRING, len(value)) + value
        for name, value in headers.items()
    )
    prelude = struct.pack("!II", len(packed) + len(payload) + 16, len(packed))
    framed = prelude + struct.pack("!I", zlib.crc32(prelude)) + packed + payload
    return framed + struct.pack("!I", zlib.crc32(framed))


def event_writer(
    stream: Shape, body_writer: Callable[[Shape], Callable[[Any], bytes]], content_type: bytes
) -> Callable[[Mapping[str, Any]], bytes]:
    """A writer of one event, given as a mapping of the event's name to its members.

    Events whose members are headers are not among the services that this project serves, and are refused.
    """
    writers: dict[str, tuple[str, Callable[[Any], bytes], bytes]] = {}
    for name, event in stream.members.items():
        for member_name, member in event.members.items():
            if member.get("eventheader"):
                raise ValueError(f"{name}.{member_name} is an event header, which is not written")
            if member.get("eventpayload"):
                write = bytes if member.type == "blob" else body_writer(member)
                writers[name] = (member_name, write, _BYTES if member.type == "blob" else content_type)

    def write_event(event: Mapping[str, Any]) -> bytes:
        [(name, members)] = event.items()
        headers = {":message-type": b"event", ":event-type": name.encode()}
        payload = b""
        if name in writers:
            member_name, write, kind = writers[name]
            headers[":content-type"] = kind
            payload = write(members[member_name])
        return message(headers, payload)

    return write_event
