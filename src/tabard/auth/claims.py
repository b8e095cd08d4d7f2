"""What one signer's ``Authorization`` headers have in common all day: everything but the signature itself.

A client repeats it with every request, so it is read once, and what follows from it is kept beside it: the signing key of the
secret that it was last proven with, and the template of the canonical request, which all share who sign the same headers. A
claim proves nothing: each request is still hashed, signed and compared.
"""

from __future__ import annotations

import re
from operator import itemgetter
from typing import TYPE_CHECKING

import msgspec

from tabard.auth.dialects import dialect_of
from tabard.auth.keys import signing_key

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tabard.auth.keys import SigningKey

_WELL_FORMED = re.compile(
    r"AWS4-HMAC-SHA256\s+Credential=([^\s,/=]{1,128})/([0-9]{8}/[^\s,/=]{1,64}/[^\s,/=]{1,64})/aws4_request,"
    r"\s*SignedHeaders=([a-z0-9\-_;.!#$%&'*+^`|~:]++),\s*Signature="
).fullmatch
TERMINATOR = "aws4_request"
_HEAD_AT_MOST = 2048
"""Bytes of a head that is read here: longer ones are read by the careful way."""
_REMEMBERED_AT_MOST = 1024
"""Bytes of a head that is remembered. Strangers choose what they send: with the next, this bounds what they make us hold."""
_NAMES_REMEMBERED_AT_MOST = 32
_CLAIMS_AT_MOST = 8192
_SHARED_AT_MOST = 512


class Scope(msgspec.Struct, frozen=True, gc=False):
    """A credential scope, one object for all who sign in it."""

    date: str
    region: str
    service: str
    text: str
    s3: bool


class Stated(msgspec.Struct, frozen=True, gc=False):
    """What a claim says before it is signed: whose key, in which scope, over which headers.

    ``date`` is the credential scope's day (``YYYYMMDD``). ``names`` are the signed headers, lower case, sorted;
    ``wire_names`` are the same as the wire's bytes.
    """

    access_key_id: str
    date: str
    region: str
    service: str
    names: tuple[str, ...] = ()
    wire_names: tuple[bytes, ...] = ()
    terminator: str = TERMINATOR


class SignedHeaders:
    """The headers that a request says are signed, one object for all who sign the same ones."""

    __slots__ = ("_pick", "headers_met", "names", "template", "wire_names")

    def __init__(self, text: str) -> None:
        self.names = tuple(sorted({name.strip() for name in text.lower().split(";")} - {""}))
        self.wire_names = tuple([name.encode("latin-1", "replace") for name in self.names])
        self.headers_met: tuple[bytes, ...] | None = None
        """The header names of a request that were last found covered."""
        self._pick: Callable[[Mapping[bytes, bytes]], tuple[bytes, ...]] | None = None
        names = [name.replace(b"%", b"%%") for name in self.wire_names]
        lines = b"".join([name + b":%b\n" for name in names])
        self.template = b"%b" + lines + b"\n" + b";".join(names) + b"\n%b"
        """The canonical request, with places for its first three lines, the headers' values and the hash."""

    def cover(self, headers: tuple[bytes, ...]) -> bool:
        """Whether ``host`` and every ``x-amz-`` header of a request with these header names is signed.

        False is no refusal: some services let some headers be unsigned, which the careful way knows.
        """
        if headers == self.headers_met:
            return True
        signed = self.wire_names
        if b"host" not in signed or any(name[:6] == b"x-amz-" and name not in signed for name in headers):
            return False
        if len(headers) <= _NAMES_REMEMBERED_AT_MOST:
            self.headers_met = headers
        return True

    def pick(self, values: Mapping[bytes, bytes]) -> tuple[bytes, ...]:
        """The values of the signed headers, in order. Raises ``KeyError`` with the name of one that is absent."""
        pick = self._pick
        if pick is None:
            get = itemgetter(*self.wire_names)
            pick = self._pick = get if len(self.wire_names) > 1 else lambda values: (get(values),)
        return pick(values)


class Claim:
    """An access key, its credential scope and its signed headers, as they stand in many requests."""

    __slots__ = ("_key", "_secret", "scope", "service", "signed", "stated")

    def __init__(self, access_key_id: str, scope: Scope, signed: SignedHeaders) -> None:
        self.scope = scope
        self.service = scope.service.lower()
        self.signed = signed
        self.stated = Stated(
            access_key_id, scope.date, scope.region, scope.service, signed.names, signed.wire_names
        )
        self._secret = ""
        self._key: SigningKey | None = None

    def __repr__(self) -> str:
        return f"<Claim of {self.stated.access_key_id} for {self.scope.text}>"

    def key(self, secret: str) -> SigningKey:
        """The signing key of a secret in this scope, made again only when it is another secret."""
        known = self._key
        if known is not None and secret == self._secret:
            return known
        scope = self.scope
        made = self._key = signing_key(secret, scope.date, scope.region, scope.service)
        self._secret = secret
        return made


_claims: dict[bytes, Claim] = {}
_scopes: dict[str, Scope] = {}
_signed: dict[str, SignedHeaders] = {}


def claim_of(head: bytes) -> Claim | None:
    """The claim that the part of a header up to and with ``Signature=`` makes; None where it is not in the usual form."""
    claim = _claims.get(head)
    if claim is None and len(head) <= _HEAD_AT_MOST:
        claim = _read(head)
    return claim


def _read(head: bytes) -> Claim | None:
    match = _WELL_FORMED(head.decode("latin-1"))
    if match is None:
        return None
    key_id, scope_text, names_text = match.groups()
    scope = _scopes.get(scope_text)
    if scope is None:
        date, region, service = scope_text.split("/")
        scope = Scope(date, region, service, f"{scope_text}/aws4_request", dialect_of(service) == "s3")
    signed = _signed.get(names_text) or SignedHeaders(names_text)
    claim = Claim(key_id, scope, signed)
    if len(head) <= _REMEMBERED_AT_MOST and len(signed.names) <= _NAMES_REMEMBERED_AT_MOST:
        for known, most in (
            (_claims, _CLAIMS_AT_MOST),
            (_scopes, _SHARED_AT_MOST),
            (_signed, _SHARED_AT_MOST),
        ):
            if len(known) >= most:
                known.clear()
        _claims[head], _scopes[scope_text], _signed[names_text] = claim, scope, signed
    return claim


def header_names(text: str) -> tuple[tuple[str, ...], tuple[bytes, ...]]:
    """The names in a ``SignedHeaders`` list: lower case, sorted, each once; as text and as bytes."""
    signed = SignedHeaders(text)
    return signed.names, signed.wire_names
