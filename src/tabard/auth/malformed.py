"""The unusual and the wrong ways to write a claim, and what each service says of them.

Nothing here runs for a well-formed ``Authorization`` header. The wordings of IAM and STS follow what their
front end answers today (values of the header are shown hashed, so that a password sent by mistake is not
repeated).
"""

from __future__ import annotations

import base64
import hashlib
import re
from typing import TYPE_CHECKING

from tabard.auth.dialects import dialect_of, failure, query_parameters_error

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tabard.core.errors import AwsError
    from tabard.core.http import HttpRequest

_ALGORITHM = "AWS4-HMAC-SHA256"
_MAX_EXPIRES = 604_800
_REQUIRED = ("Credential", "Signature", "SignedHeaders")
_QUERY_REQUIRED = (
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Signature",
    "X-Amz-Date",
    "X-Amz-SignedHeaders",
)
_DAY = re.compile(r"[0-9]{8}").fullmatch
_VERSION_2 = re.compile(r"(?:^|&)(?:AWSAccessKeyId|SignatureVersion)=").search
_EXPECTED_CREDENTIAL = (
    'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".'
)


def _hashed(header: str) -> str:
    return base64.b64encode(hashlib.sha256(header.encode("latin-1", "replace")).digest()).decode()


def two_mechanisms(header: str, service: str | None) -> AwsError:
    """Both an ``Authorization`` header and a presigned query."""
    fields = {"ArgumentName": "Authorization", "ArgumentValue": header.partition(" ")[0]}
    return failure("two_mechanisms", service, fields=fields if dialect_of(service) == "s3" else None)


def refuse_version_2(request: HttpRequest, service: str | None) -> None:
    """Raise for a request signed with Signature Version 2, in its query or its form; pass any other."""
    if _VERSION_2(request.query) and "Signature=" in request.query:
        raise failure("unsupported_mechanism", service or ("query" if "Action=" in request.query else "s3"))
    if dialect_of(service) != "s3" and b"AWSAccessKeyId=" in request.body and b"Signature=" in request.body:
        raise failure("unsupported_mechanism", service)


def missing_date(header: str, service: str | None) -> AwsError:
    """Neither ``X-Amz-Date`` nor ``Date``."""
    text = "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
    return failure("missing_date", service, detail=_with_hash(text, header))


def _with_hash(text: str, header: str) -> str:
    return f"{text} (Hashed with SHA-256 and encoded with Base64) Authorization={_hashed(header)}"


def components(header: str, service: str | None) -> dict[str, str]:
    """A header's ``Credential``, ``SignedHeaders`` and ``Signature`` in any order; raises what is wrong."""
    s3 = dialect_of(service) == "s3"
    algorithm, _, rest = header.strip().partition(" ")
    if algorithm != _ALGORITHM:
        raise _other_mechanism(algorithm, header, service, s3=s3)
    found: dict[str, str] = {}
    for piece in rest.split(","):
        name, equals, value = piece.strip().partition("=")
        if not equals or (name in found):
            if s3:
                raise failure(
                    "incomplete_signature",
                    service,
                    detail=f'the authorization component "{piece.strip()}" is malformed.',
                )
            raise failure("incomplete_signature", service, detail=_no_equal_sign(header))
        found[name] = value.strip()
    missing = [name for name in _REQUIRED if not found.get(name)]
    if not missing:
        return found
    if s3:
        detail = (
            "the authorization header requires three components: Credential, SignedHeaders, and Signature."
            if len(rest.split(",")) != len(_REQUIRED)
            else f"missing {missing[0]}."
        )
        raise failure("incomplete_signature", service, detail=detail)
    text = " ".join([f"Authorization header requires '{name}' parameter." for name in missing])
    raise failure("incomplete_signature", service, detail=_with_hash(text, header))


def _no_equal_sign(header: str) -> str:
    return (
        "Invalid key=value pair (missing equal-sign) in Authorization header "
        f"(hashed with SHA-256 and encoded with Base64): '{_hashed(header)}'."
    )


def _other_mechanism(algorithm: str, header: str, service: str | None, *, s3: bool) -> AwsError:
    if algorithm == "AWS":
        return failure("unsupported_mechanism", service)
    if s3:
        if algorithm.startswith("AWS4-"):
            return failure("unsupported_mechanism", service)
        fields = {"ArgumentName": "Authorization", "ArgumentValue": algorithm}
        return failure("unsupported_algorithm", service, fields=fields)
    if algorithm.startswith("AWS"):
        return failure("unsupported_algorithm", service, detail=algorithm)
    return failure("incomplete_signature", service, detail=_no_equal_sign(header))


