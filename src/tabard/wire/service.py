"""Services and their operations: models on one side, codecs on the other, joined when first used."""

from __future__ import annotations

from functools import cache, cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from tabard.wire.codecs import Codec, JsonCodec, QueryCodec, streams
from tabard.wire.dialects import DIALECTS, PLAIN
from tabard.wire.model import load, read
from tabard.wire.rest_codecs import RestJsonCodec, RestXmlCodec

if TYPE_CHECKING:
    from tabard.wire.codecs import Decode, Encode
    from tabard.wire.dialects import Dialect
    from tabard.wire.model import ServiceModel, Shape

CODECS: dict[str, type[Codec]] = {
    "query": QueryCodec,
    "ec2": QueryCodec,
    "json": JsonCodec,
    "rest-xml": RestXmlCodec,
    "rest-json": RestJsonCodec,
}


class Operation:
    """One operation of a service; its codec is compiled when first used."""

    def __init__(self, service: Service, entry: dict[str, Any]) -> None:
        self.name: str = entry["name"]
        self.service = service
        self.entry = entry

    def __repr__(self) -> str:
        return f"<Operation {self.service.name}:{self.name}>"

    @cached_property
    def input(self) -> Shape | None:
        """The input's shape."""
        return self.service.model.refer(self.entry["input"]) if "input" in self.entry else None

    @cached_property
    def output(self) -> Shape | None:
        """The output's shape."""
        return self.service.model.refer(self.entry["output"]) if "output" in self.entry else None

    @cached_property
    def streams_in(self) -> bool:
        """Whether the request's body is a stream of bytes, which ``decode`` leaves out (PutObject's Body)."""
        return streams(self.input)

    @cached_property
    def streams_out(self) -> bool:
        """Whether the reply's body is a stream: of bytes (GetObject's Body), or of events."""
        return streams(self.output)

    @cached_property
    def decode(self) -> Decode:
        """A request's parameters, checked against the model; raises the ``AwsError`` that AWS would answer."""
        return self.service.codec.decoder(self.entry)

    @cached_property
    def encode(self) -> Encode:
        """A reply from the values that botocore would read out of it; what is absent or None is left out.

        A streaming payload, bytes or an asynchronous iterator, is passed through; a list is of events, each a
        mapping of its name to its members. ``content-length`` is set only where the result states it; the
        server adds it for bodies that are bytes.
        """
        return self.service.codec.encoder(self.entry)

    @cached_property
    def heeds(self) -> frozenset[bytes] | None:
        """The headers that bear on how a request is routed to the operation and decoded; None where any may."""
        members = () if self.input is None else self.input.members.values()
        if any(member.location == "headers" for member in members):
            return None
        own = {member.location_name or "" for member in members if member.location == "header"}
        return frozenset(name.lower().encode() for name in own) | self.service.routing_headers


class Service:
    """One AWS service as its model describes it."""

    def __init__(self, name: str, model: ServiceModel, dialect: Dialect = PLAIN) -> None:
        metadata = model.metadata
        self.name = name
        self.model = model
        self.dialect = dialect
        self.protocol: str = metadata["protocol"]
        self.api_version: str = metadata.get("apiVersion", "")
        self.xml_namespace: str = metadata.get("xmlNamespace") or dialect.namespace
        self.target_prefix: str = metadata.get("targetPrefix", "")
        self.operations = model.operation_names
        self.codec = CODECS[self.protocol](self.protocol, model, dialect)
        self._compiled: dict[str, Operation] = {}

    def __repr__(self) -> str:
        return f"<Service {self.name}>"

    def operation(self, name: str) -> Operation:
        """An operation by name; raises ``KeyError`` where the service has none of that name."""
        operation = self._compiled.get(name)
        if operation is None:
            operation = self._compiled[name] = Operation(self, {"name": name, **self.model.operation(name)})
        return operation

    @cached_property
    def routing_headers(self) -> frozenset[bytes]:
        """The headers that some operation cannot do without, and which therefore tell operations apart."""
        shapes = [shape for name in self.operations if (shape := self.operation(name).input) is not None]
        return frozenset(
            (member.location_name or name).lower().encode()
            for shape in shapes
            for name, member in shape.members.items()
            if member.location == "header" and name in shape.required
        )

    @cached_property
    def error_statuses(self) -> dict[str, int]:
        """HTTP status by error code, as the model states them."""
        return self.model.exceptions()


@cache
def service(name: str) -> Service:
    """A service by the name of its botocore model (``iam``); raises ``LookupError`` where there is none.

    The model is read when first asked for.
    """
    return Service(name, load(name), DIALECTS.get(name, PLAIN))


@lru_cache(maxsize=1024)
def stranger(name: str) -> Service | None:
    """A service that is not served, as far as an error in its words needs it; None where AWS has none of that name.

    Anybody may ask for any name: of each little is kept, and of bounded many.
    """
    try:
        return Service(name, read(name).outline(), DIALECTS.get(name, PLAIN))
    except LookupError:
        return None
