"""What goes wrong and how it is told: denials, a server that is gone, guessing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.console.test_console import new_user
from tests.console.test_sign_in import enter
from tests.edge.test_console_passwords import GOOD, person

from tabard.identity.password_sign_in import FAILURES_AT_MOST

if TYPE_CHECKING:
    from tests.console.conftest import Console


def test_a_denial_is_taken_apart(console: Console) -> None:
    console.expected = 50
    page, account = console.page, console.server.account
    key = new_user(console.server, "why-nobody")
    console.open("/iam/roles")
    console.sign_in(key)
    page.get_by_role("heading", name="Roles", level=1).wait_for()
    page.get_by_role("button", name="Why?").click()
    error = page.get_by_test_id("error")
    error.get_by_text("no identity-based policy allows the iam:ListRoles action", exact=True).wait_for()
    asked = json.loads(error.locator("pre").inner_text())
    assert asked == {
        "Effect": "Allow",
        "Action": "iam:ListRoles",
        "Resource": f"arn:aws:iam::{account}:role/",
    }
    # and what it says to ask for does help
    policy = {"Version": "2012-10-17", "Statement": asked}
    iam = console.server.client("iam")
    iam.put_user_policy(UserName="why-nobody", PolicyName="asked", PolicyDocument=json.dumps(policy))
    page.reload()
    page.get_by_role("heading", name="Roles (").or_(page.get_by_text("No roles yet")).first.wait_for()


def test_what_is_denied_is_not_asked_for_again_and_again(console: Console) -> None:
    console.expected = 50
    page = console.page
    key = new_user(console.server, "why-once")
    page.clock.install()
    console.open("/")
    console.sign_in(key)
    page.get_by_text("You may not see all that these steps look at").wait_for()
    page.wait_for_load_state("networkidle")
    sent = list[str]()
    page.on("request", lambda request: sent.append(request.url))
    page.clock.fast_forward(60_000)  # the tour looks again every five seconds where it may look
    page.wait_for_load_state("networkidle")
    assert sent == []


def test_an_explicit_denial_says_that_allowing_does_not_help(console: Console) -> None:
    console.expected = 50
    page = console.page
    key = new_user(console.server, "why-denied", "*")
    deny = {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Deny", "Action": "iam:ListRoles", "Resource": "*"},
    }
    iam = console.server.client("iam")
    iam.put_user_policy(UserName="why-denied", PolicyName="deny", PolicyDocument=json.dumps(deny))
    console.open("/iam/roles")
    console.sign_in(key)
    page.get_by_role("button", name="Why?").click()
    page.get_by_text("A policy denies this outright").wait_for()


def test_recent_denials_stand_on_the_first_page(console: Console) -> None:
    console.expected = 50
    server = console.server
    key = new_user(server, "why-recent")
    import contextlib

    from botocore.exceptions import ClientError

    with contextlib.suppress(ClientError):
        server.client("iam", key).list_users()
    console.open("/")
    console.sign_in()
    page = console.page
    page.get_by_role("heading", name="Recent denials").wait_for()
    page.get_by_text("iam:ListUsers", exact=True).first.wait_for()
    page.get_by_text("by why-recent").first.wait_for()


def test_a_server_that_is_gone_is_told_and_found_again(console: Console) -> None:
    console.expected = 50
    page = console.page
    person(console.server, "why-offline")
    enter(console, "why-offline", path="/account/settings")
    page.get_by_role("button", name="Edit alias").click()
    page.get_by_label("Preferred alias").fill("typed-meanwhile")
    page.context.set_offline(True)
    page.get_by_role("button", name="Save changes").click()
    page.get_by_text("The server did not answer").first.wait_for()
    page.context.set_offline(False)
    page.get_by_text("The server does not answer").wait_for(state="detached")
    assert page.get_by_label("Preferred alias").input_value() == "typed-meanwhile"
    page.get_by_role("button", name="Save changes").click()
    page.get_by_text("alias is typed-meanwhile").wait_for()
    console.server.client("iam").delete_account_alias(AccountAlias="typed-meanwhile")


def test_who_guesses_has_to_wait(own_console: Console) -> None:
    console, page = own_console, own_console.page
    console.expected = FAILURES_AT_MOST + 2
    person(console.server, "why-guessed")
    enter(console, "why-guessed", "wrong")
    for _ in range(FAILURES_AT_MOST):
        page.get_by_test_id("error").wait_for()
        with page.expect_response("**/_/console/password"):
            page.keyboard.press("Enter")
    page.get_by_text("Too many attempts have failed").wait_for()
    page.get_by_label("Password", exact=True).fill(GOOD)
    with page.expect_response("**/_/console/password") as refused:
        page.keyboard.press("Enter")
    assert refused.value.status == 429
