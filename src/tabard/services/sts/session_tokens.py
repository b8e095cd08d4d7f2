"""GetSessionToken: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html."""

from __future__ import annotations

from typing import Any

from tabard.core.errors import AwsError
from tabard.identity.sessions import mint
from tabard.services.operation import READ, Call, operation
from tabard.services.sts import mfa
from tabard.services.sts.role_sessions import with_size

_DEFAULT = 12 * 3600
_ROOT_AT_MOST = 3600


@operation("sts", "GetSessionToken", READ, checks=None)
def get_session_token(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Temporary credentials of the calling user itself (or of root, for an hour at most). No permission is needed."""
    caller = call.caller
    if caller.is_session:
        raise AwsError("AccessDenied", "Cannot call GetSessionToken with session credentials", 403)
    mfa_at = mfa.used(call, request)
    duration = request.get("DurationSeconds", _DEFAULT)
    if caller.kind == "Root":
        duration = min(duration, _ROOT_AT_MOST)
    return with_size(
        mint(
            call.node.keys,
            call.node.random,
            kind="session-root" if caller.kind == "Root" else "session-user",
            account=caller.account,
            principal_id=caller.unique_id,
            session_name="",
            now=call.now,
            duration=duration,
            mfa_at=mfa_at,
            minimum_size=request.get("MinimumSessionTokenSize", 0),
        )
    )
