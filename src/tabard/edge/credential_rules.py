"""Which credentials may call what, whatever the policies say.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_sts-comparison.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tabard.auth import invalid_token
from tabard.core.errors import AwsError

if TYPE_CHECKING:
    from tabard.core.caller import Caller

_STS_FOR_SESSION_TOKENS = frozenset({"AssumeRole", "GetCallerIdentity"})


def check_credentials(caller: Caller, service: str, operation: str) -> None:
    """Refuse what GetSessionToken's credentials may not do: IAM without MFA, and most of STS."""
    if not caller.is_session or caller.kind == "AssumedRole":
        return
    if service == "iam" and caller.mfa_at is None:
        raise invalid_token(service)
    if service == "sts" and operation not in _STS_FOR_SESSION_TOKENS:
        raise AwsError("AccessDenied", f"Cannot call {operation} with session credentials", 403)
