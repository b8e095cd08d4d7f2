"""Bodies that prove themselves while they stream."""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import zlib
from typing import Any

import pytest
from awscrt import auth as crt_auth
from awscrt import http as crt_http
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.httpchecksum import AwsChunkedWrapper, CrtCrc32Checksum
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.auth.requests import AT, KEY_ID, NOW, SECRET, sign

from tabard.auth import Verified, body_decoder, decode_body, parse, verify
from tabard.core.errors import AwsError
from tabard.core.http import HttpRequest

EMPTY = hashlib.sha256(b"").hexdigest()
SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
SIGNED_TRAILER = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
DATA = bytes(range(256)) * 64  # two chunks of the smallest size that is allowed


def put(
    kind: str, length: int | None = len(DATA), trailer: str | None = None
) -> tuple[HttpRequest, Verified]:
    """A signed upload of which only the headers have come."""
    headers = {"X-Amz-Content-SHA256": kind}
    if length is not None:
        headers["X-Amz-Decoded-Content-Length"] = str(length)
    if trailer is not None:
        headers["X-Amz-Trailer"] = trailer
    request = sign(
        AWSRequest(method="PUT", url="https://s3.test/b/k", headers=headers), "s3", signer=Declared
    )
    signature = parse(request)
    assert signature is not None
    return request, verify(signature, request, SECRET, AT, "s3", streaming=True)


class Declared(S3SigV4Auth):
    """botocore's signer, with the payload that the caller declared."""

    def payload(self, request: AWSRequest) -> str:
        return str(request.headers["X-Amz-Content-SHA256"])

    def _modify_request_before_signing(self, request: AWSRequest) -> None:
        declared = request.headers["X-Amz-Content-SHA256"]
        super()._modify_request_before_signing(request)  # type: ignore[misc]  # the stubs leave it out
        request.headers.replace_header("X-Amz-Content-SHA256", declared)


class Chunks:
    """A client that signs chunks one upon the other, after AWS's description of it."""

    def __init__(self, verified: Verified) -> None:
        self.verified = verified
        self.previous = verified.seed
        key = b"AWS4" + SECRET.encode()
        for part in verified.scope.split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        self.key = key

    def sign(self, *lines: str) -> str:
        amz_date = self.verified.signature.amz_date
        text = "\n".join([lines[0], amz_date, self.verified.scope, self.previous, *lines[1:]])
        self.previous = hmac.digest(self.key, text.encode(), "sha256").hex()
        return self.previous

    def chunk(self, data: bytes) -> bytes:
        signature = self.sign("AWS4-HMAC-SHA256-PAYLOAD", EMPTY, hashlib.sha256(data).hexdigest())
        head = f"{len(data):x};chunk-signature={signature}\r\n".encode()
        return head + (data + b"\r\n" if data else b"")

    def trailers(self, **values: str) -> bytes:
        pairs = {name.replace("_", "-"): value for name, value in values.items()}
        text = "".join([f"{name}:{value}\n" for name, value in sorted(pairs.items())])
        signature = self.sign("AWS4-HMAC-SHA256-TRAILER", hashlib.sha256(text.encode()).hexdigest())
        lines = [f"{name}:{value}\r\n" for name, value in pairs.items()]
        return ("".join(lines) + f"x-amz-trailer-signature:{signature}\r\n\r\n").encode()


def read(
    verified: Verified | None, request: HttpRequest, wire: bytes, step: int = 1000
) -> tuple[bytes, dict[str, str]]:
    decoder = body_decoder(verified, request)
    payload = b"".join([decoder.feed(wire[start : start + step]) for start in range(0, len(wire), step)])
    return payload, decoder.finish()


def refusal(verified: Verified | None, request: HttpRequest, wire: bytes) -> AwsError:
    with pytest.raises(AwsError) as caught:
        read(verified, request, wire)
    return caught.value


def signed_wire(verified: Verified) -> bytes:
    client = Chunks(verified)
    return client.chunk(DATA[:8192]) + client.chunk(DATA[8192:]) + client.chunk(b"") + b"\r\n"


