"""OpenID Connect providers."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.world import ACCOUNT, World, allow, refused

ARN = f"arn:aws:iam::{ACCOUNT}:oidc-provider/id.example.com/tenant"
THUMBPRINT = "6938fd4d98bab03faadb97b34396831e3780aea1"


def create(world: World, **more: Any) -> dict[str, Any]:
    asked = {"Url": "https://id.example.com/tenant", "ClientIDList": ["app"], "ThumbprintList": [THUMBPRINT]}
    made: dict[str, Any] = world.iam.create_open_id_connect_provider(**{**asked, **more})
    return made


def test_a_provider_is_made_shown_changed_and_deleted(world: World) -> None:
    assert create(world)["OpenIDConnectProviderArn"] == ARN
    it = {"OpenIDConnectProviderArn": ARN}
    shown = world.iam.get_open_id_connect_provider(**it)
    assert (shown["Url"], shown["ClientIDList"], shown["ThumbprintList"]) == (
        "id.example.com/tenant",
        ["app"],
        [THUMBPRINT],
    )
    again = ("EntityAlreadyExists", "Provider with url https://id.example.com/tenant already exists.", 409)
    assert refused(create, world=world) == again
    assert world.iam.list_open_id_connect_providers()["OpenIDConnectProviderList"] == [{"Arn": ARN}]
    world.iam.add_client_id_to_open_id_connect_provider(**it, ClientID="web")
    world.iam.add_client_id_to_open_id_connect_provider(**it, ClientID="web")
    world.iam.remove_client_id_from_open_id_connect_provider(**it, ClientID="app")
    world.iam.remove_client_id_from_open_id_connect_provider(**it, ClientID="app")
    world.iam.update_open_id_connect_provider_thumbprint(**it, ThumbprintList=["A" * 40])
    shown = world.iam.get_open_id_connect_provider(**it)
    assert (shown["ClientIDList"], shown["ThumbprintList"]) == (["web"], ["A" * 40])
    assert world.iam.get_account_summary()["SummaryMap"]["Providers"] == 1
    world.iam.delete_open_id_connect_provider(**it)
    missing = ("NoSuchEntity", f"OpenIDConnect Provider not found for arn {ARN}", 404)
    assert refused(world.iam.get_open_id_connect_provider, **it) == missing
    world.iam.delete_open_id_connect_provider(**it)
    assert world.iam.list_open_id_connect_providers()["OpenIDConnectProviderList"] == []


@pytest.mark.parametrize(
    "url", ["http://id.example.com", "id.example.com", "https://", "https://a.b/?x=1", "https://u@a.b/"]
)
def test_a_url_must_be_one_of_a_server(world: World, url: str) -> None:
    assert refused(create, world=world, Url=url) == (
        "ValidationError",
        "Invalid Open ID Connect Provider URL",
        400,
    )


def test_thumbprints_and_client_ids_are_bounded(world: World) -> None:
    assert refused(create, world=world, ThumbprintList=["z" * 40])[0] == "InvalidInput"
    assert refused(create, world=world, ThumbprintList=["0"])[0] == "ValidationError"
    assert refused(create, world=world, ThumbprintList=[f"{n:040}" for n in range(6)])[0] == "InvalidInput"
    assert refused(create, world=world, ClientIDList=[str(n) for n in range(101)])[0] == "LimitExceeded"
    create(world, ClientIDList=[str(n) for n in range(100)])
    add = world.iam.add_client_id_to_open_id_connect_provider
    assert refused(add, OpenIDConnectProviderArn=ARN, ClientID="more")[0] == "LimitExceeded"


def test_tags_decide_who_may_change_a_provider(world: World) -> None:
    create(world, Tags=[{"Key": "team", "Value": "a"}])
    it = {"OpenIDConnectProviderArn": ARN}
    bob = world.user(
        "bob",
        allow("iam:*OpenIDConnectProvider*", Condition={"StringEquals": {"aws:ResourceTag/team": "b"}}),
    )
    assert refused(bob.get_open_id_connect_provider, **it)[0] == "AccessDenied"
    tags = [{"Key": "team", "Value": "b"}, {"Key": "x", "Value": ""}]
    world.iam.tag_open_id_connect_provider(**it, Tags=tags)
    assert bob.list_open_id_connect_provider_tags(**it)["Tags"] == tags
    bob.untag_open_id_connect_provider(**it, TagKeys=["x"])
    assert bob.get_open_id_connect_provider(**it)["Tags"] == tags[:1]


def test_a_provider_is_its_accounts_own(world: World) -> None:
    create(world)
    other = world.client("iam", world.other_root)
    assert other.list_open_id_connect_providers()["OpenIDConnectProviderList"] == []
    assert refused(other.get_open_id_connect_provider, OpenIDConnectProviderArn=ARN)[0] == "NoSuchEntity"
    other.delete_open_id_connect_provider(OpenIDConnectProviderArn=ARN)
    assert world.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=ARN)


def test_a_policy_on_a_provider_is_not_evaded_by_another_spelling(world: World) -> None:
    bob = world.user(
        "bob",
        allow("iam:CreateOpenIDConnectProvider"),
        {"Effect": "Deny", "Action": "iam:*", "Resource": "arn:aws:iam::*:oidc-provider/id.example.com"},
    )
    for url in ("https://id.example.com", "HTTPS://ID.example.COM"):
        assert refused(bob.create_open_id_connect_provider, Url=url)[0] == "AccessDenied"


def test_a_slash_at_the_end_of_the_url_is_part_of_the_name(world: World) -> None:
    arn = world.iam.create_open_id_connect_provider(Url="https://Tenant.example.com/")[
        "OpenIDConnectProviderArn"
    ]
    assert arn == f"arn:aws:iam::{ACCOUNT}:oidc-provider/tenant.example.com/"
    shown = world.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    assert shown["Url"] == "tenant.example.com/"
