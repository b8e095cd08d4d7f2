"""GetCallerIdentity: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tabard.services.operation import READ, Call, operation

if TYPE_CHECKING:
    from types_boto3_sts.type_defs import GetCallerIdentityResponseTypeDef


@operation("sts", "GetCallerIdentity", READ, checks=None)
def get_caller_identity(
    call: Call, _request: dict[str, Any]
) -> dict[str, Any] | GetCallerIdentityResponseTypeDef:
    """Who the credentials belong to. No permission is needed, and none can take it away."""
    caller = call.caller
    return {"UserId": caller.user_id, "Account": caller.account, "Arn": caller.arn}
