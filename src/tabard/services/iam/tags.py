"""Tags of roles, users, policies and instance profiles: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from tabard.services.iam.instance_profiles import find_profile, on_profile
from tabard.services.iam.managed import find_any, find_own, on_policy
from tabard.services.iam.subjects import find_role, find_user, on_role, on_user, tag_keys
from tabard.services.iam.tagging import given, listed, merged, without
from tabard.services.operation import READ, WRITE, operation
from tabard.store.iam import Policy

if TYPE_CHECKING:
    from types_boto3_iam.type_defs import (
        ListInstanceProfileTagsRequestTypeDef,
        ListPolicyTagsRequestTypeDef,
        ListRoleTagsRequestTypeDef,
        ListUserTagsRequestTypeDef,
        TagInstanceProfileRequestTypeDef,
        TagPolicyRequestTypeDef,
        TagRoleRequestTypeDef,
        TagUserRequestTypeDef,
        UntagInstanceProfileRequestTypeDef,
        UntagPolicyRequestTypeDef,
        UntagRoleRequestTypeDef,
        UntagUserRequestTypeDef,
    )

    from tabard.services.operation import Call


@operation("iam", "TagRole", WRITE, checks=on_role("iam:TagRole", keys=tag_keys))
def tag_role(call: Call, request: TagRoleRequestTypeDef) -> dict[str, Any]:
    """Add tags to a role, over those of the same keys."""
    entity = find_role(call, request["RoleName"])
    tags = merged(entity.tags, given(request["Tags"], fold=True), fold=True)
    call.store.iam.roles.replace(replace(entity, tags=tags))
    return {}


@operation("iam", "UntagRole", WRITE, checks=on_role("iam:UntagRole", keys=tag_keys))
def untag_role(call: Call, request: UntagRoleRequestTypeDef) -> dict[str, Any]:
    """Take tags away from a role; those that are not there are not missed."""
    entity = find_role(call, request["RoleName"])
    tags = without(entity.tags, request["TagKeys"], fold=True)
    call.store.iam.roles.replace(replace(entity, tags=tags))
    return {}


@operation("iam", "ListRoleTags", READ, checks=on_role("iam:ListRoleTags"))
def list_role_tags(call: Call, request: ListRoleTagsRequestTypeDef) -> dict[str, Any]:
    """List the tags of a role, sorted by key."""
    return listed(request, find_role(call, request["RoleName"]).tags)


@operation("iam", "TagUser", WRITE, checks=on_user("iam:TagUser", keys=tag_keys))
def tag_user(call: Call, request: TagUserRequestTypeDef) -> dict[str, Any]:
    """Add tags to a user, over those of the same keys."""
    entity = find_user(call, request["UserName"])
    tags = merged(entity.tags, given(request["Tags"], fold=True), fold=True)
    call.store.iam.users.replace(replace(entity, tags=tags))
    return {}


@operation("iam", "UntagUser", WRITE, checks=on_user("iam:UntagUser", keys=tag_keys))
def untag_user(call: Call, request: UntagUserRequestTypeDef) -> dict[str, Any]:
    """Take tags away from a user; those that are not there are not missed."""
    entity = find_user(call, request["UserName"])
    tags = without(entity.tags, request["TagKeys"], fold=True)
    call.store.iam.users.replace(replace(entity, tags=tags))
    return {}


@operation("iam", "ListUserTags", READ, checks=on_user("iam:ListUserTags"))
def list_user_tags(call: Call, request: ListUserTagsRequestTypeDef) -> dict[str, Any]:
    """List the tags of a user, sorted by key."""
    return listed(request, find_user(call, request["UserName"]).tags)


@operation("iam", "TagPolicy", WRITE, checks=on_policy("iam:TagPolicy", keys=tag_keys))
def tag_policy(call: Call, request: TagPolicyRequestTypeDef) -> dict[str, Any]:
    """Add tags to a policy, over those of the same keys."""
    entity = find_own(call, request["PolicyArn"])
    tags = merged(entity.tags, given(request["Tags"], fold=False), fold=False)
    call.store.iam.policies.replace(replace(entity, tags=tags))
    return {}


@operation("iam", "UntagPolicy", WRITE, checks=on_policy("iam:UntagPolicy", keys=tag_keys))
def untag_policy(call: Call, request: UntagPolicyRequestTypeDef) -> dict[str, Any]:
    """Take tags away from a policy; those that are not there are not missed."""
    entity = find_own(call, request["PolicyArn"])
    tags = without(entity.tags, request["TagKeys"], fold=False)
    call.store.iam.policies.replace(replace(entity, tags=tags))
    return {}


@operation("iam", "ListPolicyTags", READ, checks=on_policy("iam:ListPolicyTags"))
def list_policy_tags(call: Call, request: ListPolicyTagsRequestTypeDef) -> dict[str, Any]:
    """List the tags of a policy, sorted by key."""
    policy = find_any(call, request["PolicyArn"])
    return listed(request, policy.tags if isinstance(policy, Policy) else {})


@operation("iam", "TagInstanceProfile", WRITE, checks=on_profile("iam:TagInstanceProfile", keys=tag_keys))
def tag_instance_profile(call: Call, request: TagInstanceProfileRequestTypeDef) -> dict[str, Any]:
    """Add tags to an instance profile, over those of the same keys."""
    entity = find_profile(call, request["InstanceProfileName"])
    tags = merged(entity.tags, given(request["Tags"], fold=False), fold=False)
    call.store.iam.instance_profiles.replace(replace(entity, tags=tags))
    return {}


@operation("iam", "UntagInstanceProfile", WRITE, checks=on_profile("iam:UntagInstanceProfile", keys=tag_keys))
def untag_instance_profile(call: Call, request: UntagInstanceProfileRequestTypeDef) -> dict[str, Any]:
    """Take tags away from an instance profile; those that are not there are not missed."""
    entity = find_profile(call, request["InstanceProfileName"])
    tags = without(entity.tags, request["TagKeys"], fold=False)
    call.store.iam.instance_profiles.replace(replace(entity, tags=tags))
    return {}


@operation("iam", "ListInstanceProfileTags", READ, checks=on_profile("iam:ListInstanceProfileTags"))
def list_instance_profile_tags(call: Call, request: ListInstanceProfileTagsRequestTypeDef) -> dict[str, Any]:
    """List the tags of an instance profile, sorted by key."""
    return listed(request, find_profile(call, request["InstanceProfileName"]).tags)
