"""Attaching managed policies: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_manage-attach-detach.html."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tabard.catalog.managed_policies import ManagedPolicy
from tabard.core.errors import AwsError
from tabard.services.iam import paging, quotas
from tabard.services.iam.errors import no_such_entity, quota_exceeded
from tabard.services.iam.managed import account_of, attachable
from tabard.services.iam.subjects import ENTITY_KINDS, ON, Request, find, find_own, policy_arn_key
from tabard.services.operation import READ, WRITE, operation

if TYPE_CHECKING:
    from tabard.services.operation import Call
    from tabard.store.iam import EntityKind


def _path(arn: str) -> str:
    return arn.partition(":policy")[2].rpartition("/")[0] + "/"


def attached_policy(arn: str) -> dict[str, str]:
    """An attached policy as replies hold it."""
    return {"PolicyName": arn.rpartition("/")[2], "PolicyArn": arn}


def _register(kind: EntityKind) -> None:
    noun, on = kind.capitalize(), ON[kind]
    asked: dict[str, Any] = {"keys": policy_arn_key}
    if kind != "group":  # which has no boundary
        asked["boundary"] = True

    @operation("iam", f"Attach{noun}Policy", WRITE, checks=on(f"iam:Attach{noun}Policy", **asked))
    def attach(call: Call, request: Request) -> dict[str, Any]:
        """Attach a managed policy; nothing changes when it is attached."""
        subject = find_own(call, kind, request)
        arn = request["PolicyArn"]
        policy = attachable(call, arn)
        if policy is None:
            raise no_such_entity(f"Policy {arn} does not exist or is not attachable.")
        if isinstance(policy, ManagedPolicy) and policy.is_service_linked:
            raise AwsError(
                "PolicyNotAttachable", "Cannot attach a Service Role Policy to a Customer Role.", 400
            )
        attached = call.store.iam.grants.attached(call.account, kind, subject.id)
        if arn in attached:
            return {}
        if len(attached) >= quotas.ATTACHED_POLICIES:
            raise quota_exceeded(f"PoliciesPer{noun}", quotas.ATTACHED_POLICIES)
        call.store.iam.grants.attach(call.account, kind, subject.id, arn)
        return {}

    @operation("iam", f"Detach{noun}Policy", WRITE, checks=on(f"iam:Detach{noun}Policy", **asked))
    def detach(call: Call, request: Request) -> dict[str, Any]:
        """Detach a managed policy."""
        subject = find_own(call, kind, request)
        account_of(request["PolicyArn"])
        if not call.store.iam.grants.detach(call.account, kind, subject.id, request["PolicyArn"]):
            raise no_such_entity(f"Policy {request['PolicyArn']} was not found.")
        return {}

    @operation("iam", f"ListAttached{noun}Policies", READ, checks=on(f"iam:ListAttached{noun}Policies"))
    def list_attached(call: Call, request: Request) -> dict[str, Any]:
        """List the attached policies."""
        subject = find(call, kind, request)
        arns = call.store.iam.grants.attached(call.account, kind, subject.id)
        prefix = request.get("PathPrefix", "/")
        under = [arn for arn in arns if prefix == "/" or _path(arn).startswith(prefix)]
        return paging.listed(request, under, lambda arn: arn, "AttachedPolicies", attached_policy)


for _kind in ENTITY_KINDS:
    _register(_kind)
