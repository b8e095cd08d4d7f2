"""Signing in as people do: name, password, code, a new password, a role; and what happens when it ends."""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from tests.edge.test_console_passwords import GOOD, OTHER, Phone, person

if TYPE_CHECKING:
    from tests.console.conftest import Console
    from tests.support.server import TabardServer


ENDS_AT = """at => {
    const session = JSON.parse(sessionStorage.getItem('tabard-session'));
    session.expiration = new Date(at).toISOString();
    sessionStorage.setItem('tabard-session', JSON.stringify(session));
}"""
"""Lets the session that is kept in the tab end at an instant, in milliseconds."""


def enter(console: Console, user: str, password: str = GOOD, path: str = "/") -> None:
    """Sign in by name and password on a page of the console."""
    page = console.page
    console.open(f"{path}?account={console.server.account}")
    page.get_by_label("User name").fill(user)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def end_session(server: TabardServer, user: str) -> dict[str, Any]:
    """Make a user's sessions end, as deleting and making the user again does; what it may do stays."""
    iam = server.client("iam")
    iam.delete_login_profile(UserName=user)
    iam.delete_user_policy(UserName=user, PolicyName="all")
    iam.delete_user(UserName=user)
    person(server, user)
    return {}


def test_a_password_and_a_code_sign_in(console: Console) -> None:
    console.expected = 3
    page, server = console.page, console.server
    person(server, "web-ann")
    phone = Phone(server, "web-ann", "web-ann-phone")
    enter(console, "web-ann", "wrong")
    page.get_by_text("Your authentication information is incorrect").wait_for()
    page.get_by_label("Password", exact=True).fill(GOOD)
    page.keyboard.press("Enter")
    page.get_by_text("web-ann-phone").wait_for()
    page.get_by_label("MFA code").fill("000000")
    page.get_by_role("button", name="Verify").click()
    page.get_by_text("Your authentication information is incorrect").wait_for()
    page.get_by_label("MFA code").fill(phone.next_code())
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Welcome, web-ann").wait_for()
    kept = page.evaluate("JSON.stringify(localStorage) + JSON.stringify(sessionStorage)")
    assert GOOD not in kept
    page.get_by_role("button", name="web-ann").click()
    assert re.search(r"Session ends in 1[12]:\d\d h", page.locator("#top").inner_text())


def test_who_must_change_their_password_does_so_at_the_door(console: Console) -> None:
    console.expected = 2
    page = console.page
    person(console.server, "web-new", PasswordResetRequired=True)
    enter(console, "web-new")
    page.get_by_text("You must change your password").first.wait_for()
    page.get_by_label("New password", exact=True).fill("short")
    page.get_by_label("New password, again").fill("shor")
    page.get_by_text("The two are not the same").wait_for()
    page.get_by_label("New password, again").fill("short")
    page.keyboard.press("Enter")
    page.get_by_text("PasswordPolicyViolation").wait_for()
    page.get_by_label("New password", exact=True).fill(OTHER)
    page.get_by_label("New password, again").fill(OTHER)
    page.get_by_role("button", name="Set password and sign in").click()
    page.get_by_role("heading", name="Welcome, web-new").wait_for()


def test_a_session_that_ends_loses_nothing_that_was_typed(console: Console) -> None:
    console.expected = 50
    page, server = console.page, console.server
    person(server, "web-leaver")
    enter(console, "web-leaver", path="/account/settings")
    page.get_by_role("button", name="Edit alias").click()
    page.get_by_label("Preferred alias").fill("typed-before")
    end_session(server, "web-leaver")
    page.get_by_role("button", name="Save changes").click()
    page.get_by_text("Your session has ended").wait_for()
    again = page.get_by_role("dialog", name="Sign in again")
    assert again.get_by_label("User name").input_value() == "web-leaver"
    again.get_by_label("Password", exact=True).fill(GOOD)
    again.get_by_role("button", name="Sign in", exact=True).click()
    again.wait_for(state="detached")
    assert page.get_by_label("Preferred alias").input_value() == "typed-before"
    page.get_by_role("button", name="Save changes").click()
    page.get_by_text("alias is typed-before").wait_for()
    assert server.client("iam").list_account_aliases()["AccountAliases"] == ["typed-before"]
    server.client("iam").delete_account_alias(AccountAlias="typed-before")


