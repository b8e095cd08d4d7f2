"""Whatever is sent, the answer is a refusal: never another exception, never a long wait, never a truth."""

from __future__ import annotations

from functools import partial

import pytest
from botocore.auth import S3SigV4QueryAuth
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.auth.requests import AT, SECRET, call, get_object, with_header
from tests.support.work import steps

from tabard.auth import Verified, body_decoder, parse, service_of, verify
from tabard.auth.timestamps import from_date_header
from tabard.core.errors import AwsError
from tabard.core.http import HttpRequest

PIECES = st.sampled_from(
    [
        "AWS4-HMAC-SHA256 ",
        "Credential=",
        "AKIDEXAMPLE/20261123/us-east-1/sts/aws4_request",
        "SignedHeaders=",
        "host;x-amz-date",
        "Signature=",
        "a" * 64,
        ", ",
        "/",
        "=",
        ";",
        "%",
        "\xe9",
        "&",
        "X-Amz-Algorithm=AWS4-HMAC-SHA256",
        "X-Amz-Credential=AKID%2F20261123%2Fus-east-1%2Fs3%2Faws4_request",
        "X-Amz-Date=20261123T200000Z",
        "X-Amz-Expires=60",
        "X-Amz-SignedHeaders=host",
        "X-Amz-Signature=",
    ]
)
TEXT = st.lists(PIECES | st.text(st.characters(max_codepoint=255), max_size=5), max_size=14).map("".join)


def settle(request: HttpRequest, service: str) -> Verified | None:
    """The outcome of the pipeline's steps: proven, or None."""
    service_of(request)
    try:
        signature = parse(request, service)
        return None if signature is None else verify(signature, request, SECRET, AT, service)
    except AwsError as error:
        refusal = error
    assert refusal.code
    assert refusal.message
    assert refusal.status in {400, 401, 403}
    return None


@settings(max_examples=150, deadline=None)
@given(TEXT | st.none(), TEXT, TEXT, TEXT, st.sampled_from(["sts", "s3", "ec2"]))
def test_generated_requests_are_never_proven(
    authorization: str | None, path: str, query: str, date: str, service: str
) -> None:
    headers = [(b"host", b"h"), (b"x-amz-date", date.encode("latin-1"))]
    if authorization is not None:
        headers.append((b"authorization", authorization.encode("latin-1")))
    assert settle(HttpRequest("GET", "/" + path, query, headers), service) is None


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300), st.integers(1, 50), st.sampled_from(["", "x-amz-checksum-crc32"]))
def test_generated_bodies_are_decoded_or_refused(wire: bytes, step: int, trailer: str) -> None:
    headers = [
        (b"x-amz-content-sha256", b"STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
        (b"x-amz-decoded-content-length", b"5"),
        (b"x-amz-trailer", trailer.encode()),
    ]
    decoder = body_decoder(None, HttpRequest("PUT", "/b/k", "", headers))
    payload, code = b"", ""
    try:
        payload = b"".join([decoder.feed(wire[at : at + step]) for at in range(0, len(wire), step)])
        decoder.finish()
    except AwsError as error:
        code = error.code
    assert code in {"", "IncompleteBody", "MalformedTrailerError", "InvalidChunkSizeError"}
    assert code or len(payload) == 5


DATES = st.lists(
    st.sampled_from(
        [
            "Mon",
            ",",
            " ",
            "23",
            "Nov",
            "2026",
            "20:00:00",
            ":",
            "-",
            "+0000",
            "GMT",
            "99999999999",
            "0",
            "T",
            "Z",
        ]
    ),
    max_size=9,
)


@settings(max_examples=300, deadline=None)
@given(DATES.map("".join) | DATES.map(" ".join) | st.text(max_size=20))
def test_generated_dates_are_read_or_not(text: str) -> None:
    found = from_date_header(text)
    assert found is None or found.endswith("Z")


@pytest.mark.parametrize(
    "date", ["99991231T235959Z", "00010101T000000Z", "20260230T000000Z", "20261123T250000Z"]
)
def test_times_at_the_end_of_time(date: str) -> None:
    presigned = get_object(signer=S3SigV4QueryAuth, expires=604800)
    presigned.query = presigned.query.replace("20261123T200000Z", date).replace("20261123", date[:8])
    assert settle(presigned, "s3") is None
    for request, service in ((call(), "sts"), (get_object(), "s3")):
        assert settle(with_header(request, "x-amz-date", date), service) is None


LONG = 60_000


@pytest.mark.parametrize(
    ("authorization", "path", "query"),
    [
        ("Credential=" * (LONG // 11), "/", ""),
        ("AWS4-HMAC-SHA256 " + "a=b," * (LONG // 4), "/", ""),
        ("AWS4-HMAC-SHA256 " + " " * LONG, "/", ""),
        (
            "AWS4-HMAC-SHA256 Credential=A/20261123/r/s3/aws4_request, SignedHeaders="
            + ";".join([f"h{number}" for number in range(9000)])
            + ", Signature="
            + "a" * 64,
            "/",
            "",
        ),
        (None, "/", "X-Amz-Credential=" + "/" * LONG),
        (None, "/", "X-Amz-Credential=&" * (LONG // 18)),
        (None, "/", "Signature" * (LONG // 9)),
        ("valid", "/" + "%41" * (LONG // 3), ""),
        ("valid", "/" + "a/../" * (LONG // 5), ""),
        ("valid", "/", "a%41=%2f&" * (LONG // 9)),
        ("valid", "/", "a" * LONG + "%"),
    ],
)
def test_long_input_costs_no_more_than_its_length(authorization: str | None, path: str, query: str) -> None:
    for service, signed in (("sts", call()), ("s3", get_object())):
        headers = [pair for pair in signed.headers if pair[0] != b"authorization"]
        headers += [(b"x-other-%d" % number, b"a") for number in range(500)]
        if authorization == "valid":
            headers.append((b"authorization", (signed.header(b"authorization") or "").encode()))
        elif authorization is not None:
            headers.append((b"authorization", authorization.encode()))
        request = HttpRequest("GET", path, query, headers)
        assert settle(request, service) is None
        assert steps(partial(settle, request, service)) < 20 * LONG
