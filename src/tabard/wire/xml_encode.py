"""Replies as XML: each shape becomes a closure that appends text to a list, its tags rendered beforehand."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tabard.wire.scalars import Format, format_iso8601, format_of
from tabard.wire.xml_text import escape, escape_attribute, special

if TYPE_CHECKING:
    from tabard.wire.model import Shape

Write = Callable[[Any, list[str]], None]


def namespace(shape: Shape) -> str:
    """The ``xmlns`` attribute that a shape asks for, with a leading blank; empty where it asks for none."""
    stated = shape.get("xmlNamespace")
    if not stated:
        return ""
    if isinstance(stated, str):
        return f' xmlns="{escape_attribute(stated)}"'
    prefix = f":{stated['prefix']}" if stated.get("prefix") else ""
    return f' xmlns{prefix}="{escape_attribute(stated["uri"])}"'


def element_name(name: str, shape: Shape) -> str:
    """The element of a structure's member. A flattened list's elements may have a name of their own."""
    if shape.type == "list" and shape.flattened and shape.member.location_name:
        return shape.member.location_name
    return shape.location_name or name


class XmlEncoder:
    """Compiles shapes into writers, once per shape, for one service."""

    def __init__(self, timestamps: Format = format_iso8601) -> None:
        self._timestamps = timestamps
        self._members: dict[str, Write] = {}

    def compile(self, shape: Shape, name: str) -> Write:
        """A writer of a shape as elements called ``name``."""
        if shape.type == "structure":
            return self._structure(shape, name)
        if shape.type == "list":
            return self._list(shape, name)
        if shape.type == "map":
            return self._map(shape, name)
        return self._scalar(shape, name)

    def _scalar(self, shape: Shape, name: str) -> Write:
        opening, closing = f"<{name}{namespace(shape)}>", f"</{name}>"
        form = format_of(shape, self._timestamps)
        if form is None:
            return lambda value, out: out.append(
                f"{opening}{value if special(value) is None else escape(value)}{closing}"
            )
        return lambda value, out: out.append(f"{opening}{form(value)}{closing}")

    def _structure(self, shape: Shape, name: str) -> Write:
        write_members = self.members(shape)
        opening, closing = f"<{name}{namespace(shape)}>", f"</{name}>"
        attributes = [
            (member_name, f' {member.location_name or member_name}="')
            for member_name, member in shape.members.items()
            if member.get("xmlAttribute")
        ]
        if not attributes:

            def write(value: Any, out: list[str]) -> None:
                out.append(opening)
                write_members(value, out)
                out.append(closing)

            return write

        def write_with_attributes(value: Any, out: list[str]) -> None:
            out.append(opening[:-1])
            for member_name, text in attributes:
                if value.get(member_name) is not None:
                    out.append(f'{text}{escape_attribute(value[member_name])}"')
            out.append(">")
            write_members(value, out)
            out.append(closing)

        return write_with_attributes

    def members(self, shape: Shape) -> Write:
        """A writer of a structure's members in the body, without the structure's own element."""
        known = self._members.get(shape.name)
        if known is not None:
            return known
        table: list[tuple[str, Write]] = []

        def write(value: Any, out: list[str]) -> None:
            get = value.get
            for name, write_member in table:
                item = get(name)
                if item is not None:
                    write_member(item, out)

        self._members[shape.name] = write  # before its members, which may hold it again
        for name, member in shape.members.items():
            if member.in_reply_body and not member.get("xmlAttribute"):
                table.append((name, self.compile(member, element_name(name, member))))
        return write

    def _list(self, shape: Shape, name: str) -> Write:
        if shape.flattened:
            write_member = self.compile(shape.member, name)

            def write_flat(value: Any, out: list[str]) -> None:
                for item in value:
                    write_member(item, out)

            return write_flat
        write_member = self.compile(shape.member, shape.member.location_name or "member")
        opening, closing, empty = f"<{name}{namespace(shape)}>", f"</{name}>", f"<{name}{namespace(shape)}/>"

        def write(value: Any, out: list[str]) -> None:
            if not value:
                out.append(empty)
                return
            out.append(opening)
            for item in value:
                write_member(item, out)
            out.append(closing)

        return write

    def _map(self, shape: Shape, name: str) -> Write:
        write_key = self.compile(shape.key, shape.key.location_name or "key")
        write_value = self.compile(shape.value, shape.value.location_name or "value")
        outer, entry = ("", name) if shape.flattened else (name, "entry")
        opening, closing = (f"<{outer}{namespace(shape)}>", f"</{outer}>") if outer else ("", "")

        def write(value: Any, out: list[str]) -> None:
            out.append(opening)
            for key, item in value.items():
                out.append(f"<{entry}>")
                write_key(key, out)
                write_value(item, out)
                out.append(f"</{entry}>")
            out.append(closing)

        return write
