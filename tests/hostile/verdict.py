"""Whether an answer is one that AWS could give."""

from __future__ import annotations

from typing import TYPE_CHECKING

import botocore.parsers

if TYPE_CHECKING:
    from tests.hostile.signed import Answer, Wire

NOT_BUILT = 501
"""What S3 answers to a sub-resource that is not built."""


def fault(service: str, operation: str, wire: Wire, answer: Answer) -> str | None:
    """What is wrong with an answer; None when nothing is."""
    status = answer.status
    if status >= 500 and not (service == "s3" and status == NOT_BUILT):
        return f"{status} {answer.body[:200]!r}"
    if status < 400:
        return _success(service, operation, wire, answer)
    if wire.method == "HEAD":
        return None if not answer.body else "a reply to HEAD has a body"
    try:
        error = answer.parsed(service, operation).get("Error", {})
    except botocore.parsers.ResponseParserError as problem:
        return f"{status} can not be read: {problem}"
    code, message = error.get("Code"), error.get("Message")
    if not code or not str(code).replace(".", "").isalnum() or not isinstance(message, str):
        return f"{status} says neither code nor message: {answer.body[:200]!r}"
    if "Traceback" in message or "tabard/" in message or "object at 0x" in message:
        return f"{status} tells of the server's inside: {message}"
    return None


def _success(service: str, operation: str, wire: Wire, answer: Answer) -> str | None:
    if wire.method == "HEAD" or service == "s3":
        return None  # another method or path may have made it another operation, with another reply
    try:
        answer.parsed(service, operation)
    except (botocore.parsers.ResponseParserError, ValueError, KeyError) as problem:
        return f"{answer.status} can not be read: {problem}"
    return None
