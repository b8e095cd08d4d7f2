"""Signature Version 2 in presigned S3 queries, and nowhere else: what ``aws s3 presign`` and boto3 make by default.

https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html#RESTAuthenticationQueryStringAuth

Its authors' clients still sign links so for us-east-1 and for endpoints of one's own, and AWS still opens such links. A
policy may refuse them by the condition key ``s3:signatureversion``, which is ``AWS`` for these.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING
from urllib.parse import unquote

from tabard.auth.dialects import failure
from tabard.auth.timestamps import extended
from tabard.core.errors import AwsError

if TYPE_CHECKING:
    from tabard.core.http import HttpRequest

MECHANISM = "AWS"
"""Stands in ``Signature.terminator`` for a claim of this version."""

_PARAMETERS = frozenset({"AWSAccessKeyId", "Signature", "Expires"})
_SUB_RESOURCES = frozenset(
    """
    accelerate acl analytics cors defaultObjectAcl delete inventory lifecycle location logging metrics notification
    object-lock partNumber policy replication requestPayment restore select select-type storageClass tagging torrent
    uploadId uploads versionId versioning versions website response-cache-control response-content-disposition
    response-content-encoding response-content-language response-content-type response-expires
    """.split()  # noqa: SIM905 - a list that is read, not typed
)
_STANDARD = ("content-md5", "content-type")


def claims(query: str) -> dict[str, str] | None:
    """The parameters of a presigned query of this version (the token among them); None where it is none.

    Raises ``AwsError`` for one that lacks a part, or has one twice.
    """
    if "AWSAccessKeyId=" not in query and "Signature=" not in query:
        return None
    found: dict[str, str] = {}
    for name, value in _pairs(query):
        wanted = name if name in _PARAMETERS else name.lower()
        if wanted in _PARAMETERS or wanted == "x-amz-security-token":
            if wanted in found:
                raise AwsError("InvalidArgument", f"The parameter {name} must not be repeated.", 400)
            found[wanted] = value
    if not found.keys() >= _PARAMETERS:
        raise AwsError(
            "AccessDenied",
            "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters",
            403,
        )
    if not found["Expires"].isascii() or not found["Expires"].isdigit() or len(found["Expires"]) > 12:
        raise AwsError(
            "AccessDenied", f"Invalid date (should be seconds since epoch): {found['Expires']}", 403
        )
    return found


def check(
    request: HttpRequest, secret: str, given: str, expires: int, now: float, bucket: str | None
) -> None:
    """Prove a claim; ``bucket`` where the host names it, and the path does not. Raises ``AwsError``."""
    if now > expires:
        fields = {"Expires": extended(expires), "ServerTime": extended(now)}
        raise AwsError("AccessDenied", "Request has expired", 403, fields)
    to_sign = string_to_sign(request, expires, bucket)
    signature = base64.b64encode(hmac.new(secret.encode(), to_sign.encode(), hashlib.sha1).digest())
    if not hmac.compare_digest(signature, given.encode("latin-1", "replace")):
        raise failure("signature_mismatch", "s3", fields={"SignatureProvided": given})


def string_to_sign(request: HttpRequest, expires: int, bucket: str | None) -> str:
    """Method, standard headers, expiry, ``x-amz-`` headers (from wherever they came) and the resource."""
    amz: dict[str, list[str]] = {}
    standard = dict.fromkeys(_STANDARD, "")
    for name, value in [
        *((key.decode("latin-1"), text.decode("latin-1")) for key, text in request.headers),
        *((key.lower(), value) for key, value in _pairs(request.query)),
    ]:
        if name in standard:
            standard[name] = value.strip()
        elif name.startswith("x-amz-"):
            amz.setdefault(name, []).append(value.strip())
    headers = "".join(f"{name}:{','.join(amz[name])}\n" for name in sorted(amz))
    lines = "\n".join([request.method, *(standard[name] for name in _STANDARD), str(expires)])
    return f"{lines}\n{headers}{_resource(request, bucket)}"


def _resource(request: HttpRequest, bucket: str | None) -> str:
    path = request.path if bucket is None else f"/{bucket}{request.path}"
    kept = []
    for part in request.query.split("&"):
        name, equals, value = part.partition("=")
        if name in _SUB_RESOURCES:
            kept.append((name, f"{name}={unquote(value)}" if equals else name))
    kept.sort(key=lambda pair: pair[0])
    return f"{path}?{'&'.join(text for _, text in kept)}" if kept else path


def _pairs(query: str) -> list[tuple[str, str]]:
    parts = [part.partition("=") for part in query.split("&") if part]
    return [(unquote(name), unquote(value.replace("+", " "))) for name, _, value in parts]
