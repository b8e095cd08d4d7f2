"""The account's summary and alias."""

from __future__ import annotations

import time

from tests.services.iam.test_mfa_devices import Phone, enable
from tests.support.world import ACCOUNT, EC2_TRUST, World, allow, document, refused


def test_the_summary_counts_what_is_there(world: World) -> None:
    before = world.iam.get_account_summary()["SummaryMap"]
    assert (before["Users"], before["Roles"], before["PolicyVersionsInUse"]) == (0, 0, 0)
    assert before["AccountAccessKeysPresent"] == 1
    assert before["RolesQuota"] == 1000
    world.iam.create_user(UserName="bob")
    world.iam.create_role(RoleName="app", AssumeRolePolicyDocument=EC2_TRUST)
    arn = world.iam.create_policy(PolicyName="p", PolicyDocument=document(allow("s3:*")))["Policy"]["Arn"]
    world.iam.create_policy_version(PolicyArn=arn, PolicyDocument=document(allow("s3:*")))
    after = world.iam.get_account_summary()["SummaryMap"]
    assert (after["Users"], after["Roles"], after["Policies"], after["PolicyVersionsInUse"]) == (1, 1, 1, 2)
    other = world.client("iam", world.other_root).get_account_summary()["SummaryMap"]
    assert other["Users"] == 0


def test_an_alias_is_one_accounts_own(world: World) -> None:
    other = world.client("iam", world.other_root)
    assert world.iam.list_account_aliases()["AccountAliases"] == []
    world.iam.create_account_alias(AccountAlias="acme")
    assert world.iam.list_account_aliases()["AccountAliases"] == ["acme"]
    assert refused(other.create_account_alias, AccountAlias="acme") == (
        "EntityAlreadyExists",
        "The account alias acme already exists.",
        409,
    )
    world.iam.create_account_alias(AccountAlias="acme-2")
    assert world.iam.list_account_aliases()["AccountAliases"] == ["acme-2"]
    other.create_account_alias(AccountAlias="acme")
    assert refused(world.iam.delete_account_alias, AccountAlias="acme")[0] == "NoSuchEntity"
    world.iam.delete_account_alias(AccountAlias="acme-2")
    assert world.iam.list_account_aliases()["AccountAliases"] == []
    assert refused(world.iam.create_account_alias, AccountAlias="Not_Legal")[0] == "ValidationError"


def test_the_account_is_shown_and_changed_only_by_who_is_allowed_to(world: World) -> None:
    bob = world.user("bob", allow("iam:ListAccountAliases"))
    assert bob.list_account_aliases()
    for operation, parameters in (
        (bob.get_account_summary, {}),
        (bob.create_account_alias, {"AccountAlias": "acme"}),
        (bob.delete_account_alias, {"AccountAlias": "acme"}),
    ):
        assert refused(operation, **parameters)[0] == "AccessDenied"


def test_the_summary_counts_devices_and_providers(world: World) -> None:
    world.iam.create_user(UserName="bob")
    world.iam.create_virtual_mfa_device(VirtualMFADeviceName="free")
    now = time.time() // 30 * 30 + 15
    world.node.clock = lambda: now
    enable(world, Phone(world, "his"), now)
    enable(world, Phone(world, "roots"), now, ACCOUNT)
    world.iam.create_open_id_connect_provider(Url="https://id.example.com")
    counted = world.iam.get_account_summary()["SummaryMap"]
    assert (counted["MFADevices"], counted["MFADevicesInUse"], counted["AccountMFAEnabled"]) == (3, 2, 1)
    assert counted["Providers"] == 1


def test_the_version_of_tokens_is_the_accounts_choice(world: World) -> None:
    def version() -> int:
        found: int = world.iam.get_account_summary()["SummaryMap"]["GlobalEndpointTokenVersion"]
        return found

    prefer = world.iam.set_security_token_service_preferences
    assert version() == 1
    prefer(GlobalEndpointTokenVersion="v2Token")
    assert version() == 2
    assert refused(prefer, GlobalEndpointTokenVersion="v3Token")[0] == "ValidationError"
    prefer(GlobalEndpointTokenVersion="v1Token")
    assert version() == 1
