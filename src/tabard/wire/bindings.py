"""The REST protocols' bindings: members that stand in the path, the query string, headers or the status.

https://smithy.io/2.0/spec/http-bindings.html
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from tabard.core.errors import AwsError
from tabard.wire.scalars import format_blob, format_http_date, format_of, parser_of

if TYPE_CHECKING:
    from tabard.core.http import Headers, HttpRequest
    from tabard.wire.faults import Faults
    from tabard.wire.model import Shape

Query = list[tuple[str, str]]
Labels = Mapping[str, str]

NOT_HOISTED = ("x-amz-tagging", "x-amz-copy-source", "x-amz-server-side-encryption")
_NOT_IN_HEADER = re.compile("[\x00-\x08\x0a-\x1f\x7f]|[^\x00-\xff]")
_LIST_ITEM = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^,]*))\s*(?:,|$)')
_HTTP_DATES = re.compile(r"[A-Za-z]{3,9},[^,]*")


def split_header_list(text: str, *, dates: bool = False) -> list[str]:
    """The items of a header that holds a list; an item in quotes may hold commas."""
    if dates:
        return [match.strip() for match in _HTTP_DATES.findall(text)]
    if '"' not in text:
        return [item.strip() for item in text.split(",")] if text else []
    items = []
    position = 0
    while position < len(text):
        match = _LIST_ITEM.match(text, position)
        if match is None or match.end() == position:
            raise ValueError("not a list")
        items.append(re.sub(r"\\(.)", r"\1", match[1]) if match[1] is not None else match[2].strip())
        position = match.end()
    return items


def _metadata(text: str) -> str:
    """A metadata value: as S3 does, RFC 2047 words are decoded."""
    if "=?" not in text or not text.isascii():
        return _utf8(text)
    from email.errors import HeaderParseError
    from email.header import decode_header, make_header

    try:
        return str(make_header(decode_header(text)))
    except (HeaderParseError, LookupError, ValueError):
        return text


def _utf8(text: str) -> str:
    """A header that came as Latin-1: its UTF-8 reading where it has one."""
    if text.isascii():
        return text
    try:
        return text.encode("latin-1").decode()
    except UnicodeDecodeError:
        return text


def hoisted(query: Query) -> Headers:
    """The headers that stand in a presigned URL's query string.

    S3 takes them from there, but for tags, copy sources and encryption, which have to be headers:
    https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
    """
    found = []
    for key, text in query:
        name = key.lower()
        if name.startswith("x-amz-") and not name.startswith(NOT_HOISTED):
            found.append((name.encode(), text.encode()))
    return found


class RequestBindings:
    """Decodes the members of one operation's input that are bound outside the body."""

    def __init__(self, shape: Shape, faults: Faults) -> None:
        self._faults = faults
        self._hoists = faults.dialect.hoists
        self._labels: list[tuple[str, str, Callable[[str], Any] | None]] = []
        self._headers: dict[bytes, tuple[str, str, Shape]] = {}
        self._parsers: dict[bytes, Callable[[str], Any] | None] = {}
        self._prefixes: list[tuple[str, bytes]] = []
        self._query: dict[str, tuple[str, Callable[[str], Any] | None, bool]] = {}
        self._query_map: tuple[str, bool] | None = None
        self._shapes = shape.members
        for name, member in shape.members.items():
            wire = name if member.location_name is None else member.location_name
            if member.location == "uri":
                self._labels.append((name, wire, parser_of(member)))
            elif member.location == "header":
                key = wire.lower().encode()
                self._headers[key] = (name, wire, member)
                self._parsers[key] = _header_parser(member)
            elif member.location == "headers":
                self._prefixes.append((name, wire.lower().encode()))
            elif member.location == "querystring" and member.type == "map":
                self._query_map = (name, member.value.type == "list")
            elif member.location == "querystring":
                many = member.type == "list"
                self._query[wire] = (name, parser_of(member.member if many else member), many)

    def decode(self, request: HttpRequest, labels: Labels, query: Query) -> dict[str, Any]:
        """The bound members that the request has."""
        result: dict[str, Any] = {}
        for name, label, parse in self._labels:
            if label in labels:
                result[name] = self._parsed(parse, labels[label], label, name)
        if query:
            self._decode_query(query, result)
        if self._headers or self._prefixes:
            self._decode_headers(request.headers, result)
            if query and self._hoists:
                self._decode_headers(hoisted(query), result)
        return result

    def _parsed(self, parse: Callable[[str], Any] | None, text: str, wire: str, name: str) -> Any:
        if parse is None:
            return text
        try:
            return parse(text)
        except ValueError:
            raise self._faults.wrong_type(wire, text, self._shapes[name]) from None

    def _decode_query(self, query: Query, result: dict[str, Any]) -> None:
        others: dict[str, list[str]] = {}
        for key, text in query:
            bound = self._query.get(key)
            if bound is None:
                others.setdefault(key, []).append(text)
                continue
            name, parse, many = bound
            if many:
                result.setdefault(name, []).append(self._parsed(parse, text, key, name))
            elif name not in result:
                result[name] = self._parsed(parse, text, key, name)
        if self._query_map is not None and others:
            name, many = self._query_map
            result[name] = others if many else {key: texts[0] for key, texts in others.items()}

    def _decode_headers(self, given: Headers, result: dict[str, Any]) -> None:
        headers = self._headers
        for key, raw in given:
            bound = headers.get(key)
            if bound is not None:
                name, wire, shape = bound
                text = raw.decode("latin-1").strip()
                if name in result:
                    if shape.type == "list":
                        result[name] += self._header_value(key, text, wire, name)
                    continue
                value = self._header_value(key, text, wire, name)
                if value is not None:
                    result[name] = value
            else:
                for name, prefix in self._prefixes:
                    if key.startswith(prefix):
                        tail = key[len(prefix) :].decode("latin-1")
                        texts = result.setdefault(name, {})
                        text = _metadata(raw.decode("latin-1").strip())
                        texts[tail] = f"{texts[tail]},{text}" if tail in texts else text

    def _header_value(self, key: bytes, text: str, wire: str, name: str) -> Any:
        parse = self._parsers[key]
        if parse is None:
            return _utf8(text)
        try:
            return parse(text)
        except ValueError:
            if key.startswith(b"if-"):
                return None  # a condition with a date that is none is to be ignored: RFC 9110, 13.1.3
            raise self._faults.wrong_type(wire, text, self._shapes[name]) from None


