"""Two people who edit the same thing: who saves second is told, and nothing is overwritten."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.console.editing import write
from tests.console.test_iam_policies import document
from tests.console.test_iam_users import NO_PASSWORD

if TYPE_CHECKING:
    from tests.console.conftest import Console

POWER = "arn:aws:iam::aws:policy/PowerUserAccess"


def test_an_inline_policy_tags_and_a_boundary_that_another_changed_are_not_overwritten(
    console: Console,
) -> None:
    console.expected = NO_PASSWORD
    page, iam = console.page, console.server.client("iam")
    iam.create_user(UserName="lena", Tags=[{"Key": "team", "Value": "red"}])
    iam.put_user_policy(UserName="lena", PolicyName="own", PolicyDocument=document("s3:GetObject"))
    console.open("/iam/users/lena/inline-policy?policy=own")
    console.sign_in()
    write(page, "Policy document", document("s3:PutObject"))
    theirs = document("s3:DeleteObject")
    iam.put_user_policy(UserName="lena", PolicyName="own", PolicyDocument=theirs)
    page.get_by_role("button", name="Save changes").click()
    page.get_by_text("Changed meanwhile").wait_for()
    kept = iam.get_user_policy(UserName="lena", PolicyName="own")["PolicyDocument"]
    assert kept == json.loads(theirs)
    # tags
    console.open("/iam/users/lena?tab=tags")
    page.get_by_role("button", name="Add new tag").click()
    page.get_by_label("Key").last.fill("cost")
    page.get_by_label("Value").last.fill("42")
    iam.tag_user(UserName="lena", Tags=[{"Key": "team", "Value": "blue"}])
    page.get_by_role("button", name="Save changes").click()
    page.get_by_text("Changed meanwhile").wait_for()
    assert iam.list_user_tags(UserName="lena")["Tags"] == [{"Key": "team", "Value": "blue"}]
    page.get_by_role("button", name="Cancel").click()
    page.get_by_text("Changed meanwhile").wait_for(state="detached")
    page.get_by_role("button", name="Add new tag").click()
    page.get_by_label("Key").last.fill("cost")
    page.get_by_label("Value").last.fill("42")
    page.get_by_role("button", name="Save changes").click()
    page.get_by_text("The tags of lena were saved").wait_for()
    tags = {each["Key"]: each["Value"] for each in iam.list_user_tags(UserName="lena")["Tags"]}
    assert tags == {"team": "blue", "cost": "42"}
    # the boundary
    page.get_by_role("tab", name="Permissions").click()
    page.get_by_role("button", name="Permissions boundary (not set)").click()
    page.get_by_role("button", name="Set permissions boundary").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_placeholder("Find policies by name").fill("SecurityAudit")
    dialog.get_by_role("radio", name="SecurityAudit", exact=True).check()
    iam.put_user_permissions_boundary(UserName="lena", PermissionsBoundary=POWER)
    dialog.get_by_role("button", name="Set permissions boundary").click()
    dialog.get_by_text("Changed meanwhile").wait_for()
    boundary = iam.get_user(UserName="lena")["User"]["PermissionsBoundary"]
    assert boundary["PermissionsBoundaryArn"] == POWER
