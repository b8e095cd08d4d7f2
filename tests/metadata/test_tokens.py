"""IMDSv2: who gets a token, and what it opens."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.metadata.instances import NOW, OPTIONS, REQUIRED, SEALER, ask, instance

from tabard.core.http import HttpReply, HttpRequest
from tabard.metadata import MetadataOptions, TokenSealer, hop_limit

ID = "/latest/meta-data/instance-id"


def put(ttl: str | None, path: str = "/latest/api/token", **headers: Any) -> HttpReply:
    if ttl is not None:
        headers["x_aws_ec2_metadata_token_ttl_seconds"] = ttl
    return ask(path, method="PUT", **headers)


def token(ttl: int = 60, now: float = NOW) -> str:
    return SEALER.seal("i-1234567890abcdef0", ttl, now)


def test_a_token_opens_the_tree_while_it_lives() -> None:
    reply = put("60")
    assert reply.status == 200
    assert isinstance(reply.body, bytes)
    assert (b"x-aws-ec2-metadata-token-ttl-seconds", b"60") in reply.headers
    assert (b"content-type", b"text/plain") in reply.headers
    given_token = reply.body.decode()
    opened = ask(ID, None, REQUIRED, x_aws_ec2_metadata_token=given_token, now=NOW + 20)
    assert (opened.status, opened.body) == (200, b"i-1234567890abcdef0")
    assert (b"x-aws-ec2-metadata-token-ttl-seconds", b"40") in opened.headers
    assert ask(ID, None, REQUIRED, x_aws_ec2_metadata_token=given_token, now=NOW + 59.9).status == 200
    assert ask(ID, None, REQUIRED, x_aws_ec2_metadata_token=given_token, now=NOW + 60).status == 401


@pytest.mark.parametrize("ttl", [None, "", "0", "21601", "-1", "6.0", "abc", "+5", "٣", "9" * 400])
def test_a_token_lives_a_second_to_six_hours(ttl: str | None) -> None:
    assert put(ttl).status == 400
    assert put("1").status == put("21600").status == 200


def test_a_token_is_not_for_proxies_nor_from_other_paths() -> None:
    assert put("60", x_forwarded_for="203.0.113.1").status == 403
    assert put("60", "/2021-03-23/api/token").status == 403
    assert put("60", ID).status == 403


def test_a_required_token_must_be_given_and_a_given_one_must_be_good() -> None:
    assert ask(ID, None, REQUIRED).status == 401
    assert ask(ID, None, OPTIONS).status == 200
    other_instance = SEALER.seal("i-other", 60, NOW)
    other_key = TokenSealer(b"x" * 32).seal("i-1234567890abcdef0", 60, NOW)
    for bad in (
        "",
        "nonsense",
        token()[:-4],
        token(now=NOW - 61),
        other_instance,
        other_key,
        token() + "AAAA",
    ):
        for options in (REQUIRED, OPTIONS):
            reply = ask(ID, None, options, x_aws_ec2_metadata_token=bad)
            assert reply.status == 401
            assert isinstance(reply.body, bytes)
            assert b"<title>401 - Unauthorized</title>" in reply.body


def test_a_token_of_a_second_lives_a_second() -> None:
    short = token(1, NOW + 0.95)
    assert SEALER.remaining(short, "i-1234567890abcdef0", NOW + 1.9) == 1
    assert SEALER.remaining(short, "i-1234567890abcdef0", NOW + 1.96) is None


@given(st.integers(0, 40), st.integers(0, 7))
def test_no_bit_of_a_token_can_be_changed(byte: int, bit: int) -> None:
    sealed = bytearray(base64.urlsafe_b64decode(token()))
    sealed[byte] ^= 1 << bit
    forged = base64.urlsafe_b64encode(bytes(sealed)).decode()
    assert SEALER.remaining(forged, "i-1234567890abcdef0", NOW) is None


def test_the_service_can_be_switched_off() -> None:
    off = MetadataOptions(http_endpoint="disabled")
    for method in ("GET", "PUT", "HEAD", "POST"):
        assert ask(ID, None, off, method=method).status == 403


@pytest.mark.parametrize("method", ["POST", "DELETE", "PATCH", "TRACE"])
def test_other_methods_are_not_allowed(method: str) -> None:
    assert ask(ID, method=method).status == 405
    assert ask("/latest/api/token").status == 405


def test_only_a_tokens_reply_is_held_to_the_hop_limit() -> None:
    options = MetadataOptions(http_put_response_hop_limit=2)
    assert hop_limit(HttpRequest("PUT", "/latest/api/token", "", []), options) == 2
    assert hop_limit(HttpRequest("GET", ID, "", []), options) is None


def test_a_key_is_long_enough_and_never_shown() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        TokenSealer(b"short")
    assert repr(SEALER) == "<TokenSealer>"
    assert ask(ID, instance(instance_id="i-2")).body == b"i-2"
