"""Temporary delegation: partners ask an account for permissions for a while, and somebody there grants them as themselves.

A request is made by a partner, becomes somebody's (``ASSIGNED``), may be sent on to who may approve it
(``PENDING_APPROVAL``), is accepted or rejected, and is final (``FINALIZED``) once the token has been sent that the partner
trades for a session. A state that lasts too long expires.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies-temporary-delegation.html
"""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any, NoReturn

from msgspec.structs import replace

from tabard import policy
from tabard.core.arn import PARTITION, Arn
from tabard.core.errors import AwsError
from tabard.core.sources import as_datetime
from tabard.identity.grants import linked
from tabard.identity.sessions import open_token
from tabard.services import delegation
from tabard.services.iam import delegation_templates, paging
from tabard.services.iam.errors import already_exists, invalid_input, no_such_entity, quota_exceeded
from tabard.services.operation import READ, WRITE, Check, operation
from tabard.store.iam_credentials import DelegationApprover, DelegationRequest

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

    from tabard.identity.sessions import Claims
    from tabard.services.iam.subjects import Request
    from tabard.services.operation import Call, Checks

_KIND = "delegation-request/"
OPEN_AT_MOST = 1_000
"""Requests of one partner that have not expired."""
_ROOT_AT_MOST = 4 * 3600
"""Seconds for which root may delegate itself."""
_OWNER_MAY = ("iam:GetDelegationRequest", "iam:GetHumanReadableSummary", "iam:UpdateDelegationRequest")


def _arn(account: str, identifier: str) -> str:
    return f"arn:{PARTITION}:iam::{account}:{_KIND}{identifier}"


def _visible(call: Call, identifier: str) -> DelegationRequest | None:
    """The request, unless it is for another account."""
    found = delegation.find(call.store, identifier, call.now)
    return None if found is None or found.owner not in {"", call.account} else found


def _check(call: Call, action: str, identifier: str) -> Check:
    """A check on a request; its owner may look at it and send it on without a policy of their own."""
    arn, found = _arn(call.account, identifier), _visible(call, identifier)
    if found is None or not found.owner_id:
        return Check(action, arn)
    default = None
    if action in _OWNER_MAY and found.owner_id == call.caller.arn:
        allowed = {"Effect": "Allow", "Principal": {"AWS": found.owner_id}, "Action": action, "Resource": arn}
        document = json.dumps({"Version": "2012-10-17", "Statement": allowed})
        default = linked(document, policy.Kind.RESOURCE, "default permission of the owner")
    return Check(action, arn, keys={"iam:delegationrequestowner": found.owner_id}, policy=default)


def _on_request(action: str) -> Checks:
    """Checks of an operation on the request that ``DelegationRequestId`` names."""

    def checks(call: Call, request: Request) -> Iterable[Check]:
        return (_check(call, action, request["DelegationRequestId"]),)

    return checks


def _missing(identifier: str) -> NoReturn:
    raise no_such_entity(f"The delegation request with id {identifier} cannot be found.")


def _find(call: Call, identifier: str, doing: str = "", *states: str) -> DelegationRequest:
    """A request that the caller's account may see, in one of these states; raises NoSuchEntity, InvalidInput."""
    found = _visible(call, identifier)
    if found is None:
        _missing(identifier)
    if states and found.state not in states:
        raise invalid_input(
            f"The delegation request with id {identifier} cannot be {doing} in the state {found.state}."
        )
    return found


def _keep(call: Call, changed: DelegationRequest) -> dict[str, Any]:
    delegation.keep(call.store, changed)
    delegation.tell(call.store, call.node.keys, call.node.random, changed, call.now)
    return {}


def _on_new(call: Call, request: CreateDelegationRequestRequestTypeDef) -> Iterable[Check]:
    keys: dict[str, Any] = {
        "iam:delegationduration": str(request["SessionDuration"]),
        "iam:notificationchannel": request["NotificationChannel"],
        "iam:templatearn": request["Permissions"].get("PolicyTemplateArn"),
    }
    return (Check("iam:CreateDelegationRequest", _arn(call.account, "*"), keys=keys),)


