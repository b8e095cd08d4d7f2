"""Every operation of the four services: botocore writes and we read, we write and botocore reads."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import pytest
from botocore.awsrequest import HeadersDict, prepare_request_dict
from botocore.eventstream import EventStream
from botocore.handlers import parse_get_bucket_location
from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel
from botocore.parsers import EventStreamXMLParser, create_parser
from botocore.serialize import create_serializer
from tests.wire.generated import Generator

from tabard.core.http import HttpReply, HttpRequest
from tabard.wire import route, service
from tabard.wire.scalars import format_http_date

SEEDS = 3
OPERATIONS = [
    (name, operation)
    for name in ("iam", "sts", "ec2", "s3")
    for operation in sorted(service(name).operations)
]
ALIASES = {
    "GetBucketLifecycle": "GetBucketLifecycleConfiguration",
    "PutBucketLifecycle": "PutBucketLifecycleConfiguration",
    "GetBucketNotification": "GetBucketNotificationConfiguration",
    "PutBucketNotification": "PutBucketNotificationConfiguration",
    "ListDirectoryBuckets": "ListBuckets",
}
"""Operations whose requests are those of another, which is what they are routed to."""

TWO_IN_ONE = {"GetBucketNotification", "PutBucketNotification"}
"""Deprecated operations in which two members share one element, so that neither side can tell them apart."""


@cache
def botocore_service(name: str) -> ServiceModel:
    return ServiceModel(Loader().load_service_model(name, "service-2"), name)


def botocore_operation(name: str, operation: str) -> OperationModel:
    return botocore_service(name).operation_model(operation)


def as_request(serialized: dict[str, Any]) -> HttpRequest:
    prepare_request_dict(serialized, endpoint_url="http://127.0.0.1:4680", context={})
    body = serialized["body"]
    if isinstance(body, dict):
        body = urlencode(body).encode()
    path, _, query = serialized["url"].removeprefix("http://").partition("/")[2].partition("?")
    headers = [(name.lower().encode(), str(value).encode()) for name, value in serialized["headers"].items()]
    return HttpRequest(
        serialized["method"], f"/{path}", query, [(b"host", b"127.0.0.1:4680"), *headers], body
    )


def serialized(name: str, operation: str, params: dict[str, Any]) -> HttpRequest:
    model = botocore_operation(name, operation)
    serializer = create_serializer(botocore_service(name).metadata["protocol"], include_validation=True)
    return as_request(serializer.serialize_to_request(params, model))


def parsed(name: str, operation: str, reply: HttpReply) -> dict[str, Any]:
    model = botocore_operation(name, operation)
    parser = create_parser(botocore_service(name).metadata["protocol"])
    headers = HeadersDict((key.decode(), value.decode("latin-1")) for key, value in reply.headers)
    raw = {"status_code": reply.status, "headers": headers, "body": reply.body, "context": {}}
    result: dict[str, Any] = parser.parse(raw, model.output_shape)  # type: ignore[arg-type]  # None is read as nothing
    if operation == "GetBucketLocation":
        parse_get_bucket_location(result, SimpleNamespace(raw=reply.body, content=reply.body))
    payload = model.output_shape.serialization.get("payload") if model.output_shape is not None else None
    if not reply.body and payload is not None:
        result.pop(payload, None)  # botocore reads an empty body as an empty payload
    if result.get("Metadata") == {}:
        del result["Metadata"]  # and no headers as an empty map
    assert result.pop("ResponseMetadata")["HTTPStatusCode"] == reply.status
    return result


@pytest.mark.parametrize(("name", "operation"), OPERATIONS)
def test_requests_that_botocore_writes_are_read_as_they_were_meant(name: str, operation: str) -> None:
    ours = service(name).operation(operation)
    for seed in range(SEEDS):
        params = Generator(f"{operation}{seed}").value(ours.input) if ours.input is not None else {}
        if "Bucket" in params:
            params["Bucket"] = "some-bucket"
        if name == "s3" and ours.input is not None and ours.input.members.get("Key"):
            params["Key"] = "a key/with//../ünïcode+and=signs&?%41/"
        if name == "s3" and "Expires" in params:
            params["Expires"] = datetime(
                2026, 11, 23, 20, 30, tzinfo=UTC
            )  # text in the model, a time in botocore
        request = serialized(name, operation, params)
        match = route(request, name, virtual_hosts=())
        assert match.operation == ALIASES.get(operation, operation)
        if operation in TWO_IN_ONE:
            continue
        if ours.streams_in:
            assert ours.input is not None
            params.pop(ours.input.get("payload"), None)
        if name == "s3" and "Expires" in params:
            params["Expires"] = format_http_date(params["Expires"])
        assert ours.decode(request, match) == params


@pytest.mark.parametrize(("name", "operation"), OPERATIONS)
def test_replies_that_we_write_are_read_by_botocore_as_they_were_meant(name: str, operation: str) -> None:
    ours = service(name).operation(operation)
    for seed in range(SEEDS if operation not in TWO_IN_ONE else 0):
        result = Generator(f"{operation}{seed}").value(ours.output) if ours.output is not None else {}
        if name == "s3" and "Expires" in result:
            result["Expires"] = datetime(2026, 11, 23, 20, 30, tzinfo=UTC)
        reply = ours.encode(result, "request-1")
        if operation == "SelectObjectContent":
            continue  # its events have a test of their own
        if ours.streams_out:
            assert ours.output is not None
            assert reply.body == result.pop(ours.output.get("payload"), b"")
            reply.body = b""
        assert parsed(name, operation, reply) == result


def test_events_that_we_write_are_read_by_botocore() -> None:
    events = [
        {"Records": {"Payload": b"a,b\n1,2\n"}},
        {"Progress": {"Details": {"BytesScanned": 4, "BytesProcessed": 5, "BytesReturned": 6}}},
        {"Cont": {}},
        {"Stats": {"Details": {"BytesScanned": 4, "BytesProcessed": 5, "BytesReturned": 6}}},
        {"End": {}},
    ]
    reply = service("s3").operation("SelectObjectContent").encode({"Payload": events}, "request-1")
    assert (b"content-type", b"application/vnd.amazon.eventstream") in reply.headers
    shape = botocore_operation("s3", "SelectObjectContent").output_shape
    assert shape is not None
    raw = SimpleNamespace(stream=lambda: iter([reply.body]))
    members: Any = shape.members
    stream: Any = EventStream(raw, members["Payload"], EventStreamXMLParser(), "SelectObjectContent")
    assert list(stream) == events
