"""A codec per protocol: from an operation's model to the two closures that decode its requests and encode its replies."""

from __future__ import annotations

from abc import ABC, abstractmethod
from base64 import b64encode
from collections.abc import Callable, Mapping
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from tabard.core.errors import AwsError
from tabard.core.http import HttpReply
from tabard.wire import forms
from tabard.wire.bindings import ReplyBindings, RequestBindings
from tabard.wire.constraints import Constraints, explain
from tabard.wire.event_stream import CONTENT_TYPE, event_writer
from tabard.wire.faults import FAULTS
from tabard.wire.json_codec import JsonDecoder, JsonEncoder
from tabard.wire.model import Shape
from tabard.wire.query import FormDecoder
from tabard.wire.xml_decode import BadXml, XmlDecoder, parse
from tabard.wire.xml_encode import XmlEncoder, namespace
from tabard.wire.xml_text import escape_attribute

if TYPE_CHECKING:
    from tabard.core.http import Headers, HttpRequest
    from tabard.wire.dialects import Dialect
    from tabard.wire.model import ServiceModel

XML_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


class Match(NamedTuple):
    """Where a request goes. ``labels`` are the path's, decoded; ``query`` and ``form`` spare the decoder a parse."""

    service: str
    operation: str
    labels: Mapping[str, str] = {}
    query: list[tuple[str, str]] | None = None
    form: dict[str, str] | None = None


Decode = Callable[["HttpRequest", Match], dict[str, Any]]
Encode = Callable[[Mapping[str, Any], str], HttpReply]


def host_id(request_id: str) -> str:
    """S3's second id of a request, which here says no more than the first."""
    return b64encode(blake2b(request_id.encode(), digest_size=48).digest()).decode()


def amazon_ids(request_id: str) -> Headers:
    """S3's two headers of ids."""
    return [(b"x-amz-request-id", request_id.encode()), (b"x-amz-id-2", host_id(request_id).encode())]


def streams(shape: Shape | None) -> bool:
    """Whether a shape's payload is a stream of bytes."""
    payload = shape.get("payload") if shape is not None else None
    if shape is None or payload is None:
        return False
    member = shape.members[payload]
    return bool(member.get("eventstream")) or (member.type == "blob" and bool(member.get("streaming")))


class Codec(ABC):
    """What the protocols share: the model, its dialect, and the constraints."""

    def __init__(self, protocol: str, model: ServiceModel, dialect: Dialect) -> None:
        self.protocol = protocol
        self.model = model
        self.dialect = dialect
        self.faults = FAULTS[protocol]
        self._constraints = Constraints()

    def decoder(self, entry: dict[str, Any]) -> Decode:
        """An operation's decoder, its constraints included."""
        shape = self._shape(entry, "input")
        decode = self.parse(entry, shape)
        if shape is None:
            return decode
        checked = shape
        payload = shape.get("payload")
        if payload in shape.required and streams(shape):
            others = [name for name in shape.required if name != payload]
            checked = Shape(
                self.model, f"{shape.name} without {payload}", {**shape.traits, "required": others}
            )
        check = self._constraints.check(checked)
        if check is None:
            return decode
        faults = self.faults

        def decode_and_check(request: HttpRequest, match: Match) -> dict[str, Any]:
            params = decode(request, match)
            if not check(params):
                raise faults.unsound(list(explain(checked, params)))
            return params

        return decode_and_check

    def encoder(self, entry: dict[str, Any]) -> Encode:
        """An operation's encoder."""
        return self.render(entry, self._shape(entry, "output"))

    def _shape(self, entry: dict[str, Any], side: str) -> Shape | None:
        return self.model.refer(entry[side]) if side in entry else None

    @abstractmethod
    def parse(self, entry: dict[str, Any], shape: Shape | None) -> Decode:
        """The protocol's decoder, before constraints."""

    @abstractmethod
    def render(self, entry: dict[str, Any], shape: Shape | None) -> Encode:
        """The protocol's encoder."""


