"""The models' regular expressions, which are Java's, as Python's.

Java's ``matches`` is anchored, its ``\\w`` and ``\\d`` are ASCII, and it knows Unicode categories
(``\\p{L}``), which Python does not. The categories are written out twice: their ASCII part at once, the whole
(a scan of Unicode that takes about 100 ms) only when a value that is not ASCII first needs it.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Callable
from functools import cache
from itertools import groupby

Test = Callable[[str], bool]

_CATEGORY = re.compile(r"\\p\{(\w+)\}")
_ANCHOR_INSIDE = re.compile(r"(?<=/)\^")
_CORRECTED = {r"\/?.+\/.+": r"\/?.+(\/|%2[Ff]).+"}
"""Patterns that AWS's own clients break: S3's copy source comes URL-encoded, and some encode its slash as well."""
_ASTRAL = re.compile(r"\\u(10[0-9A-Fa-f]{4}|[1-9A-Fa-f][0-9A-Fa-f]{4})(?=-|\])")
_ASCII = {
    "L": "A-Za-z", "Lu": "A-Z", "Ll": "a-z", "Z": " ", "Zs": " ", "N": "0-9", "Nd": "0-9", "M": "",
    "P": r"!-#%-*,-/:;?@\[-\]_{}", "S": r"$+<->^`|~", "Alnum": "A-Za-z0-9", "Alpha": "A-Za-z", "Digit": "0-9",
    "ASCII": r"\x00-\x7f", "Graph": "!-~", "Print": " -~", "Punct": r"!-/:-@\[-`{-~", "Space": r"\s",
    "C": r"\x00-\x1f\x7f", "Cc": r"\x00-\x1f\x7f", "IsAlphabetic": "A-Za-z", "IsDigit": "0-9", "IsLetter": "A-Za-z",
}  # fmt: skip


@cache
def _ranges_by_category() -> dict[str, str]:
    """A character class's inside for every general category (``Lu``) and major class (``L``)."""
    found: dict[str, list[str]] = {}
    for category, run in groupby(range(sys.maxunicode + 1), key=lambda code: unicodedata.category(chr(code))):
        codes = list(run)
        first, last = codes[0], codes[-1]
        text = f"\\U{first:08x}-\\U{last:08x}" if last > first else f"\\U{first:08x}"
        found.setdefault(category, []).append(text)
        found.setdefault(category[0], []).append(text)
    return {category: "".join(parts) for category, parts in found.items()}


def _translate(pattern: str, categories: Callable[[str], str]) -> re.Pattern[str]:
    text = _ASTRAL.sub(lambda match: f"\\U{int(match[1], 16):08x}", _CORRECTED.get(pattern, pattern))
    text = _ANCHOR_INSIDE.sub("", text)  # in EC2's PlacementGroupArn, which nothing could match otherwise
    return re.compile(_CATEGORY.sub(lambda match: categories(match[1]), text), re.ASCII)


def _every(category: str) -> str:
    return _ranges_by_category().get(category, _ASCII.get(category, ""))


@cache
def matcher(pattern: str) -> Test | None:
    """Whether a text matches the whole of a pattern; None where the pattern is beyond Python."""
    try:
        quick = _translate(pattern, lambda category: _ASCII.get(category, "")).fullmatch
    except re.error:
        return None
    if _CATEGORY.search(pattern) is None:
        return lambda text: quick(text) is not None

    full: list[Callable[[str], object]] = []

    def matches(text: str) -> bool:
        if text.isascii():
            return quick(text) is not None
        if not full:
            full.append(_translate(pattern, _every).fullmatch)
        return full[0](text) is not None

    return matches
