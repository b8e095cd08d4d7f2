"""Managed policies: https://docs.aws.amazon.com/IAM/latest/APIReference/API_Policy.html."""

from __future__ import annotations

from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any

from tabard.catalog import managed_policies
from tabard.core.arn import iam_arn
from tabard.core.sources import unique_id
from tabard.services.iam import managed, paging, quotas, tagging
from tabard.services.iam.documents import check_managed
from tabard.services.iam.errors import already_exists, delete_conflict, quota_exceeded
from tabard.services.iam.managed import find_any, find_own, on_policy
from tabard.services.iam.subjects import tag_keys, with_tagging
from tabard.services.operation import READ, WRITE, Check, operation
from tabard.store.iam import Policy, PolicyVersion

if TYPE_CHECKING:
    from collections.abc import Callable

    from types_boto3_iam.type_defs import (
        CreatePolicyRequestTypeDef,
        DeletePolicyRequestTypeDef,
        GetPolicyRequestTypeDef,
        ListEntitiesForPolicyRequestTypeDef,
        ListPoliciesRequestTypeDef,
    )

    from tabard.catalog.managed_policies import ManagedPolicy
    from tabard.services.operation import Call
    from tabard.store.iam import Entities, PolicyUse


def _check_create(call: Call, request: dict[str, Any]) -> tuple[Check, ...]:
    arn = iam_arn(call.account, "policy", request.get("Path", "/"), request["PolicyName"])
    return with_tagging(Check("iam:CreatePolicy", arn, keys=tag_keys(request)), "iam:TagPolicy", request)


@operation("iam", "CreatePolicy", WRITE, checks=_check_create)
def create_policy(call: Call, request: CreatePolicyRequestTypeDef) -> dict[str, Any]:
    """Make a managed policy, with the document as its first version."""
    policies, name = call.store.iam.policies, request["PolicyName"]
    tags = tagging.given(request.get("Tags"), fold=False)
    check_managed(request["PolicyDocument"])
    if policies.get(call.account, name) is not None:
        raise already_exists(f"A policy called {name} already exists. Duplicate names are not allowed.")
    if policies.count(call.account, quotas.POLICIES) >= quotas.POLICIES:
        raise quota_exceeded("PoliciesPerAccount", quotas.POLICIES)
    now = float(int(call.now))
    policy = Policy(
        call.account,
        unique_id("ANPA", call.node.random),
        name,
        request.get("Path", "/"),
        now,
        now,
        "v1",
        description=request.get("Description") or None,
        tags=tags,
    )
    policies.create(policy, PolicyVersion(policy.id, "v1", request["PolicyDocument"], now))
    shown = managed.reply(policy, None)
    if tags:
        shown["Tags"] = tagging.shown(tags)
    return {"Policy": shown}


@operation("iam", "GetPolicy", READ, checks=on_policy("iam:GetPolicy"))
def get_policy(call: Call, request: GetPolicyRequestTypeDef) -> dict[str, Any]:
    """Show a managed policy, without its document (GetPolicyVersion has it)."""
    arn = request["PolicyArn"]
    policy = find_any(call, arn)
    shown = managed.reply(policy, call.store.iam.grants.uses(call.account, [arn]).get(arn))
    if policy.description is not None:
        shown["Description"] = policy.description
    shown["Tags"] = tagging.shown(policy.tags if isinstance(policy, Policy) else {})  # empty too, as on AWS
    return {"Policy": shown}


@operation("iam", "DeletePolicy", WRITE, checks=on_policy("iam:DeletePolicy"))
def delete_policy(call: Call, request: DeletePolicyRequestTypeDef) -> dict[str, Any]:
    """Delete a policy that is attached to nothing and has only its default version."""
    arn = request["PolicyArn"]
    policy = find_own(call, arn)
    if call.store.iam.grants.uses(call.account, [arn]):
        raise delete_conflict("Cannot delete a policy attached to entities.")
    if len(call.store.iam.policies.versions(policy)) > 1:
        raise delete_conflict(
            "This policy has more than one version. Before you delete a policy, you must delete the policy's "
            "versions. The default version is deleted with the policy."
        )
    call.store.iam.policies.delete(policy)
    return {}


def _check_list(_call: Call, request: dict[str, Any]) -> tuple[Check]:
    return (Check("iam:ListPolicies", f"policy path {request.get('PathPrefix', '/')}"),)


