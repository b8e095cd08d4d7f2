"""A bucket of the test's own on a real server, callers with policies, and raw requests that no SDK would send."""

from __future__ import annotations

import http.client
import json
import secrets
import urllib.parse
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, Any, NamedTuple

import boto3
import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tests.support.server import TabardServer


class Reply(NamedTuple):
    """What the wire carried."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def error(self) -> dict[str, str]:
        """The members of an error's document."""
        return {each.tag: each.text or "" for each in ET.fromstring(self.body)}  # noqa: S314 - our own server's


def refusal(act: Callable[[], Any]) -> tuple[str, int]:
    """Code and status of the error that a client's call ends in."""
    with pytest.raises(ClientError) as caught:
        act()
    response: Any = caught.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def fields(act: Callable[[], Any]) -> dict[str, str]:
    """Every member of the error that a client's call ends in."""
    with pytest.raises(ClientError) as caught:
        act()
    error: Any = caught.value.response["Error"]
    return dict(error)


class Caller:
    """An IAM user with one inline policy, and its S3 client."""

    def __init__(self, server: TabardServer) -> None:
        self._iam = server.client("iam")
        self.name = f"s3-{secrets.token_hex(4)}"
        self.arn = self._iam.create_user(UserName=self.name)["User"]["Arn"]
        self.key = self._iam.create_access_key(UserName=self.name)["AccessKey"]
        self.s3 = server.client("s3", self.key)

    def may(self, *statements: dict[str, Any]) -> None:
        """Replace the user's policy."""
        document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        self._iam.put_user_policy(UserName=self.name, PolicyName="p", PolicyDocument=document)


def allow(action: str | list[str], resource: str | list[str], **more: Any) -> dict[str, Any]:
    """A statement."""
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


class Raw:
    """Requests as they are written here: signed as root (or not), with any headers and body."""

    def __init__(self, server: TabardServer) -> None:
        self._url = urllib.parse.urlsplit(server.endpoint)
        root = server.root()
        self._credentials = Credentials(root["aws_access_key_id"], root["aws_secret_access_key"])

    def __call__(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: dict[str, str] | None = None,
        *,
        signed: bool = True,
        send: bytes | None = None,
        trailer: bool = False,
    ) -> Reply:
        """``send`` are the bytes that go out in place of ``body``, which is what was signed.

        With a ``trailer`` the body is unsigned and in chunks, as it is written here.
        """
        sent = dict(headers or {})
        if signed:
            request = AWSRequest(method, f"http://{self._url.netloc}{path}", headers=sent, data=body)
            if trailer:
                request.context["checksum"] = {"request_algorithm": {"in": "trailer"}}
            S3SigV4Auth(self._credentials, "s3", "us-east-1").add_auth(request)
            sent = dict(request.headers.items())
        connection = http.client.HTTPConnection(self._url.hostname or "", self._url.port, timeout=20)
        try:
            connection.putrequest(method, path, skip_accept_encoding=True)
            for name, value in sent.items():
                connection.putheader(name, value)
            if not {"content-length", "transfer-encoding"} & {name.lower() for name in sent}:
                connection.putheader("content-length", str(len(body)))
            connection.endheaders(body if send is None else send)
            reply = connection.getresponse()
            return Reply(
                reply.status, {key.lower(): value for key, value in reply.getheaders()}, reply.read()
            )
        finally:
            connection.close()


@pytest.fixture(scope="session")
def s3(server: TabardServer) -> Any:
    return server.client("s3")


@pytest.fixture(scope="session")
def signer(server: TabardServer) -> Any:
    """A client that presigns with version 4, which boto3 does by itself everywhere but in us-east-1."""
    config = Config(signature_version="s3v4", s3={"addressing_style": "path"})
    return boto3.client(  # type: ignore[call-overload]
        "s3", endpoint_url=server.endpoint, region_name="us-east-1", config=config, **server.root()
    )


@pytest.fixture(scope="session")
def raw(server: TabardServer) -> Raw:
    return Raw(server)


@pytest.fixture
def caller(server: TabardServer) -> Caller:
    return Caller(server)


@pytest.fixture
def bucket(s3: Any) -> Iterator[str]:
    name = f"test-{secrets.token_hex(8)}"
    s3.create_bucket(Bucket=name)
    yield name
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=name):
        for entry in page.get("Contents", []):
            s3.delete_object(Bucket=name, Key=entry["Key"])
    s3.delete_bucket(Bucket=name)
