"""Replies as they go out, before a client makes them comfortable: encoded documents, dates, what is absent when empty."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from xml.etree import ElementTree as ET

import pytest
from tests.support.world import ACCOUNT, World, allow, document, trust

if TYPE_CHECKING:
    from collections.abc import Callable

TRUST = trust(Service=["ec2.amazonaws.com", "lambda.amazonaws.com"])
MAY = document(allow("s3:*", "arn:aws:s3:::a bucket/é+%*"))
DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
POLICY = f"arn:aws:iam::{ACCOUNT}:policy/it"


def elements(world: World, ask: Callable[[], Any]) -> dict[str, list[str]]:
    """The texts of a reply's elements by their names, without namespaces."""
    replies: list[bytes] = []
    iam = world.iam
    iam.meta.events.register("before-parse", lambda response_dict, **_: replies.append(response_dict["body"]))
    ask()
    found: dict[str, list[str]] = {}
    for each in ET.fromstring(replies[-1]).iter():  # noqa: S314 - our own reply
        found.setdefault(each.tag.rpartition("}")[2], []).append(each.text or "")
    return found


@pytest.fixture
def made(world: World) -> World:
    iam = world.iam
    iam.create_role(RoleName="it", AssumeRolePolicyDocument=TRUST)
    iam.create_user(UserName="it")
    iam.create_group(GroupName="it")
    iam.create_policy(PolicyName="it", PolicyDocument=MAY)
    for kind in ("user", "group", "role"):
        getattr(iam, f"put_{kind}_policy")(
            **{f"{kind.title()}Name": "it"}, PolicyName="may", PolicyDocument=MAY
        )
    return world


def test_documents_are_percent_encoded(made: World) -> None:
    iam = made.iam
    shown = elements(made, lambda: iam.get_role(RoleName="it"))
    assert shown["AssumeRolePolicyDocument"] == [quote(TRUST.replace(" ", ""), safe="")]
    for ask in (
        lambda: iam.get_user_policy(UserName="it", PolicyName="may"),
        lambda: iam.get_group_policy(GroupName="it", PolicyName="may"),
        lambda: iam.get_role_policy(RoleName="it", PolicyName="may"),
    ):
        assert elements(made, ask)["PolicyDocument"] == [quote(MAY, safe="")]
    version = elements(made, lambda: iam.get_policy_version(PolicyArn=POLICY, VersionId="v1"))
    assert version["Document"] == [quote(MAY, safe="")]
    details = elements(made, lambda: iam.get_account_authorization_details(Filter=["User", "Group"]))
    assert details["PolicyDocument"] == [quote(MAY, safe="")] * 2


def test_dates_are_of_whole_seconds_in_utc(made: World) -> None:
    iam = made.iam
    for ask in (
        lambda: iam.get_user(UserName="it"),
        lambda: iam.get_role(RoleName="it"),
        lambda: iam.get_group(GroupName="it"),
        lambda: iam.get_policy(PolicyArn=POLICY),
        lambda: iam.create_access_key(UserName="it"),
    ):
        for name, texts in elements(made, ask).items():
            if name.endswith("Date"):
                assert all(DATE.fullmatch(text) for text in texts), (name, texts)


def test_what_is_empty_is_absent(made: World) -> None:
    iam = made.iam
    user = elements(made, lambda: iam.get_user(UserName="it"))
    assert not {"Tags", "PermissionsBoundary", "PasswordLastUsed"} & set(user)
    role = elements(made, lambda: iam.get_role(RoleName="it"))
    assert not {"Tags", "PermissionsBoundary", "Description"} & set(role)
    assert role["RoleLastUsed"] == [""]
    assert "Marker" not in elements(made, iam.list_roles)
    listed = elements(made, iam.list_users)
    assert not {"Tags", "PermissionsBoundary"} & set(listed), "listings never show them"


def test_what_is_listed_is_there_though_empty(made: World) -> None:
    iam = made.iam
    for ask, name in (
        (lambda: iam.list_attached_user_policies(UserName="it"), "AttachedPolicies"),
        (lambda: iam.list_groups_for_user(UserName="it"), "Groups"),
        (lambda: iam.list_mfa_devices(UserName="it"), "MFADevices"),
        (lambda: iam.list_user_tags(UserName="it"), "Tags"),
    ):
        shown = elements(made, ask)
        assert shown[name] == [""]
        assert shown["IsTruncated"] == ["false"]
