"""Session policies: what a caller passes to limit a session, and how much of it fits.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tabard import policy
from tabard.catalog import managed_policies
from tabard.core.arn import Arn
from tabard.core.errors import AwsError
from tabard.identity.sessions import TOKEN_AT_MOST

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tabard.services.operation import Call

_ARNS_AT_MOST = 10
_PLAIN_AT_MOST = 2048
"""Characters that the inline policy and the ARNs may have together."""
_PACKED_AT_MOST = TOKEN_AT_MOST // 4
"""Bytes that session policies and tags may take together; PackedPolicySize is the per cent of it that they take."""


class SessionPolicies(NamedTuple):
    """The inline document, where there is one, and the ARNs of the managed policies."""

    documents: tuple[str, ...]
    arns: tuple[str, ...]


_NONE = SessionPolicies((), ())


def session_policies(call: Call, account: str, request: Mapping[str, Any]) -> SessionPolicies:
    """What a request passes; the managed policies must be of the session's account, or AWS's. Raises ``AwsError``."""
    if "Policy" not in request and "PolicyArns" not in request:
        return _NONE
    text = request.get("Policy")
    documents = () if text is None else (str(text),)
    arns = tuple(entry["arn"] for entry in request.get("PolicyArns") or () if "arn" in entry)
    if len(arns) > _ARNS_AT_MOST:
        raise AwsError(
            "ValidationError",
            f"1 validation error detected: Value '[{', '.join(arns)}]' at 'policyArns' failed to satisfy constraint: "
            f"Member must have length less than or equal to {_ARNS_AT_MOST}",
        )
    for document in documents:
        policy.parse(document, policy.Kind.SESSION)
    for arn in arns:
        if not _exists(call, account, arn):
            raise AwsError("InvalidParameterValue", f"Policy arn: {arn} does not exist or is not attachable.")
    if arns and sum(map(len, documents)) + sum(map(len, arns)) > _PLAIN_AT_MOST:
        raise AwsError(
            "PackedPolicyTooLarge",
            f"The session policies together are longer than {_PLAIN_AT_MOST} characters.",
        )
    return SessionPolicies(documents, arns)


def packed_size(policies: SessionPolicies, tags: Mapping[str, str]) -> int | None:
    """The per cent of what fits that policies and tags take, None where there are none; raises PackedPolicyTooLarge."""
    if not policies.documents and not policies.arns and not tags:
        return None
    used = sum(map(len, policies.documents)) + sum(map(len, policies.arns))
    used += sum(len(key) + len(value) for key, value in tags.items())
    share = -(-used * 100 // _PACKED_AT_MOST)
    if share <= 100:
        return share
    if not policies.documents and not policies.arns:
        raise AwsError(
            "PackedPolicyTooLarge", f"Packed size of session tags consumes {share}% of allotted space."
        )
    raise AwsError(
        "PackedPolicyTooLarge",
        f"Packed policy consumes {share}% of allotted space, please use smaller policy.",
    )


def _exists(call: Call, account: str, arn: str) -> bool:
    owner = Arn.parse(arn).account if arn.startswith("arn:") and arn.count(":") >= 5 else ""
    if owner == "aws":
        return managed_policies.get(arn) is not None
    return owner == account and call.store.iam.policies.by_arn(arn) is not None
