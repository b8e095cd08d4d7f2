"""Request bodies in XML: read by expat without document types (so without entities), decoded by shape.

https://smithy.io/2.0/aws/protocols/aws-restxml-protocol.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from xml.parsers import expat

from tabard.wire.scalars import parser_of

if TYPE_CHECKING:
    from tabard.wire.model import Shape

DEEPEST = 64


class BadXmlError(ValueError):
    """The text is not XML that we read, or not of its shape."""


class Element:
    """An element: its name without prefix, attributes, children and the text directly in it."""

    __slots__ = ("attributes", "children", "name", "text")

    def __init__(self, name: str, attributes: dict[str, str]) -> None:
        self.name = name
        self.attributes = attributes
        self.children: list[Element] = []
        self.text = ""


Read = Callable[[Element], Any]
Put = Callable[[dict[str, Any], str, Any], None]


def parse(data: bytes, roots: frozenset[str]) -> Element:
    """The root element, which must have one of the names ``roots``.

    Raises ``BadXmlError`` for text that is not well-formed, has a document type, or is too deep.
    """
    root = Element("", {})
    stack = [root]
    texts: list[list[str]] = [[]]

    def start(name: str, attributes: dict[str, str]) -> None:
        if len(stack) > DEEPEST:
            raise BadXmlError("nested too deeply")
        element = Element(name.rpartition(":")[2], attributes)
        stack[-1].children.append(element)
        stack.append(element)
        texts.append([])

    def end(_: str) -> None:
        stack.pop().text = "".join(texts.pop())

    def characters(text: str) -> None:
        texts[-1].append(text)

    def doctype(*_: object) -> None:
        raise BadXmlError("document types are not read")

    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = characters
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise BadXmlError(str(error)) from None
    [element] = root.children
    if element.name not in roots:
        raise BadXmlError(f"{element.name} is not the root of this body")
    return element


def _put_one(result: dict[str, Any], name: str, value: Any) -> None:
    if name in result:
        raise BadXmlError(f"{name} is given twice")
    result[name] = value


def _put_item(result: dict[str, Any], name: str, value: Any) -> None:
    result.setdefault(name, []).append(value)


def _put_pair(result: dict[str, Any], name: str, value: tuple[Any, Any]) -> None:
    result.setdefault(name, {})[value[0]] = value[1]


class XmlDecoder:
    """Compiles shapes into readers of elements, once per shape, for one service."""

    def __init__(self) -> None:
        self._structures: dict[str, Read] = {}

    def compile(self, shape: Shape) -> Read:
        """A reader of any shape but a flattened list or map, which are read by the structure around them."""
        if shape.type == "structure":
            return self.structure(shape)
        if shape.type == "list":
            return self._list(shape)
        if shape.type == "map":
            read_entry = self._entry(shape)
            return lambda element: dict(map(read_entry, element.children))
        parse_text = parser_of(shape)

        def read(element: Element) -> Any:
            if element.children:
                raise BadXmlError(f"{element.name} holds elements")
            if parse_text is None:
                return element.text
            try:
                return parse_text(element.text.strip())
            except ValueError:
                raise BadXmlError(f"{element.name} is not a {shape.type}") from None

        return read

    def structure(self, shape: Shape) -> Read:
        """A reader of a structure's members in the body, from the element around them."""
        known = self._structures.get(shape.name)
        if known is not None:
            return known
        known_children: dict[str, tuple[str, Read, Put]] = {}
        attributes: list[tuple[str, str]] = []

        def read(element: Element) -> dict[str, Any]:
            result: dict[str, Any] = {}
            for child in element.children:
                if child.name not in known_children:
                    raise BadXmlError(f"{child.name} is not expected in {element.name}")
                name, read_child, put = known_children[child.name]
                put(result, name, read_child(child))
            for name, attribute in attributes:
                if attribute in element.attributes:
                    result[name] = element.attributes[attribute]
            return result

        self._structures[shape.name] = read  # before its members, which may hold it again
        for name, member in shape.members.items():
            tag = member.location_name or name
            if member.location is not None:
                continue
            if member.get("xmlAttribute"):
                attributes.append((name, tag))
            elif member.flattened and member.type == "list":
                known_children[tag] = (name, self.compile(member.member), _put_item)
            elif member.flattened and member.type == "map":
                known_children[tag] = (name, self._entry(member), _put_pair)
            else:
                known_children[tag] = (name, self.compile(member), _put_one)
        return read

    def _list(self, shape: Shape) -> Read:
        tag = shape.member.location_name or "member"
        read_member = self.compile(shape.member)

        def read(element: Element) -> list[Any]:
            for child in element.children:
                if child.name != tag:
                    raise BadXmlError(f"{child.name} is not expected in {element.name}")
            return [read_member(child) for child in element.children]

        return read

    def _entry(self, shape: Shape) -> Read:
        key_tag, value_tag = shape.key.location_name or "key", shape.value.location_name or "value"
        read_key, read_value = self.compile(shape.key), self.compile(shape.value)

        def read(element: Element) -> tuple[Any, Any]:
            found = {child.name: child for child in element.children}
            if set(found) != {key_tag, value_tag} or len(element.children) != 2:
                raise BadXmlError(f"{element.name} is not a key and a value")
            return read_key(found[key_tag]), read_value(found[value_tag])

        return read
