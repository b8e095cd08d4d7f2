"""Replies as XML: for each set of members that a structure comes with, a function of one line, its tags written beforehand.

Operations answer with the same few sets of members all day, so that nothing is asked about a member that is not there. The
functions are compiled from source when a set is first met. The source is made of the names of members and elements, each as a
literal; nothing that anybody sends is in it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tabard.wire.scalars import Format, format_iso8601, format_of
from tabard.wire.xml_text import escape, escape_attribute

if TYPE_CHECKING:
    from tabard.wire.model import Shape

Write = Callable[[Any], str]

_SETS_AT_MOST = 64
"""Sets of members for which a structure has functions of their own; beyond them it is written member by member."""


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


def inner_name(name: str, shape: Shape) -> str:
    """The element of a list's items; ``name`` is the list's own."""
    return name if shape.flattened else shape.member.location_name or "member"


def _has_attributes(shape: Shape) -> bool:
    return any(member.get("xmlAttribute") for member in shape.members.values())


class XmlEncoder:
    """Compiles shapes into writers, for one service."""

    def __init__(self, timestamps: Format = format_iso8601) -> None:
        self._timestamps = timestamps
        self._structures: dict[tuple[str, str, str], _Structure] = {}

    def compile(self, shape: Shape, name: str) -> Write:
        """A writer of a shape as an element called ``name``."""
        if shape.type == "structure":
            if _has_attributes(shape):
                return self._with_attributes(shape, name)
            return self.structure(shape, name).writer()
        if shape.type == "list":
            return self._list(shape, name)
        if shape.type == "map":
            return self._map(shape, name)
        source = _Source(self)
        return source.function(source.element(shape, name, "value", None))

    def members(self, shape: Shape) -> Write:
        """A writer of a structure's members in the body, without the structure's own element."""
        return self._between(shape, "", "").writer()

    def form(self, shape: Shape) -> Format | None:
        """How a scalar is shown; None for text, which is escaped."""
        return format_of(shape, self._timestamps)

    def structure(self, shape: Shape, name: str) -> _Structure:
        """The functions of a structure, as an element called ``name``."""
        return self._between(shape, f"<{name}{namespace(shape)}>", f"</{name}>")

    def _between(self, shape: Shape, opening: str, closing: str) -> _Structure:
        key = shape.name, opening, closing
        known = self._structures.get(key)
        if known is None:
            known = self._structures[key] = _Structure(self, shape, opening, closing)
        return known

    def _with_attributes(self, shape: Shape, name: str) -> Write:
        write_members = self.members(shape)
        opening, closing = f"<{name}{namespace(shape)}", f"</{name}>"
        attributes = [
            (member_name, f' {member.location_name or member_name}="')
            for member_name, member in shape.members.items()
            if member.get("xmlAttribute")
        ]

        def write(value: Any) -> str:
            shown = [
                f'{text}{escape_attribute(value[member_name])}"'
                for member_name, text in attributes
                if value.get(member_name) is not None
            ]
            return f"{opening}{''.join(shown)}>{write_members(value)}{closing}"

        return write

    def _list(self, shape: Shape, name: str) -> Write:
        write_item = self.compile(shape.member, inner_name(name, shape))
        if shape.flattened:
            return lambda value: "".join(map(write_item, value))
        opening, closing = f"<{name}{namespace(shape)}>", f"</{name}>"
        empty = f"<{name}{namespace(shape)}/>"
        return lambda value: f"{opening}{''.join(map(write_item, value))}{closing}" if value else empty

    def _map(self, shape: Shape, name: str) -> Write:
        entry = name if shape.flattened else "entry"
        opening, closing = ("", "") if shape.flattened else (f"<{name}{namespace(shape)}>", f"</{name}>")
        write_key = self.compile(shape.key, shape.key.location_name or "key")
        write_item = self.compile(shape.value, shape.value.location_name or "value")

        def write(value: Any) -> str:
            entries = [
                f"<{entry}>{write_key(key)}{write_item(item)}</{entry}>" for key, item in value.items()
            ]
            return f"{opening}{''.join(entries)}{closing}"

        return write


class _Structure:
    """The functions of a structure, by the names of the members that it comes with."""

    def __init__(self, encoder: XmlEncoder, shape: Shape, opening: str, closing: str) -> None:
        self._encoder = encoder
        self._opening = opening
        self._closing = closing
        self._members = {
            name: (member, element_name(name, member))
            for name, member in shape.members.items()
            if member.in_reply_body and not member.get("xmlAttribute")
        }
        self._known: dict[tuple[str, ...], Write] = {}
        self._one_by_one: dict[str, Write] = {}

    def writer(self) -> Write:
        """A writer of any value, quickest with the members that the first one had."""
        first: Write | None = None

        def write(value: Any) -> str:
            nonlocal first
            if first is None:
                first = self.function(value)
            return first(value)

        return write

    def function(self, value: Any) -> Write:
        """A writer of any value, quickest with the members that this one has."""
        names = tuple(value)
        known = self._known.get(names)
        if known is None:
            if len(self._known) >= _SETS_AT_MOST:
                return self._slowly
            known = self._known[names] = self._compile(names, value)
        return known

    def _otherwise(self, value: Any) -> str:
        return self.function(value)(value)

    def _compile(self, names: tuple[str, ...], value: Any) -> Write:
        source = _Source(self._encoder)
        variables = {name: f"item_{number}" for number, name in enumerate(names)}
        there = [name for name in self._members if name in variables]  # in the model's order
        add = source.lines.append
        add(f"if len(value) != {len(names)}: return {source.named(self._otherwise)}(value)")
        if names:
            found = "; ".join([f"{variable} = value[{name!r}]" for name, variable in variables.items()])
            add(f"try: {found}")
            add(f"except KeyError: return {source.named(self._otherwise)}(value)")
        if there:
            absent = " or ".join([f"{variables[name]} is None" for name in there])
            add(f"if {absent}: return {source.named(self._slowly)}(value)")
        elements = [source.element(*self._members[name], variables[name], value[name]) for name in there]
        return source.function(_literal(self._opening) + "".join(elements) + _literal(self._closing))

    def _slowly(self, value: Any) -> str:
        """For a member that is None, and for more sets of members than are compiled."""
        shown = []
        for name, (member, element) in self._members.items():
            item = value.get(name)
            if item is not None:
                write = self._one_by_one.get(name)
                if write is None:
                    write = self._one_by_one[name] = self._encoder.compile(member, element)
                shown.append(write(item))
        return f"{self._opening}{''.join(shown)}{self._closing}"


def _is_secret(shape: Shape) -> bool:
    """Whether a text is one to forget once it was told. STS's model does not say so of session tokens."""
    return bool(shape.get("sensitive")) or shape.name == "tokenType"


