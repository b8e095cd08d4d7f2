"""URL-encoded forms and query strings, taken apart strictly.

https://url.spec.whatwg.org/#application/x-www-form-urlencoded says how; where browsers are lenient (a lone
``%``, bytes that are not UTF-8) this is not, since two readers of one signed text must not see two things.
"""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

MOST_PARAMETERS = 20_000
_PLAIN_AT_MOST = 4096
"""Characters of a form that is looked at for needing no decoding."""

BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


class BadFormError(ValueError):
    """The text is not a form; the message says why."""


def decode_percent(text: str, *, plus: bool) -> str:
    """Percent-decode once; ``plus`` makes ``+`` a space. Raises ``BadFormError`` for a bad escape or bad UTF-8."""
    if plus:
        text = text.replace("+", " ")
    if "%" not in text:
        return text
    if BAD_ESCAPE.search(text) is not None:
        raise BadFormError("The query string has an incomplete percent escape.")
    try:
        return unquote_to_bytes(text).decode()
    except UnicodeDecodeError:
        raise BadFormError("The query string is not UTF-8.") from None


def pairs(text: str) -> list[tuple[str, str]]:
    """Names and values in order, decoded; a name without ``=`` has an empty value."""
    if text.count("&") >= MOST_PARAMETERS:
        raise BadFormError("The query string has too many parameters.")
    encoded = "%" in text or "+" in text
    found = []
    for part in text.split("&"):
        if not part:
            continue
        name, _, value = part.partition("=")
        if encoded:
            name, value = decode_percent(name, plus=True), decode_percent(value, plus=True)
        found.append((name, value))
    return found


def form(data: bytes, query: str = "") -> dict[str, str]:
    """The parameters of a query-protocol request, from its body and its query string.

    Raises ``BadFormError`` for bad encoding, characters that XML cannot hold, and a name that comes twice.
    """
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise BadFormError("The request body is not UTF-8.") from None
    if query:
        if not query.isascii():
            raise BadFormError("The query string is not ASCII.")
        text = f"{query}&{text}" if text else query
    if len(text) <= _PLAIN_AT_MOST and "%" not in text and "+" not in text and text.isprintable():
        # as most are: nothing is encoded, so nothing can be wrong but a name that comes twice
        parameters = {}
        parts = text.split("&")
        for part in parts:
            name, _, value = part.partition("=")
            parameters[name] = value
        if len(parameters) == len(parts) and "" not in parameters:
            return parameters
    found = pairs(text)
    parameters = dict(found)
    if len(parameters) != len(found):
        raise BadFormError("A parameter is given more than once.")
    if not text.isprintable() or "%" in text:
        for name, value in found:
            if NOT_XML.search(value) is not None or NOT_XML.search(name) is not None:
                raise BadFormError("A parameter holds a character that is not allowed.")
    return parameters
