"""A denial in the words of the service that gives it, and the encoded message that explains it to whoever may read it.

https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import structs

from tabard import policy, wire
from tabard.core.errors import AwsError

if TYPE_CHECKING:
    from tabard.policy import Decision
    from tabard.services.operation import Call

AUTHORIZATION_MESSAGE = b"authorization-message"
"""The purpose that encoded messages are sealed for; ``sts:DecodeAuthorizationMessage`` opens them."""
_ROOM = 7_500
"""Bytes of a message: sealed and in base64 it is no longer than the 10,240 characters that are taken back."""


def denied(call: Call, request: policy.Request, decision: Decision) -> AwsError:
    """The error for a denied check. Callers of another account, and anonymous ones, learn nothing but the denial."""
    foreign = call.caller.kind == "Anonymous" or request.resource_account not in {"", call.caller.account}
    if call.service == "s3":
        message = "Access Denied" if foreign else policy.denial_message(decision, request)
        return AwsError("AccessDenied", message, 403)
    if call.service == "sts" and call.caller.kind == "Anonymous":
        return AwsError("AccessDenied", f"Not authorized to perform {request.action}", 403)
    if foreign and decision.layer in {policy.Kind.TRUST, policy.Kind.RESOURCE}:
        decision = structs.replace(
            decision, layer=None
        )  # whether that denies or is silent: it is not theirs to know
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
    caller = call.caller
    principal = {"id": caller.user_id, "name": caller.name, "arn": caller.arn}
    if caller.kind != "User":
        del principal["name"]
    message: dict[str, Any] = {
        "allowed": False,
        "explicitDeny": explicit,
        "matchedStatements": {"items": policy.matched_statements(decision, caller.unique_id)},
        "failures": {"items": []},
        "context": {
            "principal": principal,
            "action": request.action.replace("ec2:RunInstances", "RunInstances"),  # as recorded
            "resource": request.resource,
            "conditions": {"items": conditions},
        },
    }
    encoded = msgspec.json.encode(message)
    if len(encoded) > _ROOM:
        message["matchedStatements"] = {"items": []}
        encoded = msgspec.json.encode(message)
    return encoded
