"""Everything that grants or limits permissions in the account, in one listing.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tabard.catalog import managed_policies
from tabard.services.iam import managed, paging, replies, tagging
from tabard.services.iam.attachments import attached_policy
from tabard.services.iam.documents import encoded
from tabard.services.iam.policy_versions import shown as shown_version
from tabard.services.iam.roles import role_last_used
from tabard.services.iam.subjects import on_everything
from tabard.services.operation import READ, operation

if TYPE_CHECKING:
    from collections.abc import Callable

    from types_boto3_iam.type_defs import GetAccountAuthorizationDetailsRequestTypeDef

    from tabard.catalog.managed_policies import ManagedPolicy
    from tabard.services.operation import Call
    from tabard.store.iam import Entities, EntityKind, Group, Policy, Role, User


class _Section(NamedTuple):
    """A kind of entity: the letter of its markers, its filter, where it is shown, where it comes from, and how."""

    letter: str
    filter: str
    member: str
    repository: Entities[Any]
    render: Callable[[Any], dict[str, Any]]


@operation(
    "iam", "GetAccountAuthorizationDetails", READ, checks=on_everything("iam:GetAccountAuthorizationDetails")
)
def get_account_authorization_details(
    call: Call, request: GetAccountAuthorizationDetailsRequestTypeDef
) -> dict[str, Any]:
    """List users, groups, roles, the account's policies, and those of AWS that are attached to something."""
    iam, limit = call.store.iam, paging.max_items(request)
    sections = (
        _Section("G", "Group", "GroupDetailList", iam.groups, lambda group: _group(call, group)),
        _Section("L", "LocalManagedPolicy", "Policies", iam.policies, lambda policy: _policy(call, policy)),
        _Section("R", "Role", "RoleDetailList", iam.roles, lambda role: _role(call, role)),
        _Section("U", "User", "UserDetailList", iam.users, lambda user: _user(call, user)),
    )
    wanted = request.get("Filter")
    marker = paging.decode_marker(request) or ""
    if marker and marker[0] not in {"Z", *(section.letter for section in sections)}:
        raise paging.invalid_marker()
    found: list[tuple[str, str, dict[str, Any]]] = []
    for section in sections:
        if (wanted and section.filter not in wanted) or section.letter < marker[:1] or len(found) > limit:
            continue
        after = marker[1:] if section.letter == marker[:1] else None
        page = section.repository.page(call.account, "/", after, limit + 1 - len(found))
        for item in page.items:
            position = section.letter + section.repository.position(item)
            found.append((position, section.member, section.render(item)))
    if (not wanted or "AWSManagedPolicy" in wanted) and len(found) <= limit:
        found += _attached_of_aws(call, marker, limit + 1 - len(found))
    reply: dict[str, Any] = {section.member: [] for section in sections}
    for _, member, shown in found[:limit]:
        reply[member].append(shown)
    reply["IsTruncated"] = len(found) > limit
    if len(found) > limit:
        reply["Marker"] = paging.encode_marker(found[limit - 1][0])
    return reply


def _attached_of_aws(call: Call, marker: str, limit: int) -> list[tuple[str, str, dict[str, Any]]]:
    """AWS's policies that are in use, after a marker's; their letter is after every other section's."""
    found: list[tuple[str, str, dict[str, Any]]] = []
    for arn, use in sorted(call.store.iam.grants.uses(call.account).items()):
        policy = managed_policies.get(arn)
        if policy is not None and "Z" + arn > marker and len(found) < limit:
            shown = managed.reply(policy, use)
            shown["PolicyVersionList"] = [_only_version(policy)]
            found.append(("Z" + arn, "Policies", shown))
    return found


def _only_version(policy: ManagedPolicy) -> dict[str, Any]:
    return {
        "Document": encoded(policy.document),
        "VersionId": policy.default_version_id,
        "IsDefaultVersion": True,
        "CreateDate": policy.updated,
    }


def _policies(
    call: Call, kind: EntityKind, entity_id: str
) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """The embedded and the attached policies of an entity."""
    grants = call.store.iam.grants
    inline = [
        {"PolicyName": policy.name, "PolicyDocument": encoded(policy.document)}
        for policy in grants.inline(call.account, kind, entity_id)
    ]
    return inline, [attached_policy(arn) for arn in grants.attached(call.account, kind, entity_id)]


def _user(call: Call, user: User) -> dict[str, Any]:
    shown = replies.whole_user(user)
    inline, attached = _policies(call, "user", user.id)
    if inline:
        shown["UserPolicyList"] = inline
    shown["GroupList"] = [group.name for group in call.store.iam.groups.of_user(user)]
    shown["AttachedManagedPolicies"] = attached
    shown["Tags"] = tagging.shown(user.tags)
    return shown


def _group(call: Call, group: Group) -> dict[str, Any]:
    shown = replies.group(group)
    shown["GroupPolicyList"], shown["AttachedManagedPolicies"] = _policies(call, "group", group.id)
    return shown


def _role(call: Call, role: Role) -> dict[str, Any]:
    shown = replies.new_role_with_extras(call, role)
    profiles = call.store.iam.instance_profiles.of_role(role)
    shown["InstanceProfileList"] = [replies.instance_profile(call, profile) for profile in profiles]
    shown["RolePolicyList"], shown["AttachedManagedPolicies"] = _policies(call, "role", role.id)
    shown["Tags"] = tagging.shown(role.tags)
    shown["RoleLastUsed"] = role_last_used(call, role)
    return shown


def _policy(call: Call, policy: Policy) -> dict[str, Any]:
    arn = managed.policy_arn(policy)
    shown = managed.reply(policy, call.store.iam.grants.uses(call.account, [arn]).get(arn))
    if policy.description is not None:
        shown["Description"] = policy.description
    shown["PolicyVersionList"] = [
        {"Document": encoded(version.document), **shown_version(version, policy.default_version)}
        for version in call.store.iam.policies.versions(policy)
    ]
    return shown
