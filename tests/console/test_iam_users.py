"""IAM's pages about users and groups: what they change is read back with an SDK."""

from __future__ import annotations

import base64
import hmac
import re
import time
from typing import TYPE_CHECKING

from tests.console.test_iam_roles import confirm, next_step

if TYPE_CHECKING:
    from tests.console.conftest import Console

NO_PASSWORD = 100
"""A user without a password answers GetLoginProfile with 404, which the browser logs each time."""


def code(secret: str, at: float) -> str:
    """The six digits of a virtual MFA device at a time (RFC 6238)."""
    digest = hmac.digest(base64.b32decode(secret), int(at // 30).to_bytes(8, "big"), "sha1")
    offset = digest[-1] & 15
    return f"{(int.from_bytes(digest[offset : offset + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06}"


def test_a_user_with_a_password_in_a_group(console: Console) -> None:
    console.expected = NO_PASSWORD
    page, iam = console.page, console.server.client("iam")
    iam.create_group(GroupName="writers")
    console.open("/iam/users/create")
    console.sign_in()
    next_step(page)
    page.get_by_text("Give the user a name").wait_for()
    page.get_by_label("User name").fill("berta")
    page.get_by_label("Provide user access to the console").check()
    next_step(page)
    page.get_by_role("button", name="Choose groups").click()
    page.get_by_role("option", name="writers").click()
    page.keyboard.press("Escape")
    next_step(page)
    page.get_by_text("IAMUserChangePassword").first.wait_for()
    page.get_by_role("button", name="Create user").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("This is the only time").wait_for()
    password = dialog.get_by_test_id("new-password").inner_text().strip()
    with page.expect_download() as download:
        dialog.get_by_role("button", name="Download .csv file").click()
    assert download.value.suggested_filename == "berta_credentials.csv"
    assert password in download.value.path().read_text()
    assert len(password) >= 16
    dialog.get_by_role("button", name="Done").click()
    page.get_by_role("heading", name="berta", level=1).wait_for()
    assert iam.get_login_profile(UserName="berta")["LoginProfile"]["PasswordResetRequired"] is True
    assert [each["GroupName"] for each in iam.list_groups_for_user(UserName="berta")["Groups"]] == ["writers"]
    attached = iam.list_attached_user_policies(UserName="berta")["AttachedPolicies"]
    assert [each["PolicyName"] for each in attached] == ["IAMUserChangePassword"]
    # what the list shows
    console.open("/iam/users")
    row = page.get_by_role("row", name=re.compile("berta"))
    row.get_by_text("0 days").wait_for()
    assert row.get_by_role("cell").all_inner_texts()[-5:] == ["1", "–", "–", "0 days", "–"]


def test_access_keys_are_made_turned_off_and_deleted(console: Console) -> None:
    console.expected = NO_PASSWORD
    page, iam = console.page, console.server.client("iam")
    iam.create_user(UserName="carl")
    console.open("/iam/users/carl?tab=credentials")
    console.sign_in()
    page.get_by_role("button", name="Create access key").click()
    page.get_by_label("Command line").check()
    page.get_by_text("A role that the person assumes").wait_for()
    page.get_by_role("dialog").get_by_role("button", name="Next").click()
    page.get_by_role("dialog").get_by_role("button", name="Create access key").click()
    secret = page.get_by_test_id("new-secret").inner_text().strip()
    key = iam.list_access_keys(UserName="carl")["AccessKeyMetadata"][0]["AccessKeyId"]
    given = {"aws_access_key_id": key, "aws_secret_access_key": secret}
    arn = console.server.client("sts", given).get_caller_identity()["Arn"]
    assert arn.endswith(":user/carl")
    page.get_by_role("dialog").get_by_role("button", name="Done").click()
    page.get_by_role("button", name=f"Deactivate {key}").click()
    page.get_by_text(f"{key} is inactive now").wait_for()
    assert iam.list_access_keys(UserName="carl")["AccessKeyMetadata"][0]["Status"] == "Inactive"
    page.get_by_role("button", name=f"Delete {key}").click()
    confirm(page, key, "Delete")
    page.get_by_text(f"{key} was deleted").wait_for()
    assert iam.list_access_keys(UserName="carl")["AccessKeyMetadata"] == []


def test_an_mfa_device_is_assigned_by_its_codes_and_removed(console: Console) -> None:
    console.expected = NO_PASSWORD
    page, iam = console.page, console.server.client("iam")
    iam.create_user(UserName="dora")
    console.open("/iam/users/dora?tab=credentials")
    console.sign_in()
    page.get_by_role("button", name="Assign MFA device").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox").first.fill("phone-of-dora")
    dialog.locator("button[type=submit], button").last.click()
    page.locator("img.qr").wait_for()
    secret = page.get_by_test_id("mfa-secret").inner_text().strip()
    now = time.time()
    boxes = page.get_by_role("dialog").get_by_role("textbox")
    boxes.nth(0).fill(code(secret, now - 30))
    boxes.nth(1).fill(code(secret, now))
    page.get_by_role("dialog").locator("button").last.click()
    page.get_by_text("phone-of-dora is an MFA device of dora").wait_for()
    devices = iam.list_mfa_devices(UserName="dora")["MFADevices"]
    assert [each["SerialNumber"].rpartition("/")[2] for each in devices] == ["phone-of-dora"]
    page.get_by_role("button", name="Remove arn:").click()
    confirm(page, "remove", "Remove")
    page.get_by_text("The MFA device of dora was removed").wait_for()
    assert iam.list_mfa_devices(UserName="dora")["MFADevices"] == []


def test_a_group_with_users_and_policies(console: Console) -> None:
    console.expected = NO_PASSWORD
    page, iam = console.page, console.server.client("iam")
    for name in ("emil", "frieda"):
        iam.create_user(UserName=name)
    console.open("/iam/groups/create")
    console.sign_in()
    page.get_by_label("Group name").fill("auditors")
    page.get_by_role("button", name="Choose users").click()
    page.get_by_role("option", name="emil").click()
    page.keyboard.press("Escape")
    page.get_by_placeholder("Find policies by name").fill("SecurityAudit")
    page.get_by_role("checkbox", name="SecurityAudit", exact=True).check()
    page.get_by_role("button", name="Create group").click()
    page.get_by_text("Group auditors was created").wait_for()
    page.get_by_role("link", name="emil").wait_for()
    page.get_by_role("button", name="Add users").click()
    page.get_by_role("dialog").get_by_role("button", name="Choose users").click()
    page.get_by_role("option", name="frieda").click()
    page.keyboard.press("Escape")
    page.get_by_role("dialog").get_by_role("button", name="Add users").last.click()
    page.get_by_text("frieda was added to auditors").wait_for()
    members = {each["UserName"] for each in iam.get_group(GroupName="auditors")["Users"]}
    assert members == {"emil", "frieda"}
    page.get_by_role("tab", name="Permissions").click()
    page.get_by_role("link", name="SecurityAudit").wait_for()
    # a user sees where its permissions come from
    console.open("/iam/users/emil")
    page.get_by_text("Group auditors").wait_for()
    # deleting
    console.open("/iam/groups/auditors")
    page.get_by_role("button", name="Delete", exact=True).click()
    confirm(page, "auditors", "Delete")
    page.get_by_text("auditors was deleted").wait_for()
    assert "auditors" not in {each["GroupName"] for each in iam.list_groups()["Groups"]}


def test_deleting_a_user_deletes_what_is_theirs(console: Console) -> None:
    console.expected = NO_PASSWORD
    page, iam = console.page, console.server.client("iam")
    iam.create_user(UserName="gone")
    iam.create_access_key(UserName="gone")
    iam.create_login_profile(UserName="gone", Password="Long-enough-1!")
    iam.attach_user_policy(UserName="gone", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    console.open("/iam/users")
    console.sign_in()
    page.get_by_role("checkbox", name="gone").check()
    page.get_by_role("button", name="Delete", exact=True).click()
    confirm(page, "gone", "Delete")
    page.get_by_text("gone was deleted").wait_for()
    assert "gone" not in {each["UserName"] for each in iam.list_users()["Users"]}
