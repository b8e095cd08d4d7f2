"""The one exception for what a caller did wrong (or may not do), as AWS names it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class AwsError(Exception):
    """An error reply: AWS's ``code``, ``message`` and HTTP ``status``; ``fields`` are further members of its shape."""

    def __init__(
        self, code: str, message: str, status: int = 400, fields: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(code, message, status)
        self.code = code
        self.message = message
        self.status = status
        self.fields: Mapping[str, str] = fields or {}

    def __str__(self) -> str:
        return f"{self.code} ({self.status}): {self.message}"


def internal_failure() -> AwsError:
    """What a caller sees when we failed; the server's log has the rest under the request id."""
    return AwsError("InternalFailure", "We encountered an internal error. Please try again.", 500)


def service_unavailable(message: str = "Service is unable to handle request.") -> AwsError:
    """A full disk, a locked database: nothing was done, and trying again later may help."""
    return AwsError("ServiceUnavailable", message, 503)
