"""Service models, read from botocore's data files without importing botocore.

A model is several megabytes of JSON, most of it documentation. Only its outline is decoded when it is loaded
(about 15 ms for EC2, the largest); an operation or a shape is decoded when something first asks for it.
"""

from __future__ import annotations

import gzip
import re
from functools import cache, cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec


class ModelOutline(msgspec.Struct):
    """The three parts of a model file; operations and shapes stay undecoded."""

    metadata: dict[str, Any]
    operations: dict[str, msgspec.Raw]
    shapes: dict[str, msgspec.Raw]


class Shape:
    """A shape as seen from one place: the shape's own traits, overlaid with those of the member that refers to it."""

    def __init__(self, model: ServiceModel, name: str, traits: dict[str, Any]) -> None:
        self.model = model
        self.name = name
        self.traits = traits
        self.type: str = traits["type"]

    def __repr__(self) -> str:
        return f"<Shape {self.name}: {self.type}>"

    def get(self, trait: str) -> Any:
        """A trait's value, or None."""
        return self.traits.get(trait)

    @property
    def location_name(self) -> str | None:
        """The name on the wire, where the model gives one."""
        return self.traits.get("locationName")

    @property
    def flattened(self) -> bool:
        """Whether a list's or map's elements stand without a wrapper."""
        return bool(self.traits.get("flattened"))

    @property
    def location(self) -> str | None:
        """``header``, ``headers``, ``querystring``, ``uri``, ``statusCode``, or None for the body."""
        return self.traits.get("location")

    @property
    def in_reply_body(self) -> bool:
        """Whether a member of an output stands in the body: a reply has neither path nor query string."""
        return self.location not in {"header", "headers", "statusCode"}

    @cached_property
    def members(self) -> dict[str, Shape]:
        """A structure's members by name, in the model's order."""
        references: dict[str, dict[str, Any]] = self.traits.get("members", {})
        return {name: self.model.refer_inside(reference) for name, reference in references.items()}

    @cached_property
    def required(self) -> tuple[str, ...]:
        """Names of the members that must be there."""
        return tuple(self.traits.get("required", ()))

    @cached_property
    def member(self) -> Shape:
        """A list's element."""
        return self.model.refer_inside(self.traits["member"])

    @cached_property
    def key(self) -> Shape:
        """A map's key."""
        return self.model.refer_inside(self.traits["key"])

    @cached_property
    def value(self) -> Shape:
        """A map's value."""
        return self.model.refer_inside(self.traits["value"])


class ServiceModel:
    """The operations and shapes of one service."""

    def __init__(self, outline: ModelOutline) -> None:
        self.metadata = outline.metadata
        self.operation_names = frozenset(outline.operations)
        self._operations = outline.operations
        self._shapes = outline.shapes
        self._decoded: dict[str, dict[str, Any]] = {}

    @classmethod
    def from_json(cls, data: bytes) -> ServiceModel:
        """Read a model file's text; raises ``msgspec.DecodeError`` where it is not one."""
        return cls(msgspec.json.decode(data, type=ModelOutline))

    def operation(self, name: str) -> dict[str, Any]:
        """An operation's own entry; raises ``KeyError``."""
        entry: dict[str, Any] = msgspec.json.decode(self._operations[name])
        entry.pop("documentation", None)
        return entry

    def refer(self, reference: dict[str, Any]) -> Shape:
        """The shape that a reference names, with the reference's traits over the shape's own."""
        name: str = reference["shape"]
        own = self._decoded.get(name)
        if own is None:
            own = self._decoded[name] = msgspec.json.decode(self._shapes[name])
            own.pop("documentation", None)
            for inside in own.get("members", {}).values():
                inside.pop("documentation", None)
        return Shape(self, name, {**own, **reference})

    def refer_inside(self, reference: dict[str, Any]) -> Shape:
        """As ``refer``, for a place inside another shape: there a shape's own name on the wire does not count."""
        shape = self.refer(reference)
        if "locationName" not in reference:
            shape.traits.pop("locationName", None)
        return shape

    def exceptions(self) -> dict[str, int]:
        """HTTP status by error code, of every exception whose model states one."""
        statuses = {}
        for name, raw in self._shapes.items():
            if b'"exception"' in bytes(raw):
                error = self.refer({"shape": name}).get("error") or {}
                if "httpStatusCode" in error:
                    statuses[error.get("code", name)] = error["httpStatusCode"]
        return statuses

    def outline(self) -> ServiceModel:
        """The metadata alone, without operations and shapes: a few kilobytes."""
        return ServiceModel(ModelOutline(self.metadata, {}, {}))


_DIRECTORY = re.compile(r"[a-z0-9][a-z0-9.-]{0,63}").fullmatch


@cache
def load(directory: str) -> ServiceModel:
    """The newest model in botocore's data directory of that name; raises ``LookupError`` where there is none."""
    return read(directory)


def read(directory: str) -> ServiceModel:
    """As ``load``, remembering nothing. The name may come from a stranger."""
    if _DIRECTORY(directory) is None:
        raise LookupError(f"no service model can be named {directory!r}")
    spec = find_spec("botocore")
    places = spec.submodule_search_locations if spec else None
    if not places:
        raise LookupError("botocore, whose service models are needed, is not installed")
    root = Path(places[0], "data", directory)
    found = sorted(root.glob("*/service-2.json*"))
    found = [path for path in found if path.name in {"service-2.json", "service-2.json.gz"}]
    if not found:
        raise LookupError(f"no service model named {directory}")
    data = found[-1].read_bytes()
    return ServiceModel.from_json(gzip.decompress(data) if found[-1].suffix == ".gz" else data)
