"""Typed readings of condition values: numbers, instants, addresses, base64.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

import base64
import binascii
import re
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?", re.ASCII)
_INTEGER = re.compile(r"[+-]?[0-9]{1,400}", re.ASCII)
_DATE = re.compile(
    r"(?P<year>-?[0-9]{1,9})(?:-(?P<month>[0-9]{1,2})(?:-(?P<day>[0-9]{1,2}))?)?"
    r"(?P<time>[Tt](?:(?P<hour>[0-9]{1,2})(?::(?P<minute>[0-9]{1,2})(?::(?P<second>[0-9]{1,2})(?:\.(?P<fraction>[0-9]{1,9}))?)?)?)?"
    r"(?P<zone>[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)?)?",
    re.ASCII,
)
_EPOCH = re.compile(r"-?[0-9]{1,19}(?:\.[0-9]{1,9})?", re.ASCII)
_PART = r"(0|[1-9][0-9]{0,2})"
_BLOCK = re.compile(rf"{_PART}\.{_PART}\.{_PART}\.{_PART}(?:/([0-9]{{1,3}}))?", re.ASCII)
_YEARS = range(-292275054, 292278994)
_LONG = range(-(2**63), 2**63)
_NANO = 1_000_000_000


@lru_cache(maxsize=1024)
def parse_number(text: str) -> int | float | None:
    """An integer or decimal number; None for anything else (``NaN``, ``1_000`` and words among them)."""
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _NUMBER.fullmatch(text) else None


@lru_cache(maxsize=1024)
def parse_date(text: str) -> int | None:
    """An instant in nanoseconds since the epoch, from ISO 8601 (W3C's profile) or epoch seconds.

    None for anything else. Four digits alone are a year, as in W3C's profile: https://www.w3.org/TR/NOTE-datetime.
    """
    match = _DATE.fullmatch(text)
    if match is None or (match["month"] is None and match["time"] is None and len(text) != 4):
        return _parse_epoch(text)
    year = int(match["year"])
    month, day = int(match["month"] or 1), int(match["day"] or 1)
    hour, minute, second = int(match["hour"] or 0), int(match["minute"] or 0), int(match["second"] or 0)
    if year not in _YEARS or not 1 <= month <= 12 or not 1 <= day <= _days_in(year, month):
        return None
    if hour > 23 or minute > 59 or second > 59:
        return None
    offset = _offset(match["zone"])
    if offset is None:
        return None
    seconds = _days(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - offset
    return seconds * _NANO + int((match["fraction"] or "0").ljust(9, "0"))


def _parse_epoch(text: str) -> int | None:
    if not _EPOCH.fullmatch(text):
        return None
    whole, _, fraction = text.partition(".")
    if int(whole) not in _LONG:
        return None
    nanos = int(fraction.ljust(9, "0")) if fraction else 0
    return int(whole) * _NANO + (-nanos if whole.startswith("-") else nanos)


def _offset(zone: str | None) -> int | None:
    if zone is None or zone in "Zz":
        return 0
    hours, minutes = int(zone[1:3]), int(zone[3:].lstrip(":") or 0)
    if hours > 23 or minutes > 59:
        return None
    seconds = hours * 3600 + minutes * 60
    return -seconds if zone[0] == "-" else seconds


def _days_in(year: int, month: int) -> int:
    if month == 2:
        return 29 if (year % 4 == 0 and year % 100 != 0) or year % 400 == 0 else 28
    return 30 if month in {4, 6, 9, 11} else 31


def _days(year: int, month: int, day: int) -> int:
    """Days from 1970-01-01 in the proleptic Gregorian calendar, for years beyond what ``datetime`` holds."""
    shifted = year - (month <= 2)
    era, year_of_era = divmod(shifted, 400)
    day_of_year = (153 * (month - 3 if month > 2 else month + 9) + 2) // 5 + day - 1
    return era * 146097 + year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year - 719468


def parse_bool(text: str) -> bool | None:
    """``true`` or ``false`` in any case; None for anything else."""
    return {"true": True, "false": False}.get(text.lower())


def parse_address(text: str) -> IPv4Address | IPv6Address | None:
    """An IPv4 or IPv6 address; None for anything else."""
    try:
        return ip_address(text)
    except ValueError:
        return None


@lru_cache(maxsize=4096)
def address_bits(text: str) -> tuple[int, int, int] | None:
    """An address as IP version, how many bits it has, and the bits; None for anything else."""
    address = parse_address(text)
    return None if address is None else (address.version, address.max_prefixlen, int(address))


def parse_range(text: str) -> tuple[int, int, int] | None:
    """A CIDR block (or one address): IP version, prefix length, leading bits; None for others."""
    match = _BLOCK.fullmatch(text)
    if match is not None:
        a, b, c, d, prefix = match.groups()
        parts = int(a), int(b), int(c), int(d)
        length = 32 if prefix is None else int(prefix)
        if max(parts) > 255 or length > 32:
            return None
        return 4, length, int.from_bytes(parts) >> (32 - length)
    head, slash, tail = text.partition("/")
    address = parse_address(head)
    if address is None or "%" in head:
        return None
    length = address.max_prefixlen
    if slash:
        if not re.fullmatch(r"[0-9]{1,3}", tail, re.ASCII) or int(tail) > length:
            return None
        length = int(tail)
    return address.version, length, int(address) >> (address.max_prefixlen - length)


def parse_binary(text: str) -> bytes | None:
    """The bytes of a base64 text; None if it is not one."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
