"""Values as JSON: decoded and encoded by shape, for the JSON protocols and REST with JSON.

https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from tabard.wire.scalars import (
    INTEGER_RANGES,
    format_blob,
    format_http_date,
    format_iso8601,
    from_epoch,
    parse_any_timestamp,
    parse_blob,
    parse_float,
    to_epoch,
)

if TYPE_CHECKING:
    from datetime import datetime

    from tabard.wire.faults import Faults
    from tabard.wire.model import Shape

Convert = Callable[[Any], Any]


class JsonDecoder:
    """Compiles shapes into converters from JSON's values, once per shape, for one service."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._structures: dict[str, Convert] = {}

    def parse(self, data: bytes) -> Any:
        """A body as JSON; empty is an empty object."""
        if not data:
            return {}
        try:
            return msgspec.json.decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise self._faults.malformed("The request body is not JSON.") from None

    def compile(self, shape: Shape) -> Convert:
        """A converter of any shape; it raises an ``AwsError`` for what is not of the shape."""
        if shape.type == "structure":
            return (lambda value: value) if shape.get("document") else self._structure(shape)
        if shape.type == "list":
            return self._list(shape)
        if shape.type == "map":
            return self._map(shape)
        convert, faults = _from_json(shape), self._faults

        def scalar(value: Any) -> Any:
            try:
                return convert(value)
            except (ValueError, TypeError, OverflowError):
                raise faults.wrong_type("", _kind(value), shape) from None

        return scalar

    def _wrong(self, value: Any, shape: Shape) -> Exception:
        return self._faults.wrong_type("", _kind(value), shape)

    def _structure(self, shape: Shape) -> Convert:
        known = self._structures.get(shape.name)
        if known is not None:
            return known
        members: dict[str, tuple[str, Convert]] = {}

        def convert(value: Any) -> dict[str, Any]:
            if not isinstance(value, dict):
                raise self._wrong(value, shape)
            result = {}
            for key, item in value.items():
                bound = members.get(key)
                if bound is not None and item is not None:
                    result[bound[0]] = bound[1](item)
            return result

        self._structures[shape.name] = convert  # before its members, which may hold it again
        for name, member in shape.members.items():
            if member.location is None:
                members[member.location_name or name] = (name, self.compile(member))
        return convert

    def _list(self, shape: Shape) -> Convert:
        convert_member = self.compile(shape.member)

        def convert(value: Any) -> list[Any]:
            if not isinstance(value, list):
                raise self._wrong(value, shape)
            return [None if item is None else convert_member(item) for item in value]

        return convert

    def _map(self, shape: Shape) -> Convert:
        convert_value = self.compile(shape.value)

        def convert(value: Any) -> dict[str, Any]:
            if not isinstance(value, dict):
                raise self._wrong(value, shape)
            return {key: None if item is None else convert_value(item) for key, item in value.items()}

        return convert


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "TRUE_VALUE" if value else "FALSE_VALUE"
    if isinstance(value, str):
        return "STRING_VALUE"
    if isinstance(value, int | float):
        return "NUMBER_VALUE"
    return "START_ARRAY" if isinstance(value, list) else "START_OBJECT"


def _from_json(shape: Shape) -> Convert:
    kind = shape.type
    if kind == "string":
        return lambda value: _of(str, value)
    if kind == "boolean":
        return lambda value: _of(bool, value)
    if kind == "blob":
        return lambda value: parse_blob(_of(str, value))
    if kind == "timestamp":
        return _timestamp
    if kind in INTEGER_RANGES:
        low, high = INTEGER_RANGES[kind]
        return lambda value: _integer(value, low, high)
    return _float


def _of(kind: type, value: Any) -> Any:
    if type(value) is not kind:
        raise TypeError
    return value


def _integer(value: Any, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        raise TypeError
    if not low <= value <= high:
        raise ValueError
    return int(value)


def _float(value: Any) -> float:
    if isinstance(value, str) and value in {"NaN", "Infinity", "-Infinity"}:
        return parse_float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError
    return float(value)


def _timestamp(value: Any) -> datetime:
    if isinstance(value, str):
        return parse_any_timestamp(value)
    return from_epoch(_float(value))


class JsonEncoder:
    """Compiles shapes into converters to JSON's values, once per shape, for one service."""

    def __init__(self) -> None:
        self._structures: dict[str, Convert] = {}

    def compile(self, shape: Shape) -> Convert:
        """A converter of any shape; ``msgspec.json.encode`` does the rest."""
        if shape.type == "structure":
            return (lambda value: value) if shape.get("document") else self._structure(shape)
        if shape.type == "list":
            convert_member = self.compile(shape.member)
            return lambda value: [None if item is None else convert_member(item) for item in value]
        if shape.type == "map":
            convert_value = self.compile(shape.value)
            return lambda value: {
                key: None if item is None else convert_value(item) for key, item in value.items()
            }
        return _to_json(shape)

    def _structure(self, shape: Shape) -> Convert:
        known = self._structures.get(shape.name)
        if known is not None:
            return known
        members: list[tuple[str, str, Convert]] = []

        def convert(value: Any) -> dict[str, Any]:
            get = value.get
            return {
                wire: convert_member(get(name))
                for name, wire, convert_member in members
                if get(name) is not None
            }

        self._structures[shape.name] = convert  # before its members, which may hold it again
        for name, member in shape.members.items():
            if member.in_reply_body:
                members.append((name, member.location_name or name, self.compile(member)))
        return convert


def _to_json(shape: Shape) -> Convert:
    kind = shape.type
    if kind == "blob":
        return format_blob
    if kind == "timestamp":
        forms: dict[str, Convert] = {"iso8601": format_iso8601, "rfc822": format_http_date}
        return forms.get((shape.get("timestampFormat") or "").lower(), to_epoch)
    if kind in {"float", "double"}:
        return _special_float
    return lambda value: value


def _special_float(value: Any) -> Any:
    number = float(value)
    if number != number:  # noqa: PLR0124 - the definition of NaN
        return "NaN"
    if number in {float("inf"), float("-inf")}:
        return "Infinity" if number > 0 else "-Infinity"
    return value
