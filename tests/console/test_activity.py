"""Who did what, and why it was denied: the event history by the browser."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError
from tests.console.looking import wrong_with
from tests.console.test_console import new_user

if TYPE_CHECKING:
    from tests.console.conftest import Console

NEAR = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "OwnBuckets",
            "Effect": "Allow",
            "Action": "s3:CreateBucket",
            "Resource": "arn:aws:s3:::own-*",
        },
        {
            "Sid": "FromTheOffice",
            "Effect": "Allow",
            "Action": "s3:CreateBucket",
            "Resource": "*",
            "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}},
        },
    ],
}


def test_a_denial_is_found_and_explained_down_to_its_near_misses(console: Console) -> None:
    page, server = console.page, console.server
    key = new_user(server, "nearly")
    server.client("iam").put_user_policy(
        UserName="nearly", PolicyName="near", PolicyDocument=json.dumps(NEAR)
    )
    with contextlib.suppress(ClientError):
        server.client("s3", key).create_bucket(Bucket="not-mine")
    console.open("/activity/events")
    console.sign_in()
    page.get_by_text("Only what was refused").click()
    row = page.get_by_role("row", name="nearly")
    row.get_by_text("AccessDenied").wait_for()
    row.get_by_role("link", name="CreateBucket").click()
    why = page.get_by_test_id("why")
    why.get_by_text("Nothing allows it").wait_for()
    resource = why.get_by_role("row", name="OwnBuckets")
    assert "arn:aws:s3:::own-*" in resource.inner_text()
    assert "arn:aws:s3:::not-mine" in resource.inner_text()
    condition = why.get_by_role("row", name="FromTheOffice").inner_text()
    assert "IpAddress aws:SourceIp" in condition
    assert "10.0.0.0/8" in condition
    assert "127.0.0.1" in condition
    page.get_by_role("button", name="What was compared").click()
    assert wrong_with(page) == []
    assert '"eventName": "CreateBucket"' in page.get_by_test_id("record").inner_text()


def test_events_are_looked_up_by_what_aws_looks_up(console: Console) -> None:
    page, iam = console.page, console.server.client("iam")
    for name in ("looked-for", "left-out"):
        iam.create_group(GroupName=name)
    console.open("/activity/events")
    console.sign_in()
    page.get_by_role("button", name="Look up by").click()
    page.get_by_role("option", name="Resource name").click()
    page.get_by_label("What to look for, spelt exactly").fill("looked-for")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Event history (1)").wait_for()
    page.get_by_role("row", name="CreateGroup").get_by_text("looked-for").wait_for()
    assert wrong_with(page) == []
    assert "value=looked-for" in page.url  # so that it can be shared
    page.reload()
    page.get_by_role("heading", name="Event history (1)").wait_for()
    page.get_by_role("link", name="CreateGroup").click()
    page.get_by_text("Why was it allowed?").wait_for()
    page.get_by_text("root user may do everything").wait_for()


def test_a_denial_on_a_page_leads_to_its_event(console: Console) -> None:
    console.expected = 50
    page = console.page
    key = new_user(console.server, "led-there", "cloudtrail:LookupEvents")
    console.open("/iam/groups")
    console.sign_in(key)
    error = page.get_by_test_id("error").first
    error.get_by_role("button", name="Why?").click()
    error.get_by_role("link", name="Look at this call in the event history").click()
    page.get_by_test_id("why").get_by_text("iam:ListGroups", exact=True).first.wait_for()
    page.get_by_text("No statement comes close").wait_for()


def test_who_may_not_look_is_told_so(console: Console) -> None:
    console.expected = 50
    key = new_user(console.server, "may-not-look")
    console.open("/activity/events")
    console.sign_in(key)
    console.page.get_by_text("is not authorized to perform: cloudtrail:LookupEvents").first.wait_for()
