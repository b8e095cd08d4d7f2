"""Whether a claim is true: the same string is built, signed with the caller's secret, and compared.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html

The clock is an argument. What this module does not know: whose secret it is, and what the caller may do.
"""

from __future__ import annotations

import hashlib
import re
from hashlib import sha256
from hmac import compare_digest
from typing import TYPE_CHECKING

import msgspec

from tabard.auth import version2
from tabard.auth.canonical import (
    canonical_headers,
    canonical_path,
    canonical_query,
    canonical_s3_path,
    header_values,
)
from tabard.auth.claims import TERMINATOR
from tabard.auth.dialects import dialect_of, failure, query_parameters_error, wrong_region
from tabard.auth.keys import SigningKey, signing_key
from tabard.auth.malformed import scope_error, two_mechanisms
from tabard.auth.signature import ALGORITHM, UNSIGNED_PAYLOAD, Signature
from tabard.auth.timestamps import MAX_SKEW, basic, extended
from tabard.core.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Container

    from tabard.auth.claims import SignedHeaders
    from tabard.core.http import HttpRequest

EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
STREAMING_SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
STREAMING_SIGNED_TRAILER = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
STREAMING_UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
_EMPTY_PAYLOAD = EMPTY_SHA256.encode()
DECLARATIONS = frozenset(
    {UNSIGNED_PAYLOAD, STREAMING_SIGNED, STREAMING_SIGNED_TRAILER, STREAMING_UNSIGNED_TRAILER}
)

is_sha256 = re.compile(r"[0-9a-f]{64}").fullmatch
# What other services accept unsigned: the time and the token are proven by the signature itself, the hash
# is not used.
_MAY_BE_UNSIGNED = frozenset({b"x-amz-date", b"x-amz-security-token", b"x-amz-content-sha256"})
_NOT_SIGNED = ("X-Amz-Signature",)
_NOT_SIGNED_NOR_TOKEN = ("X-Amz-Signature", "X-Amz-Security-Token")


class Verified(msgspec.Struct, frozen=True, gc=False):
    """A claim that held: what streamed bodies need to go on verifying. Its ``repr`` shows no key."""

    signature: Signature
    scope: str
    signing_key: SigningKey

    @property
    def seed(self) -> str:
        """The request's own signature, on which the first chunk's builds."""
        return self.signature.signature

    def __repr__(self) -> str:
        return f"<Verified {self.signature!r}>"


def verify(
    signature: Signature,
    request: HttpRequest,
    secret: str,
    now: float,
    service: str,
    *,
    region: str | None = None,
    streaming: bool = False,
) -> Verified:
    """Prove a claim with the caller's ``secret`` at ``now`` (seconds since the epoch).

    ``service`` is where the request arrived: the scope must name it, and refusals are worded as it
    words them. ``region`` is the only one accepted, where there is one. With ``streaming`` the body has
    not been read: a declared hash is taken at its word here and proven by
    :func:`tabard.auth.body_decoder`. Raises ``AwsError``.
    """
    claim = signature.claim
    if claim is None or region is not None:
        return _carefully(signature, request, secret, now, service, region, streaming=streaming)
    # As SDKs send it: the same is proven as with care, of the same bytes, but for what is the same in all of a client's.
    # Care has the last word on whatever is unusual: nothing is refused here but a body that is not the one declared.
    values = request.index or request.first
    amz_date, scope, signed = signature.amz_date, claim.scope, claim.signed
    signed_at, headers = signature.signed_at, tuple(values)
    if (
        signed_at is not None
        and -MAX_SKEW <= now - signed_at <= MAX_SKEW
        and scope.service == service
        and scope.date == amz_date[:8]
        and len(headers) == len(request.headers)
        and (headers == signed.headers_met or signed.cover(headers))
    ):
        body = request.body
        if not scope.s3:
            payload = _hash_of(body) if body else _EMPTY_PAYLOAD
        elif not body and signature.payload == EMPTY_SHA256:
            payload = _EMPTY_PAYLOAD
        else:
            payload = _declared_payload(signature, request, service, streaming=streaming).encode()
        canonical = _plain_request(request, values, signed, payload, s3=scope.s3)
        if canonical is not None:
            to_sign = f"AWS4-HMAC-SHA256\n{amz_date}\n{scope.text}\n{sha256(canonical).hexdigest()}"
            key = claim.key(secret)
            if compare_digest(key.sign(to_sign.encode()), signature.signature):
                return Verified(signature, scope.text, key)
    return _carefully(signature, request, secret, now, service, region, streaming=streaming)


