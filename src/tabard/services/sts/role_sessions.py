"""What the operations that put on a role have in common: finding it, what its trust policy is asked, and the reply."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from tabard import policy
from tabard.core.arn import Arn, assumed_role_arn, iam_arn
from tabard.core.errors import AwsError
from tabard.core.sources import as_datetime
from tabard.identity.grants import linked
from tabard.identity.sessions import TOKEN_AT_MOST, SessionCredentials, mint
from tabard.services.operation import Check
from tabard.services.sts.session_policies import packed_size, session_policies

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tabard.services.operation import Call
    from tabard.services.sts.session_tags import SessionTags
    from tabard.store.iam import Role

DEFAULT_DURATION = 3600
_CHAINED_AT_MOST = 3600
_NOBODY = policy.link((), explicit=True)
"""The trust policy of a role that does not exist: it trusts nobody, so that a denial tells nothing."""


@lru_cache(maxsize=4096)
def account_of(arn: str) -> str:
    """The account of a role's ARN; raises ValidationError for text that is none."""
    try:
        parsed = Arn.parse(arn)
    except ValueError:
        raise AwsError("ValidationError", f"{arn} is invalid") from None
    kind, _, name = parsed.resource.partition("/")
    if parsed.service != "iam" or kind != "role" or not name:
        raise AwsError("ValidationError", f"{arn} is invalid")
    return parsed.account


def find(call: Call, arn: str) -> Role | None:
    """The role that an ARN names, path and case included; None when there is none."""
    role = call.store.iam.roles.get(account_of(arn), arn.rpartition("/")[2])
    if role is None or iam_arn(role.account, "role", role.path, role.name) != arn:
        return None
    return role


def checks(
    action: str,
    arn: str,
    role: Role | None,
    keys: Mapping[str, Any],
    tags: SessionTags,
    source_identity: str,
) -> Iterator[Check]:
    """The trust policy and the caller's own policies decide, once for each thing that the request asks for."""
    account = account_of(arn)
    trust = _NOBODY if role is None else linked(role.trust_policy, policy.Kind.TRUST, arn)
    shared = dict(keys)
    shared["sts:sourceidentity"] = source_identity or None
    if tags.requested:
        shared["sts:transitivetagkeys"] = list(tags.passed_on) or None
        shared["aws:tagkeys"] = list(tags.requested)
        shared.update({f"aws:requesttag/{key.lower()}": value for key, value in tags.requested.items()})
    if role is not None:
        for key, value in role.tags.items():
            shared[f"aws:resourcetag/{key.lower()}"] = value
            shared[f"iam:resourcetag/{key.lower()}"] = value
    yield Check(action, arn, account, shared, trust)
    if tags.all:
        yield Check("sts:TagSession", arn, account, shared, trust)
    if source_identity:
        yield Check("sts:SetSourceIdentity", arn, account, shared, trust)


def duration(role: Role, asked: int, *, chained: bool = False) -> int:
    """The seconds asked for; raises ValidationError where the role, or a chain of roles, may not last as long."""
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


def put_on(
    call: Call,
    request: Mapping[str, Any],
    role: Role,
    session_name: str,
    seconds: int,
    tags: SessionTags,
    source_identity: str,
    *,
    chained: bool = False,
    provider: str = "",
    identity_keys: dict[str, str | tuple[str, ...]] | None = None,
) -> dict[str, Any]:
    """New credentials of a role, limited by the session policies of the request, as a reply tells them."""
    policies = session_policies(call, role.account, request)
    share = packed_size(policies, tags.all)
    credentials = mint(
        call.node.keys,
        call.node.random,
        kind="role",
        account=role.account,
        principal_id=role.id,
        session_name=session_name,
        now=call.now,
        duration=seconds,
        policies=policies.documents,
        policy_arns=policies.arns,
        tags=tags.all,
        transitive=tags.transitive,
        source_identity=source_identity,
        chained=chained,
        provider=provider,
        identity_keys=identity_keys,
        minimum_size=request.get("MinimumSessionTokenSize", 0),
    )
    reply: dict[str, Any] = {
        **with_size(credentials),
        "AssumedRoleUser": {
            "AssumedRoleId": f"{role.id}:{session_name}",
            "Arn": assumed_role_arn(role.account, role.name, session_name),
        },
    }
    if share is not None:
        reply["PackedPolicySize"] = share
    if source_identity:
        reply["SourceIdentity"] = source_identity
    return reply


def with_size(credentials: SessionCredentials) -> dict[str, Any]:
    """The credentials of a reply, and how much of a session token's allowed size theirs takes."""
    size = len(credentials.session_token)
    return {
        "Credentials": as_reply(credentials),
        "SessionTokenSize": size,
        "SessionTokenUtilization": size * 100 // TOKEN_AT_MOST,
    }


def as_reply(credentials: SessionCredentials) -> dict[str, Any]:
    """The ``Credentials`` structure of STS's replies."""
    return {
        "AccessKeyId": credentials.access_key_id,
        "SecretAccessKey": credentials.secret_access_key,
        "SessionToken": credentials.session_token,
        "Expiration": as_datetime(credentials.expires_at),
    }
