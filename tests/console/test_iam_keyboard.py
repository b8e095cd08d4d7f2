"""IAM's wizards and dialogs by the keyboard alone, each step looked at by axe on the way; what was made is read back."""

from __future__ import annotations

import base64
import time
from typing import TYPE_CHECKING, Any

import pytest
from tests.console.looking import wrong_with
from tests.console.test_iam_policies import document
from tests.console.test_iam_roles import new_role
from tests.console.test_iam_users import NO_PASSWORD

from tabard.identity import mfa

if TYPE_CHECKING:
    from tests.console.conftest import Console

HAS_KEYBOARD = "each => each.getRootNode().activeElement === each"


def reach(page: Any, target: Any, key: str = "Tab") -> None:
    """Press a key until something has the keyboard."""
    target.first.wait_for()
    for _ in range(120):
        if target.first.evaluate(HAS_KEYBOARD):
            return
        page.keyboard.press(key)
    pytest.fail(f"the keyboard does not reach {target}")


def strike(page: Any, name: str, within: Any = None) -> None:
    """Go to a button and press Enter."""
    reach(page, (within or page).get_by_role("button", name=name, exact=True))
    page.keyboard.press("Enter")


def tick(page: Any, target: Any) -> None:
    """Go to a checkbox and press Space."""
    reach(page, target)
    page.keyboard.press("Space")


def fill(page: Any, target: Any, text: str) -> None:
    """Go to a field and type."""
    reach(page, target)
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(text)


def find_policy(page: Any, within: Any, name: str) -> None:
    """Choose a policy from the table of all of them."""
    fill(page, within.get_by_placeholder("Find policies by name"), name)
    tick(page, within.get_by_role("checkbox", name=name, exact=True))


