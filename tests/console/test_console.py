"""Signing in and out, refusals, hostile names, narrow screens."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.console.conftest import Console
    from tests.support.server import TabardServer

HOSTILE = "<img src=x onerror=alert(1)>"


def new_user(server: TabardServer, name: str, *actions: str) -> dict[str, str]:
    iam = server.client("iam")
    iam.create_user(UserName=name)
    if actions:
        policy = {
            "Version": "2012-10-17",
            "Statement": {"Effect": "Allow", "Action": actions, "Resource": "*"},
        }
        iam.put_user_policy(UserName=name, PolicyName="console", PolicyDocument=json.dumps(policy))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}


def test_a_denial_shows_the_code_and_what_to_do(console: Console) -> None:
    console.expected = 50
    key = new_user(console.server, "browser-nobody")
    console.open("/iam/roles")
    console.sign_in(key)
    error = console.page.get_by_test_id("error")
    error.wait_for()
    text = error.inner_text()
    assert "AccessDenied" in text
    assert "user/browser-nobody is not authorized to perform: iam:ListRoles" in text
    assert "Your policies do not allow this" in text


def test_a_wrong_secret_is_told_on_the_form(console: Console) -> None:
    console.expected = 1
    console.open("/")
    console.sign_in(console.server.root() | {"aws_secret_access_key": "x" * 40})
    console.page.get_by_text("SignatureDoesNotMatch").wait_for()
    assert console.page.get_by_label("Access key ID").is_visible()


def test_the_secret_key_is_not_sent_and_nothing_is_kept_for_long(console: Console) -> None:
    root, sent = console.server.root(), []
    console.page.on("request", lambda request: sent.append(f"{request.headers} {request.post_data}"))
    console.open("/")
    console.sign_in()
    console.page.get_by_role("heading", name="Welcome, Root user").wait_for()
    assert not [each for each in sent if root["aws_secret_access_key"] in each]
    kept = console.page.evaluate("JSON.stringify(localStorage) + JSON.stringify(sessionStorage)")
    assert root["aws_secret_access_key"] not in kept


def test_a_link_that_was_used_says_so_and_leaves_the_form(console: Console) -> None:
    console.expected = 1
    console.page.goto(f"{console.origin}/_/console/#token=abc")
    console.page.get_by_text("This sign-in link was used before").wait_for()
    console.sign_in()
    console.page.get_by_role("heading", name="Welcome, Root user").wait_for()


def test_a_session_that_ends_brings_back_where_one_was(console: Console) -> None:
    console.expected = 50
    key = new_user(console.server, "browser-leaver", "iam:*")
    console.open("/iam/policies")
    console.sign_in(key)
    console.page.get_by_role("heading", name="Policies (").wait_for()  # all of them are here
    iam = console.server.client("iam")
    iam.delete_access_key(UserName="browser-leaver", AccessKeyId=key["aws_access_key_id"])
    iam.delete_user_policy(UserName="browser-leaver", PolicyName="console")
    iam.delete_user(UserName="browser-leaver")
    console.page.get_by_role("button", name="Refresh").click()
    console.page.get_by_text("Your session has ended").wait_for()
    assert console.page.url.endswith("/_/console/iam/policies")
    console.sign_in()  # as somebody else: the page is loaded anew
    console.page.get_by_role("heading", name="Policies", level=1).wait_for()


def test_signing_out_forgets_the_session_in_every_tab(console: Console) -> None:
    console.open("/iam/roles")
    console.sign_in()
    console.page.get_by_role("heading", name="Roles", level=1).wait_for()
    other = console.page.context.new_page()
    other.goto(f"{console.origin}/_/console/s3/buckets")  # the new tab asks the first for its session
    other.get_by_role("heading", name="Buckets", level=1).wait_for()
    console.page.get_by_role("button", name="Root user").click()
    console.page.get_by_role("menuitem", name="Sign out").click()
    console.page.get_by_text("You are signed out").wait_for()
    other.get_by_text("You signed out in another tab").wait_for()
    assert console.page.evaluate("sessionStorage.length") == 0
    assert other.evaluate("sessionStorage.length") == 0


def test_hostile_names_are_text(console: Console) -> None:
    server = console.server
    trust = {
        "Version": "2012-10-17",
        "Statement": {
            "Sid": "x",
            "Effect": "Allow",
            "Principal": {"Service": "ec2.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"aws:PrincipalTag/x": HOSTILE}},
        },
    }
    iam, s3 = server.client("iam"), server.client("s3")
    iam.create_role(
        RoleName="browser-hostile", AssumeRolePolicyDocument=json.dumps(trust), Description="plain"
    )
    s3.create_bucket(Bucket="browser-hostile")
    s3.put_object(Bucket="browser-hostile", Key=HOSTILE, Body=b"x")
    page, dialogs = console.page, list[str]()
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    console.open("/s3/buckets/browser-hostile")
    console.sign_in()
    page.get_by_text(HOSTILE).first.wait_for()
    console.open("/iam/roles/browser-hostile")
    page.get_by_role("tab", name="Trust relationships").click()
    page.get_by_text(HOSTILE).first.wait_for()
    assert dialogs == []


def test_signing_in_needs_no_mouse(console: Console) -> None:
    page, root = console.page, console.server.root()
    console.open("/iam/roles")
    page.get_by_label("Account ID or alias").wait_for()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("ArrowDown")  # from IAM user to access key
    page.get_by_label("Access key ID").wait_for()
    page.get_by_label("Access key ID").focus()
    page.keyboard.type(root["aws_access_key_id"])
    page.keyboard.press("Tab")
    page.keyboard.type(root["aws_secret_access_key"])
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Roles", level=1).wait_for()


def test_every_page_is_found_from_the_keyboard(console: Console) -> None:
    page = console.page
    console.open("/")
    console.sign_in()
    page.get_by_role("combobox", name="Search pages").wait_for()
    page.keyboard.press("Alt+s")
    page.keyboard.type("key pai")
    page.get_by_role("option", name="Key pairs").wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Key pairs", level=1).wait_for()
    assert page.url.endswith("/ec2/key-pairs")


def test_a_lost_server_is_told_and_what_was_seen_stays(own_console: Console) -> None:
    own_console.expected = 50
    page = own_console.page
    own_console.open("/iam/roles")
    own_console.sign_in()
    page.get_by_text("No roles yet").wait_for()
    own_console.server.stop()
    page.get_by_role("button", name="Refresh").click()
    page.get_by_text("The server did not answer").wait_for()
    page.get_by_text("The server does not answer").wait_for()  # the banner
    assert page.get_by_text("No roles yet").is_visible()


def test_looking_at_a_policy_keeps_what_was_chosen(console: Console) -> None:
    page = console.page
    console.open("/iam/roles/create")
    console.sign_in()
    page.get_by_role("button", name="Next", exact=True).click()
    page.get_by_placeholder("Find policies by name").fill("AmazonS3ReadOnlyAccess")
    page.get_by_role("checkbox", name="AmazonS3ReadOnlyAccess", exact=True).check()
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="AmazonS3ReadOnlyAccess", exact=False).first.click()
    opened.value.get_by_text("Permissions defined in this policy").wait_for()
    assert page.get_by_role("checkbox", name="AmazonS3ReadOnlyAccess", exact=True).is_checked()
