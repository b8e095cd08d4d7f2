"""Requests as SDKs send them are proven in a quicker way: it must come to what the careful way comes to, whatever is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.awsrequest import AWSRequest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.auth.requests import AT, SECRET, sign

from tabard.auth import parse, plain, verify
from tabard.auth.claims import claim_of
from tabard.core.errors import AwsError

if TYPE_CHECKING:
    from tabard.core.http import HttpRequest

NAMES = st.sampled_from(
    [
        "User-Agent",
        "Accept",
        "x-amz-meta-a",
        "x-amz-security-token",
        "X-Amz-Date",
        "Host",
        "Range",
        "amz-sdk-request",
    ]
)
VALUES = st.lists(
    st.sampled_from(["a", "b ", " ", "  ", "\t", ": ", ":", ",", "%", "\xe9", "\v", "\f"]), max_size=5
).map("".join)
PATHS = st.sampled_from(
    ["/", "/bucket/key", "/bucket/a%20b", "/bucket/a b", "/bucket/../key", "/bucket//key", "/%zz", "/%7e"]
)
QUERIES = st.sampled_from(["", "list-type=2", "b=2&a=1", "prefix=a+b", "prefix=%7e", "a=%zz", "acl", "a=b=c"])
BODIES = st.sampled_from([b"", b"Action=GetCallerIdentity&Version=2011-06-15", b"\xff"])


def outcome(signature: Any, request: HttpRequest, service: str, now: float, *, streaming: bool) -> object:
    try:
        verified = verify(signature, request, SECRET, now, service, streaming=streaming)
    except AwsError as error:
        return error.code, error.status, error.message, error.fields
    return verified.scope, verified.seed, verified.signing_key.sign(b"text")


@settings(max_examples=150, deadline=None)
@given(
    service=st.sampled_from(["s3", "sts", "iam"]),
    scoped=st.sampled_from(["s3", "sts", "iam"]),
    path=PATHS,
    query=QUERIES,
    body=BODIES,
    before=st.dictionaries(NAMES.filter(lambda name: name not in {"Host", "X-Amz-Date"}), VALUES, max_size=3),
    after=st.lists(st.tuples(NAMES, VALUES), max_size=2),
    other_body=st.none() | BODIES,
    late=st.sampled_from([0.0, 899.0, 901.0, -901.0, 86400.0]),
    streaming=st.booleans(),
    wrong=st.booleans(),
)
def test_both_ways_agree(
    service: str,
    scoped: str,
    path: str,
    query: str,
    body: bytes,
    before: dict[str, str],
    after: list[tuple[str, str]],
    other_body: bytes | None,
    late: float,
    *,
    streaming: bool,
    wrong: bool,
) -> None:
    url = f"https://{scoped}.us-east-1.amazonaws.com{path}" + (f"?{query}" if query else "")
    method = "POST" if body else "GET"
    request = sign(AWSRequest(method, url, headers=dict(before), data=body), scoped, token="token")
    request.headers += [(name.lower().encode(), value.encode("latin-1")) for name, value in after]
    if other_body is not None:
        request.body = other_body
    signature = plain(request)
    if signature is None:
        return
    assert signature.claim is not None
    if wrong:
        last = "0" if signature.signature[-1] != "0" else "1"
        signature = replace(signature, signature=signature.signature[:-1] + last)
    careful = replace(signature, claim=None)
    for _ in range(2):  # the second time all that can be remembered is
        told = outcome(signature, request, service, AT + late, streaming=streaming)
        assert told == outcome(careful, request, service, AT + late, streaming=streaming)


def test_the_quicker_way_is_what_sdks_take(monkeypatch: pytest.MonkeyPatch) -> None:
    def carefully(*_: object, **__: object) -> None:
        pytest.fail("an ordinary request was read with care")

    monkeypatch.setattr("tabard.auth.verification._carefully", carefully)
    for service, path in (("sts", "/"), ("iam", "/"), ("s3", "/bucket/key%20a?list-type=2&prefix=a")):
        request = sign(
            AWSRequest(
                "GET",
                f"https://{service}.us-east-1.amazonaws.com{path}",
                headers={"User-Agent": "Boto3/1 a/b"},
            ),
            service,
        )
        signature = parse(request)
        assert signature is not None
        assert verify(signature, request, SECRET, AT, service).seed == signature.signature


def test_another_secret_makes_another_key() -> None:
    request = sign(AWSRequest("GET", "https://sts.us-east-1.amazonaws.com/"), "sts")
    signature = parse(request)
    assert signature is not None
    verify(signature, request, SECRET, AT, "sts")
    with pytest.raises(AwsError, match="does not match"):
        verify(signature, request, SECRET[::-1], AT, "sts")
    verify(signature, request, SECRET, AT, "sts")


def test_heads_that_hold_much_are_not_remembered() -> None:
    credential = b"AWS4-HMAC-SHA256 Credential=AKID/20261123/us-east-1/sts/aws4_request, SignedHeaders="
    ordinary = credential + b"host;x-amz-date, Signature="
    assert claim_of(ordinary) is claim_of(ordinary)
    many = credential + b";".join(b"a%d" % number for number in range(60)) + b", Signature="
    assert claim_of(many) is not claim_of(many)
    assert claim_of(credential + b"a" * 3000 + b", Signature=") is None
