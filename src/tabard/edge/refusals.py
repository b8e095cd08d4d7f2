"""What the pipeline itself answers where a request can not be gone on with, in the words of the service asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tabard import auth, wire
from tabard.core.errors import AwsError
from tabard.identity.principals import Problem

if TYPE_CHECKING:
    from tabard.auth import Signature


def not_built(service: str, operation: str) -> AwsError:
    """What AWS answers to an operation that it does not know; S3 says that it is not implemented."""
    if service == "s3":
        return AwsError(
            "NotImplemented", "A header you provided implies functionality that is not implemented.", 501
        )
    if wire.service(service).protocol == "json":
        return wire.unknown_operation()
    return AwsError("InvalidAction", f"The action {operation} is not valid for this web service.", 400)


def timed_out() -> AwsError:
    """The client went away or stalled; one that still listens hears it, and the trail has it in any case."""
    return AwsError(
        "RequestTimeout",
        "Your socket connection to the server was not read from or written to within the timeout period.",
        408,
    )


def internal(service: str) -> AwsError:
    """We failed, which says nothing of the request."""
    code = "InternalFailure" if service in {"iam", "sts"} else "InternalError"
    return AwsError(code, "We encountered an internal error. Please try again.", 500)


def refused_credentials(problem: Problem, service: str, signature: Signature) -> AwsError:
    """The key or the token of a signature is nobody's, or no longer."""
    match problem:
        case Problem.UNKNOWN_KEY:
            return auth.unknown_access_key(service, signature.access_key_id)
        case Problem.INACTIVE_KEY:
            return auth.unknown_access_key(service, signature.access_key_id, inactive=True)
        case Problem.INVALID_TOKEN:
            return auth.invalid_token(service)
        case Problem.EXPIRED_TOKEN:
            return auth.expired_token(service)
