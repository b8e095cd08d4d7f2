"""Several accounts on one server: a role of another account is put on in the browser, and its sessions are revoked there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
from botocore.exceptions import ClientError
from tests.console.looking import wrong_with
from tests.console.test_iam_roles import confirm
from tests.console.test_sign_in import enter
from tests.edge.test_console_passwords import person

from tabard.cli.main import main

if TYPE_CHECKING:
    from tests.console.conftest import Console


def test_a_role_of_another_account_is_worn_until_its_sessions_are_revoked(
    console: Console, capsys: pytest.CaptureFixture[str]
) -> None:
    console.expected = 100  # what the role may not see, and what it may not see any more
    page, server = console.page, console.server
    capsys.readouterr()
    assert main(["account", "create", "visited", "--data", str(server.data), "--output", "json"]) == 0
    made = json.loads(capsys.readouterr().out)
    key = {"AccessKeyId": made["accessKeyId"], "SecretAccessKey": made["secretAccessKey"]}
    there = server.client("iam", key)
    there.create_user(UserName="only-there")
    trust = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{server.account}:root"},
            "Action": "sts:AssumeRole",
        },
    }
    there.create_role(RoleName="visitor", AssumeRolePolicyDocument=json.dumps(trust))
    there.attach_role_policy(RoleName="visitor", PolicyArn="arn:aws:iam::aws:policy/IAMFullAccess")
    person(server, "web-traveller")
    enter(console, "web-traveller")
    page.get_by_role("heading", name="Welcome, web-traveller").wait_for()
    page.goto(f"{console.origin}/switchrole?{urlencode({'account': made['account'], 'roleName': 'visitor'})}")
    page.get_by_role("button", name="Switch role", exact=True).wait_for()
    assert wrong_with(page) == []
    page.get_by_role("button", name="Switch role", exact=True).click()
    page.get_by_test_id("role-band").wait_for()
    # what one sees and makes is the other account's
    console.open("/iam/groups/create")
    page.get_by_label("Group name").fill("made-by-a-visitor")
    page.get_by_role("button", name="Create group").click()
    page.get_by_text("Group made-by-a-visitor was created").wait_for()
    assert [each["GroupName"] for each in there.list_groups()["Groups"]] == ["made-by-a-visitor"]
    assert server.client("iam").list_groups()["Groups"] == []
    console.open("/iam/users")
    page.get_by_role("link", name="only-there").wait_for()
    assert page.get_by_role("link", name="web-traveller").count() == 0
    # its sessions are revoked, this one among them
    kept = page.evaluate("JSON.parse(sessionStorage.getItem('tabard-session')).credentials")
    worn = {
        "AccessKeyId": kept["accessKeyId"],
        "SecretAccessKey": kept["secretAccessKey"],
        "SessionToken": kept["sessionToken"],
    }
    assert server.client("iam", worn).list_users()["Users"][0]["UserName"] == "only-there"
    console.open("/iam/roles/visitor?tab=revoke")
    page.get_by_role("button", name="Revoke active sessions").click()
    confirm(page, "revoke", "Revoke active sessions")
    page.get_by_text("are revoked").first.wait_for()
    with pytest.raises(ClientError, match="explicit deny"):
        server.client("iam", worn).list_users()
    console.open("/iam/users")
    page.get_by_text("AccessDenied").first.wait_for()
    page.get_by_role("button", name="Switch back").click()
    page.get_by_role("link", name="web-traveller").wait_for()