class QueryCodec(Codec):
    """The query and ec2 protocols."""

    def __init__(self, protocol: str, model: ServiceModel, dialect: Dialect) -> None:
        super().__init__(protocol, model, dialect)
        self._ec2 = protocol == "ec2"
        self._forms = FormDecoder(self.faults, ec2=self._ec2)
        self._xml = XmlEncoder(dialect.timestamps)
        uri = str(model.metadata.get("xmlNamespace") or dialect.namespace)
        if self._ec2 and uri and not uri.endswith("/"):
            uri += "/"
        self._namespace = f' xmlns="{escape_attribute(uri)}"' if uri else ""

    def form(self, request: HttpRequest) -> dict[str, str]:
        """A request's parameters, from its body and query string."""
        try:
            return forms.form(request.body, request.query)
        except forms.BadForm as error:
            raise self.faults.malformed(str(error)) from None

    def parse(self, entry: dict[str, Any], shape: Shape | None) -> Decode:  # noqa: ARG002 - no part in this protocol
        """Decode the form, which routing has parsed already."""
        decode = self._forms.root(shape)
        return lambda request, match: decode(self.form(request) if match.form is None else match.form)

    def render(self, entry: dict[str, Any], shape: Shape | None) -> Encode:
        """The result in its element, the request id beside it."""
        name = entry["name"]
        write = self._xml.members(shape) if shape is not None else None
        if self._ec2:
            content_type = b"text/xml;charset=UTF-8"
            head = f"{XML_DECLARATION}<{name}Response{self._namespace}><requestId>"
            middle, tail = "</requestId>", f"</{name}Response>"
            id_first = True
            if write is None:
                middle += "<return>true</return>"
        else:
            content_type = b"text/xml"
            wrapper = (shape.get("resultWrapper") if shape is not None else None) or f"{name}Result"
            head = f"<{name}Response{self._namespace}>" + (f"<{wrapper}>" if write is not None else "")
            middle = f"</{wrapper}>" if write is not None else ""
            middle += "<ResponseMetadata><RequestId>"
            tail = f"</RequestId></ResponseMetadata></{name}Response>"
            id_first = False

        def encode(result: Mapping[str, Any], request_id: str) -> HttpReply:
            out = [head, request_id, middle] if id_first else [head]
            if write is not None:
                write(result, out)
            out += [tail] if id_first else [middle, request_id, tail]
            return HttpReply(
                200,
                [(b"content-type", content_type), (b"x-amzn-requestid", request_id.encode())],
                "".join(out).encode(),
            )

        return encode


class JsonCodec(Codec):
    """The JSON protocols, 1.0 and 1.1."""

    def __init__(self, protocol: str, model: ServiceModel, dialect: Dialect) -> None:
        super().__init__(protocol, model, dialect)
        self._decoder = JsonDecoder(self.faults)
        self._encoder = JsonEncoder()
        self._content_type = f"application/x-amz-json-{model.metadata.get('jsonVersion', '1.0')}".encode()

    def parse(self, entry: dict[str, Any], shape: Shape | None) -> Decode:  # noqa: ARG002 - no part in this protocol
        """The body is the input."""
        if shape is None:
            return lambda request, match: {}
        convert = self._decoder.compile(shape)
        return lambda request, match: convert(self._decoder.parse(request.body))

    def render(self, entry: dict[str, Any], shape: Shape | None) -> Encode:  # noqa: ARG002 - no part in this protocol
        """The body is the output."""
        convert = self._encoder.compile(shape) if shape is not None else None

        def encode(result: Mapping[str, Any], request_id: str) -> HttpReply:
            body = b"{}" if convert is None else msgspec.json.encode(convert(result))
            return HttpReply(
                200, [(b"content-type", self._content_type), (b"x-amzn-requestid", request_id.encode())], body
            )

        return encode


class RestCodec(Codec):
    """REST: bindings to path, query and headers around a body that subclasses read and write."""

    content_type = b""
    event_type = b""

    def parse(self, entry: dict[str, Any], shape: Shape | None) -> Decode:  # noqa: ARG002 - routing read the URI
        """The bound members, and the body or the payload."""
        if shape is None:
            return lambda request, match: {}
        bindings = RequestBindings(shape, self.faults)
        read = self._body_reader(shape)

        def decode(request: HttpRequest, match: Match) -> dict[str, Any]:
            query = match.query
            if query is None:
                try:
                    query = forms.pairs(request.query)
                except forms.BadForm as error:
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
        status = entry["http"].get("responseCode", 200)
        identify: Callable[[str], Headers] = (
            amazon_ids if self.dialect.amazon_ids else lambda rid: [(b"x-amzn-requestid", rid.encode())]
        )
        if shape is None:
            return lambda result, request_id: HttpReply(status, identify(request_id))
        bindings = ReplyBindings(shape)
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
            if not any(member.in_reply_body for member in shape.members.values()):
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
        roots = {shape.location_name, own, shape.name}
        read = self._reader.structure(shape)

        def read_body(body: bytes) -> Any:
            try:
                element = parse(body)
                if element.name not in roots:
                    raise BadXml(f"{element.name} is not the root of this body")
                return read(element)
            except BadXml as error:
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
                out = [XML_DECLARATION]
                write_bare(value.get(member_name) or "", out)
                return "".join(out).encode()

            return write_unwrapped
        write = self._writer.compile(shape, name)

        def write_body(value: Any) -> bytes:
            out = [XML_DECLARATION]
            write(value, out)
            return "".join(out).encode()

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


CODECS: dict[str, type[Codec]] = {
    "query": QueryCodec,
    "ec2": QueryCodec,
    "json": JsonCodec,
    "rest-xml": RestXmlCodec,
    "rest-json": RestJsonCodec,
}
