"""AWS's protocol vectors, inverted: requests that clients send are read, and replies come out as clients read them."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.awsrequest import HeadersDict
from botocore.model import OperationModel
from botocore.model import ServiceModel as BotocoreModel
from botocore.parsers import create_parser

from tabard.core.errors import AwsError
from tabard.core.http import HttpReply, HttpRequest
from tabard.wire.errors import encode_error_of
from tabard.wire.model import ServiceModel
from tabard.wire.routing import Router
from tabard.wire.service import Service

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tabard.wire.model import Shape

FOLDER = Path(__file__).parent.parent / "vectors" / "protocols"
PROTOCOLS = ("query", "ec2", "rest-xml", "json", "json_1_0", "rest-json")

ID = b"x-amzn-requestid"
COMPRESSED = "the request's body, which the client compresses, is not among the vector's data"
UNREADABLE = "botocore itself cannot read the vector's reply"
SKIPPED_REPLIES = {
    "RestXmlHttpPayloadWithUnsetUnion": UNREADABLE,
    "RestJsonHttpPayloadWithUnsetUnion": UNREADABLE,
    "RestJsonDeserializesDenseSetMapAndSkipsNull": UNREADABLE,
}
MISREAD = {
    "InputAndOutputWithTimestampHeaders",
    "RestJsonInputAndOutputWithTimestampHeaders",
    "RestJsonInputAndOutputWithQuotedStringHeaders",
}
"""Replies whose header lists botocore splits at every comma; ours are compared with the vector's as they stand."""


def cases(direction: str) -> Iterator[Any]:
    for protocol in PROTOCOLS:
        for suite in json.loads((FOLDER / direction / f"{protocol}.json").read_text()):
            for case in suite["cases"]:
                yield pytest.param(suite, case, id=case["id"])


def modelled(suite: dict[str, Any], case: dict[str, Any]) -> dict[str, Any]:
    given = case["given"]
    metadata = {"targetPrefix": "", "xmlNamespace": "", **suite["metadata"]}
    return {"metadata": metadata, "operations": {given["name"]: given}, "shapes": suite["shapes"]}


def our_service(suite: dict[str, Any], case: dict[str, Any]) -> Service:
    return Service("vectors", ServiceModel.from_json(json.dumps(modelled(suite, case)).encode()))


def typed(value: Any, shape: Shape | None) -> Any:
    """The vectors' JSON as values of a shape: times are seconds, blobs are text."""
    if shape is None or value is None:
        return value
    if shape.type == "structure" and not shape.get("document"):
        return {name: typed(item, shape.members[name]) for name, item in value.items()}
    if shape.type == "list":
        return [typed(item, shape.member) for item in value]
    if shape.type == "map":
        return {key: typed(item, shape.value) for key, item in value.items()}
    if shape.get("jsonvalue") and shape.location == "header":
        return json.loads(value)
    if shape.type == "timestamp":
        return datetime.fromtimestamp(value, UTC)
    if shape.type == "blob":
        return value.encode()
    return value


def without_named(params: dict[str, Any], shape: Shape | None) -> None:
    """Drop from a map of query parameters those with a member of their own: a client may give both, the wire one."""
    members = shape.members if shape is not None else {}
    named = {member.location_name for member in members.values() if member.location == "querystring"}
    for name, member in members.items():
        if member.location == "querystring" and member.type == "map" and name in params:
            params[name] = {key: value for key, value in params[name].items() if key not in named}


