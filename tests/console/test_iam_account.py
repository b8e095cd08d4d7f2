"""IAM's dashboard, identity providers, and what holds on every page: accessible, and as narrow as a phone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.console.looking import wrong_with
from tests.console.test_iam_roles import EC2_TRUST, confirm, next_step

if TYPE_CHECKING:
    from tests.console.conftest import Console

PAGES = [
    "/iam/roles/seen?tab=trust",
    "/iam/roles/seen?tab=tags",
    "/iam/roles/seen/inline-policy",
    "/iam/users/seen",
    "/iam/groups/seen",
    "/iam/policies?arn=arn:aws:iam::aws:policy/ReadOnlyAccess",
    "/iam/policies?arn=arn:aws:iam::aws:policy/ReadOnlyAccess&tab=versions",
    "/iam/simulator?mode=trust",
]
"""Those that neither the first page links to nor a wizard's test walks through."""


def things(console: Console) -> None:
    """A role, a user and a group to look at, made once."""
    iam = console.server.client("iam")
    if "seen" in {role["RoleName"] for role in iam.list_roles()["Roles"]}:
        return
    iam.create_role(RoleName="seen", AssumeRolePolicyDocument=json.dumps(EC2_TRUST))
    iam.create_user(UserName="seen")
    iam.create_access_key(UserName="seen")
    iam.create_group(GroupName="seen")
    iam.add_user_to_group(GroupName="seen", UserName="seen")


def test_the_dashboard_counts_and_hands_out_the_report(console: Console) -> None:
    page = console.page
    things(console)
    console.open("/iam")
    console.sign_in()
    page.get_by_role("link", name="Users: 1").wait_for()
    page.get_by_role("link", name="Roles: 1").wait_for()
    page.get_by_text("Add MFA for the root user").wait_for()
    page.get_by_text("The root user has access keys").wait_for()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download credential report").click()
    lines = download.value.path().read_text().splitlines()
    assert lines[0].startswith("user,arn,user_creation_time")
    assert any(line.startswith("seen,") for line in lines)


def test_a_provider_is_added_trusted_and_deleted(console: Console) -> None:
    page, iam = console.page, console.server.client("iam")
    console.open("/iam/providers")
    console.sign_in()
    page.get_by_role("button", name="Add provider").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Provider URL").fill("https://token.example.com")
    dialog.get_by_label("Thumbprint").fill("a" * 40)
    dialog.get_by_role("button", name="Add provider").last.click()
    page.get_by_text("Provider token.example.com was added").wait_for()
    arn = iam.list_open_id_connect_providers()["OpenIDConnectProviderList"][0]["Arn"]
    page.get_by_role("link", name="token.example.com").click()
    page.get_by_role("button", name="Add audience").click()
    page.get_by_role("dialog").get_by_label("Audience").fill("builds")
    page.get_by_role("dialog").get_by_role("button", name="Add audience").last.click()
    page.get_by_text("Audience builds was added").wait_for()
    stored = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    assert set(stored["ClientIDList"]) == {"sts.amazonaws.com", "builds"}
    # a role that trusts it
    console.open("/iam/roles/create")
    page.get_by_text("Web identity", exact=True).click()
    page.get_by_role("button", name="Identity provider").click()
    page.get_by_role("option", name="token.example.com").click()
    page.get_by_role("button", name="Audience").click()
    page.get_by_role("option", name="builds").click()
    page.get_by_label("Subject").fill("repo:one")
    next_step(page)
    next_step(page)
    page.get_by_label("Role name").fill("builder")
    page.get_by_role("button", name="Create role").click()
    page.get_by_text("Role builder was created").wait_for()
    assert iam.get_role(RoleName="builder")["Role"]["AssumeRolePolicyDocument"]["Statement"][0] == {
        "Effect": "Allow",
        "Principal": {"Federated": arn},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {
            "StringEquals": {"token.example.com:aud": "builds", "token.example.com:sub": "repo:one"}
        },
    }
    console.open(f"/iam/providers?arn={arn}")
    page.get_by_role("button", name="Delete", exact=True).click()
    confirm(page, "delete", "Delete")
    page.get_by_text("Provider token.example.com was deleted").wait_for()
    assert iam.list_open_id_connect_providers()["OpenIDConnectProviderList"] == []
    iam.delete_role(RoleName="builder")  # not before: a list that is shown asks for each role's last use


def test_no_page_is_closed_to_who_can_not_see_or_click_or_has_a_phone(console: Console) -> None:
    console.expected = 100
    page = console.page
    things(console)
    console.open("/iam")
    console.sign_in()
    page.get_by_role("heading", level=1).wait_for()
    found = dict[str, list[str]]()
    for path in PAGES:
        console.open(path)
        page.get_by_role("heading", level=1).first.wait_for()
        page.wait_for_load_state("networkidle")
        if wrong := wrong_with(page):
            found[path] = wrong
    assert found == {}