@operation("iam", "CreateDelegationRequest", WRITE, checks=_on_new)
def create_delegation_request(call: Call, request: CreateDelegationRequestRequestTypeDef) -> dict[str, Any]:
    """Ask an account, or whoever is given the request's id, for permissions, as a partner."""
    credentials = call.store.iam.credentials
    partner = credentials.delegation_partners.get(call.account, call.account)
    if partner is None:
        raise AwsError("AccessDenied", "The account is not authorized to create delegation requests.", 403)
    channel, permissions = request["NotificationChannel"], request["Permissions"]
    if not channel.startswith(f"arn:{PARTITION}:sns:"):
        raise invalid_input("The notification channel must be the ARN of an SNS topic.")
    if "PolicyTemplateArn" not in permissions:
        raise invalid_input("The permissions must name a policy template.")
    template = delegation_templates.find(partner, permissions["PolicyTemplateArn"])
    parameters: list[Any] = list(permissions.get("Parameters", ()))
    text = delegation_templates.filled(template, parameters)
    _make_room(call, request["RequestorWorkflowId"])
    made = DelegationRequest(
        id=str(uuid.UUID(bytes=call.node.random(16), version=4)),
        account=delegation.NOBODYS,
        owner=request.get("OwnerAccountId", ""),
        created_at=call.now,
        requestor=call.account,
        requestor_name=partner.name,
        workflow=request["RequestorWorkflowId"],
        description=request["Description"],
        template=permissions["PolicyTemplateArn"],
        parameters=parameters,
        policy=text,
        boundaries=template.boundaries,
        channel=channel,
        duration=request["SessionDuration"],
        state="UNASSIGNED",
        expires_at=0.0,
        updated_at=call.now,
        message=request.get("RequestMessage", ""),
        redirect=request.get("RedirectUrl", ""),
        only_by_owner=request.get("OnlySendByOwner", False),
    )
    delegation.keep(call.store, delegation.enter(made, "UNASSIGNED", call.now))
    return {"DelegationRequestId": made.id}


def _make_room(call: Call, workflow: str) -> None:
    """Forget what has long expired; refuse a workflow that has a request, and a partner that has too many."""
    requests, opened = call.store.iam.credentials.delegation_requests, 0
    for each in requests.all(delegation.NOBODYS):
        if call.now >= each.expires_at + delegation.KEPT:
            requests.delete(each)
        elif each.requestor == call.account:
            if each.workflow == workflow:
                raise already_exists(f"A delegation request for workflow {workflow} already exists.")
            opened += call.now < each.expires_at
    if opened >= OPEN_AT_MOST:
        raise quota_exceeded("DelegationRequestsPerAccount", OPEN_AT_MOST)


@operation("iam", "GetDelegationRequest", READ, checks=_on_request("iam:GetDelegationRequest"))
def get_delegation_request(call: Call, request: GetDelegationRequestRequestTypeDef) -> dict[str, Any]:
    """Show a request. Whether the caller could grant it is not worked out; AWS does not promise an answer either."""
    return {"DelegationRequest": _shown(_find(call, request["DelegationRequestId"]))}


def _on_list(_call: Call, request: ListDelegationRequestsRequestTypeDef) -> Iterable[Check]:
    owner = request.get("OwnerId")
    keys = {} if owner is None else {"iam:delegationrequestowner": owner}
    return (Check("iam:ListDelegationRequests", "*", keys=keys),)


