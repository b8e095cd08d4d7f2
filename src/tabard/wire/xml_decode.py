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


class BadXml(ValueError):
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


def parse(data: bytes) -> Element:
    """The root element. Raises ``BadXml`` for text that is not well-formed, has a document type, or is too deep."""
    root = Element("", {})
    stack = [root]
    texts: list[list[str]] = [[]]

    def start(name: str, attributes: dict[str, str]) -> None:
        if len(stack) > DEEPEST:
            raise BadXml("nested too deeply")
        element = Element(name.rpartition(":")[2], attributes)
        stack[-1].children.append(element)
        stack.append(element)
        texts.append([])

    def end(_: str) -> None:
        stack.pop().text = "".join(texts.pop())

    def doctype(*_: object) -> None:
        raise BadXml("document types are not read")

    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = lambda text: texts[-1].append(text)
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise BadXml(str(error)) from None
    return root.children[0]


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
                raise BadXml(f"{element.name} holds elements")
            if parse_text is None:
                return element.text
            try:
                return parse_text(element.text.strip())
            except ValueError:
                raise BadXml(f"{element.name} is not a {shape.type}") from None

        return read

    def structure(self, shape: Shape) -> Read:
        """A reader of a structure's members in the body, from the element around them."""
        known = self._structures.get(shape.name)
        if known is not None:
            return known
        single: dict[str, tuple[str, Read]] = {}
        many: dict[str, tuple[str, Read]] = {}
        pairs: dict[str, tuple[str, Read]] = {}
        attributes: list[tuple[str, str]] = []

        def read(element: Element) -> dict[str, Any]:
            result: dict[str, Any] = {}
            for child in element.children:
                tag = child.name
                if tag in single:
                    name, read_child = single[tag]
                    if name in result:
                        raise BadXml(f"{tag} is given twice")
                    result[name] = read_child(child)
                elif tag in many:
                    name, read_child = many[tag]
                    result.setdefault(name, []).append(read_child(child))
                elif tag in pairs:
                    name, read_child = pairs[tag]
                    key, value = read_child(child)
                    result.setdefault(name, {})[key] = value
                else:
                    raise BadXml(f"{tag} is not expected in {element.name}")
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
                many[tag] = (name, self.compile(member.member))
            elif member.flattened and member.type == "map":
                pairs[tag] = (name, self._entry(member))
            else:
                single[tag] = (name, self.compile(member))
        return read

    def _list(self, shape: Shape) -> Read:
        tag = shape.member.location_name or "member"
        read_member = self.compile(shape.member)

        def read(element: Element) -> list[Any]:
            for child in element.children:
                if child.name != tag:
                    raise BadXml(f"{child.name} is not expected in {element.name}")
            return [read_member(child) for child in element.children]

        return read

    def _entry(self, shape: Shape) -> Read:
        key_tag, value_tag = shape.key.location_name or "key", shape.value.location_name or "value"
        read_key, read_value = self.compile(shape.key), self.compile(shape.value)

        def read(element: Element) -> tuple[Any, Any]:
            found = {child.name: child for child in element.children}
            if set(found) != {key_tag, value_tag} or len(element.children) != 2:
                raise BadXml(f"{element.name} is not a key and a value")
            return read_key(found[key_tag]), read_value(found[value_tag])

        return read
