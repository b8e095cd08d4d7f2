"""Text as XML: what must be escaped, and how AWS does it."""

from __future__ import annotations

import re

_SPECIAL = re.compile('[&<>"\r\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]')
_SPECIAL_IN_ATTRIBUTE = re.compile('[&<>"\r\n\t\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]')
special = _SPECIAL.search
"""Finds the first character that ``escape`` would change; None in most texts, which saves a call."""

_NAMED = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}


def _reference(match: re.Match[str]) -> str:
    character = match[0]
    return _NAMED.get(character) or f"&#x{ord(character):x};"


def escape(text: str) -> str:
    """Text between tags. Characters that XML has no place for become references, as S3 prints them in keys."""
    return text if special(text) is None else _SPECIAL.sub(_reference, text)


def escape_attribute(text: str) -> str:
    """Text between double quotes: white space other than a blank is kept by references."""
    return _SPECIAL_IN_ATTRIBUTE.sub(_reference, text)
