"""GetFederationToken: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tabard.core.arn import federated_user_arn
from tabard.core.errors import AwsError
from tabard.identity.sessions import mint
from tabard.services.operation import READ, Call, Check, operation
from tabard.services.sts.role_sessions import with_size
from tabard.services.sts.session_policies import packed_size, session_policies
from tabard.services.sts.session_tags import session_tags

if TYPE_CHECKING:
    from collections.abc import Iterator

_DEFAULT = 12 * 3600
_ROOT_AT_MOST = 3600


def _checks(call: Call, request: dict[str, Any]) -> Iterator[Check]:
    caller = call.caller
    if caller.is_session or caller.kind not in {"User", "Root"}:
        raise AwsError("AccessDenied", "Cannot call GetFederationToken with session credentials", 403)
    arn = federated_user_arn(caller.account, request["Name"])
    tags = session_tags(caller, request)
    keys: dict[str, Any] = {"aws:tagkeys": list(tags.requested) or None}
    keys.update({f"aws:requesttag/{key.lower()}": value for key, value in tags.requested.items()})
    yield Check("sts:GetFederationToken", arn, keys=keys)
    if tags.all:
        yield Check("sts:TagSession", arn, keys=keys)


@operation("sts", "GetFederationToken", READ, checks=_checks)
def get_federation_token(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Credentials for somebody whom the caller knows: no more than the caller may, and the session policies let through."""
    caller, name = call.caller, request["Name"]
    policies = session_policies(call, caller.account, request)
    tags = session_tags(caller, request)
    share = packed_size(policies, tags.all)
    seconds = request.get("DurationSeconds", _DEFAULT)
    if caller.kind == "Root":
        seconds = min(seconds, _ROOT_AT_MOST)
    credentials = mint(
        call.node.keys,
        call.node.random,
        kind="federated",
        account=caller.account,
        principal_id=caller.unique_id,
        session_name=name,
        now=call.now,
        duration=seconds,
        policies=policies.documents,
        policy_arns=policies.arns,
        tags=tags.all,
        minimum_size=request.get("MinimumSessionTokenSize", 0),
    )
    reply: dict[str, Any] = {
        **with_size(credentials),
        "FederatedUser": {
            "FederatedUserId": f"{caller.account}:{name}",
            "Arn": federated_user_arn(caller.account, name),
        },
    }
    if share is not None:
        reply["PackedPolicySize"] = share
    return reply
