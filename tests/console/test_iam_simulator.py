"""The policy simulator's page: decisions, their layers, and the statement that decided."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from tests.console.editing import write
from tests.console.test_iam_roles import EC2_TRUST

if TYPE_CHECKING:
    from tests.console.conftest import Console


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, indent=2)


READ = {"Sid": "Read", "Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}
NO_SECRETS = {"Sid": "NoSecrets", "Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::secret/*"}


def choose_actions(page: Any, service: str, *actions: str) -> None:
    page.get_by_role("button", name="Add a service").click()
    page.keyboard.type(service)
    page.get_by_role("option").filter(has_text=re.compile(rf"^{service}\s*s3$")).click()
    for action in actions:
        page.get_by_role("button", name=f"Actions of {service}").click()
        page.keyboard.type(action.partition(":")[2])
        page.get_by_role("option").filter(has_text=re.compile(rf"^{action}$")).click()
        page.keyboard.press("Escape")


def test_a_users_permissions_with_the_deciding_statement_lit(console: Console) -> None:
    page, iam = console.page, console.server.client("iam")
    iam.create_user(UserName="sim", PermissionsBoundary="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
    iam.put_user_policy(UserName="sim", PolicyName="files", PolicyDocument=policy(READ, NO_SECRETS))
    console.open("/iam/simulator?principal=user/sim")
    console.sign_in()
    page.get_by_role("button", name="Add a service").wait_for()
    choose_actions(page, "Amazon S3", "s3:GetObject", "s3:PutObject")
    page.get_by_label("Resources").fill("arn:aws:s3:::open/x\narn:aws:s3:::secret/x")
    page.get_by_role("button", name="Run simulation").click()
    table = page.get_by_role("table", name="Results")
    table.get_by_role("row").nth(4).wait_for()
    cells = [row.get_by_role("cell").all_inner_texts() for row in table.get_by_role("row").all()[1:]]
    decided = {
        tuple(text for text in row if text.startswith("arn:") or "llowed" in text or "enied" in text)
        for row in cells
    }
    assert ("arn:aws:s3:::open/x", "Allowed") in decided
    assert ("arn:aws:s3:::secret/x", "Explicitly denied") in decided
    assert ("arn:aws:s3:::open/x", "Implicitly denied") in decided
    table.get_by_role("radio", name="s3:GetObject arn:aws:s3:::secret/x").check()
    deciding = page.get_by_test_id("deciding")
    deciding.get_by_text("files (sim)").wait_for()
    lit = deciding.locator(".cm-lit-deny").all_inner_texts()
    assert any("NoSecrets" in line for line in lit)
    assert not any("Read" in line for line in lit)
    page.get_by_test_id("layer-identity").get_by_text("Denies").wait_for()
    table.get_by_role("radio", name="s3:PutObject arn:aws:s3:::open/x").check()
    page.get_by_test_id("layer-boundary").get_by_text("Does not allow").wait_for()
    page.get_by_text("No statement that applies allows it").wait_for()


def test_a_policy_that_nobody_has_yet(console: Console) -> None:
    page = console.page
    console.open("/iam/simulator?mode=custom&action=s3:GetObject")
    console.sign_in()
    condition = {"StringEquals": {"aws:PrincipalTag/team": "red"}}
    write(page, "Your policy", policy({**READ, "Condition": condition}))
    page.get_by_text("The policies ask for: aws:PrincipalTag/team").wait_for()
    page.get_by_role("button", name="Run simulation").click()
    page.get_by_text("Implicitly denied").first.wait_for()
    page.get_by_role("button", name="Add a condition key").click()
    page.get_by_label("Condition key 1").first.fill("aws:PrincipalTag/team")
    page.get_by_label("Value 1").fill("red")
    page.get_by_role("button", name="Run simulation").click()
    page.get_by_text("1 allowed, 0 denied").wait_for()


def test_who_may_assume_a_role(console: Console) -> None:
    page, iam = console.page, console.server.client("iam")
    user = iam.create_user(UserName="wearer")["User"]["Arn"]
    iam.create_user(UserName="stranger")
    other = iam.create_role(RoleName="other", AssumeRolePolicyDocument=json.dumps(EC2_TRUST))["Role"]["Arn"]
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            *EC2_TRUST["Statement"],
            {
                "Effect": "Allow",
                "Principal": {"AWS": [user, other]},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"sts:ExternalId": "x-1"}},
            },
        ],
    }
    iam.create_role(RoleName="worn", AssumeRolePolicyDocument=json.dumps(trust))
    console.open("/iam/simulator?mode=trust&role=worn")
    console.sign_in()
    ask = page.get_by_role("button", name="Ask about everyone")
    page.get_by_label("External ID").fill("x-1")
    ask.click()
    page.get_by_text("These services may assume it as well: ec2.amazonaws.com").wait_for()
    table = page.get_by_role("table", name="Users and roles")
    table.get_by_role("row", name="wearer").get_by_text("Allowed").wait_for()
    table.get_by_role("row", name="other").get_by_text("Allowed").wait_for()
    table.get_by_role("row", name="stranger").get_by_text("Implicitly denied").wait_for()
    table.get_by_role("radio", name="wearer").check()
    page.get_by_test_id("layer-resource").get_by_text("Allows").wait_for()
    page.get_by_text("Trust policy of worn").wait_for()
    page.get_by_label("External ID").fill("wrong")
    ask.click()
    table.get_by_role("row", name="wearer").get_by_text("Implicitly denied").wait_for()
