"""GetAccessKeyInfo: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetAccessKeyInfo.html."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tabard.core.errors import AwsError
from tabard.core.sources import account_of_access_key
from tabard.services.operation import READ, Call, Check, operation

if TYPE_CHECKING:
    from collections.abc import Iterable


def _checks(_call: Call, _request: dict[str, Any]) -> Iterable[Check]:
    return (Check("sts:GetAccessKeyInfo", "*"),)


@operation("sts", "GetAccessKeyInfo", READ, checks=_checks)
def get_access_key_info(_call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """The account that an access key id belongs to, read from the id itself: the key need not exist any more."""
    account = account_of_access_key(request["AccessKeyId"])
    if account is None:
        raise AwsError("ValidationError", "Invalid AccessKeyId provided.")
    return {"Account": account}
