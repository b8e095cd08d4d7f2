"""One's own credentials and the account's settings: changed in the browser, read back with an SDK."""

from __future__ import annotations

import base64
import csv
import io
import time
from typing import TYPE_CHECKING

from tests.console.test_sign_in import enter
from tests.edge.test_console_passwords import GOOD, OTHER, person

from tabard.identity import mfa

if TYPE_CHECKING:
    from tests.console.conftest import Console

CREDENTIALS = "/account/security-credentials"


def test_a_password_is_changed(console: Console) -> None:
    console.expected = 1
    page = console.page
    person(console.server, "own-changer")
    enter(console, "own-changer", path=CREDENTIALS)
    page.get_by_role("button", name="Change password").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Current password").fill("wrong")
    dialog.get_by_label("New password", exact=True).fill(OTHER)
    dialog.get_by_label("New password, again").fill(OTHER)
    dialog.get_by_role("button", name="Change password").click()
    dialog.get_by_text("The old password was incorrect").wait_for()
    dialog.get_by_label("Current password").fill(GOOD)
    dialog.get_by_role("button", name="Change password").click()
    page.get_by_text("Your password was changed").wait_for()
    page.get_by_role("button", name="own-changer").click()
    page.get_by_role("menuitem", name="Sign out").click()
    enter(console, "own-changer", OTHER)
    page.get_by_role("heading", name="Welcome, own-changer").wait_for()


def test_an_mfa_device_is_set_up_by_its_qr_code_and_removed(console: Console) -> None:
    console.expected = 1
    page, iam = console.page, console.server.client("iam")
    person(console.server, "own-phone")
    enter(console, "own-phone", path=CREDENTIALS)
    page.get_by_role("button", name="Assign MFA device").click()
    page.get_by_label("Device name").fill("own phone")
    page.get_by_text("Letters, digits and + = , . @ _ - only").wait_for()
    page.get_by_label("Device name").fill("own-phone-1")
    page.get_by_role("button", name="Show the QR code").click()
    picture = page.get_by_alt_text("QR code of the new MFA device")
    picture.wait_for()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 20
    seed = base64.b32decode(page.get_by_test_id("mfa-secret").inner_text().strip())
    step = mfa.step_at(time.time())
    page.get_by_label("MFA code 1").fill("000000")
    page.get_by_label("MFA code 2").fill("000001")
    page.get_by_role("button", name="Add MFA").click()
    page.get_by_text("Authentication code for device is not valid").wait_for()
    page.get_by_label("MFA code 1").fill(mfa.code_of(seed, step - 1))
    page.get_by_label("MFA code 2").fill(mfa.code_of(seed, step))
    page.get_by_role("button", name="Add MFA").click()
    page.get_by_text("own-phone-1 was assigned").wait_for()
    devices = iam.list_mfa_devices(UserName="own-phone")["MFADevices"]
    assert [each["SerialNumber"].rpartition("/")[2] for each in devices] == ["own-phone-1"]
    page.get_by_role("button", name="Remove own-phone-1").click()
    page.get_by_label('To confirm, type "own-phone-1"').fill("own-phone-1")
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    page.get_by_text("own-phone-1 was removed").wait_for()
    assert iam.list_mfa_devices(UserName="own-phone")["MFADevices"] == []


def test_an_access_key_is_shown_once_turned_off_and_deleted(console: Console) -> None:
    page, server = console.page, console.server
    person(server, "own-keys")
    enter(console, "own-keys", path=CREDENTIALS)
    page.get_by_role("button", name="Create access key").click()
    page.get_by_role("dialog").get_by_role("button", name="Create access key").click()
    secret = page.get_by_test_id("new-secret").inner_text().strip()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download .csv file").click()
    (row,) = csv.DictReader(io.StringIO(download.value.path().read_text()))
    assert row["Secret access key"] == secret
    key_id = row["Access key ID"]
    assert download.value.suggested_filename == f"{key_id}.csv"
    page.get_by_role("button", name="Done").click()
    assert page.get_by_text(secret).count() == 0
    given = {"aws_access_key_id": key_id, "aws_secret_access_key": secret}
    assert server.client("sts", given).get_caller_identity()["Arn"].endswith("user/own-keys")
    page.get_by_role("button", name=f"Deactivate {key_id}").click()
    page.get_by_text(f"{key_id} is inactive").wait_for()
    iam = server.client("iam")
    assert iam.list_access_keys(UserName="own-keys")["AccessKeyMetadata"][0]["Status"] == "Inactive"
    page.get_by_role("button", name=f"Delete {key_id}").click()
    page.get_by_label(f'To confirm, type "{key_id}"').fill(key_id)
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.get_by_text(f"{key_id} was deleted").wait_for()
    assert iam.list_access_keys(UserName="own-keys")["AccessKeyMetadata"] == []