def _plain_request(
    request: HttpRequest, values: dict[bytes, bytes], signed: SignedHeaders, payload: bytes, *, s3: bool
) -> bytes | None:
    """The canonical request; None where a header's white space has to be folded, or anything is absent or malformed."""
    path, query = request.path, request.query
    try:
        given = signed.pick(values)
        if path == "/" and not query:
            head = _ROOT.get(request.method) or f"{request.method}\n/\n\n".encode()
        else:
            path = canonical_s3_path(path) if s3 else canonical_path(path)
            head = f"{request.method}\n{path}\n{canonical_query(query)}\n".encode()
    except (KeyError, ValueError):
        return None
    together = b" ".join(given)  # none begins or ends with white space, or holds other than single blanks
    if b" ".join(together.split()) != together:
        return None
    return signed.template % (head, *given, payload)


_ROOT = {method: f"{method}\n/\n\n".encode() for method in ("GET", "POST")}
_HASHED_AT_MOST = 512
"""Bytes of a body whose hash is remembered: clients put the same few short questions all day."""
_HASHES_AT_MOST = 4096
_hashes: dict[bytes, bytes] = {}


def _hash_of(body: bytes) -> bytes:
    known = _hashes.get(body)
    if known is None:
        known = sha256(body).hexdigest().encode()
        if len(body) <= _HASHED_AT_MOST:
            if len(_hashes) >= _HASHES_AT_MOST:
                _hashes.clear()
            _hashes[body] = known
    return known


def _carefully(
    signature: Signature,
    request: HttpRequest,
    secret: str,
    now: float,
    service: str,
    region: str | None,
    *,
    streaming: bool,
) -> Verified:
    check_head(signature, now, service, region)
    s3, amz_date = dialect_of(service) == "s3", signature.amz_date
    names = signature.stated.wire_names
    signed: Container[bytes] = names if len(names) < 32 else frozenset(names)
    values = header_values(request.headers)
    if len(values) != len(request.headers) and len(request.header_all(b"authorization")) > 1:
        raise two_mechanisms(request.header(b"authorization") or "", service)
    unsigned = [name for name in values if name[:6] == b"x-amz-" and name not in signed]
    if unsigned or b"host" not in signed:
        _check_signed(unsigned, service, s3=s3, host=b"host" in signed)
    if s3:
        payload = _declared_payload(signature, request, service, streaming=streaming)
    else:
        payload = hashlib.sha256(request.body).hexdigest() if request.body else EMPTY_SHA256
    try:
        block = canonical_headers(values, names)
    except KeyError as absent:
        if not s3:
            raise _absent_header(absent.args[0], service) from None
        block = canonical_headers(dict.fromkeys(names, b"") | values, names)
    tail = b"\n" + block + b"\n" + b";".join(names) + b"\n" + payload.encode("latin-1")
    head = _request_line(request, service, s3=s3)
    query = request.query
    if query:
        query = _query(query, service, _NOT_SIGNED if signature.presigned else ())
    canonical = head + query.encode() + tail
    scope = f"{signature.date}/{signature.region}/{service}/aws4_request"
    key = signing_key(secret, signature.date, signature.region, service)
    given = signature.signature.encode("latin-1", "replace")
    to_sign = string_to_sign(amz_date, scope, canonical)
    if not compare_digest(key.sign(to_sign).encode(), given):
        if s3 or not signature.presigned or "X-Amz-Security-Token=" not in request.query:
            raise _mismatch(signature, service, canonical, to_sign)
        # Some signers add the token to the query after signing; it is proven by the key that belongs to it.
        other = head + _query(request.query, service, _NOT_SIGNED_NOR_TOKEN).encode() + tail
        expected = key.sign(string_to_sign(amz_date, scope, other)).encode()
        if not compare_digest(expected, given):
            raise _mismatch(signature, service, canonical, to_sign)
    return Verified(signature, scope, key)


