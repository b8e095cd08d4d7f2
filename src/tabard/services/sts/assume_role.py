"""AssumeRole: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tabard import policy
from tabard.core.arn import Arn, assumed_role_arn, iam_arn
from tabard.core.errors import AwsError
from tabard.identity.grants import linked
from tabard.identity.sessions import TOKEN_AT_MOST, mint
from tabard.services.operation import READ, Call, Check, Keys, operation
from tabard.services.sts import mfa
from tabard.services.sts.session_tags import session_tags
from tabard.services.sts.session_tokens import as_reply

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tabard.store.iam import Role

_DEFAULT = 3600
_NOBODY = policy.link((), explicit=True)
"""The trust policy of a role that does not exist: it trusts nobody, so that a denial tells nothing."""
_CHAINED_AT_MOST = 3600
_PACKED_AT_MOST = TOKEN_AT_MOST // 4
"""Bytes that session policies and tags may take together; PackedPolicySize is the per cent of it that they take."""


def _role(call: Call, arn: str) -> Role | None:
    """The role that an ARN names, path and case included; None when there is none."""
    try:
        parsed = Arn.parse(arn)
    except ValueError:
        raise AwsError("ValidationError", f"{arn} is invalid") from None
    kind, _, name = parsed.resource.partition("/")
    if parsed.service != "iam" or kind != "role" or not name:
        raise AwsError("ValidationError", f"{arn} is invalid")
    role = call.store.iam.roles.get(parsed.account, name.rpartition("/")[2])
    if role is None or iam_arn(role.account, "role", role.path, role.name) != arn:
        return None
    return role


def _checks(call: Call, request: dict[str, Any]) -> Iterator[Check]:
    """The trust policy and the caller's own policies decide, once for each thing that the request asks for."""
    if call.caller.kind == "Root":
        raise AwsError("AccessDenied", "Roles may not be assumed by root accounts.", 403)
    arn = request["RoleArn"]
    role = _role(call, arn)
    account = Arn.parse(arn).account
    trust = None if role is None else linked(role.trust_policy, policy.Kind.TRUST, arn)
    tags = session_tags(call.caller, request)
    keys: dict[str, Any] = {
        "sts:rolesessionname": request["RoleSessionName"],
        "sts:externalid": request.get("ExternalId"),
        "sts:sourceidentity": request.get("SourceIdentity"),
        "sts:transitivetagkeys": list(request.get("TransitiveTagKeys") or ()) or None,
        "aws:tagkeys": list(tags.requested) or None,
    }
    keys.update({f"aws:requesttag/{key.lower()}": value for key, value in tags.requested.items()})
    if mfa.accepted(call, request) is not None:
        keys |= {"aws:multifactorauthpresent": "true", "aws:multifactorauthage": "0"}
    if role is not None:
        for key, value in role.tags.items():
            keys[f"aws:resourcetag/{key.lower()}"] = value
            keys[f"iam:resourcetag/{key.lower()}"] = value
    shared: Keys = keys
    yield Check("sts:AssumeRole", arn, account, shared, trust or _NOBODY)
    if tags.all:
        yield Check("sts:TagSession", arn, account, shared, trust or _NOBODY)
    if request.get("SourceIdentity"):
        yield Check("sts:SetSourceIdentity", arn, account, shared, trust or _NOBODY)


@operation("sts", "AssumeRole", READ, checks=_checks)
def assume_role(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Put on a role: session credentials limited by the role, its boundary and the session policies given here."""
    arn, session_name = request["RoleArn"], request["RoleSessionName"]
    role = _role(call, arn)
    if role is None:
        raise AwsError("AccessDenied", f"Not authorized to perform: sts:AssumeRole on resource: {arn}", 403)
    mfa.used(call, request)  # the trust policy saw it; AWS's role sessions say nothing of it
    chained = call.caller.is_session and call.caller.kind == "AssumedRole"
    duration = _duration(role, request.get("DurationSeconds", _DEFAULT), chained=chained)
    policies = _session_policies(request)
    policy_arns = _policy_arns(call, role.account, request)
    tags = session_tags(call.caller, request)
    source_identity = _source_identity(call, request)
    credentials = mint(
        call.node.keys,
        call.node.random,
        kind="role",
        account=role.account,
        principal_id=role.id,
        session_name=session_name,
        now=call.now,
        duration=duration,
        policies=policies,
        policy_arns=policy_arns,
        tags=tags.all,
        transitive=tags.transitive,
        source_identity=source_identity,
        chained=chained,
    )
    reply: dict[str, Any] = {
        "Credentials": as_reply(credentials),
        "AssumedRoleUser": {
            "AssumedRoleId": f"{role.id}:{session_name}",
            "Arn": assumed_role_arn(role.account, role.name, session_name),
        },
    }
    if policies or policy_arns or tags.all:
        reply["PackedPolicySize"] = _packed_size(policies, policy_arns, tags.all)
    if source_identity:
        reply["SourceIdentity"] = source_identity
    return reply


def _duration(role: Role, asked: int, *, chained: bool) -> int:
    if asked > role.max_session_duration:
        raise AwsError(
            "ValidationError",
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        )
    if chained and asked > _CHAINED_AT_MOST:
        raise AwsError(
            "ValidationError",
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
        )
    return asked


def _session_policies(request: dict[str, Any]) -> tuple[str, ...]:
    text = request.get("Policy")
    if text is None:
        return ()
    policy.parse(text, policy.Kind.SESSION)
    return (text,)


def _policy_arns(call: Call, account: str, request: dict[str, Any]) -> tuple[str, ...]:
    """The managed policies named as session policies; they must exist in the role's account (or be AWS's)."""
    from tabard.catalog import managed_policies

    arns = tuple(entry["arn"] for entry in request.get("PolicyArns") or () if "arn" in entry)
    for arn in arns:
        owner = Arn.parse(arn).account if arn.count(":") >= 5 else ""
        known = (
            managed_policies.get(arn) is not None
            if owner == "aws"
            else owner == account and call.store.iam.policies.by_arn(arn) is not None
        )
        if not known:
            raise AwsError("InvalidParameterValue", f"Policy arn: {arn} does not exist or is not attachable.")
    return arns


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


def _packed_size(policies: tuple[str, ...], arns: tuple[str, ...], tags: dict[str, str]) -> int:
    used = (
        sum(map(len, policies))
        + sum(map(len, arns))
        + sum(len(key) + len(value) for key, value in tags.items())
    )
    share = -(-used * 100 // _PACKED_AT_MOST)
    if share > 100:
        raise AwsError(
            "PackedPolicyTooLarge",
            f"PackedPolicySize exceeds the limit: the session policies and tags take {share} per cent of what fits.",
        )
    return share
