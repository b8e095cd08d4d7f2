"""A denial in the words of the service that gives it, and the encoded message that explains it to whoever may read it.

https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import msgspec

from tabard import policy, wire
from tabard.core.errors import AwsError

if TYPE_CHECKING:
    from tabard.policy import Decision
    from tabard.services.operation import Call

AUTHORIZATION_MESSAGE = b"authorization-message"
"""The purpose that encoded messages are sealed for; ``sts:DecodeAuthorizationMessage`` opens them."""


def denied(call: Call, request: policy.Request, decision: Decision) -> AwsError:
    """The error for a denied check. Callers of another account, and anonymous ones, learn nothing but the denial."""
    foreign = call.caller.kind == "Anonymous" or request.resource_account not in {"", call.caller.account}
    if call.service == "s3":
        message = "Access Denied" if foreign else policy.denial_message(decision, request)
        return AwsError("AccessDenied", message, 403)
    if call.service == "sts" and call.caller.kind == "Anonymous":
        return AwsError("AccessDenied", f"Not authorized to perform {request.action}", 403)
    message = policy.denial_message(decision, request)
    if call.service == "ec2":
        encoded = base64.urlsafe_b64encode(
            call.node.keys.seal(
                AUTHORIZATION_MESSAGE + call.caller.account.encode(),
                _decoded_message(call, request, decision),
            )
        ).decode()
        return AwsError(
            "UnauthorizedOperation",
            f"You are not authorized to perform this operation. {message}. "
            f"Encoded authorization failure message: {encoded}",
            403,
        )
    if wire.service(call.service).protocol == "json":
        return AwsError("AccessDeniedException", message, 400)
    return AwsError("AccessDenied", message, 403)


def _decoded_message(call: Call, request: policy.Request, decision: Decision) -> bytes:
    context = request.context
    conditions = []
    for key in context.keys():  # noqa: SIM118 - not a dictionary
        value = context.lookup(key)
        if value is None:
            continue
        values = [value] if isinstance(value, str) else list(value)
        conditions.append({"key": key, "values": {"items": [{"value": item} for item in values]}})
    explicit = decision.outcome is policy.Outcome.EXPLICITLY_DENIED
    matched = [
        {"statementId": ref.sid, "effect": "DENY", "sourcePolicyId": ref.source.arn or ref.source.name}
        for ref in decision.statements
    ]
    return msgspec.json.encode(
        {
            "allowed": False,
            "explicitDeny": explicit,
            "matchedStatements": {"items": matched},
            "failures": {"items": []},
            "context": {
                "principal": {
                    "id": call.caller.user_id,
                    "name": call.caller.session_name or call.caller.name,
                    "arn": call.caller.arn,
                },
                "action": request.action,
                "resource": request.resource,
                "conditions": {"items": conditions},
            },
        }
    )