@operation("iam", "ListDelegationRequests", READ, checks=_on_list)
def list_delegation_requests(call: Call, request: ListDelegationRequestsRequestTypeDef) -> dict[str, Any]:
    """List the account's requests that somebody owns, or those of one owner."""
    owner = request.get("OwnerId")
    requests = call.store.iam.credentials.delegation_requests.of_owner(delegation.NOBODYS, call.account)
    owned = [
        delegation.now_is(each, call.now)
        for each in requests
        if each.owner_id and owner in {None, each.owner_id} and call.now < each.expires_at + delegation.KEPT
    ]
    page = paging.listed(request, owned, lambda each: each.id, "DelegationRequests", _shown)
    page["isTruncated"] = page.pop("IsTruncated")  # so this operation alone spells it
    return page


@operation("iam", "AssociateDelegationRequest", WRITE, checks=_on_request("iam:AssociateDelegationRequest"))
def associate_delegation_request(
    call: Call, request: AssociateDelegationRequestRequestTypeDef
) -> dict[str, Any]:
    """Become the owner of a request."""
    found = _find(call, request["DelegationRequestId"], "associated", "UNASSIGNED")
    owned = replace(found, owner=call.account, owner_id=call.caller.arn)
    return _keep(call, delegation.enter(owned, "ASSIGNED", call.now))


@operation("iam", "UpdateDelegationRequest", WRITE, checks=_on_request("iam:UpdateDelegationRequest"))
def update_delegation_request(call: Call, request: UpdateDelegationRequestRequestTypeDef) -> dict[str, Any]:
    """Send a request with notes to whoever may approve it."""
    found = _find(call, request["DelegationRequestId"], "updated", "ASSIGNED", "PENDING_APPROVAL")
    noted = replace(found, notes=request.get("Notes", found.notes))
    return _keep(call, delegation.enter(noted, "PENDING_APPROVAL", call.now))


@operation("iam", "AcceptDelegationRequest", WRITE, checks=_on_request("iam:AcceptDelegationRequest"))
def accept_delegation_request(call: Call, request: AcceptDelegationRequestRequestTypeDef) -> dict[str, Any]:
    """Grant what a request asks for, as oneself: the partner's session will be the caller's, within the request's policy."""
    found = _find(call, request["DelegationRequestId"], "accepted", "ASSIGNED", "PENDING_APPROVAL")
    caller = call.caller
    if caller.kind == "Root" and found.duration > _ROOT_AT_MOST:
        raise AwsError("AccessDenied", "Root users cannot delegate access for more than 4 hours.", 403)
    approver = DelegationApprover(caller.kind, caller.arn, caller.unique_id)
    if caller.is_session:
        claims = _claims(call)
        if claims is None or claims.kind == "federated" or claims.policies or claims.policy_arns:
            raise AwsError(
                "AccessDenied",
                "Sessions that are limited by policies cannot accept delegation requests.",
                403,
            )
        approver = DelegationApprover(
            caller.kind,
            caller.arn,
            caller.unique_id,
            claims.session_name,
            claims.source_identity,
            claims.tags,
            list(claims.transitive),
        )
    return _keep(call, delegation.enter(replace(found, approver=approver), "ACCEPTED", call.now))


def _claims(call: Call) -> Claims | None:
    """What the session says of itself that signed the call with its token in a header, as SDKs do."""
    token = dict(call.http.headers).get(b"x-amz-security-token")
    return None if token is None else open_token(call.node.keys, token.decode("latin-1"))


@operation("iam", "RejectDelegationRequest", WRITE, checks=_on_request("iam:RejectDelegationRequest"))
def reject_delegation_request(call: Call, request: RejectDelegationRequestRequestTypeDef) -> dict[str, Any]:
    """Refuse a request, or take back what was accepted while the token has not been sent."""
    states = ("ASSIGNED", "PENDING_APPROVAL", "ACCEPTED")
    found = _find(call, request["DelegationRequestId"], "rejected", *states)
    rejected = replace(found, rejection=request.get("Notes", ""), approver=None)
    return _keep(call, delegation.enter(rejected, "REJECTED", call.now))