def comparable(value: Any) -> Any:
    """NaN equals nothing, so floats are compared by their text."""
    if isinstance(value, dict):
        return {key: comparable(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [comparable(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(value)]
    return value


@pytest.mark.parametrize(("suite", "case"), list(cases("input")))
def test_a_request_is_read_as_the_client_meant_it(suite: dict[str, Any], case: dict[str, Any]) -> None:
    sent = case["serialized"]
    if "body" not in sent and case["given"].get("requestcompression"):
        pytest.skip(COMPRESSED)
    service = our_service(suite, case)
    operation = service.operation(case["given"]["name"])
    path, _, query = sent["uri"].partition("?")
    if sent.get("host", "").endswith("/custom"):
        path = path.removeprefix(
            "/custom"
        )  # the endpoint's own path, which a client puts before the operation's
    stated = sent.get("headers", {})
    if service.protocol == "json":
        stated = {"X-Amz-Target": f"{service.target_prefix}.{operation.name}", **stated}
    headers = [(name.lower().encode(), value.encode()) for name, value in stated.items()]
    request = HttpRequest(sent["method"], path, query, headers, (sent.get("body") or "").encode())
    match = Router({"vectors": "vectors"}, lambda _: service).route(request, "vectors", virtual_hosts=())
    assert match.operation == operation.name
    expected = typed(case["params"], operation.input)
    for name, member in operation.input.members.items() if operation.input is not None else ():
        if member.get("idempotencyToken"):
            expected.setdefault(name, "00000000-0000-4000-8000-000000000000")
        if operation.streams_in and name == (operation.input and operation.input.get("payload")):
            expected.pop(name, None)
    without_named(expected, operation.input)
    read = operation.decode(request, match)
    for name, value in list(expected.items()):
        if value in ({}, []) and name not in read:
            del expected[name]  # a client does not send what is empty
    for name, value in list(read.items()):
        if value == {} and name not in expected and request.body == b"{}":
            del read[name]  # a client sends an empty object for a payload that is not there
    assert comparable(read) == comparable(expected)


def read_by_botocore(suite: dict[str, Any], case: dict[str, Any], reply: HttpReply) -> dict[str, Any]:
    service = BotocoreModel(modelled(suite, case), "vectors")
    operation = OperationModel(case["given"], service, case["given"]["name"])
    headers = HeadersDict((key.decode(), value.decode("latin-1")) for key, value in reply.headers)
    parser = create_parser(service.metadata["protocol"])
    raw = {"status_code": reply.status, "headers": headers, "body": reply.body, "context": {}}
    parsed: dict[str, Any] = parser.parse(raw, operation.output_shape)  # type: ignore[arg-type]  # None is read as nothing
    parsed.pop("ResponseMetadata")
    return parsed


@pytest.mark.parametrize(("suite", "case"), list(cases("output")))
def test_a_reply_is_written_so_that_the_client_reads_what_was_meant(
    suite: dict[str, Any], case: dict[str, Any]
) -> None:
    if case["id"] in SKIPPED_REPLIES:
        pytest.skip(SKIPPED_REPLIES[case["id"]])
    service = our_service(suite, case)
    operation = service.operation(case["given"]["name"])
    if "errorCode" in case:
        error = AwsError(case["errorCode"], case.get("errorMessage", ""), case["response"]["status_code"])
        told = read_by_botocore(suite, case, encode_error_of(service, error, "request-1"))["Error"]
        assert (told["Code"], told["Message"] or "") == (error.code, error.message)
        return
    vector = case["response"]
    headers = [
        (name.lower().encode(), value.encode("latin-1")) for name, value in vector.get("headers", {}).items()
    ]
    if case["id"] in MISREAD:
        reply = operation.encode(typed(case["result"], operation.output), "request-1")
        assert [
            header for header in reply.headers if header[0].startswith(b"x-") and header[0] != ID
        ] == headers
        return
    theirs = HttpReply(vector["status_code"], headers, vector.get("body", "").encode())
    empty = not theirs.body and service.protocol in {"query", "ec2"}
    meant = {} if empty else read_by_botocore(suite, case, theirs)
    ours = operation.encode(meant, "request-1")
    assert ours.status == vector["status_code"]
    ours.headers = [header for header in ours.headers if header[0] != ID]
    assert comparable(read_by_botocore(suite, case, ours)) == comparable(meant)
