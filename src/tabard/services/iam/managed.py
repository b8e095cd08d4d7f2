"""Managed policies by ARN, the account's own and AWS's: how the operations on them find and authorise them.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tabard.catalog import managed_policies
from tabard.core.arn import PARTITION, iam_arn
from tabard.core.sources import as_datetime
from tabard.services.iam import tagging
from tabard.services.iam.errors import (
    invalid_input,
    no_such_entity,
    outside_account,
    validation_error,
)
from tabard.services.iam.subjects import MoreKeys, Request, no_keys
from tabard.services.operation import Check
from tabard.store.iam import Policy

if TYPE_CHECKING:
    from tabard.catalog.managed_policies import ManagedPolicy
    from tabard.services.operation import Call, Checks
    from tabard.store.iam import PolicyUse

AWS_ACCOUNT = "aws"


def policy_arn(policy: Policy) -> str:
    """The ARN of one of the account's own policies."""
    return iam_arn(policy.account, "policy", policy.path, policy.name)


def account_of(arn: str) -> str:
    """The account in a policy's ARN; raises ValidationError or InvalidInput for what is not one."""
    parts = arn.split(":", 5)
    if parts[0] != "arn" or len(parts) != 6:
        raise validation_error(f"Invalid ARN:  Could not be parsed!: {arn}")
    if parts[1] != PARTITION:
        raise validation_error("Invalid ARN partition")
    if parts[2] != "iam" or parts[3] or not parts[5].startswith("policy/") or arn.endswith("/"):
        raise invalid_input(f"ARN {arn} is not valid.")
    return parts[4]


def find_any(call: Call, arn: str) -> Policy | ManagedPolicy:
    """The account's or AWS's policy of this ARN; raises NoSuchEntity, or AccessDenied for another account's."""
    account = account_of(arn)
    found: Policy | ManagedPolicy | None
    if account == AWS_ACCOUNT:
        found = managed_policies.get(arn)
    elif account == call.account:
        found = call.store.iam.policies.by_arn(arn)
    else:
        raise outside_account()
    if found is None:
        raise no_such_entity(f"Policy {arn} was not found.")
    return found


def find_own(call: Call, arn: str) -> Policy:
    """The account's policy of this ARN, to be changed; raises NoSuchEntity, or AccessDenied for AWS's and others'."""
    if account_of(arn) != call.account:
        raise outside_account()
    found = call.store.iam.policies.by_arn(arn)
    if found is None:
        raise no_such_entity(f"Policy {arn} was not found.")
    return found


def attachable(call: Call, arn: str) -> Policy | ManagedPolicy | None:
    """The policy of this ARN where it can be attached in the caller's account; None where it can not."""
    account = account_of(arn)
    if account == AWS_ACCOUNT:
        return managed_policies.get(arn)
    return call.store.iam.policies.by_arn(arn) if account == call.account else None


def on_policy(action: str, *, keys: MoreKeys = no_keys) -> Checks:
    """Checks of an operation on the policy that ``PolicyArn`` names."""

    def checks(call: Call, request: Request) -> tuple[Check]:
        arn = request["PolicyArn"]
        policy = call.store.iam.policies.by_arn(arn)
        if policy is None or policy.account != call.account:
            return (Check(action, arn, keys=keys(request)),)
        return (Check(action, arn, keys={**tagging.global_resource_keys(policy.tags), **keys(request)}),)

    return checks


def reply(policy: Policy | ManagedPolicy, use: PolicyUse | None) -> dict[str, Any]:
    """A managed policy in a listing."""
    attachments, boundaries = (0, 0) if use is None else use
    shown: dict[str, Any] = {}
    shown["PolicyName"] = policy.name
    if isinstance(policy, Policy):
        shown["PolicyId"], shown["Arn"] = policy.id, policy_arn(policy)
        version = policy.default_version
        created, updated = as_datetime(policy.created_at), as_datetime(policy.updated_at)
    else:
        shown["PolicyId"], shown["Arn"] = policy.policy_id, policy.arn
        version, created, updated = policy.default_version_id, policy.created, policy.updated
    shown["Path"] = policy.path
    shown["DefaultVersionId"] = version
    shown["AttachmentCount"] = attachments
    shown["PermissionsBoundaryUsageCount"] = boundaries
    shown["IsAttachable"] = True
    shown["CreateDate"] = created
    shown["UpdateDate"] = updated
    return shown


def arn_of(policy: Policy | ManagedPolicy) -> str:
    """The ARN of either kind of managed policy."""
    return policy_arn(policy) if isinstance(policy, Policy) else policy.arn