@operation("iam", "ListPolicies", READ, checks=_check_list)
def list_policies(call: Call, request: ListPoliciesRequestTypeDef) -> dict[str, Any]:
    """List the account's policies and AWS's (``Scope``), all or those in use."""
    usage = request.get("PolicyUsageFilter")
    if request.get("OnlyAttached") or usage is not None:
        return _list_used(call, request, _in_use(usage))
    prefix, limit = request.get("PathPrefix", "/"), paging.max_items(request)
    scope = request.get("Scope", "All")
    marker = paging.decode_marker(request)
    if marker is not None and marker[:1] not in {"L", "A"}:
        raise paging.invalid_marker()
    found: list[tuple[str, Policy | ManagedPolicy]] = []
    if scope != "AWS" and (marker is None or marker[:1] == "L"):
        repository = call.store.iam.policies
        page = repository.page(call.account, prefix, marker and marker[1:], limit + 1)
        found += [(f"L{repository.position(policy)}", policy) for policy in page.items]
    if scope != "Local" and len(found) <= limit:
        after = marker[1:] if marker is not None and marker[:1] == "A" else None
        found += _aws_policies(prefix, after, limit + 1 - len(found))
    uses = call.store.iam.grants.uses(call.account, [managed.arn_of(policy) for _, policy in found[:limit]])
    following = paging.encode_marker(found[limit - 1][0]) if len(found) > limit else None
    items = [managed.reply(policy, uses.get(managed.arn_of(policy))) for _, policy in found[:limit]]
    return paging.reply("Policies", items, following)


@cache
def _published() -> tuple[ManagedPolicy, ...]:
    """AWS's policies in the order in which AWS lists them."""
    return managed_policies.all_policies()


@cache
def _published_positions() -> dict[str, int]:
    """Where each of AWS's policies stands, by name."""
    return {policy.name: position for position, policy in enumerate(_published())}


def _aws_policies(prefix: str, after: str | None, limit: int) -> list[tuple[str, Policy | ManagedPolicy]]:
    """AWS's policies under a path after the one of a name, with the markers that go on from each."""
    start = 0
    if after is not None:
        if after not in _published_positions():
            raise paging.invalid_marker()
        start = _published_positions()[after] + 1
    under = (policy for policy in islice(_published(), start, None) if policy.path.startswith(prefix))
    return [(f"A{policy.name}", policy) for policy in islice(under, limit)]


def _in_use(usage: str | None) -> Callable[[PolicyUse], int]:
    """What counts as in use: as permissions policy, as boundary, or either."""
    if usage == "PermissionsPolicy":
        return lambda use: use.attachments
    if usage == "PermissionsBoundary":
        return lambda use: use.boundaries
    return lambda use: use.attachments + use.boundaries


def _list_used(
    call: Call, request: ListPoliciesRequestTypeDef, in_use: Callable[[PolicyUse], int]
) -> dict[str, Any]:
    """The policies that something in the account uses: few, whatever there are."""
    scope, prefix = request.get("Scope", "All"), request.get("PathPrefix", "/")
    uses = call.store.iam.grants.uses(call.account)
    found: dict[str, Policy | ManagedPolicy] = {}
    for arn, use in uses.items():
        of_aws = arn.startswith(managed_policies.ARN_PREFIX)
        if not in_use(use) or scope == ("Local" if of_aws else "AWS"):
            continue
        policy = managed_policies.get(arn) if of_aws else call.store.iam.policies.by_arn(arn)
        if policy is not None and policy.path.startswith(prefix):
            found[arn] = policy
    return paging.listed(
        request,
        found.items(),
        lambda item: f"{item[0].startswith(managed_policies.ARN_PREFIX)} {item[1].name}",
        "Policies",
        lambda item: managed.reply(item[1], uses[item[0]]),
    )


_ENTITY_KINDS = {"User": "user", "Role": "role", "Group": "group"}


@operation("iam", "ListEntitiesForPolicy", READ, checks=on_policy("iam:ListEntitiesForPolicy"))
def list_entities_for_policy(call: Call, request: ListEntitiesForPolicyRequestTypeDef) -> dict[str, Any]:
    """List the users, groups and roles that a policy is attached to or is the boundary of."""
    arn = request["PolicyArn"]
    find_any(call, arn)
    iam, account = call.store.iam, call.account
    usage = request.get("PolicyUsageFilter")
    used: set[tuple[str, str]] = set()
    if usage != "PermissionsBoundary":
        used.update(iam.grants.entities_of(account, arn))
    if usage != "PermissionsPolicy":
        used.update(iam.grants.bounded_by(account, arn))
    if "EntityFilter" in request:
        wanted = _ENTITY_KINDS.get(request["EntityFilter"])
        used = {(kind, identifier) for kind, identifier in used if kind == wanted}
    prefix = request.get("PathPrefix", "/")
    repositories: dict[str, Entities[Any]] = {"user": iam.users, "role": iam.roles, "group": iam.groups}
    members: list[tuple[str, str, dict[str, str]]] = []
    for kind, identifier in used:
        entity = repositories[kind].by_id(account, identifier)
        if entity is not None and entity.path.startswith(prefix):
            noun = kind.capitalize()
            shown = {f"{noun}Name": entity.name, f"{noun}Id": entity.id}
            members.append((f"{kind} {entity.path} {entity.name.lower()}", f"Policy{noun}s", shown))
    page = paging.listed(request, members, lambda member: member[0], "all", lambda member: member[1:])
    reply: dict[str, Any] = {"PolicyGroups": [], "PolicyUsers": [], "PolicyRoles": []}
    for name, shown in page.pop("all"):
        reply[name].append(shown)
    return {**reply, **page}