@pytest.mark.parametrize("step", [1, 7, 1000, 8192, 100_000])
def test_signed_chunks_are_decoded_however_they_arrive(step: int) -> None:
    request, verified = put(SIGNED)
    assert read(verified, request, signed_wire(verified), step) == (DATA, {})


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 30_000), st.integers(8192, 20_000), st.integers(1, 40_000))
def test_any_cut_of_any_body_comes_out_whole(length: int, chunk: int, step: int) -> None:
    data = bytes(length)
    request, verified = put(SIGNED, length)
    client = Chunks(verified)
    wire = b"".join([client.chunk(data[at : at + chunk]) for at in range(0, length, chunk)])
    assert read(verified, request, wire + client.chunk(b"") + b"\r\n", step) == (data, {})


def test_signed_chunks_with_a_signed_trailer() -> None:
    request, verified = put(SIGNED_TRAILER, trailer="x-amz-checksum-crc32")
    client = Chunks(verified)
    wire = client.chunk(DATA) + client.chunk(b"") + client.trailers(x_amz_checksum_crc32="AAAAAA==")
    assert read(verified, request, wire) == (DATA, {"x-amz-checksum-crc32": "AAAAAA=="})
    parted = wire.replace(b"AAAAAA==\r\n", b"AAAAAA==\n\r\n")
    assert read(verified, request, parted) == (DATA, {"x-amz-checksum-crc32": "AAAAAA=="})
    other = wire.replace(b"AAAAAA==", b"BAAAAA==")
    assert refusal(verified, request, other).code == "SignatureDoesNotMatch"
    unsigned = wire[: wire.index(b"x-amz-trailer-signature")] + b"\r\n"
    assert refusal(verified, request, unsigned).code == "MalformedTrailerError"


def test_what_awscrt_signs_chunk_by_chunk_verifies() -> None:
    """The SDKs' own native signer."""
    provider = crt_auth.AwsCredentialsProvider.new_static(KEY_ID, SECRET, "token")

    def config(kind: Any, value: str | None) -> crt_auth.AwsSigningConfig:
        return crt_auth.AwsSigningConfig(
            algorithm=crt_auth.AwsSigningAlgorithm.V4,
            signature_type=kind,
            credentials_provider=provider,
            region="us-east-1",
            service="s3",
            date=NOW,
            use_double_uri_encode=False,
            should_normalize_uri_path=False,
            signed_body_value=value,
            signed_body_header_type=crt_auth.AwsSignedBodyHeaderType.X_AMZ_CONTENT_SHA_256,
        )

    headers = crt_http.HttpHeaders(
        [("host", "s3.test"), ("x-amz-decoded-content-length", str(len(DATA))), ("x-amz-meta-a", " b  c ")]
    )
    outgoing = crt_http.HttpRequest("PUT", "/b/a%20key%2B", headers)
    whole = crt_auth.AwsSignatureType.HTTP_REQUEST_HEADERS
    crt_auth.aws_sign_request(outgoing, config(whole, SIGNED)).result(10)
    received = [(name.lower().encode(), value.encode()) for name, value in outgoing.headers]
    request = HttpRequest("PUT", "/b/a%20key%2B", "", received)
    signature = parse(request)
    assert signature is not None
    verified = verify(signature, request, SECRET, AT, "s3", streaming=True)
    assert read(verified, request, signed_wire(verified)) == (DATA, {})


def test_botocores_unsigned_chunks_with_a_checksum_trailer() -> None:
    body = AwsChunkedWrapper(
        io.BytesIO(DATA),
        checksum_cls=CrtCrc32Checksum,
        checksum_name="x-amz-checksum-crc32",
        chunk_size=10_000,
    )
    request, verified = put(UNSIGNED_TRAILER, trailer="x-amz-checksum-crc32")
    crc = base64.b64encode(zlib.crc32(DATA).to_bytes(4, "big")).decode()
    wire = body.read()
    assert read(verified, request, wire) == (DATA, {"x-amz-checksum-crc32": crc})
    assert read(None, HttpRequest("PUT", "/b/k", "", request.headers), wire)[0] == DATA


