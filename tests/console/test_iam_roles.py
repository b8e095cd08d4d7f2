"""IAM's pages about roles: what they change is read back with an SDK."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.console.editing import write

if TYPE_CHECKING:
    from tests.console.conftest import Console

EC2_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}
BUCKETS = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}],
}


def confirm(page: Any, word: str, button: str) -> None:
    """Type what a dialog asks for and press its button."""
    dialog = page.get_by_role("dialog")
    dialog.get_by_label(f'To confirm, type "{word}"').fill(word)
    dialog.get_by_role("button", name=button, exact=True).click()


def next_step(page: Any) -> None:
    page.get_by_role("button", name="Next", exact=True).click()


def new_role(console: Console, name: str, **options: Any) -> Any:
    iam = console.server.client("iam")
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(EC2_TRUST), **options)
    return iam


def test_a_role_for_another_account_with_external_id_mfa_boundary_and_tags(console: Console) -> None:
    page, iam = console.page, console.server.client("iam")
    console.open("/iam/roles/create")
    console.sign_in()
    page.get_by_text("AWS account", exact=True).click()
    page.get_by_label("Another account").check()
    next_step(page)
    page.get_by_text("An account ID has twelve digits").wait_for()
    page.get_by_label("Account ID").fill(console.server.account)
    page.get_by_label("Require an external ID").check()
    page.get_by_label("External ID", exact=True).fill("abc-42")
    page.get_by_label("Require MFA").check()
    next_step(page)
    for name in ("AmazonS3ReadOnlyAccess", "AmazonEC2ReadOnlyAccess"):  # several, through the filter
        page.get_by_placeholder("Find policies by name").fill(name)
        page.get_by_role("checkbox", name=name, exact=True).check()
    page.get_by_role("button", name="Permissions boundary").click()
    page.get_by_label("Boundary policy").click()
    page.get_by_placeholder("Search").or_(page.get_by_role("combobox")).last.fill("PowerUserAccess")
    page.get_by_role("option", name="PowerUserAccess").first.click()
    next_step(page)
    page.get_by_label("Role name").fill("partner")
    page.get_by_role("button", name="Add new tag").click()
    page.get_by_label("Key").last.fill("team")
    page.get_by_label("Value").last.fill("red")
    page.get_by_role("button", name="Create role").click()
    page.get_by_text("Role partner was created").wait_for()
    role = iam.get_role(RoleName="partner")["Role"]
    assert role["AssumeRolePolicyDocument"]["Statement"][0] == {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{console.server.account}:root"},
        "Action": "sts:AssumeRole",
        "Condition": {
            "StringEquals": {"sts:ExternalId": "abc-42"},
            "Bool": {"aws:MultiFactorAuthPresent": "true"},
        },
    }
    assert role["PermissionsBoundary"]["PermissionsBoundaryArn"].endswith(":policy/PowerUserAccess")
    assert role["Tags"] == [{"Key": "team", "Value": "red"}]
    attached = iam.list_attached_role_policies(RoleName="partner")["AttachedPolicies"]
    assert {each["PolicyName"] for each in attached} == {"AmazonS3ReadOnlyAccess", "AmazonEC2ReadOnlyAccess"}
    assert iam.list_instance_profiles_for_role(RoleName="partner")["InstanceProfiles"] == []


def test_a_trust_policy_with_problems_is_told_as_one_types(console: Console) -> None:
    page = console.page
    console.open("/iam/roles/create")
    console.sign_in()
    page.get_by_text("Custom trust policy").first.click()
    write(page, "Trust policy", '{"Version": "2012-10-17"')
    page.get_by_text("A comma or } is missing here").first.wait_for()
    write(
        page,
        "Trust policy",
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole"}]}',
    )
    page.get_by_text("Principal is missing").first.wait_for()
    next_step(page)
    assert page.get_by_role("heading", name="Select trusted entity").is_visible()


def test_a_trust_policy_that_iam_refuses_is_shown_where_it_was_written(console: Console) -> None:
    console.expected = 1
    page = console.page
    console.open("/iam/roles/create")
    console.sign_in()
    page.get_by_text("Custom trust policy").first.click()
    nobody = f"arn:aws:iam::{console.server.account}:user/nobody-at-all"
    trust = json.dumps(EC2_TRUST).replace('{"Service": "ec2.amazonaws.com"}', json.dumps({"AWS": nobody}))
    write(page, "Trust policy", trust)
    page.get_by_text("No problems found").wait_for()
    next_step(page)
    next_step(page)
    page.get_by_label("Role name").fill("never-made")
    page.get_by_role("button", name="Create role").click()
    page.get_by_text("MalformedPolicyDocument").first.wait_for()
    page.get_by_text("Invalid principal in policy").first.wait_for()
    page.get_by_text("Nothing was created").wait_for()
    names = [role["RoleName"] for role in console.server.client("iam").list_roles()["Roles"]]
    assert "never-made" not in names


def test_a_trust_policy_that_another_changed_meanwhile_is_not_overwritten(console: Console) -> None:
    page, iam = console.page, new_role(console, "shared")
    console.open("/iam/roles/shared?tab=trust")
    console.sign_in()
    page.get_by_role("button", name="Edit trust policy").click()
    theirs = json.loads(json.dumps(EC2_TRUST).replace("ec2.amazonaws.com", "lambda.amazonaws.com"))
    iam.update_assume_role_policy(RoleName="shared", PolicyDocument=json.dumps(theirs))
    write(page, "Trust policy", json.dumps(EC2_TRUST))
    page.get_by_role("button", name="Update policy").click()
    page.get_by_text("Changed meanwhile").wait_for()
    assert iam.get_role(RoleName="shared")["Role"]["AssumeRolePolicyDocument"] == theirs


def test_what_is_on_a_roles_page_can_be_changed(console: Console) -> None:
    page, iam = console.page, new_role(console, "changing")
    console.open("/iam/roles/changing")
    console.sign_in()
    # the description and the longest session
    page.get_by_role("button", name="Edit", exact=True).click()
    page.get_by_role("dialog").get_by_label("Description").fill("for reports")
    page.get_by_role("dialog").get_by_label("Maximum session duration").click()
    page.get_by_role("option", name="4 hours").click()
    page.get_by_role("dialog").get_by_role("button", name="Save changes").click()
    page.get_by_text("Role changing was changed").wait_for()
    role = iam.get_role(RoleName="changing")["Role"]
    assert (role["Description"], role["MaxSessionDuration"]) == ("for reports", 14400)
    # attach
    page.get_by_role("button", name="Add permissions").click()
    page.get_by_role("menuitem", name="Attach policies").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_placeholder("Find policies by name").fill("AmazonS3ReadOnlyAccess")
    dialog.get_by_role("checkbox", name="AmazonS3ReadOnlyAccess", exact=True).check()
    dialog.get_by_role("button", name="Add permissions").click()
    page.get_by_text("AmazonS3ReadOnlyAccess was attached to changing").wait_for()
    dialog.wait_for(state="hidden")  # it closes once the list is there anew
    # an inline policy, in the editor
    page.get_by_role("button", name="Add permissions").click()
    page.get_by_role("menuitem", name="Create inline policy").click()
    page.get_by_label("Policy name").fill("buckets")
    write(page, "Policy document", json.dumps(BUCKETS))
    page.get_by_role("button", name="Create policy").click()
    page.get_by_text("Policy buckets of changing was saved").wait_for()
    assert iam.get_role_policy(RoleName="changing", PolicyName="buckets")["PolicyDocument"] == BUCKETS
    # detach the first, delete the other
    for name in ("AmazonS3ReadOnlyAccess", "buckets"):
        page.get_by_role("checkbox", name=name, exact=True).check()
    page.get_by_role("button", name="Remove", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="The CLI command for this").click()
    told = page.get_by_role("dialog").get_by_test_id("cli-command").inner_text()
    assert "aws iam detach-role-policy --role-name changing" in told
    assert "aws iam delete-role-policy --role-name changing --policy-name buckets" in told
    confirm(page, "remove", "Remove")
    page.get_by_text("No permissions").wait_for()
    assert iam.list_attached_role_policies(RoleName="changing")["AttachedPolicies"] == []
    assert iam.list_role_policies(RoleName="changing")["PolicyNames"] == []
    # tags
    page.get_by_role("tab", name="Tags").click()
    page.get_by_role("button", name="Add new tag").click()
    page.get_by_label("Key").last.fill("team")
    page.get_by_label("Value").last.fill("blue")
    page.get_by_role("button", name="Save changes").click()
    page.get_by_text("The tags of changing were saved").wait_for()
    assert iam.list_role_tags(RoleName="changing")["Tags"] == [{"Key": "team", "Value": "blue"}]
    # revoke
    page.get_by_role("tab", name="Revoke sessions").click()
    page.get_by_role("button", name="Revoke active sessions").click()
    confirm(page, "revoke", "Revoke active sessions")
    page.get_by_text("are revoked").first.wait_for()
    assert iam.list_role_policies(RoleName="changing")["PolicyNames"] == ["AWSRevokeOlderSessions"]


def test_a_boundary_is_set_and_taken_off(console: Console) -> None:
    page, iam = console.page, new_role(console, "bounded")
    console.open("/iam/roles/bounded")
    console.sign_in()
    page.get_by_role("button", name="Permissions boundary (not set)").click()
    page.get_by_role("button", name="Set permissions boundary").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_placeholder("Find policies by name").fill("SecurityAudit")
    dialog.get_by_role("radio", name="SecurityAudit", exact=True).check()
    dialog.get_by_role("button", name="Set permissions boundary").click()
    page.get_by_text("SecurityAudit is the permissions boundary of bounded").wait_for()
    boundary = iam.get_role(RoleName="bounded")["Role"]["PermissionsBoundary"]
    assert boundary["PermissionsBoundaryArn"] == "arn:aws:iam::aws:policy/SecurityAudit"
    page.get_by_role("button", name="Remove boundary").click()
    confirm(page, "remove", "Remove boundary")
    page.get_by_text("bounded has no permissions boundary any more").wait_for()
    assert "PermissionsBoundary" not in iam.get_role(RoleName="bounded")["Role"]


def test_several_roles_are_found_sorted_and_deleted_together(console: Console) -> None:
    page, iam = console.page, new_role(console, "batch-one")
    for name in ("batch-two", "batch-three"):
        new_role(console, name)
    console.open("/iam/roles")
    console.sign_in()
    page.get_by_placeholder("Find roles by name").fill("batch-")
    page.get_by_text("3 matches").first.wait_for()
    names = page.get_by_role("link", name="batch-", exact=False)
    assert names.all_inner_texts() == ["batch-one", "batch-three", "batch-two"]
    page.get_by_text("Role name", exact=True).first.click()
    page.get_by_role("link", name="batch-two").wait_for()
    assert names.all_inner_texts() == ["batch-two", "batch-three", "batch-one"]
    page.get_by_role("checkbox", name="batch-one").check()
    page.get_by_role("checkbox", name="batch-two").check()
    page.get_by_role("button", name="Delete", exact=True).click()
    assert page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).is_disabled()
    confirm(page, "delete", "Delete")
    page.get_by_text("2 roles were deleted").wait_for()
    left = {role["RoleName"] for role in iam.list_roles()["Roles"]}
    assert "batch-three" in left
    assert not left & {"batch-one", "batch-two"}


@pytest.mark.parametrize("path", ["/iam/roles/nobody", "/iam/policies?arn=arn:aws:iam::aws:policy/None"])
def test_what_is_not_there_says_so(console: Console, path: str) -> None:
    console.expected = 20
    console.open(path)
    console.sign_in()
    console.page.get_by_text("NoSuchEntity").first.wait_for()
