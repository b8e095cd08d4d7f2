"""Versions of managed policies: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-versioning.html."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from tabard.core.sources import as_datetime
from tabard.services.iam import paging, quotas
from tabard.services.iam.documents import check_managed, encoded
from tabard.services.iam.errors import delete_conflict, limit_exceeded, no_such_entity
from tabard.services.iam.managed import find_any, find_own, on_policy
from tabard.services.operation import READ, WRITE, operation
from tabard.store.iam import Policy, PolicyVersion

if TYPE_CHECKING:
    from types_boto3_iam.type_defs import (
        CreatePolicyVersionRequestTypeDef,
        DeletePolicyVersionRequestTypeDef,
        GetPolicyVersionRequestTypeDef,
        ListPolicyVersionsRequestTypeDef,
        SetDefaultPolicyVersionRequestTypeDef,
    )

    from tabard.services.operation import Call


def _missing(arn: str, version: str) -> Exception:
    return no_such_entity(f"Policy {arn} version {version} does not exist or is not attachable.")


def shown(version: PolicyVersion, default_version: str) -> dict[str, Any]:
    """A version without its document, as listings hold it."""
    return {
        "VersionId": version.version,
        "IsDefaultVersion": version.version == default_version,
        "CreateDate": as_datetime(version.created_at),
    }


@operation("iam", "CreatePolicyVersion", WRITE, checks=on_policy("iam:CreatePolicyVersion"))
def create_policy_version(call: Call, request: CreatePolicyVersionRequestTypeDef) -> dict[str, Any]:
    """Give a policy a new version; with ``SetAsDefault`` whatever the policy is attached to obeys it at once."""
    policy = find_own(call, request["PolicyArn"])
    check_managed(request["PolicyDocument"])
    policies = call.store.iam.policies
    if len(policies.versions(policy)) >= quotas.VERSIONS_PER_POLICY:
        raise limit_exceeded(
            f"A managed policy can have up to {quotas.VERSIONS_PER_POLICY} versions. "
            "Before you create a new version, you must delete an existing version."
        )
    now = float(int(call.now))
    version = PolicyVersion(policy.id, f"v{policy.next_version}", request["PolicyDocument"], now)
    policies.add_version(policy, version)
    changed = replace(policy, next_version=policy.next_version + 1, updated_at=now)
    if request.get("SetAsDefault"):
        changed = replace(changed, default_version=version.version)
    policies.replace(changed)
    return {"PolicyVersion": shown(version, changed.default_version)}


@operation("iam", "GetPolicyVersion", READ, checks=on_policy("iam:GetPolicyVersion"))
def get_policy_version(call: Call, request: GetPolicyVersionRequestTypeDef) -> dict[str, Any]:
    """Show a version with its document. Of AWS's policies only the default version is known."""
    arn, wanted = request["PolicyArn"], request["VersionId"]
    policy = find_any(call, arn)
    if not isinstance(policy, Policy):
        if wanted != policy.default_version_id:
            raise _missing(arn, wanted)
        return {
            "PolicyVersion": {
                "Document": encoded(policy.document),
                "VersionId": wanted,
                "IsDefaultVersion": True,
                "CreateDate": policy.updated,
            }
        }
    version = call.store.iam.policies.version(policy, wanted)
    if version is None:
        raise _missing(arn, wanted)
    return {
        "PolicyVersion": {"Document": encoded(version.document), **shown(version, policy.default_version)}
    }


@operation("iam", "ListPolicyVersions", READ, checks=on_policy("iam:ListPolicyVersions"))
def list_policy_versions(call: Call, request: ListPolicyVersionsRequestTypeDef) -> dict[str, Any]:
    """List a policy's versions, newest first."""
    policy = find_any(call, request["PolicyArn"])
    if not isinstance(policy, Policy):
        only = {
            "VersionId": policy.default_version_id,
            "IsDefaultVersion": True,
            "CreateDate": policy.updated,
        }
        return paging.reply("Versions", [only], None)
    return paging.listed(
        request,
        call.store.iam.policies.versions(policy),
        lambda version: f"{10**9 - int(version.version[1:]):010d}",
        "Versions",
        lambda version: shown(version, policy.default_version),
    )


@operation("iam", "SetDefaultPolicyVersion", WRITE, checks=on_policy("iam:SetDefaultPolicyVersion"))
def set_default_policy_version(call: Call, request: SetDefaultPolicyVersionRequestTypeDef) -> dict[str, Any]:
    """Let another version of a policy count."""
    policy = find_own(call, request["PolicyArn"])
    if call.store.iam.policies.version(policy, request["VersionId"]) is None:
        raise _missing(request["PolicyArn"], request["VersionId"])
    changed = replace(policy, default_version=request["VersionId"])
    call.store.iam.policies.replace(changed)
    return {}


@operation("iam", "DeletePolicyVersion", WRITE, checks=on_policy("iam:DeletePolicyVersion"))
def delete_policy_version(call: Call, request: DeletePolicyVersionRequestTypeDef) -> dict[str, Any]:
    """Delete a version that is not the default one. Its number is not used again."""
    policy = find_own(call, request["PolicyArn"])
    wanted = request["VersionId"]
    if call.store.iam.policies.version(policy, wanted) is None:
        raise _missing(request["PolicyArn"], wanted)
    if wanted == policy.default_version:
        raise delete_conflict("Cannot delete the default version of a policy.")
    call.store.iam.policies.delete_version(policy, wanted)
    return {}