def test_a_role_is_made_changed_and_deleted(console: Console) -> None:
    page, iam = console.page, console.server.client("iam")
    console.open("/iam/roles/create")
    console.sign_in()
    reach(page, page.get_by_role("radio", name="AWS service"))
    reach(page, page.get_by_role("radio", name="AWS account"), "ArrowDown")
    tick(page, page.get_by_role("checkbox", name="Require MFA"))
    assert wrong_with(page) == []
    strike(page, "Next")
    find_policy(page, page, "SecurityAudit")
    assert wrong_with(page) == []
    strike(page, "Next")
    fill(page, page.get_by_label("Role name"), "by-keys")
    assert wrong_with(page) == []
    strike(page, "Create role")
    page.get_by_text("Role by-keys was created").wait_for()
    statement = iam.get_role(RoleName="by-keys")["Role"]["AssumeRolePolicyDocument"]["Statement"][0]
    assert statement["Condition"] == {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    # on its page: attach, detach
    console.open("/iam/roles/by-keys")
    reach(page, page.get_by_role("button", name="Add permissions"))
    page.keyboard.press("Enter")
    reach(page, page.get_by_role("menuitem", name="Attach policies"), "ArrowDown")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    find_policy(page, dialog, "AmazonS3ReadOnlyAccess")
    assert wrong_with(page) == []
    strike(page, "Add permissions", dialog)
    page.get_by_text("AmazonS3ReadOnlyAccess was attached").wait_for()
    dialog.wait_for(state="hidden")
    tick(page, page.get_by_role("checkbox", name="SecurityAudit", exact=True))
    reach(page, page.get_by_role("button", name="Remove", exact=True), "Shift+Tab")
    page.keyboard.press("Enter")
    fill(page, dialog.get_by_label('To confirm, type "remove"'), "remove")
    assert wrong_with(page) == []
    page.keyboard.press("Enter")
    page.get_by_text("SecurityAudit was removed").or_(
        page.get_by_text("SecurityAudit was detached")
    ).first.wait_for()
    attached = iam.list_attached_role_policies(RoleName="by-keys")["AttachedPolicies"]
    assert [each["PolicyName"] for each in attached] == ["AmazonS3ReadOnlyAccess"]
    # in the list: delete by its name
    console.open("/iam/roles")
    tick(page, page.get_by_role("checkbox", name="by-keys", exact=True))
    reach(page, page.get_by_role("button", name="Delete", exact=True), "Shift+Tab")
    page.keyboard.press("Enter")
    fill(page, dialog.get_by_label('To confirm, type "by-keys"'), "by-keys")
    page.keyboard.press("Enter")
    page.get_by_text("Role by-keys was deleted").wait_for()
    assert "by-keys" not in {role["RoleName"] for role in iam.list_roles()["Roles"]}


def test_a_user_and_a_group_are_made_and_a_device_assigned(console: Console) -> None:
    console.expected = NO_PASSWORD
    page, iam = console.page, console.server.client("iam")
    console.open("/iam/groups/create")
    console.sign_in()
    fill(page, page.get_by_label("Group name"), "keyed")
    find_policy(page, page, "SecurityAudit")
    assert wrong_with(page) == []
    strike(page, "Create group")
    page.get_by_text("Group keyed was created").wait_for()
    console.open("/iam/users/create")
    fill(page, page.get_by_label("User name"), "keyed-user")
    assert wrong_with(page) == []
    strike(page, "Next")
    reach(page, page.get_by_role("button", name="Choose groups"))
    page.keyboard.press("Enter")
    page.get_by_role("option", name="keyed").wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    page.get_by_role("option", name="keyed").wait_for(state="detached")
    assert wrong_with(page) == []
    strike(page, "Next")
    page.get_by_role("button", name="Create user", exact=True).wait_for()
    assert wrong_with(page) == []
    strike(page, "Create user")
    page.get_by_role("heading", name="keyed-user", level=1).wait_for()
    assert [each["GroupName"] for each in iam.list_groups_for_user(UserName="keyed-user")["Groups"]] == [
        "keyed"
    ]
    # a second factor
    console.open("/iam/users/keyed-user?tab=credentials")
    strike(page, "Assign MFA device")
    dialog = page.get_by_role("dialog")
    fill(page, dialog.get_by_label("Device name"), "keyed-phone")
    page.keyboard.press("Enter")
    page.get_by_alt_text("QR code of the new MFA device").wait_for()
    assert wrong_with(page) == []
    seed = base64.b32decode(page.get_by_test_id("mfa-secret").inner_text().strip())
    step = mfa.step_at(time.time())
    fill(page, dialog.get_by_label("MFA code 1"), mfa.code_of(seed, step - 1))
    fill(page, dialog.get_by_label("MFA code 2"), mfa.code_of(seed, step))
    page.keyboard.press("Enter")
    page.get_by_text("keyed-phone is an MFA device of keyed-user").wait_for()
    assert len(iam.list_mfa_devices(UserName="keyed-user")["MFADevices"]) == 1


def test_a_policy_is_written_in_forms_and_as_text_and_tried(console: Console) -> None:
    page, iam = console.page, console.server.client("iam")
    console.open("/iam/policies/create")
    console.sign_in()
    editor = page.get_by_label("Policy document", exact=True).and_(page.get_by_role("textbox"))
    fill(page, editor, document("s3:GetObject"))
    page.get_by_text("No problems found").wait_for()
    reach(
        page, page.get_by_role("button", name="Add a condition"), "Shift+Tab"
    )  # Tab leaves the editor, both ways
    page.keyboard.press("Enter")
    fill(page, page.get_by_label("Condition key 1"), "aws:SourceIp")
    fill(page, page.get_by_label("Value 1"), "192.0.2.7")
    page.get_by_text('"aws:SourceIp"').first.wait_for()
    assert wrong_with(page) == []
    strike(page, "Next")
    fill(page, page.get_by_label("Policy name"), "keyed-policy")
    assert wrong_with(page) == []
    strike(page, "Create policy")
    page.get_by_text("Policy keyed-policy was created").wait_for()
    arn = f"arn:aws:iam::{console.server.account}:policy/keyed-policy"
    (statement,) = iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]["Document"][
        "Statement"
    ]
    assert statement["Condition"] == {"StringEquals": {"aws:SourceIp": "192.0.2.7"}}
    # the simulator
    console.open("/iam/simulator?mode=custom&action=s3:GetObject")
    fill(
        page,
        page.get_by_label("Your policy", exact=True).and_(page.get_by_role("textbox")),
        document("s3:Get*"),
    )
    strike(page, "Run simulation")
    page.get_by_text("1 allowed, 0 denied").wait_for()
    assert wrong_with(page) == []


def test_a_provider_is_added_and_a_role_told_to_forget_its_sessions(console: Console) -> None:
    page, iam = console.page, new_role(console, "keyed-role")
    console.open("/iam/providers")
    console.sign_in()
    strike(page, "Add provider")
    dialog = page.get_by_role("dialog")
    fill(page, dialog.get_by_label("Provider URL"), "https://keyed.example.com")
    fill(page, dialog.get_by_label("Thumbprint"), "b" * 40)
    assert wrong_with(page) == []
    page.keyboard.press("Enter")
    page.get_by_text("Provider keyed.example.com was added").wait_for()
    assert len(iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]) == 1
    console.open("/iam/roles/keyed-role?tab=revoke")
    strike(page, "Revoke active sessions")
    fill(page, dialog.get_by_label('To confirm, type "revoke"'), "revoke")
    page.keyboard.press("Enter")
    page.get_by_text("are revoked").first.wait_for()
    assert iam.list_role_policies(RoleName="keyed-role")["PolicyNames"] == ["AWSRevokeOlderSessions"]
    assert wrong_with(page) == []