def test_a_session_that_ends_soon_says_so_and_can_begin_anew(console: Console) -> None:
    page = console.page
    person(console.server, "web-soon")
    enter(console, "web-soon")
    page.get_by_role("heading", name="Welcome, web-soon").wait_for()
    soon = int((time.time() + 200) * 1000)
    page.evaluate(ENDS_AT, soon)
    page.reload()
    page.get_by_text(re.compile(r"Your session ends in 3:\d\d")).wait_for()
    page.get_by_role("button", name="Sign in again").click()
    again = page.get_by_role("dialog", name="Sign in again")
    again.get_by_label("Password", exact=True).fill(GOOD)
    again.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_text("Your session ends in").wait_for(state="detached")


def test_roles_are_put_on_and_taken_off(console: Console) -> None:
    console.expected = 50  # the role may look at IAM alone
    page, server = console.page, console.server
    person(server, "web-switcher")
    trust = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{server.account}:root"},
            "Action": "sts:AssumeRole",
        },
    }
    iam = server.client("iam")
    iam.create_role(RoleName="web-worn", Path="/team/", AssumeRolePolicyDocument=json.dumps(trust))
    iam.attach_role_policy(RoleName="web-worn", PolicyArn="arn:aws:iam::aws:policy/IAMReadOnlyAccess")
    enter(console, "web-switcher")
    page.get_by_role("heading", name="Welcome, web-switcher").wait_for()
    # the address that AWS's console has for it
    query = {
        "account": server.account,
        "roleName": "team/web-none",
        "displayName": "Reader",
        "color": "7D3BBF",
    }
    page.goto(f"{console.origin}/switchrole?{urlencode(query)}")
    page.get_by_role("button", name="Switch role", exact=True).click()
    page.get_by_text("is not authorized to perform: sts:AssumeRole").first.wait_for()
    page.get_by_label("IAM role name").fill("team/web-worn")
    page.get_by_role("button", name="Switch role", exact=True).click()
    band = page.get_by_test_id("role-band")
    band.wait_for()
    assert band.evaluate("band => getComputedStyle(band).backgroundColor") == "rgb(125, 59, 191)"
    assert page.evaluate("JSON.parse(sessionStorage.getItem('tabard-session')).arn").endswith(
        ":assumed-role/web-worn/web-switcher"
    )
    console.open("/iam/users")
    page.get_by_role("heading", name="Users", level=1).wait_for()
    page.get_by_role("button", name="Switch back").click()
    band.wait_for(state="detached")
    # the menu remembers it
    page.get_by_role("button", name="web-switcher").click()
    page.get_by_role("menuitem", name="Reader").click()
    band.wait_for()
    # its session ends: it is put on again where one was
    begun = page.evaluate("JSON.parse(sessionStorage.getItem('tabard-session')).credentials.accessKeyId")
    page.clock.install()
    page.evaluate(ENDS_AT, int((time.time() + 60) * 1000))
    console.open("/iam/users")
    page.get_by_role("heading", name="Users", level=1).wait_for()
    page.clock.fast_forward(61_000)
    page.get_by_role("dialog").get_by_text("Put team/web-worn on again").wait_for()
    page.get_by_role("button", name="Put it on again").click()
    page.get_by_role("dialog").wait_for(state="detached")
    now = page.evaluate("JSON.parse(sessionStorage.getItem('tabard-session')).credentials.accessKeyId")
    assert now != begun
    assert page.url.endswith("/iam/users")
    # and where whoever put it on has to sign in again first, the page waits for both
    page.evaluate(
        """at => {
            const session = JSON.parse(sessionStorage.getItem('tabard-session'));
            session.expiration = session.base.expiration = new Date(at).toISOString();
            sessionStorage.setItem('tabard-session', JSON.stringify(session));
        }""",
        int((time.time() + 180) * 1000),
    )
    page.reload()
    page.get_by_role("heading", name="Users", level=1).wait_for()
    page.clock.fast_forward(181_000)
    again = page.get_by_role("dialog", name="Sign in again")
    again.get_by_label("Password", exact=True).fill(GOOD)
    again.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("button", name="Put it on again").click()
    page.get_by_role("dialog").wait_for(state="detached")
    band.wait_for()