def _literal(text: str) -> str:
    """Text as it stands in an f-string."""
    return text.replace("{", "{{").replace("}", "}}")


class _Source:
    """The source of one function of ``value``: lines, and the f-string that it returns.

    What stands between an f-string's braces here has neither quotes nor backslashes.
    """

    def __init__(self, encoder: XmlEncoder) -> None:
        self._encoder = encoder
        self._names: dict[str, Any] = {"escaped": _escaped, "join": "".join}
        self.lines: list[str] = []

    def function(self, text: str) -> Write:
        """The function that returns an f-string."""
        lines = "".join([f" {line}\n" for line in self.lines])
        code = compile(f"def write(value):\n{lines} return f{text!r}", "<writer of XML>", "exec")
        exec(code, self._names)  # noqa: S102 - of the model's names as literals, see the module
        write: Write = self._names["write"]
        return write

    def element(self, shape: Shape, name: str, variable: str, example: Any) -> str:
        """What is in ``variable`` as an element, as it stands in an f-string; ``example`` is what is in it the first time."""
        if shape.type == "structure":
            return f"{{{self._structure(shape, name, example)}({variable})}}"
        if shape.type == "list":
            first = example[0] if isinstance(example, list) and example else None
            inner = inner_name(name, shape)
            is_structure = shape.member.type == "structure"
            write = (
                self._structure(shape.member, inner, first)
                if is_structure
                else self.named(self._encoder.compile(shape.member, inner))
            )
            items = f"{{join(map({write}, {variable}))}}"
            if shape.flattened:
                return items
            opening = f"<{name}{namespace(shape)}>"
            whole = f"{_literal(opening)}{items}</{name}>"
            self.lines.append(f"{variable} = f{whole!r} if {variable} else {opening[:-1] + '/>'!r}")
            return f"{{{variable}}}"
        if shape.type == "map":
            return f"{{{self.named(self._encoder.compile(shape, name))}({variable})}}"
        form = self._encoder.form(shape)
        if form is None and not _is_secret(shape):
            shown = f"escaped[{variable}]"
        else:
            shown = f"{self.named(form or escape)}({variable})"
        return f"{_literal(f'<{name}{namespace(shape)}>')}{{{shown}}}</{name}>"

    def _structure(self, shape: Shape, name: str, example: Any) -> str:
        """The name of a structure's function, which is quickest with the members that the example has."""
        if example is None or _has_attributes(shape):
            return self.named(self._encoder.compile(shape, name))
        return self.named(self._encoder.structure(shape, name).function(example))

    def named(self, value: object) -> str:
        """The name under which the function finds a value."""
        name = f"known_{len(self._names)}"
        self._names[name] = value
        return name
