"""Scalars as text: how numbers, booleans, blobs and timestamps stand in forms, XML, headers and paths.

Parsers raise ``ValueError`` for what is not of the type; a codec turns that into its protocol's own error.
https://smithy.io/2.0/spec/protocol-traits.html#timestamp-formats
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tabard.wire.model import Shape

Parse = Callable[[str], Any]
Format = Callable[[Any], str]

INTEGER_RANGES = {
    "byte": (-(2**7), 2**7 - 1),
    "short": (-(2**15), 2**15 - 1),
    "integer": (-(2**31), 2**31 - 1),
    "long": (-(2**63), 2**63 - 1),
    "bigInteger": (-(2**255), 2**255),
}
_INTEGER = re.compile(r"[+-]?[0-9]{1,80}")
_FLOAT = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_BASE64 = re.compile(r"[A-Za-z0-9+/\s]*={0,2}\s*")
_ISO8601 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?(?:[Zz]|([+-])(\d\d):?(\d\d))?",
    re.ASCII,
)
_SPECIAL_FLOATS = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_HTTP_DATE = re.compile(r"[A-Z][a-z]{2}, (\d\d) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def integer_parser(kind: str) -> Parse:
    """A parser of decimal integers that refuses those out of the type's range."""
    low, high = INTEGER_RANGES[kind]

    def parse(text: str) -> int:
        if _INTEGER.fullmatch(text) is None:
            raise ValueError("not an integer")
        value = int(text)
        if not low <= value <= high:
            raise ValueError("out of range")
        return value

    return parse


def parse_float(text: str) -> float:
    """A decimal number, ``NaN``, ``Infinity`` or ``-Infinity``."""
    special = _SPECIAL_FLOATS.get(text)
    if special is not None:
        return special
    if len(text) > 400 or _FLOAT.fullmatch(text) is None:
        raise ValueError("not a number")
    return float(text)


def parse_boolean(text: str) -> bool:
    """``true`` or ``false``, in any case, as AWS takes them."""
    lowered = text.lower()
    if lowered == "true":
        return True
    if lowered == "false":
        return False
    raise ValueError("not a boolean")


def parse_blob(text: str) -> bytes:
    """Base64, padded; white space inside is ignored."""
    if _BASE64.fullmatch(text) is None:
        raise ValueError("not base64")
    return base64.b64decode("".join(text.split()), validate=True)


def parse_iso8601(text: str) -> datetime:
    """An ISO 8601 instant; without an offset it is UTC."""
    match = _ISO8601.fullmatch(text)
    if match is None:
        raise ValueError("not an ISO 8601 timestamp")
    year, month, day, hour, minute, second, fraction, sign, offset_hours, offset_minutes = match.groups()
    leap = second == "60"
    micro = int((fraction or "0").ljust(6, "0")[:6])
    moment = datetime(
        int(year),
        int(month),
        int(day),
        int(hour or 0),
        int(minute or 0),
        59 if leap else int(second or 0),
        micro,
        UTC,
    )
    try:
        if leap:
            moment += timedelta(seconds=1)
        if sign:
            offset = timedelta(hours=int(offset_hours), minutes=int(offset_minutes))
            moment = moment - offset if sign == "+" else moment + offset
    except OverflowError:
        raise ValueError("out of range") from None
    return moment


def parse_unix(text: str) -> datetime:
    """Seconds since the epoch, perhaps with a fraction."""
    return from_epoch(parse_float(text))


def from_epoch(seconds: float) -> datetime:
    """An instant from seconds since the epoch; raises ``ValueError`` beyond the years 1 to 9999."""
    try:
        return _EPOCH + timedelta(seconds=seconds)
    except (OverflowError, ValueError):
        raise ValueError("timestamp out of range") from None


