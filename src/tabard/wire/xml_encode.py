"""Replies as XML: each shape becomes a function of straight lines that appends text to a list, its tags written beforehand.

The functions are compiled from source when an operation first answers. The source is made of the model's names alone, each as a
literal; nothing that anybody sends is in it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tabard.wire.scalars import Format, format_iso8601, format_of
from tabard.wire.xml_text import escape, escape_attribute

if TYPE_CHECKING:
    from tabard.wire.model import Shape

Write = Callable[[Any, list[str]], None]

_INLINE_DEPTH = 4
"""Structures, lists and maps that are written into the function of what holds them; deeper ones have functions of their own."""
_INLINE_MEMBERS = 24
"""A structure of more members has a function of its own, which is compiled once wherever it stands."""


class _Escaped(dict[str, str]):
    """Texts and what they are as XML, remembered: what replies hold mostly stays the same for long. Bounded in characters."""

    __slots__ = ("_characters",)
    longest = 2048
    characters_at_most = 2 * 1024 * 1024

    def __init__(self) -> None:
        self._characters = 0

    def __missing__(self, text: str) -> str:
        shown = escape(text)
        if len(text) <= self.longest:
            self._characters += len(text) + 64
            if self._characters > self.characters_at_most:
                self.clear()
                self._characters = len(text) + 64
            self[text] = shown
        return shown


_escaped = _Escaped()


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


def _has_attributes(shape: Shape) -> bool:
    return any(member.get("xmlAttribute") for member in shape.members.values())


class XmlEncoder:
    """Compiles shapes into writers, once per shape, for one service."""

    def __init__(self, timestamps: Format = format_iso8601) -> None:
        self._timestamps = timestamps
        self._members: dict[str, Write] = {}

    def compile(self, shape: Shape, name: str) -> Write:
        """A writer of a shape as elements called ``name``."""
        if shape.type == "structure" and _has_attributes(shape):
            return self._structure_with_attributes(shape, name)
        source = _Source(self, self._timestamps)
        source.element(shape, name, "value", 1)
        return source.function()

    def members(self, shape: Shape) -> Write:
        """A writer of a structure's members in the body, without the structure's own element."""
        known = self._members.get(shape.name)
        if known is not None:
            return known
        made: list[Write] = []

        def late(value: Any, out: list[str]) -> None:
            made[0](value, out)

        self._members[shape.name] = late  # for members that hold it again
        source = _Source(self, self._timestamps, shape.name)
        source.members(shape, "value", 1)
        made.append(source.function())
        self._members[shape.name] = made[0]
        return made[0]

    def _structure_with_attributes(self, shape: Shape, name: str) -> Write:
        write_members = self.members(shape)
        opening, closing = f"<{name}{namespace(shape)}", f"</{name}>"
        attributes = [
            (member_name, f' {member.location_name or member_name}="')
            for member_name, member in shape.members.items()
            if member.get("xmlAttribute")
        ]

        def write(value: Any, out: list[str]) -> None:
            out.append(opening)
            for member_name, text in attributes:
                if value.get(member_name) is not None:
                    out.append(f'{text}{escape_attribute(value[member_name])}"')
            out.append(">")
            write_members(value, out)
            out.append(closing)

        return write


class _Source:
    """The source of one writer, as it grows. ``value`` and ``out`` are its arguments."""

    def __init__(self, encoder: XmlEncoder, timestamps: Format, within: str = "") -> None:
        self._encoder = encoder
        self._timestamps = timestamps
        self._lines = ["def write(value, out):", " append = out.append"]
        self._names: dict[str, Any] = {"escaped": _escaped}
        self._within = [within]
        self._variables = 0

    def function(self) -> Write:
        """The writer."""
        code = compile("\n".join(self._lines), "<writer of XML>", "exec")
        exec(code, self._names)  # noqa: S102 - of the model's names as literals, see the module
        write: Write = self._names["write"]
        return write

    def element(self, shape: Shape, name: str, variable: str, depth: int) -> None:
        """Lines that write what is in ``variable`` as an element."""
        if shape.type == "structure":
            self._structure(shape, name, variable, depth)
        elif shape.type == "list":
            self._list(shape, name, variable, depth)
        elif shape.type == "map":
            self._map(shape, name, variable, depth)
        else:
            self._scalar(shape, name, variable, depth)

    def members(self, shape: Shape, variable: str, depth: int) -> None:
        """Lines that write the members that a structure has."""
        get = self._variable("get")
        self._line(depth, f"{get} = {variable}.get")
        for name, member in shape.members.items():
            if member.in_reply_body and not member.get("xmlAttribute"):
                item = self._variable("item")
                self._line(depth, f"{item} = {get}({name!r})")
                self._line(depth, f"if {item} is not None:")
                self.element(member, element_name(name, member), item, depth + 1)

    def _scalar(self, shape: Shape, name: str, variable: str, depth: int) -> None:
        form = format_of(shape, self._timestamps)
        shown = f"{self._named(form)}({variable})" if form is not None else f"escaped[{variable}]"
        opening, closing = f"<{name}{namespace(shape)}>".replace("%", "%%"), f"</{name}>".replace("%", "%%")
        self._line(depth, f"append({opening + '%s' + closing!r} % ({shown},))")

    def _structure(self, shape: Shape, name: str, variable: str, depth: int) -> None:
        if _has_attributes(shape):
            self._call(self._encoder.compile(shape, name), variable, depth)
            return
        self._text(depth, f"<{name}{namespace(shape)}>")
        if (
            len(self._within) > _INLINE_DEPTH
            or shape.name in self._within
            or len(shape.members) > _INLINE_MEMBERS
        ):
            self._call(self._encoder.members(shape), variable, depth)
        else:
            self._within.append(shape.name)
            self.members(shape, variable, depth)
            self._within.pop()
        self._text(depth, f"</{name}>")

    def _list(self, shape: Shape, name: str, variable: str, depth: int) -> None:
        if not shape.flattened:
            self._line(depth, f"if not {variable}:")
            self._text(depth + 1, f"<{name}{namespace(shape)}/>")
            self._line(depth, "else:")
            depth += 1
            self._text(depth, f"<{name}{namespace(shape)}>")
        inner = name if shape.flattened else shape.member.location_name or "member"
        item = self._variable("item")
        self._line(depth, f"for {item} in {variable}:")
        self.element(shape.member, inner, item, depth + 1)
        if not shape.flattened:
            self._text(depth, f"</{name}>")

    def _map(self, shape: Shape, name: str, variable: str, depth: int) -> None:
        entry = name if shape.flattened else "entry"
        if not shape.flattened:
            self._text(depth, f"<{name}{namespace(shape)}>")
        key, item = self._variable("key"), self._variable("item")
        self._line(depth, f"for {key}, {item} in {variable}.items():")
        self._text(depth + 1, f"<{entry}>")
        self.element(shape.key, shape.key.location_name or "key", key, depth + 1)
        self.element(shape.value, shape.value.location_name or "value", item, depth + 1)
        self._text(depth + 1, f"</{entry}>")
        if not shape.flattened:
            self._text(depth, f"</{name}>")

    def _line(self, depth: int, text: str) -> None:
        self._lines.append(" " * depth + text)

    def _text(self, depth: int, text: str) -> None:
        self._line(depth, f"append({text!r})")

    def _call(self, write: Write, variable: str, depth: int) -> None:
        self._line(depth, f"{self._named(write)}({variable}, out)")

    def _named(self, value: object) -> str:
        """The name under which the function finds a value."""
        name = f"known_{len(self._names)}"
        self._names[name] = value
        return name

    def _variable(self, kind: str) -> str:
        self._variables += 1
        return f"{kind}_{self._variables}"
