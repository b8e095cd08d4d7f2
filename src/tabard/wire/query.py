"""Requests of the query and ec2 protocols: a flat form becomes nested parameters.

https://smithy.io/2.0/aws/protocols/aws-query-protocol.html and
https://smithy.io/2.0/aws/protocols/aws-ec2-query-protocol.html

Nested names (``Tags.member.1.Key``) are grouped one segment at a time under the shape that expects them, so
the cost is that of the text: a list's index is only a key to sort by, and a name can nest no deeper than its
shape does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tabard.wire.faults import ec2_name
from tabard.wire.scalars import Parse, parser_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from tabard.wire.faults import Faults
    from tabard.wire.model import Shape

Form = dict[str, str]
Decode = Callable[[Form, str], Any]
"""From the values below one name, keyed by the rest of theirs (empty for the name itself), and that name."""

DEEPEST_NAME = 64
LONGEST_INDEX = 10
NESTED = frozenset({"structure", "list", "map"})
RESERVED = frozenset(
    {
        "Action", "Version", "AWSAccessKeyId", "Signature", "SignatureVersion", "SignatureMethod", "Timestamp",
        "Expires", "SecurityToken", "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires",
        "X-Amz-SignedHeaders", "X-Amz-Signature", "X-Amz-Security-Token", "X-Amz-Content-Sha256",
    }
)  # fmt: skip


class FormDecoder:
    """Compiles shapes into decoders of forms, once per shape, for one service."""

    def __init__(self, faults: Faults, *, ec2: bool) -> None:
        self._faults = faults
        self._ec2 = ec2
        self._structures: dict[str, Decode] = {}

    def names(self, name: str, shape: Shape) -> tuple[str, ...]:
        """What a member may be called on the wire; the first is what clients send."""
        if self._ec2:
            wire = ec2_name(name, shape)
            return (wire,) if wire == name else (wire, name)
        wire = shape.location_name or name
        inner = shape.member.location_name if shape.type == "list" and shape.flattened else None
        return (wire,) if inner is None else (inner, wire)

    def compile(self, shape: Shape) -> Decode:
        """A decoder of any shape."""
        if shape.type == "structure":
            return self._structure(shape)
        if shape.type == "list":
            return self._list(shape)
        if shape.type == "map":
            return self._map(shape)
        parse = self._scalar(shape)

        def decode(values: Form, path: str) -> Any:
            if len(values) != 1 or "" not in values:
                raise self._faults.malformed(f"Start of list found where not expected: {path}")
            return parse(values[""], path)

        return decode

    def _scalar(self, shape: Shape) -> Callable[[str, str], Any]:
        parse: Parse | None = parser_of(shape)
        faults = self._faults
        if parse is None:
            return lambda text, _: text

        def decode(text: str, path: str) -> Any:
            try:
                return parse(text)
            except ValueError:
                raise faults.wrong_type(path, text, shape) from None

        return decode

    def root(self, shape: Shape | None) -> Callable[[Form], dict[str, Any]]:
        """The decoder of an operation's whole form."""
        strings: dict[str, str] = {}
        scalars: dict[str, tuple[str, Callable[[str, str], Any]]] = {}
        nested: dict[str, tuple[str, Decode]] = {}
        for name, member in shape.members.items() if shape is not None else ():
            for wire in self.names(name, member):
                if member.type in NESTED:
                    nested[wire] = (name, self.compile(member))
                elif parser_of(member) is None:
                    strings[wire] = name
                else:
                    scalars[wire] = (name, self._scalar(member))

        def decode(values: Form) -> dict[str, Any]:
            result: dict[str, Any] = {}
            groups: dict[str, Form] = {}
            for key, text in values.items():
                if key in strings:
                    result[strings[key]] = text
                elif key in scalars:
                    name, parse = scalars[key]
                    result[name] = parse(text, key)
                elif key not in RESERVED:
                    self._group(groups, key, text, nested)
            for head, group in groups.items():
                name, decode_group = nested[head]
                result[name] = decode_group(group, head)
            return result

        return decode

    def _group(self, groups: dict[str, Form], key: str, text: str, nested: Collection[str]) -> None:
        """Sort a parameter under the first segment of its name."""
        head, _, rest = key.partition(".")
        if head in nested:
            if rest.count(".") > DEEPEST_NAME:
                raise self._faults.malformed("A parameter's name is nested too deeply.")
            groups.setdefault(head, {})[rest] = text
        elif (fault := self._faults.unknown(key)) is not None:
            raise fault

    def _structure(self, shape: Shape) -> Decode:
        known = self._structures.get(shape.name)
        if known is not None:
            return known
        members: dict[str, tuple[str, Decode]] = {}

        def decode(values: Form, path: str) -> dict[str, Any]:
            groups: dict[str, Form] = {}
            for key, text in values.items():
                head, _, rest = key.partition(".")
                if head in members:
                    groups.setdefault(head, {})[rest] = text
                elif key == "" and text == "":
                    continue
                elif (fault := self._faults.unknown(f"{path}.{key}")) is not None:
                    raise fault
            result = {}
            for head, group in groups.items():
                name, decode_member = members[head]
                result[name] = decode_member(group, f"{path}.{head}")
            return result

        self._structures[shape.name] = decode  # before its members, which may hold it again
        for name, member in shape.members.items():
            compiled = self.compile(member)
            for wire in self.names(name, member):
                members[wire] = (name, compiled)
        return decode

    def _indexed(self, values: Form, path: str, inner: str | None) -> list[tuple[int, Form]]:
        """Values grouped by the index in their names, in its order; gaps close up."""
        groups: dict[int, Form] = {}
        for key, text in values.items():
            if key == "":
                if text:
                    raise self._faults.malformed(f"Value found where a list was expected: {path}")
                continue
            rest = key
            if inner is not None:
                head, _, rest = key.partition(".")
                if head != inner:
                    raise self._faults.malformed(f"Unexpected list element {head} in {path}")
            index, _, rest = rest.partition(".")
            if not (index.isascii() and index.isdigit() and len(index) <= LONGEST_INDEX):
                raise self._faults.malformed(f"Invalid list index in {path}")
            group = groups.setdefault(int(index), {})
            if rest in group:
                raise self._faults.malformed(f"A list index in {path} is given more than once")
            group[rest] = text
        return sorted(groups.items())

    def _list(self, shape: Shape) -> Decode:
        flat = self._ec2 or shape.flattened
        inner = None if flat else shape.member.location_name or "member"
        decode_member = self.compile(shape.member)

        def decode(values: Form, path: str) -> list[Any]:
            return [
                decode_member(group, f"{path}.{index}") for index, group in self._indexed(values, path, inner)
            ]

        return decode

    def _map(self, shape: Shape) -> Decode:
        inner = None if shape.flattened else "entry"
        key_name, value_name = shape.key.location_name or "key", shape.value.location_name or "value"
        decode_key, decode_value = self.compile(shape.key), self.compile(shape.value)

        def decode(values: Form, path: str) -> dict[str, Any]:
            result = {}
            for index, group in self._indexed(values, path, inner):
                key_group: Form = {}
                value_group: Form = {}
                for key, text in group.items():
                    head, _, rest = key.partition(".")
                    if head == key_name:
                        key_group[rest] = text
                    elif head == value_name:
                        value_group[rest] = text
                if not key_group or not value_group:
                    raise self._faults.malformed(f"A map entry in {path} needs a key and a value")
                key = decode_key(key_group, f"{path}.{index}.{key_name}")
                result[key] = decode_value(value_group, f"{path}.{index}.{value_name}")
            return result

        return decode