def parse_http_date(text: str) -> datetime:
    """The date of an HTTP header (RFC 1123); anything that ``email`` can read is taken."""
    match = _HTTP_DATE.fullmatch(text)
    if match is not None and match[2] in _MONTHS:
        day, month, year, hour, minute, second = match.groups()
        return datetime(
            int(year), _MONTHS.index(month), int(day), int(hour), int(minute), int(second), tzinfo=UTC
        )
    from email.utils import parsedate_to_datetime

    try:
        moment = parsedate_to_datetime(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (TypeError, IndexError, OverflowError):
        raise ValueError("not an HTTP date") from None


def parse_any_timestamp(text: str) -> datetime:
    """Any of the three formats: what AWS's services accept is wider than what their models say."""
    for parse in (parse_iso8601, parse_unix, parse_http_date):
        try:
            return parse(text)
        except ValueError:
            continue
    raise ValueError("not a timestamp")


def format_integer(value: Any) -> str:
    """A decimal integer."""
    return str(int(value))


def format_float(value: Any) -> str:
    """The shortest decimal that reads back as the same number."""
    number = float(value)
    if number != number:  # noqa: PLR0124 - the definition of NaN
        return "NaN"
    if number in {float("inf"), float("-inf")}:
        return "Infinity" if number > 0 else "-Infinity"
    return repr(number)


def format_boolean(value: Any) -> str:
    """``true`` or ``false``."""
    return "true" if value else "false"


def format_blob(value: Any) -> str:
    """Base64 without line breaks."""
    return base64.b64encode(value.encode() if isinstance(value, str) else bytes(value)).decode()


def _utc(value: datetime) -> datetime:
    return value if value.tzinfo is UTC else value.astimezone(UTC)


@lru_cache(maxsize=8192)
def format_iso8601(value: datetime) -> str:
    """``2026-11-23T20:30:00Z``, with milliseconds (or microseconds) only where there are any."""
    moment = _utc(value)
    micro = moment.microsecond
    if micro == 0:
        return moment.isoformat()[:19] + "Z"
    return moment.isoformat(timespec="microseconds" if micro % 1000 else "milliseconds")[:-6] + "Z"


@lru_cache(maxsize=8192)
def format_iso8601_seconds(value: datetime) -> str:
    """``2026-11-23T20:30:00Z``: whole seconds, what is beyond is cut off."""
    moment = value if value.tzinfo is UTC else value.astimezone(UTC)
    return f"{moment.isoformat()[:19]}Z"


@lru_cache(maxsize=8192)
def format_iso8601_zero_milliseconds(value: datetime) -> str:
    """``2026-11-23T20:30:00.000Z``: whole seconds, printed with milliseconds."""
    moment = value if value.tzinfo is UTC else value.astimezone(UTC)
    return f"{moment.isoformat()[:19]}.000Z"


def format_iso8601_milliseconds(value: datetime) -> str:
    """``2026-11-23T20:30:00.000Z``: always with milliseconds."""
    return _utc(value).isoformat(timespec="milliseconds")[:-6] + "Z"


def format_http_date(value: datetime) -> str:
    """``Mon, 23 Nov 2026 20:30:00 GMT``."""
    moment = _utc(value)
    return (
        f"{_DAYS[moment.weekday()]}, {moment.day:02d} {_MONTHS[moment.month]} {moment.year:04d} "
        f"{moment.hour:02d}:{moment.minute:02d}:{moment.second:02d} GMT"
    )


def to_epoch(value: datetime) -> int | float:
    """Seconds since the epoch; an int where there is no fraction."""
    delta = _utc(value) - _EPOCH
    seconds = delta.days * 86400 + delta.seconds
    return seconds if delta.microseconds == 0 else (seconds * 10**6 + delta.microseconds) / 10**6


def format_unix(value: datetime) -> str:
    """Seconds since the epoch as text."""
    return str(to_epoch(value))


_PARSERS: dict[str, Parse] = {
    "float": parse_float,
    "double": parse_float,
    "boolean": parse_boolean,
    "blob": parse_blob,
    **{kind: integer_parser(kind) for kind in INTEGER_RANGES},
}
_FORMATS: dict[str, Format] = {
    "float": format_float,
    "double": format_float,
    "boolean": format_boolean,
    "blob": format_blob,
    **dict.fromkeys(INTEGER_RANGES, format_integer),
}
_TIMESTAMP_FORMATS: dict[str, Format] = {
    "iso8601": format_iso8601,
    "rfc822": format_http_date,
    "unixtimestamp": format_unix,
}


def parser_of(shape: Shape) -> Parse | None:
    """The parser of a scalar shape's text; None for strings, which need none."""
    if shape.type == "timestamp":
        return parse_any_timestamp
    return _PARSERS.get(shape.type)


def format_of(shape: Shape, timestamps: Format = format_iso8601) -> Format | None:
    """The formatter of a scalar shape; None for strings. ``timestamps`` holds where the shape names no format."""
    if shape.type == "timestamp":
        named: str | None = shape.get("timestampFormat")
        return timestamps if named is None else _TIMESTAMP_FORMATS[named.lower()]
    return _FORMATS.get(shape.type)
