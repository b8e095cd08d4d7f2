"""The codecs of the REST protocols: bindings to path, query and headers around a body of XML or JSON."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

import msgspec

from tabard.core.errors import AwsError
from tabard.core.http import HttpReply
from tabard.wire import forms
from tabard.wire.bindings import ReplyBindings, RequestBindings
from tabard.wire.codecs import XML_DECLARATION, Codec, Decode, Encode, Match, amazon_ids
from tabard.wire.event_stream import CONTENT_TYPE, event_writer
from tabard.wire.json_codec import JsonDecoder, JsonEncoder
from tabard.wire.model import Shape
from tabard.wire.xml_decode import BadXmlError, XmlDecoder, parse
from tabard.wire.xml_encode import XmlEncoder, namespace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tabard.core.http import Headers, HttpRequest
    from tabard.wire.dialects import Dialect
    from tabard.wire.model import ServiceModel


def _body_alone(
    status: int,
    identify: Callable[[str], Headers],
    write: Callable[[Mapping[str, Any]], bytes],
    content_type: bytes,
) -> Encode:
    """The encoder of a reply all of whose members stand in its body."""
    kind = b"content-type", content_type

    def encode(result: Mapping[str, Any], request_id: str) -> HttpReply:
        return HttpReply(status, [*identify(request_id), kind], write(result))

    return encode


def _any_in_body(shape: Shape) -> bool:
    return any(member.in_reply_body for member in shape.members.values())


class RestCodec(Codec):
    """REST: bindings to path, query and headers around a body that subclasses read and write."""

    content_type = b""
    event_type = b""

    def parse(self, entry: dict[str, Any], shape: Shape | None) -> Decode:  # noqa: ARG002 - routing read the URI
        """The bound members, and the body or the payload."""
        if shape is None:
            return lambda _request, _match: {}
        bindings = RequestBindings(shape, self.faults)
        read = self._body_reader(shape)

        def decode(request: HttpRequest, match: Match) -> dict[str, Any]:
            query = match.query
            if query is None:
                try:
                    query = forms.pairs(request.query)
                except forms.BadFormError as error:
                    raise AwsError("InvalidURI", str(error)) from None
            params = bindings.decode(request, match.labels, query)
            if read is not None and request.body:
                params.update(read(request.body))
            return params

        return decode

    def _body_reader(self, shape: Shape) -> Callable[[bytes], dict[str, Any]] | None:
        payload = shape.get("payload")
        if payload is None:
            if all(member.location is not None for member in shape.members.values()):
                return None
            return self.body_reader(shape)
        member = shape.members[payload]
        if member.type == "blob":
            return None if member.get("streaming") else lambda body: {payload: body}
        if member.type == "string":
            return lambda body: {payload: self._text(body)}
        read = self.body_reader(member)
        return lambda body: {payload: read(body)}

    def _text(self, body: bytes) -> str:
        try:
            return body.decode()
        except UnicodeDecodeError:
            raise self.faults.malformed("The request body is not UTF-8.") from None

    def render(self, entry: dict[str, Any], shape: Shape | None) -> Encode:
        """Headers, status, and the body or the payload."""
        status = entry["http"].get("responseCode") or self.dialect.statuses.get(entry["name"], 200)
        identify: Callable[[str], Headers] = (
            amazon_ids if self.dialect.amazon_ids else lambda rid: [(b"x-amzn-requestid", rid.encode())]
        )
        if shape is None:
            return lambda _result, request_id: HttpReply(status, identify(request_id))
        bindings = ReplyBindings(shape)
        if bindings.none and shape.get("payload") is None and _any_in_body(shape):
            write_body = self.body_writer(entry["name"], shape)
            return _body_alone(status, identify, write_body, self.content_type)
        write = self._body_writer(entry["name"], shape)
        ranged = any(member.location_name == "Content-Range" for member in shape.members.values())

        def encode(result: Mapping[str, Any], request_id: str) -> HttpReply:
            headers = identify(request_id)
            code = bindings.encode(result, headers, status)
            if ranged and code == 200 and result.get("ContentRange"):
                code = 206
            body, content_type = write(result) if write is not None else (b"", b"")
            if content_type and not any(name == b"content-type" for name, _ in headers):
                headers.append((b"content-type", content_type))
            return HttpReply(code, headers, body)

        return encode

    def _body_writer(
        self, name: str, shape: Shape
    ) -> Callable[[Mapping[str, Any]], tuple[Any, bytes]] | None:
        payload = shape.get("payload")
        if payload is None:
            if not _any_in_body(shape):
                return None
            write_body = self.body_writer(name, shape)
            return lambda result: (write_body(result), self.content_type)
        member = shape.members[payload]
        if member.type in {"blob", "string"}:
            text = (
                self.dialect.text_payload.encode() if member.type == "string" else b"application/octet-stream"
            )

            def write_bytes(result: Mapping[str, Any]) -> tuple[Any, bytes]:
                value = result.get(payload)
                if value is None:
                    return b"", b""
                return (value.encode() if isinstance(value, str) else value), text

            return write_bytes
        if member.get("eventstream"):
            return self._event_writer(payload, member)
        write = self.body_writer("", member)

        def write_payload(result: Mapping[str, Any]) -> tuple[Any, bytes]:
            value = result.get(payload)
            return (b"", b"") if value is None else (write(value), self.content_type)

        return write_payload

    def _event_writer(self, payload: str, member: Shape) -> Callable[[Mapping[str, Any]], tuple[Any, bytes]]:
        write_event = event_writer(member, lambda shape: self.body_writer("", shape), self.event_type)

        def write_events(result: Mapping[str, Any]) -> tuple[Any, bytes]:
            events = result.get(payload)
            return b"".join(map(write_event, events)) if isinstance(
                events, list
            ) else events or b"", CONTENT_TYPE

        return write_events

    @abstractmethod
    def body_reader(self, shape: Shape) -> Callable[[bytes], Any]:
        """A reader of a body that holds the members of a shape."""

    @abstractmethod
    def body_writer(self, operation: str, shape: Shape) -> Callable[[Any], bytes]:
        """A writer of such a body; ``operation`` is empty for a payload."""


class RestXmlCodec(RestCodec):
    """REST with XML."""

    content_type = b"application/xml"
    event_type = b"text/xml"

    def __init__(self, protocol: str, model: ServiceModel, dialect: Dialect) -> None:
        super().__init__(protocol, model, dialect)
        self._reader = XmlDecoder()
        self._writer = XmlEncoder(dialect.timestamps)

    def body_reader(self, shape: Shape) -> Callable[[bytes], Any]:
        """The root element must be one that the model names: clients take the member's name, or its shape's."""
        own = self.model.refer({"shape": shape.name}).location_name
        roots = frozenset({shape.location_name or shape.name, own or shape.name, shape.name})
        read = self._reader.structure(shape)

        def read_body(body: bytes) -> Any:
            try:
                return read(parse(body, roots))
            except BadXmlError as error:
                raise self.faults.malformed(str(error)) from None

        return read_body

    def body_writer(self, operation: str, shape: Shape) -> Callable[[Any], bytes]:
        """An XML document."""
        own = self.model.refer({"shape": shape.name}).location_name
        name = self.dialect.roots.get(operation) or shape.location_name or own or shape.name
        uri = self.dialect.namespace or self.model.metadata.get("xmlNamespace")
        if uri and not namespace(shape):
            shape = Shape(self.model, shape.name, {**shape.traits, "xmlNamespace": {"uri": uri}})
        if operation in self.dialect.unwrapped:
            [(member_name, member)] = shape.members.items()
            bare = Shape(self.model, member.name, {**member.traits, "xmlNamespace": {"uri": uri}})
            write_bare = self._writer.compile(bare, name)

            def write_unwrapped(value: Any) -> bytes:
                return f"{XML_DECLARATION}{write_bare(value.get(member_name) or '')}".encode()

            return write_unwrapped
        write = self._writer.compile(shape, name)

        def write_body(value: Any) -> bytes:
            return f"{XML_DECLARATION}{write(value)}".encode()

        return write_body


class RestJsonCodec(RestCodec):
    """REST with JSON."""

    content_type = b"application/json"
    event_type = b"application/json"

    def __init__(self, protocol: str, model: ServiceModel, dialect: Dialect) -> None:
        super().__init__(protocol, model, dialect)
        self._decoder = JsonDecoder(self.faults)
        self._encoder = JsonEncoder()

    def body_reader(self, shape: Shape) -> Callable[[bytes], Any]:
        """A JSON object."""
        convert = self._decoder.compile(shape)
        return lambda body: convert(self._decoder.parse(body))

    def body_writer(self, operation: str, shape: Shape) -> Callable[[Any], bytes]:  # noqa: ARG002 - JSON has no root
        """A JSON object."""
        convert = self._encoder.compile(shape)
        return lambda value: msgspec.json.encode(convert(value))
