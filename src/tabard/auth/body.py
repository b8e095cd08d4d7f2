"""Bodies that prove themselves while they stream: plain with a declared hash, or in S3's signed or unsigned
chunks.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html

A decoder holds at most one chunk header or the trailers, never a body: a chunk's data is handed on as it
comes and its signature checked at its end (a chunk may be as large as an object). So nothing that ``feed``
returned may become visible before ``finish`` has returned.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import TYPE_CHECKING, Protocol

from tabard.auth.dialects import failure
from tabard.auth.signature import UNSIGNED_PAYLOAD
from tabard.auth.verification import (
    DECLARATIONS,
    EMPTY_SHA256,
    STREAMING_SIGNED,
    STREAMING_SIGNED_TRAILER,
    STREAMING_UNSIGNED_TRAILER,
    content_mismatch,
    is_sha256,
)
from tabard.core.errors import AwsError

if TYPE_CHECKING:
    from tabard.auth.verification import Verified
    from tabard.core.http import HttpRequest

MAX_CHUNK_HEADER = 1024
MAX_TRAILERS = 8192
MIN_CHUNK = 8192
"""Bytes that every chunk but the last must have at least."""

_SIGNED_HEADER = re.compile(rb"([0-9a-fA-F]{1,16});chunk-signature=([0-9a-f]{64})\r\n").fullmatch
_UNSIGNED_HEADER = re.compile(rb"([0-9a-fA-F]{1,16})\r\n").fullmatch
_TRAILER = re.compile(rb"([A-Za-z0-9\-]+):[ \t]*([^\r\n]*?)[ \t]*\r?\n").fullmatch
_TRAILER_SIGNATURE = "x-amz-trailer-signature"
_HEADER, _DATA, _DATA_END, _TRAILERS, _END, _DONE = range(6)


class BodyDecoder(Protocol):
    """Takes a body's bytes as they come off the wire, gives the payload's; raises ``AwsError`` as S3 does."""

    def feed(self, data: bytes) -> bytes:
        """The payload in ``data``: all of it, part of it, or none yet."""
        ...

    def finish(self) -> dict[str, str]:
        """The body has ended: prove it whole, and give its trailers (names in lower case)."""
        ...


def body_decoder(verified: Verified | None, request: HttpRequest) -> BodyDecoder:
    """The decoder that a request's headers ask for. ``verified`` is None for an anonymous request.

    Raises ``AwsError``: a length that is missing or is no number, a trailer that S3 does not know, a
    signed stream that nobody signed.
    """
    if verified is not None:
        declared = verified.signature.payload
    else:
        declared = request.header(b"x-amz-content-sha256") or UNSIGNED_PAYLOAD
    if declared == UNSIGNED_PAYLOAD or not declared:
        return PlainBody(None)
    if is_sha256(declared):
        return PlainBody(declared)
    if declared not in DECLARATIONS:
        fields = {"ArgumentName": "x-amz-content-sha256", "ArgumentValue": declared[:256]}
        raise failure("content_hash_invalid", "s3", fields=fields)
    signed = declared in {STREAMING_SIGNED, STREAMING_SIGNED_TRAILER}
    if signed and verified is None:
        raise failure("missing_authentication", "s3")
    trailers = _announced_trailers(request) if declared != STREAMING_SIGNED else frozenset()
    return ChunkedBody(
        verified if signed else None,
        _decoded_length(request),
        trailers,
        with_trailers=declared in {STREAMING_SIGNED_TRAILER, STREAMING_UNSIGNED_TRAILER},
    )


def decode_body(verified: Verified | None, request: HttpRequest) -> tuple[bytes, dict[str, str]]:
    """The payload and trailers of a body that has been read whole."""
    decoder = body_decoder(verified, request)
    payload = decoder.feed(request.body)
    return payload, decoder.finish()


def _decoded_length(request: HttpRequest) -> int:
    text = request.header(b"x-amz-decoded-content-length")
    if text is None:
        raise AwsError("MissingContentLength", "You must provide the Content-Length HTTP header.", 411)
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        fields = {"ArgumentName": "x-amz-decoded-content-length", "ArgumentValue": text[:256]}
        raise AwsError("InvalidArgument", "x-amz-decoded-content-length must be a number", 400, fields)
    return int(text)


def _announced_trailers(request: HttpRequest) -> frozenset[str]:
    text = request.header(b"x-amz-trailer") or ""
    names = frozenset({name.strip().lower() for name in text.split(",")} - {""})
    if any(not name.startswith("x-amz-checksum-") for name in names):
        raise AwsError(
            "InvalidRequest", "The value specified in the x-amz-trailer header is not supported", 400
        )
    return names


def _malformed() -> AwsError:
    return AwsError("IncompleteBody", "The request body terminated unexpectedly", 400)


def _malformed_trailer() -> AwsError:
    return AwsError(
        "MalformedTrailerError",
        "The request contained trailing data that was not well-formed "
        "or did not conform to our published schema.",
        400,
    )


class PlainBody:
    """A body as it is, held against the hash that was declared for it, if one was."""

    __slots__ = ("_declared", "_hash")

    def __init__(self, declared: str | None) -> None:
        self._declared = declared
        self._hash = hashlib.sha256()

    def feed(self, data: bytes) -> bytes:
        """All of it."""
        if self._declared is not None:
            self._hash.update(data)
        return data

    def finish(self) -> dict[str, str]:
        """Raises ``XAmzContentSHA256Mismatch`` when the body is not the one declared."""
        if self._declared is not None and (actual := self._hash.hexdigest()) != self._declared:
            raise content_mismatch(self._declared, actual)
        return {}


class ChunkedBody:
    """A body in ``aws-chunked`` coding: chunks, all signed or none, and the trailers that were announced."""

    def __init__(
        self, verified: Verified | None, length: int, announced: frozenset[str], *, with_trailers: bool
    ) -> None:
        self._verified = verified
        self._length = length
        self._announced = announced
        self._with_trailers = with_trailers
        self._previous = verified.seed if verified is not None else ""
        self._state = _HEADER
        self._kept = b""
        self._remaining = 0
        self._chunk = 0
        self._size = MIN_CHUNK
        self._decoded = 0
        self._claimed = b""
        self._hash = hashlib.sha256()
        self._trailers: dict[str, str] = {}
        self._trailer_bytes = 0
        self._blank = False

    def feed(self, data: bytes) -> bytes:
        """The chunks' data in ``data``."""
        if self._kept:
            data, self._kept = self._kept + data, b""
        pieces = []
        position, end = 0, len(data)
        while position < end:
            if self._state == _DATA:
                stop = min(end, position + self._remaining)
                piece = data[position:stop]
                pieces.append(piece)
                self._remaining -= stop - position
                position = stop
                if self._verified is not None:
                    self._hash.update(piece)
                if not self._remaining:
                    self._end_chunk()
                continue
            newline = data.find(b"\n", position, position + MAX_CHUNK_HEADER)
            if newline < 0:
                if end - position >= MAX_CHUNK_HEADER:
                    raise _malformed_trailer() if self._state == _TRAILERS else _malformed()
                self._kept = data[position:]
                break
            self._line(data[position : newline + 1])
            position = newline + 1
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def finish(self) -> dict[str, str]:
        """Raises unless the last chunk, the trailers and the announced length have all been seen."""
        if self._state != _DONE or self._kept:
            raise _malformed_trailer() if self._blank and self._state == _TRAILERS else _malformed()
        if self._decoded != self._length:
            raise self._wrong_length()
        return self._trailers

    def _line(self, line: bytes) -> None:
        if self._state == _HEADER:
            self._begin_chunk(line)
        elif self._state == _DATA_END:
            if line != b"\r\n":
                raise _malformed()
            self._state = _HEADER
        elif self._state == _TRAILERS:
            self._trailer(line)
        elif self._state == _END and line == b"\r\n":
            self._state = _DONE
        else:
            raise _malformed()

    def _begin_chunk(self, line: bytes) -> None:
        match = _SIGNED_HEADER(line) if self._verified is not None else _UNSIGNED_HEADER(line)
        if match is None:
            raise _malformed()
        size = int(match[1], 16)
        if size and self._size < MIN_CHUNK:
            raise AwsError(
                "InvalidChunkSizeError",
                "Only the last chunk is allowed to have a size less than 8192 bytes",
                403,
                {"Chunk": str(self._chunk), "BadChunkSize": str(self._size)},
            )
        self._chunk += 1
        self._size = self._remaining = size
        self._decoded += size
        if self._decoded > self._length:
            raise self._wrong_length()
        if self._verified is not None:
            self._claimed = match[2]
            self._hash = hashlib.sha256()
        if size:
            self._state = _DATA
            return
        self._end_chunk()
        self._state = _TRAILERS if self._with_trailers else _END

    def _end_chunk(self) -> None:
        if self._verified is not None:
            self._prove(
                b"AWS4-HMAC-SHA256-PAYLOAD", f"{EMPTY_SHA256}\n{self._hash.hexdigest()}", self._claimed
            )
        self._state = _DATA_END

    def _prove(self, algorithm: bytes, digests: str, claimed: bytes) -> None:
        verified = self._verified
        if verified is None:
            return
        text = f"{verified.signature.amz_date}\n{verified.scope}\n{self._previous}\n{digests}"
        to_sign = algorithm + b"\n" + text.encode()
        signature = verified.signing_key.sign(to_sign)
        if not hmac.compare_digest(signature.encode(), claimed):
            fields = {
                "AWSAccessKeyId": verified.signature.access_key_id,
                "StringToSign": to_sign.decode(),
                "SignatureProvided": claimed.decode("latin-1"),
                "StringToSignBytes": to_sign.hex(" "),
            }
            raise failure("signature_mismatch", "s3", fields=fields)
        self._previous = signature

    def _trailer(self, line: bytes) -> None:
        self._trailer_bytes += len(line)
        if line in {b"\r\n", b"\n"}:
            if self._verified is not None and not self._blank and _TRAILER_SIGNATURE not in self._trailers:
                self._blank = True  # AWS's own description, and clients after it, part the signature off
            else:
                self._end_trailers()
            return
        match = _TRAILER(line)
        name = match[1].decode().lower() if match else ""
        known = name in self._announced or (self._verified is not None and name == _TRAILER_SIGNATURE)
        if match is None or not known or name in self._trailers or self._trailer_bytes > MAX_TRAILERS:
            raise _malformed_trailer()
        self._trailers[name] = match[2].decode("latin-1")

    def _end_trailers(self) -> None:
        claimed = self._trailers.pop(_TRAILER_SIGNATURE, "")
        if self._announced != self._trailers.keys():
            raise _malformed_trailer()
        if self._verified is not None:
            if not claimed:
                raise _malformed_trailer()
            lines = "".join([f"{name}:{self._trailers[name]}\n" for name in sorted(self._trailers)])
            digest = hashlib.sha256(lines.encode("latin-1")).hexdigest()
            self._prove(b"AWS4-HMAC-SHA256-TRAILER", digest, claimed.encode("latin-1"))
        self._state = _DONE

    def _wrong_length(self) -> AwsError:
        return AwsError(
            "IncompleteBody",
            "You did not provide the number of bytes specified by the Content-Length HTTP header",
            400,
            {"NumberBytesExpected": str(self._length), "NumberBytesProvided": str(self._decoded)},
        )