def credential(text: str, service: str | None, *, presigned: bool) -> tuple[str, str, str, str, str]:
    """Key id, day, region, service and terminator of a credential; raises when there are not five of them.

    What the parts are is judged at verification; S3 judges the day's form and the terminator here.
    """
    parts = text.split("/")
    if len(text) > 512:  # longer than any: nothing that large is kept, cached or repeated
        parts, text = [], f"{len(text)} characters"
    if dialect_of(service) != "s3":
        if len(parts) != 5 or not parts[0]:
            detail = (
                "Credential must have exactly 5 slash-delimited elements, "
                f"e.g. keyid/date/region/service/term, got '{text}'"
            )
            raise failure("incomplete_signature", service, detail=detail)
        return parts[0], parts[1], parts[2], parts[3], parts[4]
    detail = ""
    if len(parts) != 5 or not parts[0] or not parts[3]:
        detail = _EXPECTED_CREDENTIAL
    elif not _DAY(parts[1]):
        detail = (
            f'incorrect date format "{parts[1]}". '
            'This date in the credential must be in the format "yyyyMMdd".'
        )
    elif parts[4] != "aws4_request":
        detail = f'incorrect terminal "{parts[4]}". This endpoint uses "aws4_request".'
    elif not parts[2]:
        detail = "a non-empty region must be provided in the credential."
    if detail:
        raise scope_error(detail, service, presigned=presigned)
    return parts[0], parts[1], parts[2], parts[3], parts[4]


def scope_error(detail: str, service: str | None, *, presigned: bool) -> AwsError:
    """What a service says of a credential scope; S3 tells headers from queries."""
    if presigned and dialect_of(service) == "s3":
        return query_parameters_error(f"Error parsing the X-Amz-Credential parameter; {detail}")
    return failure("credential_scope", service, detail=detail)


def check_query(given: Mapping[str, str], service: str | None) -> None:
    """Raise unless a presigned query has every parameter that it must have, and an algorithm known here."""
    algorithm = given.get("X-Amz-Algorithm", "")
    if dialect_of(service) == "s3":
        if not all(given.get(name) for name in _QUERY_REQUIRED) or "X-Amz-Expires" not in given:
            raise query_parameters_error(
                "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, "
                "X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters."
            )
        if algorithm != _ALGORITHM:
            raise query_parameters_error('X-Amz-Algorithm only supports "AWS4-HMAC-SHA256"')
        return
    if algorithm and algorithm != _ALGORITHM:
        raise failure("unsupported_algorithm", service, detail=algorithm)
    missing = [name for name in _QUERY_REQUIRED if not given.get(name)]
    if missing:
        text = " ".join([f"AWS query-string parameters must include '{name}'." for name in missing])
        raise failure(
            "incomplete_signature", service, detail=f"{text} Re-examine the query-string parameters."
        )


def query_date(text: str, service: str | None) -> AwsError:
    """An ``X-Amz-Date`` parameter that is no time."""
    if dialect_of(service) == "s3":
        return query_parameters_error(
            "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\""
        )
    return failure("malformed_date", service, detail=text)


def repeated_parameter(name: str, service: str | None) -> AwsError:
    """A signing parameter that stands twice in a query: which of them was meant cannot be known."""
    if dialect_of(service) == "s3":
        return query_parameters_error(f"The {name} parameter must not be specified more than once.")
    return failure(
        "incomplete_signature", service, detail=f"AWS query-string parameter '{name}' must not be repeated."
    )


def expires(text: str | None, service: str | None) -> int | None:
    """A presigned query's life in seconds. Services but S3 give 15 minutes whatever it says, as on AWS."""
    if dialect_of(service) != "s3":
        return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None
    text = text or ""
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()):
        raise query_parameters_error("X-Amz-Expires should be a number")
    if text.startswith("-"):
        raise query_parameters_error("X-Amz-Expires must be non-negative")
    if len(digits) > 9 or int(digits) > _MAX_EXPIRES:
        raise query_parameters_error(
            "X-Amz-Expires must be less than a week (in seconds); that is, "
            "the given X-Amz-Expires must be less than 604800 seconds"
        )
    return int(digits)