def test_a_link_does_not_make_anybody_somebody_else_unasked(console: Console) -> None:
    page, server = console.page, console.server
    person(server, "web-stays")
    enter(console, "web-stays")
    page.get_by_role("heading", name="Welcome, web-stays").wait_for()
    page.goto("about:blank")
    page.goto(server.started["console_link"])
    page.get_by_role("dialog").get_by_text("You are signed in as web-stays").wait_for()
    page.get_by_role("button", name="Stay as I am").click()
    page.get_by_role("heading", name="Welcome, web-stays").wait_for()
    page.goto("about:blank")
    page.goto(server.started["console_link"])
    page.get_by_role("button", name="Use the link").click()
    page.get_by_role("heading", name="Welcome, Root user").wait_for()


def test_the_federation_endpoint_opens_the_page_that_was_asked_for(console: Console) -> None:
    import http.client

    console.expected = 5  # the role may not list regions
    page, server = console.page, console.server
    person(server, "web-broker")
    key = server.client("iam").create_access_key(UserName="web-broker")["AccessKey"]
    trust = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{server.account}:root"},
            "Action": "sts:AssumeRole",
        },
    }
    iam = server.client("iam")
    iam.create_role(RoleName="web-federated", AssumeRolePolicyDocument=json.dumps(trust))
    iam.attach_role_policy(RoleName="web-federated", PolicyArn="arn:aws:iam::aws:policy/IAMReadOnlyAccess")
    worn = server.client("sts", key).assume_role(
        RoleArn=f"arn:aws:iam::{server.account}:role/web-federated", RoleSessionName="broker"
    )["Credentials"]
    session = {
        "sessionId": worn["AccessKeyId"],
        "sessionKey": worn["SecretAccessKey"],
        "sessionToken": worn["SessionToken"],
    }
    connection = http.client.HTTPConnection(console.origin.partition("//")[2])
    query = urlencode({"Action": "getSigninToken", "Session": json.dumps(session)})
    connection.request("GET", f"/federation?{query}")
    token = json.loads(connection.getresponse().read())["SigninToken"]
    connection.close()
    login = {
        "Action": "login",
        "Issuer": "https://broker.example/",
        "Destination": "https://console.aws.amazon.com/iam/home",
        "SigninToken": token,
    }
    page.goto(f"{console.origin}/federation?{urlencode(login)}")
    page.get_by_role("heading", name="Roles", level=1).wait_for()
    assert page.url == f"{console.origin}/_/console/iam/roles"


def test_signing_in_again_in_one_tab_does_for_the_others(console: Console) -> None:
    console.expected = 50
    page, server = console.page, console.server
    person(server, "web-tabs")
    enter(console, "web-tabs")
    page.get_by_role("heading", name="Welcome, web-tabs").wait_for()
    other = page.context.new_page()
    other.goto(f"{console.origin}/_/console/account/settings")
    other.get_by_role("heading", name="Account settings", level=1).wait_for()
    end_session(server, "web-tabs")
    for tab in (page, other):
        tab.reload()
        tab.get_by_role("dialog", name="Sign in again").wait_for()
    again = page.get_by_role("dialog", name="Sign in again")
    again.get_by_label("Password", exact=True).fill(GOOD)
    again.get_by_role("button", name="Sign in", exact=True).click()
    again.wait_for(state="detached")
    other.get_by_role("dialog", name="Sign in again").wait_for(state="detached")
