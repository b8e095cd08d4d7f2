"""AssumeRoot, as AWS answers where there is no organisation, and GetDelegatedAccessToken.

https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoot.html
https://docs.aws.amazon.com/STS/latest/APIReference/API_GetDelegatedAccessToken.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tabard.core.arn import root_arn
from tabard.core.errors import AwsError
from tabard.identity.sessions import mint
from tabard.services import delegation
from tabard.services.operation import READ, Call, Check, operation
from tabard.services.sts.role_sessions import as_reply

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tabard.identity.sessions import SessionKind

_TARGET = re.compile(r"(?:arn:aws:iam::)?([0-9]{12})(?::root)?", re.ASCII)
_TASKS = frozenset(
    f"arn:aws:iam::aws:policy/root-task/{name}"
    for name in (
        "IAMAuditRootUserCredentials",
        "IAMCreateRootUserPassword",
        "IAMDeleteRootUserCredentials",
        "S3UnlockBucketPolicy",
        "SQSUnlockQueuePolicy",
    )
)


def _target(request: dict[str, Any]) -> str:
    """The account whose root is to be assumed; raises ValidationError."""
    found = _TARGET.fullmatch(request["TargetPrincipal"])
    if found is None or (":root" in request["TargetPrincipal"]) != ("arn:" in request["TargetPrincipal"]):
        raise AwsError("ValidationError", f"{request['TargetPrincipal']} is invalid")
    return found[1]


def _check_root(call: Call, request: dict[str, Any]) -> Iterator[Check]:
    if call.caller.kind == "Root":
        raise AwsError("AccessDenied", "AssumeRoot may not be called by root accounts.", 403)
    account = _target(request)
    task = request["TaskPolicyArn"].get("arn", "")
    if task not in _TASKS:
        raise AwsError("ValidationError", f"{task} is not a policy for privileged root tasks.")
    yield Check("sts:AssumeRoot", root_arn(account), keys={"sts:taskpolicyarn": task})


@operation("sts", "AssumeRoot", READ, checks=_check_root)
def assume_root(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Refused for everybody: there is no organisation whose management account could be calling."""
    arn = root_arn(_target(request))
    raise AwsError(
        "AccessDenied",
        f"User: {call.caller.arn} is not authorized to perform: sts:AssumeRoot on resource: {arn}",
        403,
    )


def _check_delegated(_call: Call, _request: dict[str, Any]) -> Iterator[Check]:
    yield Check("sts:GetDelegatedAccessToken", "*")


@operation("sts", "GetDelegatedAccessToken", READ, checks=_check_delegated)
def get_delegated_access_token(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Trade a token for a session of whoever accepted the partner's request, within that request's policy and time."""
    trade = delegation.open_token(call.node.keys, request["TradeInToken"])
    found = None if trade is None else delegation.find(call.store, trade.request, call.now)
    if found is None or found.requestor != call.account or found.approver is None or not found.finalized_at:
        raise AwsError("AccessDenied", "The trade-in token is not valid.", 403)
    until, approver = found.finalized_at + found.duration, found.approver
    if call.now >= until:
        raise AwsError("ExpiredTradeInTokenException", "The trade-in token has expired.", 400)
    kinds: dict[str, SessionKind] = {"AssumedRole": "role", "User": "session-user", "Root": "federated"}
    kind = kinds[approver.kind]
    credentials = mint(
        call.node.keys,
        call.node.random,
        kind=kind,
        account=found.owner,
        principal_id=approver.unique_id,
        session_name=approver.session_name or ("delegated" if kind == "federated" else ""),
        now=call.now,
        duration=int(until - call.now),
        policies=(found.policy,),
        tags=approver.tags,
        transitive=tuple(approver.transitive),
        source_identity=approver.source_identity,
        console=kind != "role",  # as whoever signed in: a session token's rules would forbid IAM
    )
    return {"Credentials": as_reply(credentials), "AssumedPrincipal": approver.arn}
