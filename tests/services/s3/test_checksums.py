"""Checksums: declared, verified, joined."""

from __future__ import annotations

import base64
import hashlib
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabard.core.errors import AwsError
from tabard.core.http import HttpRequest
from tabard.services.s3.checksums import (
    ALGORITHMS,
    COMPOSITE,
    FULL_OBJECT,
    Digests,
    checked_value,
    declared,
    of_parts,
    verify,
)

BODY = b"The quick brown fox jumps over the lazy dog"


def http(**headers: str) -> HttpRequest:
    return HttpRequest(
        "PUT",
        "/b/k",
        "",
        [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
    )


def value(name: str, data: bytes = BODY) -> str:
    digests = Digests([name])
    digests.update(data)
    return digests.value(name)


def refused(**headers: str) -> AwsError:
    try:
        told = declared(http(**headers), {})
        digests = Digests([told.algorithm.name] if told.algorithm else [])
        digests.update(BODY)
        verify(told, digests, {})
    except AwsError as error:
        return error
    pytest.fail("it was not refused")


def test_the_values_are_those_of_the_algorithms() -> None:
    assert value("CRC32") == base64.b64encode(zlib.crc32(BODY).to_bytes(4, "big")).decode()
    assert value("CRC32C", b"123456789") == base64.b64encode(bytes.fromhex("e3069283")).decode()
    assert value("CRC64NVME", b"123456789") == base64.b64encode(bytes.fromhex("ae8b14860a799888")).decode()
    assert value("SHA1") == base64.b64encode(hashlib.sha1(BODY).digest()).decode()  # noqa: S324 - S3's algorithm
    assert value("SHA256") == base64.b64encode(hashlib.sha256(BODY).digest()).decode()
    assert value("XXHASH64", b"abc") == base64.b64encode(bytes.fromhex("44bc2cf5ad770999")).decode()


@given(data=st.binary(max_size=300), cuts=st.lists(st.integers(0, 300), max_size=4))
def test_a_checksum_does_not_depend_on_how_the_bytes_arrive(data: bytes, cuts: list[int]) -> None:
    pieces, start = [], 0
    for cut in sorted(cuts):
        pieces.append(data[start:cut])
        start = max(start, cut)
    pieces.append(data[start:])
    digests = Digests(ALGORITHMS)
    for piece in pieces:
        digests.update(piece)
    assert {name: digests.value(name) for name in ALGORITHMS} == {
        name: value(name, data) for name in ALGORITHMS
    }
    assert digests.md5 == hashlib.md5(data, usedforsecurity=False).digest()


@pytest.mark.parametrize("name", ["CRC32", "CRC32C", "CRC64NVME"])
@given(parts=st.lists(st.binary(max_size=100), min_size=1, max_size=6))
def test_parts_join_to_the_checksum_of_the_whole(name: str, parts: list[bytes]) -> None:
    joined = of_parts(ALGORITHMS[name], FULL_OBJECT, [(value(name, part), len(part)) for part in parts])
    assert (joined.kind, joined.value) == (FULL_OBJECT, value(name, b"".join(parts)))


def test_a_composite_checksum_is_the_checksum_of_checksums() -> None:
    digests = [hashlib.sha256(part).digest() for part in (b"one", b"two")]
    joined = of_parts(
        ALGORITHMS["SHA256"], COMPOSITE, [(base64.b64encode(each).decode(), 3) for each in digests]
    )
    assert joined.value == base64.b64encode(hashlib.sha256(b"".join(digests)).digest()).decode() + "-2"


@pytest.mark.parametrize("name", ALGORITHMS)
def test_what_is_declared_and_true_passes(name: str) -> None:
    told = declared(http(**{ALGORITHMS[name].header: value(name)}), {})
    digests = Digests([name])
    digests.update(BODY)
    verify(told, digests, {})
    assert told.algorithm is ALGORITHMS[name]


@pytest.mark.parametrize("name", ALGORITHMS)
def test_what_is_declared_and_false_is_a_bad_digest(name: str) -> None:
    error = refused(**{ALGORITHMS[name].header: value(name, b"other")})
    assert error.code == "BadDigest"
    assert error.message == f"The {name} you specified did not match the calculated checksum."


def test_a_wrong_md5_tells_both() -> None:
    wrong = base64.b64encode(b"x" * 16).decode()
    error = refused(content_md5=wrong)
    right = base64.b64encode(hashlib.md5(BODY, usedforsecurity=False).digest()).decode()
    assert (error.code, error.fields) == ("BadDigest", {"ExpectedDigest": wrong, "CalculatedDigest": right})


@pytest.mark.parametrize("bad", ["", "abc", "AAAA", "!!!!", base64.b64encode(b"x" * 15).decode()])
def test_an_md5_that_is_none_is_invalid(bad: str) -> None:
    assert refused(content_md5=bad).code == "InvalidDigest"


@pytest.mark.parametrize("bad", ["", "abc", "AAAA", "AAAAAA==-2"])
def test_a_value_that_is_none_is_refused(bad: str) -> None:
    with pytest.raises(AwsError, match=r"Value for x-amz-checksum-crc32 header is invalid\."):
        checked_value(ALGORITHMS["CRC32"], bad)


def test_two_checksums_are_one_too_many() -> None:
    error = refused(x_amz_checksum_crc32=value("CRC32"), x_amz_checksum_sha256=value("SHA256"))
    assert (error.code, error.message) == (
        "InvalidRequest",
        "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
    )


def test_a_named_algorithm_must_be_the_one_that_is_sent() -> None:
    error = refused(x_amz_sdk_checksum_algorithm="SHA1", x_amz_checksum_crc32=value("CRC32"))
    assert error.message == "Value for x-amz-sdk-checksum-algorithm header is invalid."
    error = refused(x_amz_sdk_checksum_algorithm="CRC32")
    assert "no corresponding x-amz-checksum-* or x-amz-trailer headers were found" in error.message


def test_a_trailer_is_held_against_the_body() -> None:
    told = declared(http(x_amz_trailer="x-amz-checksum-crc32c", x_amz_sdk_checksum_algorithm="CRC32C"), {})
    digests = Digests(["CRC32C"])
    digests.update(BODY)
    verify(told, digests, {"x-amz-checksum-crc32c": value("CRC32C")})
    with pytest.raises(AwsError, match="The CRC32C you specified did not match"):
        verify(told, digests, {"x-amz-checksum-crc32c": value("CRC32C", b"other")})
    with pytest.raises(AwsError) as caught:
        verify(told, digests, {})
    assert caught.value.code == "MalformedTrailerError"
