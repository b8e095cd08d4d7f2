"""The wizards and dialogs of instances, buckets and the event history, without a mouse; read back with an SDK."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from tests.console.keyboard import choose, in_dialog, menu, press, tab_to
from tests.console.test_console import new_user

if TYPE_CHECKING:
    from tests.console.conftest import Console

TRUST = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Principal": {"Service": "ec2.amazonaws.com"},
        "Action": "sts:AssumeRole",
    },
}


def test_an_instance_is_launched_entered_given_a_role_and_relieved_of_it(console: Console) -> None:
    page, server = console.page, console.server
    if server.started["problems"]:
        pytest.skip(f"instances can not run here: {server.started['problems'][0]}")
    iam, ec2 = server.client("iam"), server.client("ec2")
    iam.create_role(RoleName="keys-role", AssumeRolePolicyDocument=json.dumps(TRUST))
    iam.create_instance_profile(InstanceProfileName="keys-role")
    iam.add_role_to_instance_profile(InstanceProfileName="keys-role", RoleName="keys-role")
    console.open("/ec2/launch")
    console.sign_in()
    page.get_by_role("heading", name="Launch an instance").wait_for()
    tab_to(page, "Name – optional")
    page.keyboard.type("by-keyboard")
    choose(page, "Key pair name", "Proceed without a key pair")
    press(page, "Launch instance")
    page.get_by_text("is launching").wait_for()
    page.get_by_text("Running", exact=True).wait_for()
    (found,) = ec2.describe_instances()["Reservations"][0]["Instances"]
    instance = found["InstanceId"]
    # the terminal keeps Tab to itself; F6 leads out of it
    tab_to(page, f"by-keyboard {instance}")
    page.keyboard.press("Space")
    press(page, "Connect", key="Shift+Tab")
    page.get_by_text("Connected as ec2-user").wait_for()
    page.locator(".xterm-rows").get_by_text("$").first.wait_for()
    page.keyboard.type("echo typed-$((40+2))\n")
    page.locator(".xterm-rows").get_by_text("typed-42").wait_for()
    page.keyboard.press("F6")
    press(page, instance, key="Shift+Tab")  # where one came from
    page.get_by_role("heading", name=instance, level=1).wait_for()
    menu(page, "Actions", "Security", "Modify IAM role")
    page.get_by_role("heading", name="Modify IAM role").wait_for()
    choose(page, "IAM role", "keys-role")
    press(page, "Update IAM role")
    page.get_by_text(f"keys-role is attached to {instance}").wait_for()
    console.open(f"/ec2/instances/{instance}/iam-role")
    page.get_by_role("button", name="IAM role keys-role").wait_for()
    choose(page, "IAM role", "No IAM role")
    press(page, "Update IAM role")
    in_dialog(page)
    tab_to(page, 'To confirm, type "Detach"')
    page.keyboard.type("Detach")
    page.keyboard.press("Enter")
    page.get_by_text("wears no role any more").wait_for()
    assert "IamInstanceProfile" not in ec2.describe_instances()["Reservations"][0]["Instances"][0]
    ec2.terminate_instances(InstanceIds=[instance])


def test_a_bucket_is_made_filled_shared_guarded_and_emptied(console: Console) -> None:
    console.expected = 20  # there is no policy at first
    page, s3 = console.page, console.server.client("s3")
    console.open("/s3/buckets")
    console.sign_in()
    page.get_by_text("No buckets yet").wait_for()
    press(page, "Create bucket")
    in_dialog(page)
    tab_to(page, "Name")
    page.keyboard.type("by-keyboard")
    page.keyboard.press("Enter")
    page.get_by_text("Bucket by-keyboard was created").wait_for()
    page.get_by_role("link", name="by-keyboard").wait_for()
    press(page, "by-keyboard", "a")
    page.get_by_text("No objects here").wait_for()
    with page.expect_file_chooser() as files:
        press(page, "Upload")
    files.value.set_files([{"name": "typed.txt", "mimeType": "text/plain", "buffer": b"x"}])
    page.get_by_text("typed.txt was uploaded").wait_for()
    page.get_by_role("link", name="typed.txt").wait_for()
    # a link that ends
    press(page, "typed.txt", "a")
    page.get_by_role("heading", name="typed.txt", level=1).wait_for()
    press(page, "Share with a presigned link…")
    in_dialog(page)
    tab_to(page, "The link is good for")
    page.keyboard.press("Control+A")
    page.keyboard.type("2")
    page.keyboard.press("Enter")
    page.get_by_test_id("share-link").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("dialog").wait_for(state="detached")
    press(page, "by-keyboard", "a", key="Shift+Tab")
    # its policy: Tab leads into the editor and out of it
    page.get_by_role("heading", name="by-keyboard", level=1).wait_for()
    tab_to(page, "Objects")
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Bucket policy").wait_for()
    press(page, "Edit")
    policy = page.get_by_role("textbox", name="Bucket policy", exact=True)
    policy.wait_for()
    page.wait_for_load_state("networkidle")
    tab_to(page, "Bucket policy")
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(json.dumps(_deny("by-keyboard")))
    press(page, "Save changes")
    page.get_by_text("The policy of by-keyboard was saved").wait_for()
    assert json.loads(s3.get_bucket_policy(Bucket="by-keyboard")["Policy"]) == _deny("by-keyboard")
    # deleting asks for a word
    console.open("/s3/buckets/by-keyboard")
    page.get_by_role("checkbox", name="typed.txt").wait_for()
    tab_to(page, "typed.txt", "checkbox")
    page.keyboard.press("Space")
    page.get_by_role("heading", name="by-keyboard", level=1).wait_for()
    menu(page, "Actions", "Delete")
    in_dialog(page)
    tab_to(page, 'To confirm, type "delete"')
    page.keyboard.type("delete")
    page.keyboard.press("Enter")
    page.get_by_text("No objects here").wait_for()
    assert "Contents" not in s3.list_objects_v2(Bucket="by-keyboard")


def _deny(bucket: str) -> dict[str, object]:
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def test_a_role_is_put_on_and_events_are_narrowed_down(console: Console) -> None:
    console.expected = 50
    page, server = console.page, console.server
    iam = server.client("iam")
    trust = {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Principal": {"AWS": server.account}, "Action": "sts:AssumeRole"},
    }
    iam.create_role(RoleName="keys-viewer", AssumeRolePolicyDocument=json.dumps(trust))
    look = "arn:aws:iam::aws:policy/AWSCloudTrail_ReadOnlyAccess"
    iam.attach_role_policy(RoleName="keys-viewer", PolicyArn=look)
    iam.create_group(GroupName="keys-looked-for")
    key = new_user(server, "keys-user", "sts:AssumeRole")
    console.open(f"/switchrole?account={server.account}")
    console.sign_in(key)
    page.get_by_role("heading", name="Switch role").wait_for()
    page.get_by_label("IAM role name").wait_for()
    tab_to(page, "Account ID")
    tab_to(page, "IAM role name")
    page.keyboard.type("keys-viewer")
    choose(page, "Display colour", "Green")
    press(page, "Switch role")
    page.get_by_test_id("role-band").wait_for()
    page.keyboard.press("Alt+s")
    page.keyboard.type("event his")
    page.get_by_role("option", name="Event history").wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Event history (").wait_for()
    choose(page, "Look up by", "Resource name")
    tab_to(page, "What to look for, spelt exactly")
    page.keyboard.type("keys-looked-for")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Event history (1)").wait_for()
    choose(page, "Time range", "Last hour")
    tab_to(page, "Only what was refused")
    page.keyboard.press("Space")
    page.get_by_text("No matches").or_(page.get_by_text("No events")).first.wait_for()
    page.keyboard.press("Space")
    page.get_by_role("link", name="CreateGroup").wait_for()
    press(page, "CreateGroup")
    page.get_by_text("Why was it allowed?").wait_for()
    press(page, "Switch back", key="Shift+Tab")
    page.get_by_test_id("role-band").wait_for(state="detached")
