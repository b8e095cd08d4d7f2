"""A codec per protocol: from an operation's model to the two closures that decode its requests and encode its replies."""

from __future__ import annotations

from abc import ABC, abstractmethod
from base64 import b64encode
from binascii import b2a_base64
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from tabard.core.http import HttpReply
from tabard.wire import forms
from tabard.wire.constraints import Constraints, explain
from tabard.wire.faults import FAULTS
from tabard.wire.json_codec import JsonDecoder, JsonEncoder
from tabard.wire.model import Shape
from tabard.wire.query import FormDecoder
from tabard.wire.xml_encode import XmlEncoder
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
    return b64encode(request_id.encode()).decode()


def amazon_ids(request_id: str) -> Headers:
    """S3's two headers of ids."""
    told = request_id.encode()
    return [(b"x-amz-request-id", told), (b"x-amz-id-2", b2a_base64(told, newline=False))]


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
        self.faults = FAULTS[protocol](dialect)
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
        except forms.BadFormError as error:
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

        kind = b"content-type", content_type

        def encode(result: Mapping[str, Any], request_id: str) -> HttpReply:
            shown = write(result) if write is not None else ""
            inside = f"{request_id}{middle}{shown}" if id_first else f"{shown}{middle}{request_id}"
            told = [kind, (b"x-amzn-requestid", request_id.encode())]
            return HttpReply(200, told, f"{head}{inside}{tail}".encode())

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
            return lambda _request, _match: {}
        convert = self._decoder.compile(shape)
        return lambda request, _match: convert(self._decoder.parse(request.body))

    def render(self, entry: dict[str, Any], shape: Shape | None) -> Encode:  # noqa: ARG002 - no part in this protocol
        """The body is the output."""
        convert = self._encoder.compile(shape) if shape is not None else None

        def encode(result: Mapping[str, Any], request_id: str) -> HttpReply:
            body = b"{}" if convert is None else msgspec.json.encode(convert(result))
            return HttpReply(
                200, [(b"content-type", self._content_type), (b"x-amzn-requestid", request_id.encode())], body
            )

        return encode
