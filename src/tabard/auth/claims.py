"""What one signer's ``Authorization`` headers have in common all day: everything but the signature itself.

A client repeats it with every request, so it is read once, and what follows from it is kept beside it: the template of the
canonical request, the signing key of the secret that it was last proven with, the header names that were found in order.
A claim proves nothing: each request is still hashed, signed and compared.
"""

from __future__ import annotations

import re
from functools import lru_cache
from operator import itemgetter
from typing import TYPE_CHECKING

from tabard.auth.dialects import dialect_of
from tabard.auth.keys import signing_key

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tabard.auth.keys import SigningKey

_WELL_FORMED = re.compile(
    r"AWS4-HMAC-SHA256\s+Credential=([^\s,/=]{1,128})/([0-9]{8})/([^\s,/=]{1,64})/([^\s,/=]{1,64})/aws4_request,"
    r"\s*SignedHeaders=([a-z0-9\-_;.!#$%&'*+^`|~:]++),\s*Signature="
).fullmatch
_HEAD_AT_MOST = 2048
"""Bytes of a head that is read here: longer ones are read by the careful way."""
_REMEMBERED_AT_MOST = 1024
"""Bytes of a head that is remembered. Strangers choose what they send: with the next, this bounds what they make us hold."""
_NAMES_REMEMBERED_AT_MOST = 32

SignedNames = tuple[tuple[str, ...], tuple[bytes, ...]]


class Claim:
    """Credential scope and signed headers, and what was made from them when a request with them was first proven."""

    __slots__ = (
        "_headers_met", "_key", "_secret", "access_key_id", "canonical", "date", "names", "pick", "region", "s3",
        "scope", "service", "wire_names",
    )  # fmt: skip

    def __init__(self, access_key_id: str, date: str, region: str, service: str, names: SignedNames) -> None:
        self.access_key_id = access_key_id
        self.date = date
        self.region = region
        self.service = service
        self.s3 = dialect_of(service) == "s3"
        self.names, self.wire_names = names
        self.scope = f"{date}/{region}/{service}/aws4_request"
        self.canonical = b""
        """Once prepared: the canonical request, with places for its first three lines, the headers' values and the hash."""
        self.pick: Callable[[Mapping[bytes, bytes]], tuple[bytes, ...]] = _nothing
        self._headers_met: tuple[bytes, ...] | None = None
        self._secret = ""
        self._key: SigningKey | None = None

    def __repr__(self) -> str:
        return f"<Claim of {self.access_key_id} for {self.scope}>"

    def covers(self, headers: tuple[bytes, ...]) -> bool:
        """Whether ``host`` and every ``x-amz-`` header of a request with these header names is signed.

        False is no refusal: some services let some headers be unsigned, which the careful way knows.
        """
        if headers == self._headers_met:
            return True
        signed = self.wire_names
        if b"host" not in signed or any(name[:6] == b"x-amz-" and name not in signed for name in headers):
            return False
        if not self.canonical:
            self._prepare()
        if len(headers) <= _NAMES_REMEMBERED_AT_MOST:
            self._headers_met = headers
        return True

    def key(self, secret: str) -> SigningKey:
        """The signing key of a secret in this scope, made again only when it is another secret."""
        known = self._key
        if known is not None and secret == self._secret:
            return known
        made = self._key = signing_key(secret, self.date, self.region, self.service)
        self._secret = secret
        return made

    def _prepare(self) -> None:
        names = self.wire_names
        lines = b"".join([name.replace(b"%", b"%%") + b":%b\n" for name in names])
        self.canonical = b"%b" + lines + b"\n" + b";".join(names).replace(b"%", b"%%") + b"\n%b"
        get = itemgetter(*names)
        self.pick = get if len(names) > 1 else lambda values: (get(values),)


def _nothing(_values: Mapping[bytes, bytes]) -> tuple[bytes, ...]:
    return ()


def claim_of(head: bytes) -> Claim | None:
    """The claim that the part of a header up to and with ``Signature=`` makes; None where it is not in the usual form."""
    if len(head) <= _REMEMBERED_AT_MOST and head.count(b";") < _NAMES_REMEMBERED_AT_MOST:
        return _remembered(head)
    return _read(head) if len(head) <= _HEAD_AT_MOST else None


@lru_cache(maxsize=8192)
def _remembered(head: bytes) -> Claim | None:
    return _read(head)


def _read(head: bytes) -> Claim | None:
    match = _WELL_FORMED(head.decode("latin-1"))
    if match is None:
        return None
    return Claim(match[1], match[2], match[3], match[4], header_names(match[5]))


def header_names(text: str) -> SignedNames:
    """The names in a ``SignedHeaders`` list: lower case, sorted, each once; as text and as bytes."""
    names = tuple(sorted({name.strip() for name in text.lower().split(";")} - {""}))
    return names, tuple([name.encode("latin-1", "replace") for name in names])