def test_a_changed_or_missing_chunk_is_refused() -> None:
    request, verified = put(SIGNED)
    wire = signed_wire(verified)
    changed = bytearray(wire)
    changed[5000] ^= 1
    error = refusal(verified, request, bytes(changed))
    assert (error.code, error.status) == ("SignatureDoesNotMatch", 403)
    assert error.fields["StringToSign"].startswith("AWS4-HMAC-SHA256-PAYLOAD\n20261123T200000Z\n")
    first = wire.index(b"2000;", 1)
    assert refusal(verified, request, wire[first:]).code == "SignatureDoesNotMatch"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda wire: wire[:-2],
        lambda wire: wire[:9000],
        lambda wire: wire + b"x",
        lambda wire: b"zz" + wire,
        lambda wire: b"-" + wire,
        lambda wire: b"+" + wire,
        lambda wire: wire.replace(b"\r\n", b"\n", 1),
        lambda wire: wire.replace(b";chunk-signature=", b";other=", 1),
        lambda wire: b"1" * 5000 + wire,
        lambda _: b"",
        lambda wire: wire[:8279] + b"xx" + wire[8281:],
    ],
)
def test_malformed_chunks_are_refused(spoil: Any) -> None:
    request, verified = put(SIGNED)
    error = refusal(verified, request, spoil(signed_wire(verified)))
    assert (error.code, error.status, error.message) == (
        "IncompleteBody",
        400,
        "The request body terminated unexpectedly",
    )


@pytest.mark.parametrize("length", [len(DATA) - 1, len(DATA) + 1])
def test_a_body_of_another_length_is_refused(length: int) -> None:
    request, verified = put(SIGNED, length)
    error = refusal(verified, request, signed_wire(verified))
    assert (error.code, error.status) == ("IncompleteBody", 400)
    assert error.fields == {"NumberBytesExpected": str(length), "NumberBytesProvided": str(len(DATA))}


def test_a_length_must_be_given() -> None:
    request, verified = put(SIGNED, None)
    error = refusal(verified, request, b"")
    assert (error.code, error.status) == ("MissingContentLength", 411)
    assert error.message == "You must provide the Content-Length HTTP header."


def test_small_chunks_come_last() -> None:
    request, verified = put(SIGNED, 20)
    client = Chunks(verified)
    error = refusal(verified, request, client.chunk(b"0123456789") + client.chunk(b"0123456789"))
    assert (error.code, error.status) == ("InvalidChunkSizeError", 403)
    assert error.message == "Only the last chunk is allowed to have a size less than 8192 bytes"
    assert error.fields == {"Chunk": "1", "BadChunkSize": "10"}


@pytest.mark.parametrize(
    ("announced", "tail", "code"),
    [
        ("x-amz-checksum-crc32", b"0\r\n\r\n", "MalformedTrailerError"),
        ("x-amz-checksum-crc32", b"0\r\nx-amz-checksum-sha1:a\r\n\r\n", "MalformedTrailerError"),
        ("x-amz-checksum-crc32", b"0\r\nnonsense\r\n\r\n", "MalformedTrailerError"),
        ("x-amz-checksum-crc32", b"0\r\nx-amz-checksum-crc32:a\r\n", "IncompleteBody"),
        (None, b"0\r\nx-amz-checksum-crc32:a\r\n\r\n", "MalformedTrailerError"),
        ("x-amz-meta-a", b"0\r\n\r\n", "InvalidRequest"),
    ],
)
def test_trailers_are_the_announced_ones(announced: str | None, tail: bytes, code: str) -> None:
    request, verified = put(UNSIGNED_TRAILER, trailer=announced)
    wire = b"%x\r\n%b\r\n" % (len(DATA), DATA)
    assert refusal(verified, request, wire + tail).code == code


def test_a_plain_body_is_held_against_its_hash() -> None:
    request, verified = put(hashlib.sha256(DATA).hexdigest())
    assert read(verified, request, DATA) == (DATA, {})
    error = refusal(verified, request, DATA + b"x")
    assert (error.code, error.status) == ("XAmzContentSHA256Mismatch", 400)
    request, verified = put("UNSIGNED-PAYLOAD")
    assert read(verified, request, b"anything") == (b"anything", {})


def test_a_body_that_was_read_whole_is_decoded_at_once() -> None:
    request, verified = put(SIGNED)
    request.body = signed_wire(verified)
    assert decode_body(verified, request) == (DATA, {})


def test_nobody_can_send_signed_chunks() -> None:
    request, _ = put(SIGNED)
    with pytest.raises(AwsError, match="Access Denied"):
        body_decoder(None, request)


def test_a_long_body_is_not_kept() -> None:
    request, verified = put(UNSIGNED_TRAILER, 64 << 20)
    decoder = body_decoder(verified, request)
    decoder.feed(b"%x\r\n" % (64 << 20))
    block = bytes(1 << 16)
    for _ in range(16):
        assert decoder.feed(block) is block