def check_head(signature: Signature, now: float, service: str, region: str | None = None) -> None:
    """What of a claim can be refused before the body is there, and whosever key it names: its time and its scope."""
    amz_date = signature.amz_date
    signed_at = signature.signed_at
    if signed_at is None or signature.presigned or not -MAX_SKEW <= now - signed_at <= MAX_SKEW:
        _check_time(signature, signed_at, now, service)
    if (
        signature.service != service
        or signature.date != amz_date[:8]
        or signature.terminator != TERMINATOR
        or (region is not None and signature.region != region)
    ):
        raise _scope_refused(signature, service, region)


def verify_link(
    signature: Signature, request: HttpRequest, secret: str, now: float, bucket: str | None
) -> Verified:
    """Prove a presigned S3 link of version 2; ``bucket`` is the one that the host names. Raises ``AwsError``."""
    version2.check(request, secret, signature.signature, signature.expires or 0, now, bucket)
    return Verified(signature, "", signing_key(secret, "", "", "s3"))


def string_to_sign(amz_date: str, scope: str, canonical: bytes) -> bytes:
    """What the signing key signs: algorithm, time, scope and the canonical request's hash."""
    return f"{ALGORITHM}\n{amz_date}\n{scope}\n{hashlib.sha256(canonical).hexdigest()}".encode()


def _request_line(request: HttpRequest, service: str, *, s3: bool) -> bytes:
    path = request.path
    if path != "/":
        try:
            path = canonical_s3_path(path) if s3 else canonical_path(path)
        except ValueError as error:
            raise failure("malformed_uri", service, detail=str(error)) from None
    return f"{request.method}\n{path}\n".encode()


def _query(query: str, service: str, without: tuple[str, ...]) -> str:
    try:
        return canonical_query(query, without=without)
    except ValueError as error:
        raise failure("malformed_query", service, detail=str(error)) from None


def _check_time(signature: Signature, signed_at: float | None, now: float, service: str) -> None:
    s3 = dialect_of(service) == "s3"
    if signed_at is None:
        raise failure("malformed_date", service, detail=signature.amz_date)
    if s3 and signature.presigned:
        life = signature.expires or 0
        if now - life <= signed_at <= now + MAX_SKEW:
            return
        fields = {"Expires": extended(signed_at + life), "ServerTime": extended(now)}
        if signed_at > now + MAX_SKEW:
            raise AwsError("AccessDenied", "Request is not valid yet", 403, fields)
        raise AwsError("AccessDenied", "Request has expired", 403, {"X-Amz-Expires": str(life), **fields})
    if -MAX_SKEW <= now - signed_at <= MAX_SKEW:
        return
    late = now > signed_at
    bound = basic(now - MAX_SKEW if late else now + MAX_SKEW)
    shown = {
        "RequestTime": signature.amz_date,
        "ServerTime": extended(now),
        "MaxAllowedSkewMilliseconds": str(MAX_SKEW * 1000),
    }
    raise failure(
        "signature_expired" if late else "signature_not_yet_current",
        service,
        fields=shown if s3 else None,
        signed=signature.amz_date,
        bound=bound,
        now=basic(now),
    )