@operation("iam", "SendDelegationToken", WRITE, checks=_on_request("iam:SendDelegationToken"))
def send_delegation_token(call: Call, request: SendDelegationTokenRequestTypeDef) -> dict[str, Any]:
    """Send the partner the token that it trades for credentials; their time begins now."""
    found = _find(call, request["DelegationRequestId"], "sent", "ACCEPTED")
    if found.only_by_owner and found.owner_id != call.caller.arn:
        raise AwsError("AccessDenied", "Only the owner of the delegation request can send its token.", 403)
    return _keep(call, delegation.enter(replace(found, finalized_at=call.now), "FINALIZED", call.now))


def _on_entity(call: Call, request: GetHumanReadableSummaryRequestTypeDef) -> Iterable[Check]:
    arn = request["EntityArn"]
    start = _arn(call.account, "")
    if arn.startswith(start):
        return (_check(call, "iam:GetHumanReadableSummary", arn.removeprefix(start)),)
    return (Check("iam:GetHumanReadableSummary", arn),)


@operation("iam", "GetHumanReadableSummary", READ, checks=_on_entity)
def get_human_readable_summary(call: Call, request: GetHumanReadableSummaryRequestTypeDef) -> dict[str, Any]:
    """Tell a request in plain words; in English, by rules and not by a language model."""
    arn, locale = request["EntityArn"], request.get("Locale", "en")
    try:
        parsed = Arn.parse(arn)
    except ValueError:
        raise invalid_input(f"ARN {arn} is not valid.") from None
    if parsed.service != "iam" or not parsed.resource.startswith(_KIND):
        raise invalid_input(f"ARN {arn} is not valid.")
    identifier = parsed.resource.removeprefix(_KIND)
    if parsed.account != call.account:
        _missing(identifier)
    found = _find(call, identifier)
    if locale.partition("-")[0].lower() != "en":
        return {"Locale": locale, "SummaryState": "NOT_SUPPORTED"}
    return {"SummaryContent": _summary(found), "Locale": locale, "SummaryState": "AVAILABLE"}


def _summary(request: DelegationRequest) -> str:
    hours, minutes = divmod(request.duration // 60, 60)
    lasting = " ".join(f"{number} {word}" for number, word in ((hours, "h"), (minutes, "min")) if number)
    who = f"{request.requestor_name} (account {request.requestor})"
    told = [f"{who} asks for access for {lasting}: {request.description}"]
    for statement in policy.parse(request.policy, policy.Kind.IDENTITY).statements:
        negated = " everything but" if statement.actions is None else ""
        actions = ", ".join(statement.actions or statement.not_actions or ())
        told.append(f"{statement.effect}{negated} {actions}.")
    if request.boundaries:
        told.append(f"Roles that it makes are bounded by {', '.join(request.boundaries)}.")
    return "\n".join(told)


def _shown(request: DelegationRequest) -> dict[str, Any]:
    permissions: dict[str, Any] = {"PolicyTemplateArn": request.template}
    if request.parameters:
        permissions["Parameters"] = request.parameters
    shown: dict[str, Any] = {
        "DelegationRequestId": request.id,
        "Description": request.description,
        "Permissions": permissions,
        "PermissionPolicy": request.policy,
        "State": request.state,
        "ExpirationTime": as_datetime(request.expires_at),
        "RequestorId": request.requestor,
        "RequestorName": request.requestor_name,
        "CreateDate": as_datetime(request.created_at),
        "SessionDuration": request.duration,
        "OnlySendByOwner": request.only_by_owner,
        "UpdatedTime": as_datetime(request.updated_at),
    }
    maybe = {
        "OwnerAccountId": request.owner,
        "OwnerId": request.owner_id,
        "ApproverId": "" if request.approver is None else request.approver.arn,
        "RequestMessage": request.message,
        "RolePermissionRestrictionArns": request.boundaries,
        "RedirectUrl": request.redirect,
        "Notes": request.notes,
        "RejectionReason": request.rejection,
    }
    return shown | {name: value for name, value in maybe.items() if value}
