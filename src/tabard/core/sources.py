"""Time, randomness and identifiers come in from outside, so that expiry and rotation are tested without sleeping."""

from __future__ import annotations

import base64
import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import lru_cache

Clock = Callable[[], float]
"""Seconds since the epoch, as ``time.time``."""

Random = Callable[[int], bytes]
"""That many unpredictable bytes, as ``os.urandom``."""

system_clock: Clock = time.time


class _Drawn:
    """The system's randomness, drawn for many at once: a system call for each would cost more than what is done with it.

    Safe from any thread, since each piece is taken by one call that cannot be divided; a forked child draws anew.
    """

    __slots__ = ("_pieces",)
    _AT_ONCE = 128
    _AT_MOST = 64

    def __init__(self) -> None:
        self._pieces: dict[int, list[bytes]] = {}

    def __call__(self, size: int) -> bytes:
        try:
            return self._pieces[size].pop()
        except (KeyError, IndexError):
            pass
        if not 0 < size <= self._AT_MOST:
            return os.urandom(size)
        drawn = os.urandom(size * self._AT_ONCE)
        pieces = [drawn[at : at + size] for at in range(0, len(drawn), size)]
        piece = pieces.pop()
        self._pieces[size] = pieces
        return piece

    def forget(self) -> None:
        """Draw anew from here on."""
        self._pieces.clear()


_drawn = _Drawn()
os.register_at_fork(after_in_child=_drawn.forget)
system_random: Random = _drawn

_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_PAIRS = [first + second for first in _BASE32 for second in _BASE32]


@lru_cache(maxsize=8192)
def as_datetime(seconds: float) -> datetime:
    """An instant as the aware ``datetime`` that botocore's timestamp shapes hold."""
    return datetime.fromtimestamp(seconds, UTC)


def iso8601(seconds: float) -> str:
    """``2026-11-23T20:30:00Z``, the form that AWS prints times in."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


_IDS_AT_ONCE = 4096
_ids: Iterator[int] = iter(())
_head = ""


def request_id() -> str:
    """A request id, such as ``7b1d…-…``: unpredictable but for those that follow it closely.

    Its randomness is fetched for many at once, which differ in their last digits: a system call each would cost more.
    """
    global _head, _ids  # noqa: PLW0603 - what the ids that follow have in common
    for number in _ids:
        return f"{_head}{number.to_bytes(6).hex()}"
    digits = os.urandom(20).hex()
    _head = f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-"
    first = int(digits[20:32], 16) % (16**12 - _IDS_AT_ONCE)
    _ids = iter(range(first, first + _IDS_AT_ONCE))
    return request_id()


def unique_id(prefix: str, random: Random = system_random) -> str:
    """An IAM unique id: one of AWS's prefixes (AIDA user, AROA role, AGPA group, ANPA policy, AIPA profile) and 17 more.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
    """
    return prefix + "".join(_BASE32[byte & 31] for byte in random(17))


def access_key_id(prefix: str, account: str, random: Random = system_random) -> str:
    """A twenty-character access key id (AKIA long-term, ASIA session) whose first characters encode the account.

    As on AWS the base32 text after the prefix starts with a fixed bit and the 40-bit account number:
    https://docs.aws.amazon.com/STS/latest/APIReference/API_GetAccessKeyInfo.html
    """
    head, rest = _head_of_key_ids(account)
    number = rest | (int.from_bytes(random(5), "big") & 0x7F_FFFF_FFFF)
    tail = f"{_PAIRS[number >> 30]}{_PAIRS[number >> 20 & 1023]}{_PAIRS[number >> 10 & 1023]}{_PAIRS[number & 1023]}"
    return f"{prefix}{head}{tail}"


@lru_cache(maxsize=1024)
def _head_of_key_ids(account: str) -> tuple[str, int]:
    """The eight characters that an account's key ids begin with, and the first of the forty bits that follow."""
    number = (1 << 40) | int(account)
    pairs = (_PAIRS[number >> shift & 1023] for shift in (31, 21, 11, 1))
    return "".join(pairs), (number & 1) << 39


def account_of_access_key(key_id: str) -> str | None:
    """The twelve digits of the account that a key id encodes; None where it is not of that form."""
    if len(key_id) != 20:
        return None
    try:
        head = base64.b32decode(key_id[4:].encode())[:6]
    except ValueError:
        return None
    account = (int.from_bytes(head, "big") >> 7) & ((1 << 40) - 1)
    return f"{account:012d}" if account < 10**12 else None


def secret_access_key(random: Random = system_random) -> str:
    """A forty-character secret access key."""
    return base64.b64encode(random(30)).decode()


def resource_id(prefix: str, random: Random = system_random) -> str:
    """An EC2 resource id: ``i-``, ``subnet-`` … and seventeen hexadecimal digits."""
    return f"{prefix}-{random(9).hex()[:17]}"
