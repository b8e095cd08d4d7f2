"""How many there may be: the store is filled to the brim, then one more is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.support.world import ACCOUNT, EC2_TRUST, OTHER_ACCOUNT, World, allow, document, refused

from tabard.services.iam import quotas
from tabard.store.iam import Group, InstanceProfile, Policy, PolicyVersion, Role, User

if TYPE_CHECKING:
    from collections.abc import Callable

    from tabard.store.port import View


def _policy(view: View, number: int) -> None:
    policy = Policy(ACCOUNT, f"ANPA{number}", f"p{number}", "/", 1.0, 1.0, "v1")
    view.iam.policies.create(policy, PolicyVersion(policy.id, "v1", "{}", 1.0))


CASES: dict[str, tuple[int, Callable[[View, int], None], str, dict[str, Any]]] = {
    "UsersPerAccount": (
        quotas.USERS,
        lambda view, number: view.iam.users.create(User(ACCOUNT, f"AIDA{number}", f"u{number}", "/", 1.0)),
        "create_user",
        {"UserName": "more"},
    ),
    "GroupsPerAccount": (
        quotas.GROUPS,
        lambda view, number: view.iam.groups.create(Group(ACCOUNT, f"AGPA{number}", f"g{number}", "/", 1.0)),
        "create_group",
        {"GroupName": "more"},
    ),
    "RolesPerAccount": (
        quotas.ROLES,
        lambda view, number: view.iam.roles.create(
            Role(ACCOUNT, f"AROA{number}", f"r{number}", "/", 1.0, "{}")
        ),
        "create_role",
        {"RoleName": "more", "AssumeRolePolicyDocument": EC2_TRUST},
    ),
    "PoliciesPerAccount": (
        quotas.POLICIES,
        _policy,
        "create_policy",
        {"PolicyName": "more", "PolicyDocument": document(allow("s3:*"))},
    ),
    "InstanceProfilesPerAccount": (
        quotas.INSTANCE_PROFILES,
        lambda view, number: view.iam.instance_profiles.create(
            InstanceProfile(ACCOUNT, f"AIPA{number}", f"i{number}", "/", 1.0)
        ),
        "create_instance_profile",
        {"InstanceProfileName": "more"},
    ),
}


@pytest.mark.parametrize("quota", CASES)
def test_an_account_holds_so_many_and_no_more(world: World, quota: str) -> None:
    limit, create, operation, parameters = CASES[quota]

    def fill(view: View) -> None:
        for number in range(limit - 1):
            create(view, number)

    world.run(world.store.write(fill))
    getattr(world.iam, operation)(**parameters)
    again = {key: value.replace("more", "most") for key, value in parameters.items()}
    message = f"Cannot exceed quota for {quota}: {limit}"
    assert refused(getattr(world.iam, operation), **again) == ("LimitExceeded", message, 409)
    other = world.client("iam", world.other_root)
    assert OTHER_ACCOUNT in str(getattr(other, operation)(**again))
