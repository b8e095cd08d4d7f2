"""What a user's page has beside permissions: keys of other kinds, what was accessed; and permissions copied from another."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from tests.console.looking import wrong_with
from tests.console.test_iam_roles import BUCKETS, confirm, next_step
from tests.console.test_iam_users import NO_PASSWORD

if TYPE_CHECKING:
    from tests.console.conftest import Console

BOUNDARY = "arn:aws:iam::aws:policy/PowerUserAccess"


def test_ssh_keys_and_service_credentials_of_a_user(console: Console) -> None:
    console.expected = NO_PASSWORD
    page, iam = console.page, console.server.client("iam")
    iam.create_user(UserName="hana")
    console.open("/iam/users/hana?tab=credentials")
    console.sign_in()
    public = rsa.generate_private_key(65537, 2048).public_key()
    line = public.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH).decode()
    page.get_by_role("button", name="Upload SSH public key").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("SSH public key").fill("no key at all")
    console.expected += 1
    dialog.get_by_role("button", name="Upload SSH public key").click()
    dialog.get_by_text("UnrecognizedPublicKeyEncoding").wait_for()
    dialog.get_by_label("SSH public key").fill(line)
    dialog.get_by_role("button", name="Upload SSH public key").click()
    page.get_by_text("was uploaded").wait_for()
    (key,) = iam.list_ssh_public_keys(UserName="hana")["SSHPublicKeys"]
    key_id = key["SSHPublicKeyId"]
    page.get_by_role("button", name=f"Deactivate {key_id}").click()
    page.get_by_text(f"{key_id} is inactive").wait_for()
    assert iam.list_ssh_public_keys(UserName="hana")["SSHPublicKeys"][0]["Status"] == "Inactive"
    page.get_by_role("button", name=f"Delete {key_id}").click()
    confirm(page, key_id, "Delete")
    page.get_by_text(f"{key_id} was deleted").wait_for()
    assert iam.list_ssh_public_keys(UserName="hana")["SSHPublicKeys"] == []
    # a name and a password for one service, shown once
    page.get_by_role("button", name="Generate credentials").click()
    dialog.get_by_role("button", name="Generate credentials").click()
    dialog.get_by_text("This is the only time").wait_for()
    assert wrong_with(page) == []
    with page.expect_download() as download:
        dialog.get_by_role("button", name="Download .csv file").click()
    (row,) = csv.DictReader(io.StringIO(download.value.path().read_text()))
    (made,) = iam.list_service_specific_credentials(UserName="hana")["ServiceSpecificCredentials"]
    assert (row["User Name"], made["ServiceName"]) == (made["ServiceUserName"], "codecommit.amazonaws.com")
    assert len(row["Password"]) > 20
    page.keyboard.press("Escape")
    made_id = made["ServiceSpecificCredentialId"]
    page.get_by_role("button", name=f"Deactivate {made_id}").click()
    page.get_by_role("button", name=f"Activate {made_id}").wait_for()
    (made,) = iam.list_service_specific_credentials(UserName="hana")["ServiceSpecificCredentials"]
    assert made["Status"] == "Inactive"
    page.get_by_role("button", name=f"Delete {made_id}").click()
    confirm(page, "delete", "Delete")
    page.get_by_text(f"{made_id} was deleted").wait_for()
    assert iam.list_service_specific_credentials(UserName="hana")["ServiceSpecificCredentials"] == []
    assert wrong_with(page) == []


def test_a_user_is_made_with_the_permissions_of_another(console: Console) -> None:
    console.expected = NO_PASSWORD
    page, iam = console.page, console.server.client("iam")
    iam.create_group(GroupName="copied-group")
    iam.create_user(UserName="ines", PermissionsBoundary=BOUNDARY)
    iam.add_user_to_group(GroupName="copied-group", UserName="ines")
    iam.attach_user_policy(UserName="ines", PolicyArn="arn:aws:iam::aws:policy/SecurityAudit")
    iam.put_user_policy(UserName="ines", PolicyName="own", PolicyDocument=json.dumps(BUCKETS))
    console.open("/iam/users/create")
    console.sign_in()
    page.get_by_label("User name").fill("jana")
    next_step(page)
    page.get_by_text("Copy permissions", exact=True).click()
    page.get_by_role("button", name="Copy from").click()
    page.get_by_role("option", name="ines").click()
    next_step(page)
    page.get_by_text("copied-group").first.wait_for()
    page.get_by_role("button", name="Create user").click()
    page.get_by_role("heading", name="jana", level=1).wait_for()
    assert [each["GroupName"] for each in iam.list_groups_for_user(UserName="jana")["Groups"]] == [
        "copied-group"
    ]
    attached = iam.list_attached_user_policies(UserName="jana")["AttachedPolicies"]
    assert [each["PolicyName"] for each in attached] == ["SecurityAudit"]
    assert iam.get_user_policy(UserName="jana", PolicyName="own")["PolicyDocument"] == BUCKETS
    boundary = iam.get_user(UserName="jana")["User"]["PermissionsBoundary"]
    assert boundary["PermissionsBoundaryArn"] == BOUNDARY


def test_what_was_accessed_last_is_told_after_real_calls(console: Console) -> None:
    console.expected = NO_PASSWORD
    page, server = console.page, console.server
    iam = server.client("iam")
    iam.create_user(UserName="kuno")
    both = {"Effect": "Allow", "Action": ["s3:*", "ec2:*"], "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [both]})
    iam.put_user_policy(UserName="kuno", PolicyName="two", PolicyDocument=policy)
    key = iam.create_access_key(UserName="kuno")["AccessKey"]
    server.client("s3", key).list_buckets()
    console.open("/iam/users/kuno?tab=accessed")
    console.sign_in()
    table = page.get_by_role("table", name="Last accessed services")
    table.get_by_role("row", name="Amazon S3").get_by_text("just now").wait_for()
    table.get_by_role("row", name="Amazon EC2").get_by_text("Not accessed").wait_for()
    page.get_by_role("button", name="Which services").click()
    page.get_by_role("option", name="Services not accessed").click()
    table.get_by_role("row", name="Amazon S3").wait_for(state="detached")
    assert wrong_with(page) == []
