"""What a request claims about who sent it, read from its ``Authorization`` header or its presigned query.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html

Reading is not believing: nothing here is true until :func:`tabard.auth.verify` has said so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote, unquote_plus

import msgspec

from tabard.auth import malformed, version2
from tabard.auth.claims import Stated, claim_of, header_names
from tabard.auth.dialects import dialect_of, failure
from tabard.auth.timestamps import from_date_header, instant, stated

if TYPE_CHECKING:
    from tabard.auth.claims import Claim
    from tabard.core.http import HttpRequest

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"
MAX_EXPIRES = 604_800

_HEXADECIMAL = b"0123456789abcdef"
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

    ``stated`` is whose key, scope and headers it names. ``amz_date`` is the time signed for (ISO 8601 basic, also where it
    came in a ``Date`` header), ``signed_at`` the same in seconds since the epoch, None where it is no time. ``token`` is the
    session token, wherever it stood. ``payload`` is the declared ``x-amz-content-sha256``; where none is declared,
    ``UNSIGNED-PAYLOAD`` for what S3 presigns and empty (hash the body) for all else. ``claim`` is what was read of the header
    once for many requests, where it came in the form that SDKs send. ``expires`` is a presigned query's life in seconds.
    """

    stated: Stated
    amz_date: str
    signed_at: float | None
    signature: str
    token: str | None
    payload: str
    claim: Claim | None = None
    presigned: bool = False
    expires: int | None = None

    @property
    def access_key_id(self) -> str:
        """Whose key it is said to be signed with."""
        return self.stated.access_key_id

    @property
    def date(self) -> str:
        """The credential scope's day (``YYYYMMDD``)."""
        return self.stated.date

    @property
    def region(self) -> str:
        """The credential scope's region."""
        return self.stated.region

    @property
    def service(self) -> str:
        """The credential scope's service, as it was written."""
        return self.stated.service

    @property
    def terminator(self) -> str:
        """The credential scope's last part; of a link of version 2, its mechanism."""
        return self.stated.terminator

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
    header = request.first.get(b"authorization")
    if header is not None:
        end = header.rfind(b"Signature=")
        claim = claim_of(header[: end + 10]) if end > 0 else None
        if claim is not None:
            return claim.service
        return _scoped_service(_between(header.decode("latin-1"), "Credential=", ","))
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
    get = request.first.get
    header, date = get(b"authorization"), get(b"x-amz-date")
    if header is None or date is None:
        return None
    query = request.query
    if query and ("X-Amz-Algorithm=" in query or "X-Amz-Signature=" in query):
        return None
    claim, given, dated = claim_of(header[:-64]), header[-64:], stated(date)
    if claim is None or dated is None or given.translate(None, _HEXADECIMAL):
        return None
    token, payload = get(b"x-amz-security-token"), get(b"x-amz-content-sha256")
    return Signature(
        claim.stated,
        *dated,
        given.decode(),
        None if token is None else token.decode("latin-1"),
        "" if payload is None else payload.decode("latin-1"),
        claim,
    )


def _from_version_2(request: HttpRequest) -> Signature | None:
    """A presigned S3 link of version 2, which has neither a date nor a scope."""
    given = version2.claims(request.query)
    if given is None:
        return None
    return Signature(
        Stated(given["AWSAccessKeyId"], "", "", "s3", terminator=version2.MECHANISM),
        "",
        None,
        given["Signature"],
        given.get("x-amz-security-token"),
        UNSIGNED_PAYLOAD,
        presigned=True,
        expires=int(given["Expires"]),
    )


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
    signed_at = instant(amz_date)
    if signed_at is None:
        raise failure("malformed_date", service, detail=amz_date)
    key_id, date, region, scoped, terminator = credential
    return Signature(
        Stated(key_id, date, region, scoped, *header_names(parts["SignedHeaders"]), terminator),
        amz_date,
        signed_at,
        parts["Signature"],
        request.header(b"x-amz-security-token"),
        request.header(b"x-amz-content-sha256") or "",
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
    signed_at = instant(amz_date)
    if signed_at is None:
        raise malformed.query_date(amz_date, service)
    payload = given.get("X-Amz-Content-Sha256") or request.header(b"x-amz-content-sha256")
    return Signature(
        Stated(key_id, date, region, scoped, *header_names(given["X-Amz-SignedHeaders"]), terminator),
        amz_date,
        signed_at,
        given["X-Amz-Signature"],
        given.get("X-Amz-Security-Token") or request.header(b"x-amz-security-token"),
        payload or (UNSIGNED_PAYLOAD if s3 else ""),
        presigned=True,
        expires=malformed.expires(given.get("X-Amz-Expires"), service),
    )
