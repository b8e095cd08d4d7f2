"""Take the pictures of docs/images again: ``make pictures``, or ``make pictures ARGS="console-home …"`` for some of them.

Each is a page of the built console over a server of its own in which the lab has happened: people, a bucket with objects, an
instance that wears a role, and a denial that nearly was none.
"""

from __future__ import annotations

import base64
import contextlib
import json
import sys
from typing import TYPE_CHECKING, Any, Literal

from botocore.exceptions import ClientError
from playwright.sync_api import sync_playwright
from tests.console.conftest import ARGUMENTS, CHROMIUM, Console
from tests.support.server import ROOT, TabardServer, running

if TYPE_CHECKING:
    from collections.abc import Callable

PICTURES = ROOT / "docs" / "images"
WIDE, PHONE = (1360, 850), (390, 844)
QUALITY = 82
BUCKETS = ("bucket-replication-destination", "example-s3-01", "example-version-01")
NEAR: list[dict[str, Any]] = [
    {"Sid": "OwnReports", "Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::reports-*"},
    {
        "Sid": "FromTheOffice",
        "Effect": "Allow",
        "Action": ["s3:CreateBucket", "s3:ListAllMyBuckets"],
        "Resource": "*",
        "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}},
    },
]


def policy(*statements: dict[str, Any]) -> str:
    """A policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def trust(**principal: str) -> str:
    """A trust policy."""
    return policy({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})


def lab(server: TabardServer) -> str:
    """Make what the pictures show; the id of the instance."""
    iam, s3, ec2 = (server.client(name) for name in ("iam", "s3", "ec2"))
    for name in BUCKETS:
        s3.create_bucket(Bucket=name)
    for key, size in (
        ("notes/plan.md", 1830),
        ("photos/harbour.jpg", 284_000),
        ("report-2026.csv", 9120),
        ("readme.txt", 412),
    ):
        s3.put_object(Bucket="example-s3-01", Key=key, Body=b"x" * size)
    for name, service in (
        ("LabRole", "ec2.amazonaws.com"),
        ("backup", "ec2.amazonaws.com"),
        ("reporter", "lambda.amazonaws.com"),
    ):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(Service=service))
    iam.create_role(RoleName="Auditor", AssumeRolePolicyDocument=trust(AWS=server.account))
    for role, arn in (
        ("LabRole", "AmazonS3ReadOnlyAccess"),
        ("Auditor", "SecurityAudit"),
        ("backup", "AmazonS3FullAccess"),
    ):
        iam.attach_role_policy(RoleName=role, PolicyArn=f"arn:aws:iam::aws:policy/{arn}")
    iam.create_instance_profile(InstanceProfileName="LabRole")
    iam.add_role_to_instance_profile(InstanceProfileName="LabRole", RoleName="LabRole")
    iam.create_group(GroupName="developers")
    for user in ("alice", "bob"):
        iam.create_user(UserName=user)
        iam.add_user_to_group(GroupName="developers", UserName=user)
    iam.put_user_policy(UserName="alice", PolicyName="buckets", PolicyDocument=policy(*NEAR))
    key = iam.create_access_key(UserName="alice")["AccessKey"]
    alice = server.client(
        "s3", {"AccessKeyId": key["AccessKeyId"], "SecretAccessKey": key["SecretAccessKey"]}
    )
    with contextlib.suppress(ClientError):
        alice.create_bucket(Bucket="team-photos")
    with contextlib.suppress(ClientError):
        alice.list_buckets()
    image = ec2.describe_images()["Images"][0]["ImageId"]
    ec2.create_key_pair(KeyName="lab")
    named = [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "lab"}]}]
    ids = [
        ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, KeyName="lab", **more)["Instances"][0][
            "InstanceId"
        ]
        for more in ({"TagSpecifications": named, "IamInstanceProfile": {"Name": "LabRole"}}, {})
    ]
    ec2.get_waiter("instance_running").wait(InstanceIds=ids, WaiterConfig={"Delay": 1})
    return str(ids[0])


def terminal(page: Any) -> None:
    """Type what the lab ends with."""
    page.get_by_text("Connected as ec2-user").wait_for()
    rows = page.locator(".xterm-rows")
    rows.get_by_text("$").first.wait_for()
    page.keyboard.type("aws s3 ls\n")
    rows.get_by_text(BUCKETS[1]).first.wait_for()


def event(page: Any) -> None:
    """Open the denial that nearly was none."""
    page.get_by_role("link", name="CreateBucket").first.wait_for()
    page.get_by_role("row", name="alice").get_by_role("link", name="CreateBucket").click()
    page.get_by_test_id("why").get_by_text("FromTheOffice").first.wait_for()
    page.get_by_test_id("why").evaluate(
        "element => window.scrollTo(0, element.getBoundingClientRect().top - 130)"
    )


def reach(page: Any) -> None:
    """Ask who can reach the bucket."""
    page.get_by_role("tab", name="Permissions").click()
    page.get_by_role("button", name="Look at users and roles").click()
    page.get_by_role("row", name="Auditor").wait_for()
    page.get_by_role("heading", name="Who can reach this").first.scroll_into_view_if_needed()


def launch(page: Any) -> None:
    """Give the instance a name."""
    page.get_by_label("Name – optional").fill("web-1")


def settled(page: Any) -> None:
    """Nothing has to be done."""
    page.wait_for_load_state("networkidle")


SHOTS: dict[str, tuple[str, Literal["light", "dark"], tuple[int, int], Callable[[Any], None]]] = {
    "console-home": ("/", "light", WIDE, settled),
    "console-instances": (
        "/ec2/instances",
        "light",
        WIDE,
        lambda page: page.get_by_text("2/2 checks passed").nth(1).wait_for(),
    ),
    "console-instance": ("/ec2/instances/{instance}", "light", WIDE, settled),
    "console-launch": ("/ec2/launch", "light", WIDE, launch),
    "console-modify-role": ("/ec2/instances/{instance}/iam-role", "light", WIDE, settled),
    "console-terminal": ("/ec2/instances/{instance}/connect", "dark", WIDE, terminal),
    "console-key-pairs": ("/ec2/key-pairs", "light", WIDE, settled),
    "console-buckets": ("/s3/buckets", "light", WIDE, settled),
    "console-objects": ("/s3/buckets/example-s3-01", "light", WIDE, settled),
    "console-reach": ("/s3/buckets/example-s3-01", "light", WIDE, reach),
    "console-activity": ("/activity/events?by=all&range=1h", "light", WIDE, settled),
    "console-event": ("/activity/events?by=all&refused=1", "dark", WIDE, event),
    "console-iam": ("/iam/dashboard", "light", WIDE, settled),
    "console-roles": ("/iam/roles", "light", WIDE, settled),
    "console-role": ("/iam/roles/LabRole", "light", WIDE, settled),
    "console-create-role": ("/iam/roles/create", "dark", WIDE, settled),
    "console-users": ("/iam/users", "light", WIDE, settled),
    "console-groups": ("/iam/groups", "light", WIDE, settled),
    "console-policies": ("/iam/policies", "light", WIDE, settled),
    "console-account": ("/account/settings", "light", WIDE, settled),
    "console-credentials": ("/account/security-credentials", "light", WIDE, settled),
    "console-phone": ("/ec2/instances/{instance}", "dark", PHONE, settled),
}
"""Its page, theme, size, and what is done before it is taken."""


def take(page: Any, name: str) -> None:
    """Write the picture of what is on the screen."""
    page.mouse.move(0, 0)
    page.evaluate("document.activeElement?.blur()")
    tools = page.context.new_cdp_session(page)
    shot = tools.send("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})
    (PICTURES / f"{name}.webp").write_bytes(base64.b64decode(shot["data"]))
    print(name)


def main(wanted: list[str]) -> None:
    """Take those that are wanted, all of them where none is named."""
    with running() as server, sync_playwright() as playwright:
        instance = lab(server)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=ARGUMENTS)
        page = browser.new_context(locale="en-GB", timezone_id="UTC").new_page()
        page.set_default_timeout(60_000)
        page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
        page.emulate_media(reduced_motion="reduce")
        console = Console(server, page, server.started["console"].partition("/_/")[0])
        console.open("/")
        page.get_by_label("User name").wait_for()
        if not wanted or "console-sign-in" in wanted:
            take(page, "console-sign-in")
        console.sign_in()
        page.get_by_role("heading", name="Welcome").wait_for()
        for name, (path, theme, (width, height), prepare) in SHOTS.items():
            if wanted and name not in wanted:
                continue
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            page.set_viewport_size({"width": width, "height": height})
            console.open(path.format(instance=instance))
            page.locator("h1").first.wait_for()
            prepare(page)
            page.wait_for_load_state("networkidle")
            take(page, name)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
