"""Error replies, in the envelope of the service's protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from tabard.core.http import HttpReply
from tabard.wire.bindings import header_bytes
from tabard.wire.codecs import XML_DECLARATION, amazon_ids
from tabard.wire.codecs import host_id as host_id_of
from tabard.wire.dialects import SCOPES
from tabard.wire.service import service as find_service
from tabard.wire.service import stranger
from tabard.wire.xml_text import escape, escape_attribute

if TYPE_CHECKING:
    from tabard.core.errors import AwsError
    from tabard.wire.service import Service


def encode_error(
    service: str | None,
    error: AwsError,
    request_id: str,
    *,
    resource: str = "",
    host_id: str = "",
    head: bool = False,
) -> HttpReply:
    """An error reply. A ``service`` that is None, or a name that is none of AWS's, is answered as the query protocol does.

    ``resource`` and ``host_id`` stand in S3's errors; ``head`` leaves out the body, as for every HEAD
    request. Where the error has the default status 400 and the model states another for its code, the model's
    is taken. Fields whose name begins with ``@`` are headers of the reply (``@allow``); the others are elements.
    """
    known = None
    if service:
        known = find_service(service) if service in SCOPES.values() else stranger(service)
    return encode_error_of(known, error, request_id, resource=resource, host_id=host_id, head=head)


def encode_error_of(
    service: Service | None,
    error: AwsError,
    request_id: str,
    *,
    resource: str = "",
    host_id: str = "",
    head: bool = False,
) -> HttpReply:
    """As ``encode_error``, for a service at hand."""
    status = error.status
    if service is not None and status == 400:
        status = service.error_statuses.get(error.code, status)
    protocol = service.protocol if service is not None else "query"
    identity = [(b"x-amzn-requestid", request_id.encode())]
    if service is not None and service.dialect.amazon_ids:
        identity = amazon_ids(request_id)
        body = _alone(error, request_id, resource, host_id or host_id_of(request_id))
        content_type = b"application/xml"
    elif protocol == "ec2":
        body = _ec2(error, request_id)
        content_type = b"text/xml;charset=UTF-8"
    elif protocol in {"json", "rest-json"}:
        body = msgspec.json.encode({"__type": error.code, "message": error.message, **_shown(error)})
        version = service.model.metadata.get("jsonVersion", "1.1") if service is not None else "1.1"
        content_type = (
            b"application/json" if protocol == "rest-json" else f"application/x-amz-json-{version}".encode()
        )
        identity.append((b"x-amzn-errortype", error.code.encode()))
    else:
        body = _response(service, error, request_id, status)
        content_type = b"text/xml" if protocol == "query" else b"application/xml"
    identity += [
        (name[1:].lower().encode(), header_bytes(value))
        for name, value in error.fields.items()
        if name[0] == "@"
    ]
    if head:
        return HttpReply(status, identity)
    return HttpReply(status, [(b"content-type", content_type), *identity], body)


def _shown(error: AwsError) -> dict[str, str]:
    return {name: value for name, value in error.fields.items() if name[0] != "@"}


def _fields(error: AwsError) -> str:
    return "".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in _shown(error).items())


def _told(error: AwsError) -> str:
    return f"<Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message>{_fields(error)}"


def _alone(error: AwsError, request_id: str, resource: str, host_id: str) -> bytes:
    """S3's: an ``Error`` that is the root, without a namespace."""
    place = f"<Resource>{escape(resource)}</Resource>" if resource else ""
    return (
        f"{XML_DECLARATION}<Error>{_told(error)}{place}<RequestId>{escape(request_id)}</RequestId>"
        f"<HostId>{escape(host_id)}</HostId></Error>"
    ).encode()


def _ec2(error: AwsError, request_id: str) -> bytes:
    return (
        f"{XML_DECLARATION}<Response><Errors><Error>{_told(error)}</Error></Errors>"
        f"<RequestID>{escape(request_id)}</RequestID></Response>"
    ).encode()


def _response(service: Service | None, error: AwsError, request_id: str, status: int) -> bytes:
    """The query protocol's, whose ``Type`` says whose fault it is."""
    uri = service.xml_namespace if service is not None else ""
    xmlns = f' xmlns="{escape_attribute(uri)}"' if uri else ""
    blame = "Receiver" if status >= 500 else "Sender"
    return (
        f"<ErrorResponse{xmlns}><Error><Type>{blame}</Type>{_told(error)}</Error>"
        f"<RequestId>{escape(request_id)}</RequestId></ErrorResponse>"
    ).encode()
