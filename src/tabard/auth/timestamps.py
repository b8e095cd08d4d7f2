"""The forms that a signed request's time comes in, without ``strptime``: every request has one."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache

_BASIC = re.compile(r"[0-9]{8}T[0-9]{6}Z").fullmatch

MAX_SKEW = 900
"""Seconds that a request's time may differ from ours, either way."""


def instant(text: str) -> float | None:
    """Seconds since the epoch of an ISO 8601 basic time (``20150830T123600Z``); None when it is not one."""
    return _instant(text) if len(text) == 16 else None


@lru_cache(maxsize=1024)
def _instant(text: str) -> float | None:
    if (
        _BASIC(text) is None or not "1970" <= text[:4] <= "9990"
    ):  # later ones overflow when something is added
        return None
    try:
        return datetime(
            int(text[:4]),
            int(text[4:6]),
            int(text[6:8]),
            int(text[9:11]),
            int(text[11:13]),
            int(text[13:15]),
            tzinfo=UTC,
        ).timestamp()
    except ValueError:
        return None


_TEXTS_AT_MOST = 1024
_texts: dict[bytes, tuple[str, float]] = {}


def stated(value: bytes) -> tuple[str, float] | None:
    """An ``X-Amz-Date`` header as text, and as seconds since the epoch; None where :func:`instant` knows none.

    Remembered: within a second or two all clients send the same.
    """
    known = _texts.get(value)
    if known is None:
        text = value.decode("latin-1")
        seconds = instant(text)
        if seconds is None:
            return None
        if len(_texts) >= _TEXTS_AT_MOST:
            _texts.clear()
        known = _texts[value] = text, seconds
    return known


def basic(seconds: float) -> str:
    """The ISO 8601 basic form of an instant: ``20150830T123600Z``."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y%m%dT%H%M%SZ")


def extended(seconds: float) -> str:
    """The ISO 8601 extended form of an instant: ``2015-08-30T12:36:00Z``."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def from_date_header(text: str) -> str | None:
    """A ``Date`` header (RFC 9110's form, or ISO 8601 basic) as ISO 8601 basic; None when it is neither."""
    if _BASIC(text):
        return text
    try:
        return parsedate_to_datetime(text).astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    except (ValueError, OverflowError):
        return None
