"""Continuation tokens: opaque to clients, a position to us."""

from __future__ import annotations

import base64
import zlib

from tabard.services.s3.errors import invalid_argument


def seal_token(kind: str, position: str) -> str:
    """A token for a position in one kind of listing. Its checksum tells mangled tokens, not forged ones."""
    data = position.encode()
    check = zlib.crc32(kind.encode() + data).to_bytes(4, "big")
    return base64.urlsafe_b64encode(check + data).decode()


def open_token(kind: str, token: str) -> str:
    """The position that a token stands for; raises InvalidArgument for what is no token of this listing."""
    try:
        data = base64.b64decode(token.encode(), b"-_", validate=True)
        position = data[4:].decode()
    except ValueError:
        data, position = b"", ""
    if len(data) < 4 or zlib.crc32(kind.encode() + data[4:]).to_bytes(4, "big") != data[:4]:
        raise invalid_argument("The continuation token provided is incorrect", "continuation-token", token)
    return position