def _scope_refused(signature: Signature, service: str, region: str | None) -> AwsError:
    day, presigned = signature.amz_date[:8], signature.presigned
    if dialect_of(service) == "s3":
        if signature.service != service:
            detail = f'incorrect service "{signature.service}". This endpoint belongs to "{service}".'
            return scope_error(detail, service, presigned=presigned)
        if signature.date != day:
            detail = (
                f'Invalid credential date "{signature.date}". '
                f'This date is not the same as X-Amz-Date: "{day}".'
            )
            return (
                query_parameters_error(detail) if presigned else scope_error(detail, service, presigned=False)
            )
        return wrong_region(service, signature.region, region or "", presigned=presigned)
    wrong = []
    if region is not None and signature.region != region:
        wrong.append(f"Credential should be scoped to a valid region, not '{signature.region}'. ")
    if signature.service != service:
        wrong.append(f"Credential should be scoped to correct service: '{service}'. ")
    if signature.terminator != TERMINATOR:
        wrong.append(
            "Credential should be scoped with a valid terminator: 'aws4_request', "
            f"not '{signature.terminator}'. "
        )
    if signature.date != day:
        wrong.append(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
            f"'{signature.date}' != '{day}', from '{signature.amz_date}'."
        )
    return failure("credential_scope", service, detail="".join(wrong))


def _absent_header(name: bytes, service: str) -> AwsError:
    shown = name.decode("latin-1")
    text = f"'{shown}' is named as a SignedHeader, but it does not exist in the HTTP request."
    return failure("credential_scope", service, detail=text)


def _check_signed(unsigned: list[bytes], service: str, *, s3: bool, host: bool) -> None:
    """``host`` and every ``x-amz-`` header must be signed: others could have been added on the way."""
    shown = [name.decode("latin-1") for name in unsigned if s3 or name not in _MAY_BE_UNSIGNED]
    if s3:
        missing = ", ".join(shown if host else ["host", *shown])
        raise failure("headers_not_signed", service, fields={"HeadersNotSigned": missing})
    if not host:
        raise failure("headers_not_signed", service, detail="'Host' or ':authority'")
    if shown:
        raise failure("headers_not_signed", service, detail=f"'{shown[0]}'")


def _declared_payload(signature: Signature, request: HttpRequest, service: str, *, streaming: bool) -> str:
    """The hash that an S3 request declares, held against its body unless that is still to come."""
    declared = signature.payload
    if is_sha256(declared):
        if not streaming:
            actual = hashlib.sha256(request.body).hexdigest() if request.body else EMPTY_SHA256
            if actual != declared:
                raise content_mismatch(declared, actual, service)
        return declared
    if declared in DECLARATIONS:
        return declared
    if not declared:
        raise failure("content_hash_missing", service)
    raise failure(
        "content_hash_invalid",
        service,
        fields={"ArgumentName": "x-amz-content-sha256", "ArgumentValue": declared[:256]},
    )


def content_mismatch(declared: str, actual: str, service: str = "s3") -> AwsError:
    """The body is not the one that was declared and signed for."""
    fields = {"ClientComputedContentSHA256": declared, "S3ComputedContentSHA256": actual}
    return failure("content_hash_mismatch", service, fields=fields)


def _mismatch(signature: Signature, service: str, canonical: bytes, to_sign: bytes) -> AwsError:
    """A wrong signature, with the strings that were expected, so that the signer can find its mistake."""
    shown = _TOKEN.sub(rb"\1(not shown)", canonical)
    text, string = shown.decode("utf-8", "replace"), to_sign.decode()
    if dialect_of(service) != "s3":
        detail = (
            f"\n\nThe Canonical String for this request should have been\n'{text}'"
            f"\n\nThe String-to-Sign should have been\n'{string}'\n"
        )
        return failure("signature_mismatch", service, detail=detail)
    fields = {
        "AWSAccessKeyId": signature.access_key_id,
        "StringToSign": string,
        "SignatureProvided": signature.signature[:256],
        "StringToSignBytes": to_sign.hex(" "),
        "CanonicalRequest": text,
        "CanonicalRequestBytes": shown.hex(" "),
    }
    return failure("signature_mismatch", service, fields=fields)


_TOKEN = re.compile(rb"(?m)(^x-amz-security-token:|X-Amz-Security-Token=)[^\n&]*")
