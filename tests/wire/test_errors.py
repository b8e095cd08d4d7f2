"""Errors in the envelope of each protocol, as botocore reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from botocore.awsrequest import HeadersDict
from botocore.parsers import create_parser

from tabard.core.errors import AwsError, internal_failure
from tabard.wire import encode_error, service
from tabard.wire.errors import encode_error_of
from tabard.wire.model import ServiceModel
from tabard.wire.service import Service

if TYPE_CHECKING:
    from tabard.core.http import HttpReply


def read(name: str, reply: HttpReply) -> dict[str, Any]:
    headers = HeadersDict((key.decode(), value.decode()) for key, value in reply.headers)
    parser = create_parser(service(name).protocol)
    raw = {"status_code": reply.status, "headers": headers, "body": reply.body, "context": {}}
    parsed: dict[str, Any] = parser.parse(raw, None)  # type: ignore[arg-type]  # an error needs no shape
    return parsed


@pytest.mark.parametrize("name", ["iam", "sts", "ec2", "s3"])
def test_code_message_status_and_request_id_reach_the_client(name: str) -> None:
    error = AwsError("AccessDenied", "User <x> & \"y\" is not 'authorized'\nto ü☃", 403)
    parsed = read(name, encode_error(name, error, "request-1"))
    assert parsed["Error"]["Code"] == error.code
    assert parsed["Error"]["Message"] == error.message
    assert parsed["ResponseMetadata"]["RequestId"] == "request-1"
    assert parsed["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_the_query_envelope() -> None:
    reply = encode_error(
        "iam", AwsError("NoSuchEntity", "The role with name r cannot be found."), "request-1"
    )
    assert reply.status == 404
    assert reply.body == (
        b'<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type>'
        b"<Code>NoSuchEntity</Code><Message>The role with name r cannot be found.</Message></Error>"
        b"<RequestId>request-1</RequestId></ErrorResponse>"
    )
    assert reply.headers == [(b"content-type", b"text/xml"), (b"x-amzn-requestid", b"request-1")]


def test_a_failure_of_ours_is_the_receivers() -> None:
    reply = encode_error("sts", internal_failure(), "request-1")
    assert reply.status == 500
    assert isinstance(reply.body, bytes)
    assert b"<Type>Receiver</Type>" in reply.body


def test_the_ec2_envelope() -> None:
    error = AwsError("InvalidInstanceID.NotFound", "The instance ID 'i-1' does not exist")
    reply = encode_error("ec2", error, "request-1")
    assert reply.status == 400
    assert reply.body == (
        b'<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error><Code>InvalidInstanceID.NotFound</Code>'
        b"<Message>The instance ID 'i-1' does not exist</Message></Error></Errors>"
        b"<RequestID>request-1</RequestID></Response>"
    )


def test_the_s3_envelope_has_further_elements_and_no_namespace() -> None:
    error = AwsError(
        "NoSuchKey", "The specified key does not exist.", 404, {"Key": "a&b", "@x-amz-delete-marker": "true"}
    )
    reply = encode_error("s3", error, "request-1", resource="/b/a&b", host_id="host-1")
    assert reply.status == 404
    assert reply.body == (
        b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code>'
        b"<Message>The specified key does not exist.</Message><Key>a&amp;b</Key><Resource>/b/a&amp;b</Resource>"
        b"<RequestId>request-1</RequestId><HostId>host-1</HostId></Error>"
    )
    headers = dict(reply.headers)
    assert headers[b"x-amz-request-id"] == b"request-1"
    assert headers[b"x-amz-delete-marker"] == b"true"
    assert headers[b"content-type"] == b"application/xml"


def test_a_head_request_is_answered_without_a_body() -> None:
    reply = encode_error(
        "s3", AwsError("NoSuchBucket", "The specified bucket does not exist"), "request-1", head=True
    )
    assert (reply.status, reply.body) == (404, b"")
    assert all(name != b"content-type" for name, _ in reply.headers)


@pytest.mark.parametrize(
    ("name", "code", "status"),
    [
        ("iam", "EntityAlreadyExists", 409),
        ("iam", "DeleteConflict", 409),
        ("iam", "LimitExceeded", 409),
        ("iam", "MalformedPolicyDocument", 400),
        ("iam", "ServiceFailure", 500),
        ("sts", "ExpiredTokenException", 400),
        ("s3", "BucketAlreadyOwnedByYou", 409),
        ("s3", "NoSuchKey", 404),
        ("ec2", "AnythingAtAll", 400),
    ],
)
def test_the_models_status_holds_where_the_error_has_none_of_its_own(
    name: str, code: str, status: int
) -> None:
    assert encode_error(name, AwsError(code, ""), "r").status == status
    assert encode_error(name, AwsError(code, "", 418), "r").status == 418


def test_a_service_that_is_not_known_is_answered_as_the_query_protocol_does() -> None:
    reply = encode_error(None, AwsError("NotImplemented", "m", 501), "r")
    assert reply.status == 501
    assert isinstance(reply.body, bytes)
    assert reply.body.startswith(b"<ErrorResponse><Error><Type>Receiver</Type><Code>NotImplemented</Code>")


@pytest.mark.parametrize("protocol", ["json", "rest-json"])
def test_the_json_envelope(protocol: str) -> None:
    metadata = {"protocol": protocol, "jsonVersion": "1.1", "apiVersion": "1"}
    model = ServiceModel.from_json(
        msgspec.json.encode({"metadata": metadata, "operations": {}, "shapes": {}})
    )
    error = AwsError("ThrottledException", "Slow <down>", 429, {"Reason": "Quota"})
    reply = encode_error_of(Service("x", model), error, "request-1")
    headers = HeadersDict((key.decode(), value.decode()) for key, value in reply.headers)
    raw = {"status_code": reply.status, "headers": headers, "body": reply.body, "context": {}}
    parsed = create_parser(protocol).parse(raw, None)  # type: ignore[arg-type]  # an error needs no shape
    assert parsed["Error"]["Code"] == error.code
    assert parsed["Error"]["Message"] == error.message
    assert isinstance(reply.body, bytes)
    assert msgspec.json.decode(reply.body)["Reason"] == "Quota"
    assert headers["x-amzn-errortype"] == error.code


@pytest.mark.parametrize("name", ["nothing", "..", "../iam", "*", "a\0b", "x" * 5000, "é", "IAM", ""])
def test_a_name_that_a_stranger_made_up_is_answered_so_too(name: str) -> None:
    reply = encode_error(name, AwsError("NotImplemented", "m", 501), "r")
    assert reply.status == 501
    assert isinstance(reply.body, bytes)
    assert reply.body.startswith(b"<ErrorResponse>")


def test_a_service_that_is_not_served_is_answered_in_its_own_protocol() -> None:
    reply = encode_error("dynamodb", AwsError("NotImplemented", "m", 501), "r")
    assert reply.body == b'{"__type":"NotImplemented","message":"m"}'
