"""Signed requests to test with: botocore signs, and the result stands as the server sees it."""

from __future__ import annotations

import datetime as dt
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

import botocore.auth
from botocore.awsrequest import AWSPreparedRequest, AWSRequest
from botocore.credentials import Credentials

from tabard.core.http import HttpRequest

KEY_ID = "AKIDEXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
NOW = dt.datetime(2026, 11, 23, 20, 0, 0, tzinfo=dt.UTC)
AT = NOW.timestamp()


def as_received(request: AWSRequest) -> HttpRequest:
    """The request as it stands on the wire."""
    return on_the_wire(request.prepare())


def on_the_wire(prepared: AWSPreparedRequest) -> HttpRequest:
    """A prepared request as the server sees it: host first unless it was given, names in lower case."""
    parts = urlsplit(prepared.url)
    headers = [] if "host" in prepared.headers else [(b"host", parts.netloc.encode())]
    for name, value in prepared.headers.items():
        raw: Any = value
        headers.append((name.lower().encode(), raw if isinstance(raw, bytes) else str(raw).encode()))
    body: Any = prepared.body or b""
    if hasattr(body, "read"):
        body = body.read()
    whole = body.encode() if isinstance(body, str) else bytes(body)
    return HttpRequest(prepared.method, parts.path or "/", parts.query, headers, whole)


def sign(
    request: AWSRequest,
    service: str,
    region: str = "us-east-1",
    *,
    token: str | None = None,
    signer: Any = None,
    at: dt.datetime = NOW,
    **options: Any,
) -> HttpRequest:
    """Sign with one of botocore's signers at a moment of one's own."""
    if signer is None:
        signer = botocore.auth.S3SigV4Auth if service == "s3" else botocore.auth.SigV4Auth
    with mock.patch("botocore.auth.get_current_datetime", return_value=at.replace(tzinfo=None)):
        signer(Credentials(KEY_ID, SECRET, token), service, region, **options).add_auth(request)
    return as_received(request)


def call(
    body: str = "Action=GetCallerIdentity&Version=2011-06-15", *, service: str = "sts", **options: Any
) -> HttpRequest:
    """A signed query-protocol call."""
    return sign(
        AWSRequest(
            method="POST",
            url=f"https://{service}.us-east-1.amazonaws.com/",
            data=body.encode(),
            headers={"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"},
        ),
        service,
        **options,
    )


def get_object(path: str = "/bucket/key", query: str = "", **options: Any) -> HttpRequest:
    """A signed S3 read."""
    url = f"https://s3.us-east-1.amazonaws.com{path}" + (f"?{query}" if query else "")
    return sign(AWSRequest(method="GET", url=url), "s3", **options)


def with_header(request: HttpRequest, name: str, value: str | None) -> HttpRequest:
    """The request with one header replaced, added or (None) taken away."""
    headers = [(key, old) for key, old in request.headers if key != name.encode()]
    if value is not None:
        headers.append((name.encode(), value.encode("latin-1")))
    return HttpRequest(request.method, request.path, request.query, headers, request.body)
