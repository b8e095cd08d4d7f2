"""Instance profiles, which hand a role to EC2: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_switch-role-ec2_instance-profiles.html."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from tabard.core.arn import iam_arn
from tabard.core.sources import unique_id
from tabard.services.iam import paging, quotas, replies, tagging
from tabard.services.iam.errors import already_exists, delete_conflict, no_such_entity, quota_exceeded
from tabard.services.iam.subjects import (
    Keys,
    MoreKeys,
    Request,
    find_own_role,
    find_role,
    no_keys,
    on_path,
    on_role,
    role_check,
    tag_keys,
    with_tagging,
)
from tabard.services.operation import READ, WRITE, Check, operation
from tabard.store.iam import InstanceProfile

if TYPE_CHECKING:
    from types_boto3_iam.type_defs import (
        AddRoleToInstanceProfileRequestTypeDef,
        CreateInstanceProfileRequestTypeDef,
        DeleteInstanceProfileRequestTypeDef,
        GetInstanceProfileRequestTypeDef,
        ListInstanceProfilesForRoleRequestTypeDef,
        ListInstanceProfilesRequestTypeDef,
        RemoveRoleFromInstanceProfileRequestTypeDef,
    )

    from tabard.services.operation import Call, Checks

PASSED_TO = "ec2.amazonaws.com"


def find_profile(call: Call, name: str) -> InstanceProfile:
    """The caller's account's instance profile of this name; raises NoSuchEntity."""
    profile = call.store.iam.instance_profiles.get(call.account, name)
    if profile is None:
        raise no_such_entity(f"Instance Profile {name} cannot be found.")
    return profile


def _check(call: Call, action: str, name: str, *, path: str = "/", more: Keys) -> Check:
    profile = call.store.iam.instance_profiles.get(call.account, name)
    if profile is None:
        return Check(action, iam_arn(call.account, "instance-profile", path, name), keys=more)
    arn = iam_arn(profile.account, "instance-profile", profile.path, profile.name)
    return Check(action, arn, keys={**tagging.global_resource_keys(profile.tags), **more})


def on_profile(action: str, *, keys: MoreKeys = no_keys) -> Checks:
    """Checks of an operation on the profile that ``InstanceProfileName`` names."""

    def checks(call: Call, request: Request) -> tuple[Check]:
        return (_check(call, action, request["InstanceProfileName"], more=keys(request)),)

    return checks


def _check_create(call: Call, request: Request) -> tuple[Check, ...]:
    name, path = request["InstanceProfileName"], request.get("Path", "/")
    check = _check(call, "iam:CreateInstanceProfile", name, path=path, more=tag_keys(request))
    return with_tagging(check, "iam:TagInstanceProfile", request)


@operation("iam", "CreateInstanceProfile", WRITE, checks=_check_create)
def create_instance_profile(call: Call, request: CreateInstanceProfileRequestTypeDef) -> dict[str, Any]:
    """Make an instance profile without a role."""
    profiles, name = call.store.iam.instance_profiles, request["InstanceProfileName"]
    tags = tagging.given(request.get("Tags"), fold=False)
    if profiles.get(call.account, name) is not None:
        raise already_exists(f"Instance Profile {name} already exists.")
    if profiles.count(call.account, quotas.INSTANCE_PROFILES) >= quotas.INSTANCE_PROFILES:
        raise quota_exceeded("InstanceProfilesPerAccount", quotas.INSTANCE_PROFILES)
    profile = InstanceProfile(
        call.account,
        unique_id("AIPA", call.node.random),
        name,
        request.get("Path", "/"),
        float(int(call.now)),
        tags=tags,
    )
    profiles.create(profile)
    shown = replies.whole_instance_profile(call, profile)
    if not tags:
        del shown["Tags"]  # shown here only where the request has some
    return {"InstanceProfile": shown}


@operation("iam", "GetInstanceProfile", READ, checks=on_profile("iam:GetInstanceProfile"))
def get_instance_profile(call: Call, request: GetInstanceProfileRequestTypeDef) -> dict[str, Any]:
    """Show an instance profile with its role and tags."""
    profile = find_profile(call, request["InstanceProfileName"])
    return {"InstanceProfile": replies.whole_instance_profile(call, profile)}


@operation(
    "iam", "ListInstanceProfiles", READ, checks=on_path("iam:ListInstanceProfiles", "instance-profile")
)
def list_instance_profiles(call: Call, request: ListInstanceProfilesRequestTypeDef) -> dict[str, Any]:
    """List the account's instance profiles under a path, with their roles."""
    return paging.entities(
        request,
        call.store.iam.instance_profiles,
        call.account,
        "InstanceProfiles",
        lambda profile: replies.instance_profile(call, profile),
    )


@operation("iam", "ListInstanceProfilesForRole", READ, checks=on_role("iam:ListInstanceProfilesForRole"))
def list_instance_profiles_for_role(
    call: Call, request: ListInstanceProfilesForRoleRequestTypeDef
) -> dict[str, Any]:
    """List the instance profiles that hold a role."""
    profiles = call.store.iam.instance_profiles.of_role(find_role(call, request["RoleName"]))
    return paging.listed(
        request,
        profiles,
        lambda profile: profile.name.lower(),
        "InstanceProfiles",
        lambda profile: replies.instance_profile(call, profile),
    )


def _check_add_role(call: Call, request: Request) -> tuple[Check, ...]:
    """Who puts a role into a profile passes it to whatever instance gets the profile."""
    return (
        _check(call, "iam:AddRoleToInstanceProfile", request["InstanceProfileName"], more={}),
        role_check(call, "iam:PassRole", request["RoleName"], more={"iam:passedtoservice": PASSED_TO}),
    )


@operation("iam", "AddRoleToInstanceProfile", WRITE, checks=_check_add_role)
def add_role_to_instance_profile(
    call: Call, request: AddRoleToInstanceProfileRequestTypeDef
) -> dict[str, Any]:
    """Put a role into an instance profile, which holds one at most."""
    profile = find_profile(call, request["InstanceProfileName"])
    role = find_own_role(call, request["RoleName"])
    if profile.role_id is not None:
        raise quota_exceeded("InstanceSessionsPerInstanceProfile", quotas.ROLES_PER_INSTANCE_PROFILE)
    call.store.iam.instance_profiles.replace(replace(profile, role_id=role.id))
    return {}


@operation(
    "iam", "RemoveRoleFromInstanceProfile", WRITE, checks=on_profile("iam:RemoveRoleFromInstanceProfile")
)
def remove_role_from_instance_profile(
    call: Call, request: RemoveRoleFromInstanceProfileRequestTypeDef
) -> dict[str, Any]:
    """Take the role out of an instance profile."""
    profile = find_profile(call, request["InstanceProfileName"])
    role = find_role(call, request["RoleName"])
    if profile.role_id != role.id:
        raise no_such_entity(f"The role with name {role.name} cannot be found.")
    call.store.iam.instance_profiles.replace(replace(profile, role_id=None))
    return {}


@operation("iam", "DeleteInstanceProfile", WRITE, checks=on_profile("iam:DeleteInstanceProfile"))
def delete_instance_profile(call: Call, request: DeleteInstanceProfileRequestTypeDef) -> dict[str, Any]:
    """Delete an instance profile that holds no role."""
    profile = find_profile(call, request["InstanceProfileName"])
    if profile.role_id is not None:
        raise delete_conflict("Cannot delete entity, must remove roles from instance profile first.")
    call.store.iam.instance_profiles.delete(profile)
    return {}
