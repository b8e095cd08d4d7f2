"""Unmodified clients: what boto3 would put on the wire is proven, body included."""

from __future__ import annotations

import io
from collections.abc import Callable
from operator import methodcaller
from typing import TYPE_CHECKING, Any

import botocore.awsrequest
import botocore.session
import pytest
from botocore.config import Config
from tests.auth.requests import KEY_ID, SECRET, as_received, on_the_wire

from tabard.auth import Verified, decode_body, parse, service_of, verify
from tabard.core.errors import AwsError
from tabard.core.sources import system_clock

if TYPE_CHECKING:
    from tabard.core.http import HttpRequest

SESSION = botocore.session.Session()
SESSION.set_credentials(KEY_ID, SECRET, "session-token")

Call = Callable[[Any], Any]


class _SentError(Exception):
    """Carries the request out of the client in place of sending it."""


def sent(service: str, call: Call, *, url: str = "http://127.0.0.1:4680", **config: Any) -> HttpRequest:
    """What a client puts on the wire for a call."""
    caught: list[botocore.awsrequest.AWSPreparedRequest] = []

    def before_send(request: botocore.awsrequest.AWSPreparedRequest, **_: Any) -> None:
        caught.append(request)
        raise _SentError

    client = SESSION.create_client(
        service,
        region_name="eu-central-1",
        endpoint_url=url,
        config=Config(retries={"total_max_attempts": 1}, **config),
    )
    client.meta.events.register("before-send", before_send)
    with pytest.raises(_SentError):
        call(client)
    return on_the_wire(caught[0])


def proven(request: HttpRequest, service: str) -> tuple[Verified, bytes]:
    """The verified claim and the payload."""
    assert service_of(request) == service
    signature = parse(request)
    assert signature is not None
    assert signature.token == "session-token"
    streaming = signature.payload.startswith("STREAMING-")
    verified = verify(signature, request, SECRET, system_clock(), service, streaming=streaming)
    return verified, decode_body(verified, request)[0] if service == "s3" else request.body


QUERY_CALLS: list[tuple[str, Call]] = [
    ("sts", lambda client: client.get_caller_identity()),
    ("iam", lambda client: client.create_role(RoleName="r", AssumeRolePolicyDocument='{"é": "+ &="}')),
    ("ec2", lambda client: client.describe_instances(Filters=[{"Name": "tag:a b", "Values": ["*~"]}])),
]


@pytest.mark.parametrize(("service", "call"), QUERY_CALLS, ids=[name for name, _ in QUERY_CALLS])
def test_query_services(service: str, call: Call) -> None:
    _, body = proven(sent(service, call), service)
    assert body.startswith(b"Action=")


S3_READS: list[Call] = [
    lambda client: client.list_buckets(),
    lambda client: client.list_objects_v2(Bucket="bucket", Prefix="a b/ü+&=~", Delimiter="/", StartAfter="%"),
    lambda client: client.get_object(Bucket="bucket", Key="a b/../ü+&=~//(x)*'!\n", Range="bytes=0-1"),
    lambda client: client.get_bucket_location(Bucket="bucket"),
    lambda client: client.copy_object(Bucket="bucket", Key="k", CopySource={"Bucket": "b", "Key": "ü +"}),
    lambda client: client.put_object(Bucket="bucket", Key="k", Metadata={"a": "  b   c "}, Body=b""),
]


@pytest.mark.parametrize("call", S3_READS)
@pytest.mark.parametrize("style", ["path", "virtual"])
def test_s3_requests(call: Call, style: str) -> None:
    proven(sent("s3", call, url="http://s3.localhost:4680", s3={"addressing_style": style}), "s3")


@pytest.mark.parametrize("url", ["http://127.0.0.1:4680", "https://127.0.0.1:4680"])
@pytest.mark.parametrize("size", [0, 1, 3_000_000])
def test_s3_uploads_with_the_checksums_that_clients_send_by_default(url: str, size: int) -> None:
    data = bytes(size)
    for body in (data, io.BytesIO(data)):
        request = sent("s3", methodcaller("put_object", Bucket="b", Key="k", Body=body), url=url)
        assert proven(request, "s3")[1] == data


def test_s3_deletes_many() -> None:
    request = sent(
        "s3", lambda client: client.delete_objects(Bucket="b", Delete={"Objects": [{"Key": "a<ü"}]})
    )
    assert b"<Key>a&lt;\xc3\xbc</Key>" in proven(request, "s3")[1]


@pytest.mark.parametrize("operation", ["get_object", "put_object"])
def test_presigned_urls(operation: str) -> None:
    client: Any = SESSION.create_client(
        "s3",
        region_name="eu-central-1",
        endpoint_url="http://127.0.0.1:4680",
        config=Config(signature_version="s3v4"),
    )
    url = client.generate_presigned_url(operation, {"Bucket": "b", "Key": "a b/ü+&=~"}, ExpiresIn=60)
    request = as_received(botocore.awsrequest.AWSRequest(operation[:3].upper(), url))
    request.body = b"anything" if operation == "put_object" else b""
    assert proven(request, "s3")[1] == request.body
    request.path += "x"
    with pytest.raises(AwsError, match="SignatureDoesNotMatch"):
        proven(request, "s3")
