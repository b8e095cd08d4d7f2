"""The canonical request: what signer and verifier both must arrive at, byte for byte.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html

Paths and queries are the wire's bytes as Latin-1 text, as :class:`~tabard.core.http.HttpRequest` holds
them. Nothing here knows of keys, clocks or errors: malformed escapes are ``ValueError``s that name the
offending text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote_to_bytes

if TYPE_CHECKING:
    from collections.abc import Collection

    from tabard.core.http import Headers

# A percent escape that canonicalisation keeps: upper-case hexadecimal of a byte that is not unreserved.
_KEPT_ESCAPE = r"%(?:[0189A-F][0-9A-F]|2[0-9A-CF]|3[A-F]|40|5[B-E]|60|7[B-DF])"
_CANONICAL_QUERY = re.compile(rf"(?:[A-Za-z0-9\-_.~&=]++|{_KEPT_ESCAPE})*+").fullmatch
_CANONICAL_PATH = re.compile(
    rf"(?:[A-Za-z0-9\-_.~/]++|{_KEPT_ESCAPE.replace('2[0-9A-CF]', '2[0-9A-C]')})*+"
).fullmatch
_PLAIN_PATH = re.compile(r"[A-Za-z0-9\-_.~/]*+").fullmatch
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2}).{0,2}", re.DOTALL).search


def wire_bytes(text: str) -> bytes:
    """The bytes that a path or query stood as on the wire (UTF-8 for text that cannot have been Latin-1)."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode()


def canonical_path(path: str) -> str:
    """Every service's path but S3's: dot segments and doubled slashes removed, then encoded once more."""
    if path in {"/", ""}:
        return "/"
    if "/." in path or "//" in path or path[0] != "/":
        path = _without_dot_segments(path)
    if _PLAIN_PATH(path):
        return path
    return quote(wire_bytes(path), safe="/-_.~")


def _without_dot_segments(path: str) -> str:
    kept: list[str] = []
    segments = path.split("/")
    for segment in segments:
        if segment == "..":
            if kept:
                kept.pop()
        elif segment and segment != ".":
            kept.append(segment)
    joined = "/" + "/".join(kept)
    return joined + "/" if kept and not segments[-1] else joined


def canonical_s3_path(path: str) -> str:
    """S3's path: the key's bytes encoded once, slashes kept, nothing normalised.

    Raises ``ValueError`` with the escape that is not one.
    """
    if _CANONICAL_PATH(path):
        return path or "/"
    if bad := _BAD_ESCAPE(path):
        raise ValueError(bad[0])
    return quote(unquote_to_bytes(wire_bytes(path)), safe="/-_.~")


def canonical_query(query: str, *, without: Collection[str] = ()) -> str:
    """The query sorted by encoded name, then value; ``without`` names parameters that are not part of it.

    A ``+`` is a space, as in forms. Raises ``ValueError`` with the escape that is not one.
    """
    if not query:
        return ""
    parts = query.split("&")
    if "" in parts:
        parts = [part for part in parts if part]
    if _CANONICAL_QUERY(query):
        pairs = [part.partition("=") for part in parts]
        if any("=" in value for _, _, value in pairs):
            pairs = [(name, "=", value.replace("=", "%3D")) for name, _, value in pairs]
    else:
        if bad := _BAD_ESCAPE(query):
            raise ValueError(bad[0])
        pairs = [
            (_encoded(name), "=", _encoded(value))
            for name, _, value in (part.partition("=") for part in parts)
        ]
    if without:
        pairs = [pair for pair in pairs if pair[0] not in without]
    if len(pairs) > 1:
        pairs.sort()
    return "&".join([f"{name}={value}" for name, _, value in pairs])


def _encoded(text: str) -> str:
    if _PLAIN_PATH(text) and "/" not in text:
        return text
    return quote(unquote_to_bytes(wire_bytes(text.replace("+", " "))), safe="-_.~")


def header_values(headers: Headers) -> dict[bytes, bytes]:
    """Each header once; a repeated one has its values joined by commas, in order."""
    values = dict(headers)
    if len(values) != len(headers):
        values = {}
        for name, value in headers:
            trimmed = b" ".join(value.split())
            values[name] = values[name] + b"," + trimmed if name in values else trimmed
    return values


def canonical_headers(values: dict[bytes, bytes], names: tuple[bytes, ...]) -> bytes:
    """The block of signed headers, a line each, white space folded.

    ``names`` are sorted, in lower case. Raises ``KeyError`` with the name of a header that is absent.
    """
    return b"".join([b"%b:%b\n" % (name, b" ".join(values[name].split())) for name in names])
