"""Requests whose body is still to come: what their head alone shows to be refused is refused, and no body waited for."""

from __future__ import annotations

import datetime as dt
import socket
from typing import TYPE_CHECKING
from unittest import mock
from urllib.parse import urlsplit

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

if TYPE_CHECKING:
    from tests.support.server import TabardServer

LONG_FORM = b"Action=CreateRole&Version=2010-05-08&RoleName=r&Description=" + b"d" * 20_000
LONG_POLICY = b'{"Version":"2012-10-17","Statement":[]}' + b" " * 20_000
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def request(
    server: TabardServer,
    service: str,
    method: str,
    path: str,
    body: bytes,
    *,
    secret: str | None = None,
    key: str | None = None,
    late: float = 0.0,
    signed: bool = True,
) -> bytes:
    """A request's head, as the wire has it."""
    root = server.root()
    headers = {**FORM} if method == "POST" else {}
    made = AWSRequest(method, server.endpoint + path, headers=headers, data=body)
    made.context["payload_signing_enabled"] = True
    if signed:
        signer = (S3SigV4Auth if service == "s3" else SigV4Auth)(
            Credentials(key or root["aws_access_key_id"], secret or root["aws_secret_access_key"]),
            service,
            "us-east-1",
        )
        now = dt.datetime.now(dt.UTC).replace(tzinfo=None) - dt.timedelta(seconds=late)
        with mock.patch("botocore.auth.get_current_datetime", return_value=now):
            signer.add_auth(made)
    made.headers["Host"] = urlsplit(server.endpoint).netloc
    made.headers["Content-Length"] = str(len(body))
    lines = "".join([f"{name}: {value}\r\n" for name, value in made.headers.items()])
    return f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode()


def answer(server: TabardServer, head: bytes, body: bytes = b"") -> bytes:
    """What is answered to a head, and to a body that is sent only after a while."""
    parts = urlsplit(server.endpoint)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=60) as sock:
        sock.sendall(head)
        if body:
            sock.settimeout(0.2)
            with pytest.raises(TimeoutError):
                sock.recv(1)  # it is waited for
            sock.settimeout(60)
            sock.sendall(body)
        told = b""
        while b"\r\n\r\n" not in told or b"</" not in told:
            piece = sock.recv(65536)
            if not piece:
                break
            told += piece
        return told


def test_an_unknown_key_is_refused_at_once(server: TabardServer) -> None:
    head = request(server, "iam", "POST", "/", LONG_FORM, key="AKIAIOSFODNN7EXAMPLE")
    assert b"InvalidClientTokenId" in answer(server, head)


def test_an_old_signature_is_refused_at_once(server: TabardServer) -> None:
    assert b"Signature expired" in answer(server, request(server, "iam", "POST", "/", LONG_FORM, late=3600))


def test_a_service_that_is_not_served_is_refused_at_once(server: TabardServer) -> None:
    told = answer(server, request(server, "sqs", "POST", "/", LONG_FORM))
    assert told.startswith(b"HTTP/1.1 501")


def test_a_document_that_nobody_signed_is_refused_at_once(server: TabardServer) -> None:
    told = answer(server, request(server, "s3", "PUT", "/some-bucket?policy", LONG_POLICY, signed=False))
    assert told.startswith(b"HTTP/1.1 403")
    assert b"AccessDenied" in told


def test_a_document_signed_with_a_wrong_secret_is_refused_at_once(server: TabardServer) -> None:
    told = answer(server, request(server, "s3", "PUT", "/some-bucket?policy", LONG_POLICY, secret="x" * 40))
    assert b"SignatureDoesNotMatch" in told


def test_an_unsigned_form_that_is_too_long_is_refused_at_its_bound(server: TabardServer) -> None:
    form = b"Action=AssumeRoleWithSAML&Version=2011-06-15&SAMLAssertion=" + b"a" * 300_000
    parts = urlsplit(server.endpoint)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=60) as sock:
        sock.sendall(request(server, "sts", "POST", "/", form, signed=False))
        sock.sendall(form[: 257 * 1024])
        assert sock.recv(65536).startswith(b"HTTP/1.1 413")


def test_what_is_sent_slowly_and_truly_signed_is_answered(server: TabardServer) -> None:
    told = answer(server, request(server, "iam", "POST", "/", LONG_FORM), LONG_FORM)
    assert b"MalformedPolicyDocument" in told or b"ValidationError" in told
    told = answer(
        server, request(server, "s3", "PUT", "/no-such-bucket-here?policy", LONG_POLICY), LONG_POLICY
    )
    assert b"NoSuchBucket" in told
    short = b"Action=GetCallerIdentity&Version=2011-06-15"
    assert b"GetCallerIdentityResult" in answer(server, request(server, "sts", "POST", "/", short), short)
