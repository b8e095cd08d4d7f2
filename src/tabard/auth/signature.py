"""What a request claims about who sent it, read from its ``Authorization`` header or its presigned query.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html

Reading is not believing: nothing here is true until :func:`tabard.auth.verify` has said so.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import unquote, unquote_plus

import msgspec

from tabard.auth import malformed, version2
from tabard.auth.dialects import dialect_of, failure
from tabard.auth.timestamps import from_date_header, instant

if TYPE_CHECKING:
    from tabard.core.http import HttpRequest

ALGORITHM = "AWS4-HMAC-SHA256"
TERMINATOR = "aws4_request"
UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"
MAX_EXPIRES = 604_800

_WELL_FORMED = re.compile(
    r"AWS4-HMAC-SHA256\s+Credential=([^\s,/=]{1,128})/([0-9]{8})/([^\s,/=]{1,64})/([^\s,/=]{1,64})/aws4_request,"
    r"\s*SignedHeaders=([a-z0-9\-_;.!#$%&'*+^`|~:]++),\s*Signature="
).fullmatch
_SIGNATURE = re.compile(r"[0-9a-f]{64}").fullmatch
SignedNames = tuple[tuple[str, ...], tuple[bytes, ...]]
_QUERY_NAMES = frozenset(
    {
        "X-Amz-Algorithm",
        "X-Amz-Credential",
        "X-Amz-Date",
        "X-Amz-Expires",
        "X-Amz-SignedHeaders",
        "X-Amz-Signature",
        "X-Amz-Security-Token",
        "X-Amz-Content-Sha256",
    }
)


class Signature(msgspec.Struct, frozen=True, gc=False):
    """A request's claim. Frozen; a ``msgspec.Struct`` because making one is a tenth of a dataclass's cost.

    ``date`` is the credential scope's day (``YYYYMMDD``), ``amz_date`` the time signed for (ISO 8601
    basic, also where it came in a ``Date`` header). ``signed_headers`` are lower case, sorted.
    ``token`` is the session token, wherever it stood. ``expires`` is a presigned query's life in
    seconds. ``payload`` is the declared ``x-amz-content-sha256``; where none is declared,
    ``UNSIGNED-PAYLOAD`` for what S3 presigns and empty (hash the body) for all else. ``signed_names``
    are ``signed_headers`` as the wire's bytes.
    """

    access_key_id: str
    date: str
    region: str
    service: str
    amz_date: str
    signed_headers: tuple[str, ...]
    signature: str
    token: str | None
    presigned: bool
    expires: int | None
    payload: str
    terminator: str = TERMINATOR
    signed_names: tuple[bytes, ...] = ()

    @property
    def scope(self) -> str:
        """The credential scope: ``20150830/us-east-1/iam/aws4_request``."""
        return f"{self.date}/{self.region}/{self.service}/{self.terminator}"

    def __repr__(self) -> str:
        token = "" if self.token is None else ", with a session token"
        return f"<Signature of {self.access_key_id} for {self.scope} at {self.amz_date}{token}>"


def service_of(request: HttpRequest) -> str | None:
    """The service that the credential scope names, in lower case; None where there is none to be read.

    Never raises: it lets the router pick the service, and with it the dialect of any refusal.
    """
    header = request.header(b"authorization")
    if header is not None:
        end = header.rfind("Signature=")
        claimed = _claim(header[: end + 10]) if end > 0 else None
        if claimed is not None:
            return claimed[3].lower()
        return _scoped_service(_between(header, "Credential=", ","))
    query = request.query
    if "X-Amz-Credential=" not in query:
        return None
    return _scoped_service(unquote(_between(query, "X-Amz-Credential=", "&")))


def _between(text: str, start: str, end: str) -> str:
    found = text.partition(start)[2][:512]
    return found.partition(end)[0]


def _scoped_service(credential: str) -> str | None:
    parts = credential.strip().split("/")
    return parts[3].lower() or None if len(parts) == 5 else None


def parse(request: HttpRequest, service: str | None = None) -> Signature | None:
    """Read a request's claim; None for a request that makes none (anonymous).

    ``service`` is the one whose dialect a refusal is worded in; by default the one that the credential
    scope names. Raises ``AwsError`` for a claim that cannot be read, for one made twice and for
    mechanisms that are not SigV4.
    """
    header = request.header(b"authorization")
    query = request.query
    if header is None:
        if "X-Amz-" in query and (
            "X-Amz-Algorithm=" in query or "X-Amz-Signature=" in query or "X-Amz-Credential=" in query
        ):
            return _from_query(request, service or service_of(request))
        if "Signature" in query or b"SignatureVersion=" in request.body:
            if service in {None, "s3"} and "SignatureVersion=" not in query and "Action=" not in query:
                return _from_version_2(request)
            malformed.refuse_version_2(request, service)
        return None
    if "X-Amz-Algorithm=" in query or "X-Amz-Signature=" in query:
        raise malformed.two_mechanisms(header, service or service_of(request))
    return plain(request) or _from_unusual_header(request, header, service or service_of(request))


def plain(request: HttpRequest) -> Signature | None:
    """A claim in the form that SDKs send: an ``Authorization`` header in the usual order, dated by ``X-Amz-Date``.

    None for anything else, which :func:`parse` reads or refuses. Never raises.
    """
    header = request.header(b"authorization")
    amz_date = request.header(b"x-amz-date")
    if header is None or amz_date is None:
        return None
    query = request.query
    if query and ("X-Amz-Algorithm=" in query or "X-Amz-Signature=" in query):
        return None
    mark = header.rfind("Signature=") + 10
    claimed = _claim(header[:mark])
    if claimed is None or instant(amz_date) is None or not _SIGNATURE(header, mark):
        return None
    key_id, date, region, scoped, (names, wire_names) = claimed
    return Signature(
        key_id,
        date,
        region,
        scoped,
        amz_date,
        names,
        header[mark:],
        request.header(b"x-amz-security-token"),
        False,
        None,
        request.header(b"x-amz-content-sha256") or "",
        TERMINATOR,
        wire_names,
    )


def _from_version_2(request: HttpRequest) -> Signature | None:
    """A presigned S3 link of version 2, which has neither a date nor a scope."""
    given = version2.claims(request.query)
    if given is None:
        return None
    return Signature(
        given["AWSAccessKeyId"],
        "",
        "",
        "s3",
        "",
        (),
        given["Signature"],
        given.get("x-amz-security-token"),
        True,
        int(given["Expires"]),
        UNSIGNED_PAYLOAD,
        version2.MECHANISM,
    )


def _claim(head: str) -> tuple[str, str, str, str, SignedNames] | None:
    # Longer heads are read by the careful way: the cache must not be filled with what an attacker chooses.
    return _remembered_claim(head) if len(head) <= 2048 else None


@lru_cache(maxsize=8192)
def _remembered_claim(head: str) -> tuple[str, str, str, str, SignedNames] | None:
    """The part of a header before the signature itself, which a client repeats all day: hence the cache."""
    match = _WELL_FORMED(head)
    if match is None:
        return None
    return match[1], match[2], match[3], match[4], header_names(match[5])


def header_names(text: str) -> SignedNames:
    """The names in a ``SignedHeaders`` list: lower case, sorted, each once; as text and as bytes."""
    names = tuple(sorted({name.strip() for name in text.lower().split(";")} - {""}))
    return names, tuple([name.encode("latin-1", "replace") for name in names])


def _from_unusual_header(request: HttpRequest, header: str, service: str | None) -> Signature:
    """A header in another order or spacing, dated by ``Date``, or wrong: whatever is wrong is raised."""
    parts = malformed.components(header, service)
    credential = malformed.credential(parts["Credential"], service, presigned=False)
    amz_date = request.header(b"x-amz-date")
    if amz_date is None:
        given = request.header(b"date")
        if given is None:
            raise malformed.missing_date(header, service)
        amz_date = from_date_header(given)
        if amz_date is None:
            raise failure("malformed_date", service, detail=given)
    if instant(amz_date) is None:
        raise failure("malformed_date", service, detail=amz_date)
    key_id, date, region, scoped, terminator = credential
    names, wire_names = header_names(parts["SignedHeaders"])
    return Signature(
        key_id,
        date,
        region,
        scoped,
        amz_date,
        names,
        parts["Signature"],
        request.header(b"x-amz-security-token"),
        False,
        None,
        request.header(b"x-amz-content-sha256") or "",
        terminator,
        wire_names,
    )


def _from_query(request: HttpRequest, service: str | None) -> Signature:
    given: dict[str, str] = {}
    for part in request.query.split("&"):
        name, _, value = part.partition("=")
        if "%" in name:
            name = unquote(name)
        if name in _QUERY_NAMES:
            if name in given:
                raise malformed.repeated_parameter(name, service)
            given[name] = unquote_plus(value, "latin-1") if "%" in value or "+" in value else value
    s3 = dialect_of(service) == "s3"
    malformed.check_query(given, service)
    key_id, date, region, scoped, terminator = malformed.credential(
        given["X-Amz-Credential"], service, presigned=True
    )
    amz_date = given["X-Amz-Date"]
    if instant(amz_date) is None:
        raise malformed.query_date(amz_date, service)
    names, wire_names = header_names(given["X-Amz-SignedHeaders"])
    payload = given.get("X-Amz-Content-Sha256") or request.header(b"x-amz-content-sha256")
    return Signature(
        key_id,
        date,
        region,
        scoped,
        amz_date,
        names,
        given["X-Amz-Signature"],
        given.get("X-Amz-Security-Token") or request.header(b"x-amz-security-token"),
        True,
        malformed.expires(given.get("X-Amz-Expires"), service),
        payload or (UNSIGNED_PAYLOAD if s3 else ""),
        terminator,
        wire_names,
    )
