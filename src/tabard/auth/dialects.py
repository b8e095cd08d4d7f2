"""How each service words a refusal: one table of AWS's codes, statuses and messages per failure kind.

IAM, STS and most others: https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
EC2: https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-error-codes.html
S3: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from tabard.core.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Mapping

Dialect = Literal["query", "json", "ec2", "s3"]

Kind = Literal[
    "missing_authentication",
    "unknown_access_key",
    "inactive_access_key",
    "expired_token",
    "invalid_token",
    "incomplete_signature",
    "unsupported_mechanism",
    "unsupported_algorithm",
    "two_mechanisms",
    "missing_date",
    "malformed_date",
    "credential_scope",
    "wrong_region",
    "headers_not_signed",
    "signature_mismatch",
    "signature_expired",
    "signature_not_yet_current",
    "malformed_uri",
    "malformed_query",
    "content_hash_missing",
    "content_hash_invalid",
    "content_hash_mismatch",
]
"""Everything that can be wrong with how a request proves who sent it."""


class Wording(NamedTuple):
    """An error's code, HTTP status and message, whose ``{…}`` are filled from the failure's details."""

    code: str
    status: int
    message: str


_INVALID_CLIENT = Wording(
    "InvalidClientTokenId", 403, "The security token included in the request is invalid."
)
_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your AWS Secret Access Key and signing method. "
    "Consult the service documentation for details.{detail}"
)
_EXPIRED = "Signature expired: {signed} is now earlier than {bound} ({now} - 15 min.)"
_NOT_YET = "Signature not yet current: {signed} is still later than {bound} ({now} + 15 min.)"
_ONE_MECHANISM = (
    "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, "
    "Signature query string parameter or the Authorization header should be specified"
)
_USE_V4 = "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."

_QUERY: dict[Kind, Wording] = {
    "missing_authentication": Wording(
        "MissingAuthenticationToken", 403, "Request is missing Authentication Token"
    ),
    "unknown_access_key": _INVALID_CLIENT,
    "inactive_access_key": _INVALID_CLIENT,
    "expired_token": Wording("ExpiredToken", 403, "The security token included in the request is expired"),
    "invalid_token": _INVALID_CLIENT,
    "incomplete_signature": Wording("IncompleteSignature", 400, "{detail}"),
    "unsupported_mechanism": Wording("IncompleteSignature", 400, _USE_V4),
    "unsupported_algorithm": Wording("IncompleteSignature", 400, "Unsupported AWS 'algorithm': '{detail}'."),
    "two_mechanisms": Wording("IncompleteSignature", 400, _ONE_MECHANISM),
    "missing_date": Wording("IncompleteSignature", 400, "{detail}"),
    "malformed_date": Wording(
        "IncompleteSignature",
        400,
        "Date must be in ISO-8601 'basic format'. Got '{detail}'. See http://en.wikipedia.org/wiki/ISO_8601",
    ),
    "credential_scope": Wording("SignatureDoesNotMatch", 403, "{detail}"),
    "wrong_region": Wording(
        "SignatureDoesNotMatch", 403, "Credential should be scoped to a valid region, not '{detail}'. "
    ),
    "headers_not_signed": Wording(
        "SignatureDoesNotMatch", 403, "{detail} must be a 'SignedHeader' in the AWS Authorization."
    ),
    "signature_mismatch": Wording("SignatureDoesNotMatch", 403, _MISMATCH),
    "signature_expired": Wording("SignatureDoesNotMatch", 403, _EXPIRED),
    "signature_not_yet_current": Wording("SignatureDoesNotMatch", 403, _NOT_YET),
    "malformed_uri": Wording("InvalidURIPath", 400, "Illegal hex character in escape % pattern: {detail}"),
    "malformed_query": Wording(
        "MalformedQueryString", 400, "Illegal hex character in escape % pattern: {detail}"
    ),
}

_JSON_CODES = {
    "ExpiredToken": "ExpiredTokenException",
    "IncompleteSignature": "IncompleteSignatureException",
    "InvalidClientTokenId": "UnrecognizedClientException",
    "MissingAuthenticationToken": "MissingAuthenticationTokenException",
    "SignatureDoesNotMatch": "InvalidSignatureException",
}
_JSON: dict[Kind, Wording] = {
    kind: Wording(_JSON_CODES.get(wording.code, wording.code), 400, wording.message)
    for kind, wording in _QUERY.items()
}

_AUTH_FAILURE = Wording("AuthFailure", 401, "AWS was not able to validate the provided access credentials")
_REQUEST_EXPIRED = Wording("RequestExpired", 400, "Request has expired.")

_EC2: dict[Kind, Wording] = _QUERY | {
    "missing_authentication": Wording(
        "MissingParameter", 400, "The request must contain the parameter AWSAccessKeyId"
    ),
    "unknown_access_key": _AUTH_FAILURE,
    "inactive_access_key": _AUTH_FAILURE,
    "expired_token": _REQUEST_EXPIRED,
    "invalid_token": _AUTH_FAILURE,
    "credential_scope": _AUTH_FAILURE,
    "wrong_region": _AUTH_FAILURE,
    "headers_not_signed": _AUTH_FAILURE,
    "signature_mismatch": _AUTH_FAILURE,
    "signature_expired": _REQUEST_EXPIRED,
    "signature_not_yet_current": _REQUEST_EXPIRED,
}

_UNKNOWN_KEY = Wording(
    "InvalidAccessKeyId", 403, "The AWS Access Key Id you provided does not exist in our records."
)
_SKEWED = Wording(
    "RequestTimeTooSkewed", 403, "The difference between the request time and the current time is too large."
)
_INVALID_URI = Wording("InvalidURI", 400, "Couldn't parse the specified URI.")

_S3: dict[Kind, Wording] = {
    "missing_authentication": Wording("AccessDenied", 403, "Access Denied"),
    "unknown_access_key": _UNKNOWN_KEY,
    "inactive_access_key": _UNKNOWN_KEY,
    "expired_token": Wording("ExpiredToken", 400, "The provided token has expired."),
    "invalid_token": Wording("InvalidToken", 400, "The provided token is malformed or otherwise invalid."),
    "incomplete_signature": Wording(
        "AuthorizationHeaderMalformed", 400, "The authorization header is malformed; {detail}"
    ),
    "unsupported_mechanism": Wording("InvalidRequest", 400, _USE_V4),
    "unsupported_algorithm": Wording("InvalidArgument", 400, "Unsupported Authorization Type"),
    "two_mechanisms": Wording("InvalidArgument", 400, _ONE_MECHANISM),
    "missing_date": Wording(
        "AccessDenied", 403, "AWS authentication requires a valid Date or x-amz-date header"
    ),
    "malformed_date": Wording(
        "AccessDenied", 403, "AWS authentication requires a valid Date or x-amz-date header"
    ),
    "credential_scope": Wording(
        "AuthorizationHeaderMalformed", 400, "The authorization header is malformed; {detail}"
    ),
    "wrong_region": Wording(
        "AuthorizationHeaderMalformed",
        400,
        "The authorization header is malformed; the region '{detail}' is wrong; expecting '{expected}'",
    ),
    "headers_not_signed": Wording(
        "AccessDenied", 403, "There were headers present in the request which were not signed"
    ),
    "signature_mismatch": Wording(
        "SignatureDoesNotMatch",
        403,
        "The request signature we calculated does not match the signature you provided. "
        "Check your key and signing method.",
    ),
    "signature_expired": _SKEWED,
    "signature_not_yet_current": _SKEWED,
    "malformed_uri": _INVALID_URI,
    "malformed_query": _INVALID_URI,
    "content_hash_missing": Wording(
        "InvalidRequest", 400, "Missing required header for this request: x-amz-content-sha256"
    ),
    "content_hash_invalid": Wording(
        "InvalidArgument",
        400,
        "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, "
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER "
        "or a valid sha256 value.",
    ),
    "content_hash_mismatch": Wording(
        "XAmzContentSHA256Mismatch",
        400,
        "The provided 'x-amz-content-sha256' header does not match what was computed.",
    ),
}

_DIALECTS: dict[Dialect, dict[Kind, Wording]] = {"query": _QUERY, "json": _JSON, "ec2": _EC2, "s3": _S3}
_DIALECT_OF: dict[str | None, Dialect] = {
    "cloudtrail": "json",
    "ec2": "ec2",
    "ec2-instance-connect": "json",
    "s3": "s3",
    "s3express": "s3",
}


def dialect_of(service: str | None) -> Dialect:
    """The dialect of a service's refusals; services that are not listed speak as IAM and STS do."""
    return _DIALECT_OF.get(service, "query")


