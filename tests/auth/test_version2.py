"""Presigned links of Signature Version 2, as botocore makes them; nothing else of that version is accepted."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from botocore.auth import HmacV1QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from tabard import auth
from tabard.core.errors import AwsError
from tabard.core.http import HttpRequest

KEY, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
NOW = 1_800_000_000.0


def link(
    path: str = "/bucket/key", method: str = "GET", *, token: str | None = None, **query: str
) -> HttpRequest:
    request = AWSRequest(method, f"http://127.0.0.1{path}", params=query)
    HmacV1QueryAuth(Credentials(KEY, SECRET, token), expires=600).add_auth(request)
    parts = urlsplit(str(request.url))
    return HttpRequest(method, parts.path, parts.query, [(b"host", b"127.0.0.1")])


def verified(request: HttpRequest, now: float | None = None, secret: str = SECRET) -> Any:
    import time

    signature = auth.parse(request)
    assert signature is not None
    return auth.verify_link(signature, request, secret, time.time() if now is None else now, None)


def test_a_link_is_good_until_it_expires() -> None:
    request = link()
    signature = auth.parse(request)
    assert signature is not None
    assert (signature.access_key_id, signature.presigned, signature.service) == (KEY, True, "s3")
    verified(request)
    with pytest.raises(AwsError) as refused:
        verified(request, now=float(signature.expires or 0) + 1)
    assert (refused.value.code, refused.value.message) == ("AccessDenied", "Request has expired")


def test_the_token_is_signed_too() -> None:
    request = link(token="a token/+=")
    signature = auth.parse(request)
    assert signature is not None
    assert signature.token == "a token/+="
    verified(request)
    request.query = request.query.replace("a%20token", "another")
    with pytest.raises(AwsError):
        verified(request)


@given(
    st.text(
        st.characters(codec="utf-8", exclude_characters="\x00", categories=["L", "N", "P", "Zs"]), min_size=1
    ),
    st.sampled_from(["GET", "PUT", "HEAD", "DELETE"]),
    st.fixed_dictionaries(
        {},
        optional={
            "response-content-type": st.just("text/plain"),
            "versionId": st.just("a b"),
            "ignored": st.just("x"),
        },
    ),
)
def test_whatever_botocore_signs_is_accepted(key: str, method: str, query: dict[str, str]) -> None:
    verified(link(f"/bucket/{quote(key)}", method, **query))


@pytest.mark.parametrize(
    "change",
    [
        lambda request: setattr(request, "method", "DELETE"),
        lambda request: setattr(request, "path", "/bucket/other"),
        lambda request: setattr(request, "query", request.query + "&acl"),
        lambda request: setattr(request, "query", request.query.replace("Expires=", "Expires=9")),
        lambda request: request.headers.append((b"x-amz-copy-source", b"/other/secret")),
        lambda request: request.headers.append((b"content-type", b"text/html")),
    ],
)
def test_a_changed_link_is_refused(change: Any) -> None:
    request = link()
    change(request)
    with pytest.raises(AwsError) as refused:
        verified(request)
    assert refused.value.code == "SignatureDoesNotMatch"


def test_another_secret_is_refused() -> None:
    with pytest.raises(AwsError):
        verified(link(), secret="x" * 40)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("AWSAccessKeyId=A&Signature=B", "AccessDenied"),
        ("AWSAccessKeyId=A&Signature=B&Expires=soon", "AccessDenied"),
        ("AWSAccessKeyId=A&AWSAccessKeyId=C&Signature=B&Expires=1", "InvalidArgument"),
    ],
)
def test_half_a_claim_is_refused(query: str, code: str) -> None:
    with pytest.raises(AwsError) as refused:
        auth.parse(HttpRequest("GET", "/b/k", query, []))
    assert refused.value.code == code


def test_other_services_have_no_version_2() -> None:
    query = "Action=ListUsers&AWSAccessKeyId=A&Signature=B&SignatureVersion=2&SignatureMethod=HmacSHA256"
    with pytest.raises(AwsError):
        auth.parse(HttpRequest("GET", "/", query, []))
