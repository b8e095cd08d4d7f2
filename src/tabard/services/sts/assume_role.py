"""AssumeRole: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tabard.core.errors import AwsError
from tabard.services.operation import READ, Call, Check, operation
from tabard.services.sts import mfa, role_sessions
from tabard.services.sts.session_tags import session_tags

if TYPE_CHECKING:
    from collections.abc import Iterator


def _checks(call: Call, request: dict[str, Any]) -> Iterator[Check]:
    if call.caller.kind == "Root":
        raise AwsError("AccessDenied", "Roles may not be assumed by root accounts.", 403)
    arn = request["RoleArn"]
    role = role_sessions.find(call, arn)
    tags = session_tags(call.caller, request)
    keys: dict[str, Any] = {
        "sts:rolesessionname": request["RoleSessionName"],
        "sts:externalid": request.get("ExternalId"),
    }
    if mfa.accepted(call, request) is not None:
        keys |= {"aws:multifactorauthpresent": "true", "aws:multifactorauthage": "0"}
    source_identity = request.get("SourceIdentity") or call.caller.source_identity
    asked = role_sessions.checks("sts:AssumeRole", arn, role, keys, tags, source_identity)
    contexts = request.get("ProvidedContexts")
    return asked if contexts is None else _with_contexts(asked, contexts)


def _with_contexts(asked: Iterator[Check], contexts: list[dict[str, str]]) -> Iterator[Check]:
    """Who sets a context needs leave for it; then it is refused, since only AWS's own services hand assertions out."""
    first = next(asked)
    providers = [each["ProviderArn"] for each in contexts if "ProviderArn" in each]
    keys = {**first.keys, "sts:requestcontextproviders": providers or None}
    yield first
    yield from asked
    yield Check("sts:SetContext", first.resource, first.account, keys, first.policy)
    raise AwsError("ValidationError", "The provided context assertion is not valid.")


@operation("sts", "AssumeRole", READ, checks=_checks)
def assume_role(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Put on a role: session credentials limited by the role, its boundary and the session policies given here."""
    arn = request["RoleArn"]
    role = role_sessions.find(call, arn)
    if role is None:
        raise AwsError("AccessDenied", f"Not authorized to perform: sts:AssumeRole on resource: {arn}", 403)
    mfa.used(call, request)  # the trust policy saw it; AWS's role sessions say nothing of it
    chained = call.caller.is_session and call.caller.kind == "AssumedRole"
    asked = request.get("DurationSeconds", role_sessions.DEFAULT_DURATION)
    return role_sessions.put_on(
        call,
        request,
        role,
        request["RoleSessionName"],
        role_sessions.duration(role, asked, chained=chained),
        session_tags(call.caller, request),
        _source_identity(call, request),
        chained=chained,
    )


def _source_identity(call: Call, request: dict[str, Any]) -> str:
    """A source identity stays for the whole chain once it is set."""
    asked = request.get("SourceIdentity") or ""
    held = call.caller.source_identity
    if held and asked and asked != held:
        raise AwsError(
            "AccessDenied",
            "The SourceIdentity of the calling session can not be changed by a role assumed from it.",
            403,
        )
    return str(asked or held)
