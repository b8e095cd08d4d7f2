"""What a true claim needs, and that every part of a signed request is guarded."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import quote

import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.auth.requests import AT, NOW, SECRET, call, get_object, sign, with_header

from tabard.auth import Verified, parse, service_of, verify
from tabard.core.errors import AwsError
from tabard.core.http import HttpRequest

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
WORD = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=8)
VALUE = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20)


def prove(request: HttpRequest, service: str, now: float = AT) -> Verified:
    signature = parse(request, service)
    assert signature is not None
    return verify(signature, request, SECRET, now, service)


def refused(request: HttpRequest, service: str, now: float = AT) -> AwsError:
    with pytest.raises(AwsError) as caught:
        prove(request, service, now)
    return caught.value


def quoted(text: str) -> str:
    return quote(text, safe="-_.~")


def test_a_call_that_botocore_signed_is_proven() -> None:
    request = call(token="session-token")
    signature = parse(request)
    assert signature is not None
    assert (signature.access_key_id, signature.date, signature.region) == (
        "AKIDEXAMPLE",
        "20261123",
        "us-east-1",
    )
    assert (signature.service, signature.token, signature.presigned) == ("sts", "session-token", False)
    assert service_of(request) == "sts"
    verified = verify(signature, request, SECRET, AT, "sts")
    assert verified.scope == "20261123/us-east-1/sts/aws4_request"
    assert verified.seed == signature.signature


def test_nothing_that_prints_shows_a_secret() -> None:
    verified = prove(call(token="session-token"), "sts")
    shown = repr(verified) + str(verified) + repr(verified.signing_key) + repr(verified.signature)
    assert "session-token" not in shown
    assert SECRET not in shown
    assert "AKIDEXAMPLE" in shown


def test_an_unsigned_request_makes_no_claim() -> None:
    request = HttpRequest("GET", "/", "", [(b"host", b"s3.test")])
    assert parse(request) is None
    assert service_of(request) is None


@settings(max_examples=60, deadline=None)
@given(
    key=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30),
    query=st.lists(st.tuples(WORD, TEXT), max_size=4),
    headers=st.dictionaries(WORD, VALUE, max_size=3),
    token=st.none() | WORD,
)
def test_whatever_botocore_signs_for_s3_verifies(
    key: str, query: list[tuple[str, str]], headers: dict[str, str], token: str | None
) -> None:
    path = "/bucket/" + quote(key, safe="/~")
    pairs = "&".join([f"{quoted(name)}={quoted(value)}" for name, value in query])
    request = AWSRequest(
        method="PUT",
        url=f"https://s3.test{path}?{pairs}",
        data=b"body",
        headers={f"x-amz-meta-{name}": value for name, value in headers.items()},
    )
    assert prove(sign(request, "s3", token=token), "s3").signature.token == token


@settings(max_examples=60, deadline=None)
@given(
    path=st.lists(st.sampled_from(["a", "..", ".", "", "b c", "é", "x%2Fy", "~"]), max_size=5),
    query=st.dictionaries(WORD, TEXT, max_size=4),
    headers=st.dictionaries(WORD, VALUE, max_size=3),
    body=st.binary(max_size=40),
)
def test_whatever_botocore_signs_for_other_services_verifies(
    path: list[str], query: dict[str, str], headers: dict[str, str], body: bytes
) -> None:
    url = "https://other.test/" + quote("/".join(path), safe="/~%")
    pairs = "&".join([f"{quoted(name)}={quoted(value)}" for name, value in query.items()])
    request = AWSRequest(
        method="POST",
        url=f"{url}?{pairs}",
        data=body,
        headers={f"x-amz-{name}": value for name, value in headers.items()},
    )
    prove(sign(request, "execute-api"), "execute-api")


@settings(max_examples=40, deadline=None)
@given(
    key=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30), token=st.none() | VALUE
)
def test_whatever_botocore_presigns_for_s3_verifies(key: str, token: str | None) -> None:
    path = "/bucket/" + quote(key, safe="/~")
    request = get_object(path, signer=botocore.auth.S3SigV4QueryAuth, expires=60, token=token or None)
    verified = prove(request, "s3", AT + 60)
    assert verified.signature.presigned
    assert verified.signature.expires == 60
    assert verified.signature.token == (token or None)
    assert service_of(request) == "s3"


def test_a_presigned_identity_call_verifies_for_fifteen_minutes_whatever_it_asked_for() -> None:
    request = sign(
        AWSRequest(method="GET", url="https://sts.test/?Action=GetCallerIdentity&Version=2011-06-15"),
        "sts",
        signer=botocore.auth.SigV4QueryAuth,
        expires=60,
        token="session-token",
    )
    prove(request, "sts", AT + 900)
    assert refused(request, "sts", AT + 901).code == "SignatureDoesNotMatch"


def test_a_token_may_join_a_presigned_identity_call_after_signing_but_not_one_of_s3() -> None:
    options: dict[str, Any] = {"signer": botocore.auth.SigV4QueryAuth, "expires": 60}
    request = sign(
        AWSRequest(method="GET", url="https://sts.test/?Action=GetCallerIdentity"), "sts", **options
    )
    request.query += "&X-Amz-Security-Token=a%2Bb"
    assert prove(request, "sts").signature.token == "a+b"
    request = get_object(signer=botocore.auth.S3SigV4QueryAuth, expires=60)
    request.query += "&X-Amz-Security-Token=a%2Bb"
    assert refused(request, "s3").code == "SignatureDoesNotMatch"


@pytest.mark.parametrize("service", ["sts", "ec2", "s3"])
def test_tampering_with_any_signed_part_is_refused(service: str) -> None:
    def signed() -> HttpRequest:
        return sign(
            AWSRequest(
                method="PUT",
                url="https://service.test/a/key?list=1&name=%C3%A9",
                data=b"the body",
                headers={"Content-Type": "text/plain", "X-Amz-Meta-A": "b"},
            ),
            service,
            token="token",
        )

    prove(signed(), service)
    changes: list[HttpRequest] = []
    for name in ("method", "path", "query", "body"):
        request = signed()
        value = getattr(request, name)
        setattr(request, name, value + (b"x" if name == "body" else "x"))
        changes.append(request)
    changes += [
        with_header(signed(), name, "x")
        for name in ("content-type", "host", "x-amz-meta-a", "x-amz-security-token")
    ]
    changes += [
        with_header(signed(), "x-amz-date", "20261123T200001Z"),
        with_header(signed(), "x-amz-meta-a", None),
    ]
    authorization = signed().header(b"authorization") or ""
    flipped = authorization[:-1] + ("0" if authorization[-1] != "0" else "1")
    changes.append(with_header(signed(), "authorization", flipped))
    changes.append(with_header(signed(), "authorization", authorization.replace("us-east-1", "us-east-2")))
    for request in changes:
        with pytest.raises(AwsError):
            prove(request, service)


def test_repeated_and_folded_headers_are_joined_and_trimmed() -> None:
    request = sign(
        AWSRequest(method="GET", url="https://sts.test/", headers={"X-Amz-Meta-A": "one,two words"}), "sts"
    )
    headers = [pair for pair in request.headers if pair[0] != b"x-amz-meta-a"]
    headers += [(b"x-amz-meta-a", b"  one "), (b"x-amz-meta-a", b"two  \t words")]
    prove(HttpRequest("GET", "/", "", headers), "sts")
    swapped = [*headers[:-2], headers[-1], headers[-2]]
    assert refused(HttpRequest("GET", "/", "", swapped), "sts").code == "SignatureDoesNotMatch"


def test_a_line_break_in_a_value_cannot_pose_as_another_header() -> None:
    request = get_object(token="t")
    headers = [
        (name, value + b"\nx-amz-security-token:t" if name == b"x-amz-date" else value)
        for name, value in request.headers
        if name != b"x-amz-security-token"
    ]
    with pytest.raises(AwsError):
        prove(HttpRequest("GET", request.path, "", headers), "s3")


@pytest.mark.parametrize(
    ("wire", "signed"),
    [
        ("prefix=a+b", "prefix=a%20b"),
        ("prefix=a/b", "prefix=a%2Fb"),
        ("%70refix=%61", "prefix=a"),
        ("x=%c3%a9", "x=%C3%A9"),
        ("b=2&a", "a=&b=2"),
        ("a-b=1&a=2", "a=2&a-b=1"),
        ("a=b=c", "a=b%3Dc"),
        ("&a=1&&", "a=1"),
    ],
)
def test_queries_are_brought_into_one_form(wire: str, signed: str) -> None:
    request = get_object("/bucket", signed)
    request.query = wire
    prove(request, "s3")


@pytest.mark.parametrize(
    ("wire", "signed"),
    [("/b/a b", "/b/a%20b"), ("/b/%7Ea%2d", "/b/~a-"), ("/b/%c3%a9", "/b/%C3%A9"), ("/b/x+y", "/b/x%2By")],
)
def test_s3_paths_are_encoded_once(wire: str, signed: str) -> None:
    request = get_object(signed)
    request.path = wire
    prove(request, "s3")


def test_s3_paths_are_not_normalised() -> None:
    request = get_object("/b//a/../c")
    prove(request, "s3")
    request.path = "/b/c"
    assert refused(request, "s3").code == "SignatureDoesNotMatch"


@pytest.mark.parametrize(
    ("header", "value"),
    [("date", "Mon, 23 Nov 2026 20:00:00 GMT"), ("date", "20261123T200000Z")],
)
def test_a_date_header_may_stand_for_x_amz_date(header: str, value: str) -> None:
    class DatedSigner(botocore.auth.SigV4Auth):
        def _modify_request_before_signing(self, request: AWSRequest) -> None:
            request.headers["Date"] = value

    request = sign(AWSRequest(method="GET", url="https://sts.test/"), "sts", signer=DatedSigner)
    assert request.header(b"x-amz-date") is None
    assert request.header(header.encode()) == value
    assert prove(request, "sts").signature.amz_date == "20261123T200000Z"


def test_the_clock_may_be_fifteen_minutes_off_and_no_more() -> None:
    for service, request in (("sts", call()), ("ec2", call(service="ec2")), ("s3", get_object())):
        for now in (AT - 900, AT + 900):
            prove(request, service, now)
        for now in (AT - 901, AT + 901):
            refused(request, service, now)


def test_the_key_is_the_days() -> None:
    late = NOW.replace(hour=23, minute=59, second=59)
    request = call(at=late)
    prove(request, "sts", (late + dt.timedelta(minutes=10)).timestamp())