def _header_parser(shape: Shape) -> Callable[[str], Any] | None:
    if shape.type == "list":
        parse_item = parser_of(shape.member)
        dates = shape.member.type == "timestamp" and shape.member.get("timestampFormat") in {None, "rfc822"}

        def parse_list(text: str) -> list[Any]:
            items = split_header_list(text, dates=dates)
            return items if parse_item is None else [parse_item(item) for item in items]

        return parse_list
    if shape.get("jsonvalue"):
        return _parse_json_value
    return parser_of(shape)


def _parse_json_value(text: str) -> Any:
    try:
        return msgspec.json.decode(base64.b64decode(text, validate=True))
    except (ValueError, RecursionError):
        raise ValueError("not base64 of JSON") from None


class ReplyBindings:
    """Encodes the members of one operation's output that are bound outside the body."""

    def __init__(self, shape: Shape) -> None:
        self._headers: dict[str, tuple[bytes, Callable[[Any], str]]] = {}
        self._prefixes: dict[str, str] = {}
        self._status: str | None = None
        for name, member in shape.members.items():
            wire = name if member.location_name is None else member.location_name
            if member.location == "header":
                self._headers[name] = (wire.lower().encode(), _header_format(member))
            elif member.location == "headers":
                self._prefixes[name] = wire.lower()
            elif member.location == "statusCode":
                self._status = name

    @property
    def none(self) -> bool:
        """Whether nothing is bound outside the body."""
        return not self._headers and not self._prefixes and self._status is None

    def encode(self, result: Mapping[str, Any], headers: Headers, status: int) -> int:
        """Append the result's headers, and return its status where a member states one."""
        for name, value in result.items():
            if value is None:
                continue
            bound = self._headers.get(name)
            if bound is not None:
                key, form = bound
                text = form(value)
                if text:
                    headers.append((key, header_bytes(text)))
            elif name in self._prefixes:
                prefix = self._prefixes[name]
                headers.extend(
                    (f"{prefix}{key}".lower().encode(), mail_safe(text)) for key, text in value.items()
                )
            elif name == self._status:
                status = int(value)
        return status


def _header_format(shape: Shape) -> Callable[[Any], str]:
    if shape.get("jsonvalue"):
        return lambda value: format_blob(msgspec.json.encode(value))
    if shape.type == "list":
        form_item = _header_format(shape.member)
        if shape.member.type == "string":
            return lambda value: ", ".join(map(_quote_item, value))
        return lambda value: ", ".join(map(form_item, value))
    return format_of(shape, format_http_date) or _text


def _text(value: Any) -> str:
    return format_http_date(value) if isinstance(value, datetime) else str(value)


def _quote_item(text: str) -> str:
    if '"' in text or "," in text:
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return text


def header_bytes(text: str) -> bytes:
    """A header's value; refuses what a header cannot hold, line breaks above all."""
    if _NOT_IN_HEADER.search(text) is not None:
        raise AwsError("InvalidArgument", "Header value cannot be represented using ISO-8859-1.")
    return text.encode("latin-1")


def mail_safe(text: str) -> bytes:
    """A metadata value: RFC 2047 where it is not plain ASCII, as S3 returns it."""
    if text.isascii() and text.isprintable():
        return text.encode()
    return f"=?UTF-8?B?{format_blob(text)}?=".encode()
