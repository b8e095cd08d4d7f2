"""Temporary delegation: partners of AWS ask an account for permissions for a while.

Only AWS takes partners on, with the templates of what they may ask for and the topics that it answers on. Nobody is one here:
nobody may make a request, and there are none to be found.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies-temporary-delegation.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from tabard.core.arn import PARTITION, Arn
from tabard.core.errors import AwsError
from tabard.services.iam import paging
from tabard.services.iam.errors import invalid_input, no_such_entity
from tabard.services.operation import READ, WRITE, Check, operation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from types_boto3_iam.type_defs import (
        AcceptDelegationRequestRequestTypeDef,
        AssociateDelegationRequestRequestTypeDef,
        CreateDelegationRequestRequestTypeDef,
        GetDelegationRequestRequestTypeDef,
        GetHumanReadableSummaryRequestTypeDef,
        ListDelegationRequestsRequestTypeDef,
        RejectDelegationRequestRequestTypeDef,
        SendDelegationTokenRequestTypeDef,
        UpdateDelegationRequestRequestTypeDef,
    )

    from tabard.services.iam.subjects import Request
    from tabard.services.operation import Call, Checks

_KIND = "delegation-request/"


def _arn(account: str, identifier: str) -> str:
    return f"arn:{PARTITION}:iam::{account}:{_KIND}{identifier}"


def _on_request(action: str) -> Checks:
    """Checks of an operation on the request that ``DelegationRequestId`` names."""

    def checks(call: Call, request: Request) -> Iterable[Check]:
        return (Check(action, _arn(call.account, request["DelegationRequestId"])),)

    return checks


def _missing(identifier: str) -> NoReturn:
    raise no_such_entity(f"The delegation request with id {identifier} cannot be found.")


def _on_new(call: Call, request: CreateDelegationRequestRequestTypeDef) -> Iterable[Check]:
    keys: dict[str, Any] = {
        "iam:delegationduration": str(request["SessionDuration"]),
        "iam:notificationchannel": request["NotificationChannel"],
        "iam:templatearn": request["Permissions"].get("PolicyTemplateArn"),
    }
    return (Check("iam:CreateDelegationRequest", _arn(call.account, "*"), keys=keys),)


@operation("iam", "CreateDelegationRequest", WRITE, checks=_on_new)
def create_delegation_request(call: Call, request: CreateDelegationRequestRequestTypeDef) -> dict[str, Any]:  # noqa: ARG001 - no partner, no request
    """Ask an account for permissions, as a partner of AWS."""
    raise AwsError("AccessDenied", "The account is not authorized to create delegation requests.", 403)


@operation("iam", "GetDelegationRequest", READ, checks=_on_request("iam:GetDelegationRequest"))
def get_delegation_request(call: Call, request: GetDelegationRequestRequestTypeDef) -> dict[str, Any]:  # noqa: ARG001 - there are none
    """Show a request."""
    _missing(request["DelegationRequestId"])


def _on_list(call: Call, request: ListDelegationRequestsRequestTypeDef) -> Iterable[Check]:
    keys = {"iam:delegationrequestowner": request.get("OwnerId", call.caller.principal_arn)}
    return (Check("iam:ListDelegationRequests", "*", keys=keys),)


@operation("iam", "ListDelegationRequests", READ, checks=_on_list)
def list_delegation_requests(call: Call, request: ListDelegationRequestsRequestTypeDef) -> dict[str, Any]:  # noqa: ARG001 - there are none
    """List the requests that somebody of the account owns."""
    nothing: list[str] = []
    page = paging.listed(request, nothing, str, "DelegationRequests", str)
    page["isTruncated"] = page.pop("IsTruncated")  # so this operation alone spells it
    return page


@operation("iam", "AssociateDelegationRequest", WRITE, checks=_on_request("iam:AssociateDelegationRequest"))
def associate_delegation_request(
    call: Call,  # noqa: ARG001 - there are none
    request: AssociateDelegationRequestRequestTypeDef,
) -> dict[str, Any]:
    """Become the owner of a request."""
    _missing(request["DelegationRequestId"])


@operation("iam", "UpdateDelegationRequest", WRITE, checks=_on_request("iam:UpdateDelegationRequest"))
def update_delegation_request(call: Call, request: UpdateDelegationRequestRequestTypeDef) -> dict[str, Any]:  # noqa: ARG001 - there are none
    """Send a request with notes to whoever may approve it."""
    _missing(request["DelegationRequestId"])


@operation("iam", "AcceptDelegationRequest", WRITE, checks=_on_request("iam:AcceptDelegationRequest"))
def accept_delegation_request(call: Call, request: AcceptDelegationRequestRequestTypeDef) -> dict[str, Any]:  # noqa: ARG001 - there are none
    """Grant what a request asks for, as oneself."""
    _missing(request["DelegationRequestId"])


@operation("iam", "RejectDelegationRequest", WRITE, checks=_on_request("iam:RejectDelegationRequest"))
def reject_delegation_request(call: Call, request: RejectDelegationRequestRequestTypeDef) -> dict[str, Any]:  # noqa: ARG001 - there are none
    """Refuse a request."""
    _missing(request["DelegationRequestId"])


@operation("iam", "SendDelegationToken", WRITE, checks=_on_request("iam:SendDelegationToken"))
def send_delegation_token(call: Call, request: SendDelegationTokenRequestTypeDef) -> dict[str, Any]:  # noqa: ARG001 - there are none
    """Send the partner the token that it trades for credentials."""
    _missing(request["DelegationRequestId"])


def _on_entity(_call: Call, request: GetHumanReadableSummaryRequestTypeDef) -> Iterable[Check]:
    return (Check("iam:GetHumanReadableSummary", request["EntityArn"]),)


@operation("iam", "GetHumanReadableSummary", READ, checks=_on_entity)
def get_human_readable_summary(call: Call, request: GetHumanReadableSummaryRequestTypeDef) -> dict[str, Any]:  # noqa: ARG001 - there are none
    """Tell a request in plain words."""
    arn = request["EntityArn"]
    try:
        parsed = Arn.parse(arn)
    except ValueError:
        raise invalid_input(f"ARN {arn} is not valid.") from None
    if parsed.service != "iam" or not parsed.resource.startswith(_KIND):
        raise invalid_input(f"ARN {arn} is not valid.")
    _missing(parsed.resource.removeprefix(_KIND))
