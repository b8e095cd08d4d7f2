"""A decision in AWS's words to the caller.

https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tabard.policy.decision import Decision, Outcome, Request
from tabard.policy.document import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tabard.core.caller import Caller

_EXPLICIT = {
    Kind.IDENTITY: "an identity-based policy",
    Kind.BOUNDARY: "a permissions boundary",
    Kind.SESSION: "a session policy",
    Kind.RESOURCE: "a resource-based policy",
    Kind.TRUST: "the role trust policy",
    Kind.SCP: "a service control policy",
    Kind.RCP: "a resource control policy",
    Kind.ENDPOINT: "a VPC endpoint policy",
}


def denial_message(decision: Decision, request: Request, *, same_organization: bool = False) -> str:
    """What AWS tells a caller whose request was denied.

    The ARN of the policy that denied is told to callers of the policy's own account, and with
    ``same_organization`` to those of any account of its organisation.
    """
    caller = request.principal
    subject = f"User: {caller.arn} is not authorized to perform: {request.action}"
    layer = decision.layer
    subject += _on_resource(request)
    if layer is None or (layer is Kind.TRUST and decision.outcome is not Outcome.EXPLICITLY_DENIED):
        return subject  # AWS's page has a reason for a trust policy's silence; its recorded answers have none
    if decision.outcome is not Outcome.EXPLICITLY_DENIED:
        return f"{subject} because no {layer.value} allows the {request.action} action"
    told = _arn(decision, caller, same_organization=same_organization)
    return f"{subject} with an explicit deny in {_EXPLICIT[layer]}{told}"


def matched_statements(decision: Decision, principal_id: str) -> list[dict[str, Any]]:
    """The statements that decided, as an encoded authorization message holds them.

    As in recorded messages: those of the caller's own policies have its unique id as their principal, and conditions are
    told without their operators. https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html
    """
    told = []
    for ref in decision.statements:
        statement = ref.statement
        named = statement.principals or statement.not_principals
        told.append(
            {
                "statementId": ref.sid,
                "effect": statement.effect.upper(),
                "principals": _items([principal_id] if named is None else [each.value for each in named]),
                "principalGroups": _items(()),
                "actions": _items(statement.actions or statement.not_actions or ()),
                "resources": _items(statement.resources or statement.not_resources or ()),
                "conditions": {
                    "items": [
                        {"key": each.key, "values": _items(each.values)} for each in statement.conditions
                    ]
                },
            }
        )
    return told


def _items(values: Iterable[str]) -> dict[str, Any]:
    return {"items": [{"value": value} for value in values]}


def _on_resource(request: Request) -> str:
    """S3 quotes its ARNs; what was about no resource names none."""
    resource = request.resource
    if resource in {"", "*"} or request.action.lower() == "s3:listallmybuckets":
        return ""
    if request.action[:3].lower() == "s3:":
        return f' on resource: "{resource}"'
    return f" on resource: {resource}"


def _arn(decision: Decision, caller: Caller, *, same_organization: bool) -> str:
    for statement in decision.statements:
        arn = statement.source.arn
        if arn and (same_organization or arn.split(":")[4:5] in ([caller.account], ["aws"])):
            return f": {arn}"
    return ""