def failure(
    kind: Kind, service: str | None, *, fields: Mapping[str, str] | None = None, **details: str
) -> AwsError:
    """The refusal that ``service`` answers with; ``details`` fill the message, ``fields`` are further
    members.

    Identity uses ``unknown_access_key`` and ``inactive_access_key`` (S3 shows the id: pass
    ``fields={"AWSAccessKeyId": …}``), ``expired_token``, ``invalid_token`` and ``missing_authentication``.
    """
    table = _DIALECTS[_DIALECT_OF.get(service, "query")]
    wording = table.get(kind) or _S3[kind]
    message = wording.message.format_map(details) if "{" in wording.message else wording.message
    return AwsError(wording.code, message, wording.status, fields)


def unknown_access_key(service: str | None, access_key_id: str, *, inactive: bool = False) -> AwsError:
    """No such access key, or one that was made inactive: AWS tells neither apart; S3 repeats the id."""
    fields = {"AWSAccessKeyId": access_key_id} if dialect_of(service) == "s3" else None
    return failure("inactive_access_key" if inactive else "unknown_access_key", service, fields=fields)


def expired_token(service: str | None) -> AwsError:
    """The session is over."""
    return failure("expired_token", service)


def invalid_token(service: str | None) -> AwsError:
    """The session token is not one of ours, is damaged, or does not belong to the access key."""
    return failure("invalid_token", service)


def missing_authentication(service: str | None) -> AwsError:
    """An operation that needs a caller was asked for by nobody."""
    return failure("missing_authentication", service)


def wrong_region(service: str | None, region: str, expected: str, *, presigned: bool = False) -> AwsError:
    """The credential scope names a region where the request cannot be served; S3 says which it expects."""
    if dialect_of(service) != "s3":
        return failure("wrong_region", service, detail=region)
    if presigned:
        text = (
            "Error parsing the X-Amz-Credential parameter; "
            f"the region '{region}' is wrong; expecting '{expected}'"
        )
        return query_parameters_error(text, {"Region": expected})
    return failure("wrong_region", service, fields={"Region": expected}, detail=region, expected=expected)


def query_parameters_error(message: str, fields: Mapping[str, str] | None = None) -> AwsError:
    """What S3 says of a malformed presigned URL."""
    return AwsError("AuthorizationQueryParametersError", message, 400, fields)
