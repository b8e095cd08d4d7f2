"""Signature Version 4, seen from the server: what a request claims, and whether it is true. Sans-IO.

The pipeline's way: :func:`service_of` to route, :func:`parse` to read the claim, a look-up of the key's
secret (:mod:`tabard.auth.dialects` words its failures), :func:`verify`, and for bodies that stream
:func:`body_decoder`.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
"""

from tabard.auth.body import BodyDecoder, body_decoder, decode_body
from tabard.auth.dialects import (
    expired_token,
    failure,
    invalid_token,
    missing_authentication,
    unknown_access_key,
    wrong_region,
)
from tabard.auth.signature import Signature, parse, plain, service_of
from tabard.auth.verification import Verified, check_head, verify, verify_link
from tabard.auth.version2 import MECHANISM as VERSION_2

__all__ = [
    "VERSION_2",
    "BodyDecoder",
    "Signature",
    "Verified",
    "body_decoder",
    "check_head",
    "decode_body",
    "expired_token",
    "failure",
    "invalid_token",
    "missing_authentication",
    "parse",
    "plain",
    "service_of",
    "unknown_access_key",
    "verify",
    "verify_link",
    "wrong_region",
]