def test_an_ssh_key_is_uploaded(console: Console) -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    page = console.page
    person(console.server, "own-ssh")
    enter(console, "own-ssh", path=CREDENTIALS)
    public = rsa.generate_private_key(65537, 2048).public_key()
    line = public.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH).decode()
    page.get_by_role("button", name="Upload SSH public key").click()
    page.get_by_role("dialog").get_by_label("SSH public key").fill(line)
    page.get_by_role("dialog").get_by_role("button", name="Upload SSH public key").click()
    page.get_by_text("was uploaded").wait_for()
    (key,) = console.server.client("iam").list_ssh_public_keys(UserName="own-ssh")["SSHPublicKeys"]
    page.get_by_role("button", name=f"Deactivate {key['SSHPublicKeyId']}").wait_for()


def test_root_has_keys_and_devices_but_no_password(console: Console) -> None:
    page = console.page
    console.open(CREDENTIALS)
    console.sign_in()
    page.get_by_text("The root user has no password here").wait_for()
    page.get_by_role("button", name="Create access key").click()
    create = page.get_by_role("dialog").get_by_role("button", name="Create access key")
    assert create.is_disabled()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()


def test_the_password_policy_is_edited_and_returned_to_the_default(console: Console) -> None:
    page, iam = console.page, console.server.client("iam")
    console.expected = 4  # that there is none of its own is told by an error
    console.open("/account/settings")
    console.sign_in()
    page.get_by_text("s default: at least 8 characters").wait_for()
    page.get_by_role("button", name="Edit password policy").click()
    page.get_by_label("Minimum length").fill("5")
    assert page.get_by_role("button", name="Save changes").is_disabled()
    page.get_by_label("Minimum length").fill("12")
    page.get_by_label("Require a symbol").check()
    page.get_by_label("Passwords remembered").fill("3")
    page.get_by_role("button", name="Save changes").click()
    page.get_by_text("The password policy was saved").wait_for()
    policy = iam.get_account_password_policy()["PasswordPolicy"]
    assert (policy["MinimumPasswordLength"], policy["RequireSymbols"]) == (12, True)
    assert policy["PasswordReusePrevention"] == 3
    page.get_by_role("button", name="Return to the default").click()
    page.get_by_text("The default password policy applies").wait_for()
    page.get_by_text("s default: at least 8 characters").wait_for()


def test_alias_token_version_and_report(console: Console) -> None:
    page, iam = console.page, console.server.client("iam")
    console.expected = 4
    console.open("/account/settings")
    console.sign_in()
    page.get_by_role("button", name="Edit alias").click()
    page.get_by_label("Preferred alias").fill("Not--valid")
    assert page.get_by_role("button", name="Save changes").is_disabled()
    page.get_by_label("Preferred alias").fill("web-alias")
    page.get_by_role("button", name="Save changes").click()
    page.get_by_text("account=web-alias").wait_for()
    assert iam.list_account_aliases()["AccountAliases"] == ["web-alias"]
    page.get_by_role("button", name="Remove alias").click()
    page.get_by_text("The account has no alias any more").wait_for()
    page.get_by_role("button", name="Change", exact=True).click()
    page.get_by_role("radio", name="Version 2").check()
    page.get_by_role("button", name="Save changes").click()
    page.get_by_text("The version of session tokens was changed").wait_for()
    assert iam.get_account_summary()["SummaryMap"]["GlobalEndpointTokenVersion"] == 2
    iam.set_security_token_service_preferences(GlobalEndpointTokenVersion="v1Token")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download credential report").click()
    assert "<root_account>" in download.value.path().read_text()
