"""Which credentials may call what, whatever the policies say.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_sts-comparison.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tabard.auth import invalid_token
from tabard.core.errors import AwsError

if TYPE_CHECKING:
    from tabard.identity.principals import Principal

_STS_FOR_FEDERATED = frozenset({"GetCallerIdentity"})
_STS_FOR_SESSION_TOKENS = frozenset({"AssumeRole", "GetCallerIdentity"})


def check_credentials(principal: Principal, service: str, operation: str) -> None:
    """Refuse what GetSessionToken's credentials may not do: IAM without MFA, and most of STS; GetFederationToken's may less.

    A console session, which only signing in yields, may use IAM: that is what the console is for.
    """
    caller = principal.caller
    if not caller.is_session or caller.kind == "AssumedRole":
        return
    if service == "iam" and caller.mfa_at is None and not principal.console:
        raise invalid_token(service)
    federated = caller.kind == "FederatedUser"
    if service == "sts" and operation not in (_STS_FOR_FEDERATED if federated else _STS_FOR_SESSION_TOKENS):
        raise AwsError("AccessDenied", f"Cannot call {operation} with session credentials", 403)
