"""Buckets, objects and whom they let in, by the browser; what was done is read back with an SDK."""

from __future__ import annotations

import contextlib
import hashlib
import json
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest
from tests.console.conftest import _opened
from tests.console.editing import write
from tests.console.looking import wrong_with
from tests.console.test_console import new_user
from tests.support.server import start

if TYPE_CHECKING:
    from pathlib import Path

    from tests.console.conftest import Console


@pytest.fixture
def bucket(console: Console, request: pytest.FixtureRequest) -> str:
    """A bucket of the test's own, with the browser signed in on its page."""
    name: str = request.node.name.removeprefix("test_").replace("_", "-")[:63].strip("-")
    console.server.client("s3").create_bucket(Bucket=name)
    console.open(f"/s3/buckets/{name}")
    console.sign_in()
    console.page.get_by_role("heading", name=name, level=1).wait_for()
    return name


def keys(console: Console, bucket: str) -> list[str]:
    listed = console.server.client("s3").list_objects_v2(Bucket=bucket)
    return [each["Key"] for each in listed.get("Contents", ())]


def test_buckets_of_other_regions_are_made_emptied_and_deleted(console: Console) -> None:
    page, s3 = console.page, console.server.client("s3")
    console.open("/s3/buckets")
    console.sign_in()
    page.get_by_role("button", name="Create bucket").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("browser-abroad")
    dialog.get_by_role("button", name="Region").click()
    page.get_by_role("option", name="eu-west-1").click()
    dialog.get_by_role("button", name="Create bucket").click()
    page.get_by_text("Bucket browser-abroad was created").wait_for()
    assert s3.get_bucket_location(Bucket="browser-abroad")["LocationConstraint"] == "eu-west-1"
    abroad = console.server.client("s3", region="eu-west-1")
    for number in range(3):
        abroad.put_object(Bucket="browser-abroad", Key=f"folder/{number}", Body=b"x")
    console.expected = 1
    page.get_by_role("radio", name="browser-abroad").check()
    page.get_by_role("button", name="Delete", exact=True).click()
    dialog.get_by_label('To confirm, type "browser-abroad"').fill("browser-abroad")
    dialog.get_by_role("button", name="Delete", exact=True).click()
    dialog.get_by_text("BucketNotEmpty").wait_for()
    dialog.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Empty", exact=True).click()
    dialog.get_by_label('To confirm, type "permanently delete"').fill("permanently delete")
    dialog.get_by_role("button", name="Empty", exact=True).click()
    page.get_by_text("browser-abroad is empty: 3 objects deleted").wait_for()
    page.get_by_role("button", name="Delete", exact=True).click()
    dialog.get_by_label('To confirm, type "browser-abroad"').fill("browser-abroad")
    dialog.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_text("Bucket browser-abroad was deleted").wait_for()
    assert "browser-abroad" not in [each["Name"] for each in s3.list_buckets()["Buckets"]]


def test_files_are_uploaded_into_folders_and_deleted_together(console: Console, bucket: str) -> None:
    page = console.page
    page.get_by_role("button", name="Actions").click()
    page.get_by_role("menuitem", name="Create folder").click()
    page.get_by_label("Folder name").fill("notes")
    page.get_by_role("dialog").get_by_role("button", name="Create folder").click()
    page.get_by_role("link", name="notes/").click()
    page.get_by_text("No objects here").wait_for()
    page.get_by_label("Upload files").set_input_files(
        [
            {"name": f"{each}.txt", "mimeType": "text/plain", "buffer": each.encode()}
            for each in ("one", "two", "drei ü")
        ]
    )
    page.get_by_text("3 objects uploaded").wait_for()
    assert keys(console, bucket) == ["notes/", "notes/drei ü.txt", "notes/one.txt", "notes/two.txt"]
    page.get_by_role("checkbox", name="one.txt").check()
    page.get_by_role("checkbox", name="drei ü.txt").check()
    page.get_by_role("button", name="Actions").click()
    page.get_by_role("menuitem", name="Delete").click()
    page.get_by_label('To confirm, type "delete"').fill("delete")
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.get_by_text("2 objects deleted").wait_for()
    assert keys(console, bucket) == ["notes/", "notes/two.txt"]
    # the folder goes with what is in it
    page.get_by_label("Where you are").get_by_role("link", name=bucket).click()
    page.get_by_role("checkbox", name="notes/").check()
    page.get_by_role("button", name="Actions").click()
    page.get_by_role("menuitem", name="Delete").click()
    page.get_by_label('To confirm, type "delete"').fill("delete")
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.get_by_text("No objects here").wait_for()
    assert keys(console, bucket) == []


def test_dropped_files_are_uploaded(console: Console, bucket: str) -> None:
    page = console.page
    transfer = page.evaluate_handle(
        """() => {
            const transfer = new DataTransfer();
            transfer.items.add(new File(['dropped'], 'dropped.txt', { type: 'text/plain' }));
            return transfer;
        }"""
    )
    page.get_by_test_id("drop").dispatch_event("dragover", {"dataTransfer": transfer})
    page.get_by_test_id("drop").dispatch_event("drop", {"dataTransfer": transfer})
    page.get_by_text("dropped.txt was uploaded").wait_for()
    stored = console.server.client("s3").get_object(Bucket=bucket, Key="dropped.txt")
    assert (stored["Body"].read(), stored["ContentType"]) == (b"dropped", "text/plain")


def test_a_large_file_goes_in_parts_and_comes_back_whole(
    console: Console, bucket: str, tmp_path: Path
) -> None:
    page, s3 = console.page, console.server.client("s3")
    content = hashlib.shake_256(b"seed").digest(20 * 1024 * 1024)
    (tmp_path / "large.bin").write_bytes(content)
    page.get_by_label("Upload files").set_input_files(tmp_path / "large.bin")
    page.get_by_text("large.bin was uploaded").wait_for()
    head = s3.head_object(Bucket=bucket, Key="large.bin", PartNumber=1)
    assert (head["PartsCount"], head["ContentLength"]) == (3, 8 * 1024 * 1024)
    page.get_by_role("checkbox", name="large.bin").check()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    assert download.value.suggested_filename == "large.bin"
    assert download.value.path().read_bytes() == content


def test_a_cancelled_upload_leaves_nothing_behind(console: Console, bucket: str, tmp_path: Path) -> None:
    page, s3 = console.page, console.server.client("s3")
    with (tmp_path / "endless.bin").open("wb") as file:
        file.truncate(200 * 1024 * 1024)
    page.get_by_label("Upload files").set_input_files(tmp_path / "endless.bin")
    page.get_by_role("progressbar").wait_for()
    page.get_by_role("button", name="Cancel the upload of endless.bin").click()
    page.get_by_text("Cancelled", exact=True).wait_for()
    for _ in range(100):
        if not s3.list_multipart_uploads(Bucket=bucket).get("Uploads"):
            break
        page.wait_for_timeout(50)
    assert not s3.list_multipart_uploads(Bucket=bucket).get("Uploads")
    assert keys(console, bucket) == []
    page.get_by_role("button", name="Clear finished").click()
    page.get_by_text("Cancelled", exact=True).wait_for(state="detached")


def test_an_object_is_renamed_and_copied(console: Console, bucket: str) -> None:
    page, s3 = console.page, console.server.client("s3")
    s3.put_object(Bucket=bucket, Key="old name.txt", Body=b"x", Metadata={"kept": "yes"})
    page.get_by_role("button", name="Refresh").click()
    page.get_by_role("checkbox", name="old name.txt").check()
    page.get_by_role("button", name="Actions").click()
    page.get_by_role("menuitem", name="Rename or move").click()
    page.get_by_label("Name (key)").fill("sub/new name.txt")
    page.get_by_role("dialog").get_by_role("button", name="Rename or move").click()
    page.get_by_text("Moved to").wait_for()
    assert keys(console, bucket) == ["sub/new name.txt"]
    assert s3.head_object(Bucket=bucket, Key="sub/new name.txt")["Metadata"] == {"kept": "yes"}


def test_an_objects_page_tells_what_is_kept_and_changes_its_tags(console: Console, bucket: str) -> None:
    page, s3 = console.page, console.server.client("s3")
    key = "folder/<b>page.html"
    s3.put_object(
        Bucket=bucket,
        Key=key,
        Body=b"<script>alert(1)</script>",
        ContentType="text/html",
        Metadata={"colour": "blue"},
        ChecksumAlgorithm="SHA256",
    )
    page.get_by_role("button", name="Refresh").click()
    page.get_by_role("link", name="folder/").click()
    page.get_by_role("link", name="<b>page.html").click()
    page.get_by_text(f"s3://{bucket}/{key}", exact=True).wait_for()
    page.get_by_text("SHA256 (FULL_OBJECT)").wait_for()
    page.get_by_role("tab", name="Metadata").click()
    page.get_by_text("x-amz-meta-colour").wait_for()
    page.get_by_role("tab", name="Tags").click()
    page.get_by_role("button", name="Add new tag").click()
    page.get_by_placeholder("Enter key").fill("team")
    page.get_by_placeholder("Enter value").fill("red")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Save changes").click()
    page.get_by_text("were saved").wait_for()
    assert s3.get_object_tagging(Bucket=bucket, Key=key)["TagSet"] == [{"Key": "team", "Value": "red"}]


def test_a_shared_link_downloads_without_signing_in_and_ends(console: Console, bucket: str) -> None:
    page, s3 = console.page, console.server.client("s3")
    s3.put_object(Bucket=bucket, Key="gift.html", Body=b"<h1>hello</h1>", ContentType="text/html")
    console.open(f"/s3/buckets/{bucket}/object?key=gift.html")
    page.get_by_role("button", name="Share with a presigned link").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("spinbutton", name="The link is good for").fill("0")
    dialog.get_by_text("From 1 minute to 12 hours").wait_for()
    dialog.get_by_role("spinbutton", name="The link is good for").fill("2")
    dialog.get_by_role("button", name="Create link").click()
    link = dialog.get_by_test_id("share-link").locator("pre").inner_text()
    assert "X-Amz-Expires=120" in link
    with urllib.request.urlopen(link) as reply:
        assert reply.read() == b"<h1>hello</h1>"
        assert reply.headers["content-disposition"].startswith("attachment;")
        assert reply.headers["content-security-policy"] == "sandbox"
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(link.replace("gift", "other"))


def test_the_bucket_policy_is_edited_and_says_who_gets_in(console: Console, bucket: str) -> None:
    console.expected = 20  # there is no policy at first
    page, server = console.page, console.server
    new_user(server, "s3-reader", "s3:GetObject", "s3:ListBucket")
    new_user(server, "s3-nobody")
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "NoReading",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:GetObject",
                "Resource": f"arn:aws:s3:::{bucket}/*",
            }
        ],
    }
    page.get_by_role("tab", name="Permissions").click()
    page.get_by_role("button", name="Look at users and roles").click()
    row = page.get_by_role("row", name="s3-reader")
    assert _decisions(row) == ["Allowed", "Allowed", "Not allowed", "Not allowed"]
    assert _decisions(page.get_by_role("row", name="s3-nobody")) == ["Not allowed"] * 4
    page.get_by_role("button", name="Edit", exact=True).click()
    write(page, "Bucket policy", json.dumps(policy, indent=2))
    page.get_by_role("button", name="Save changes").click()
    page.get_by_text(f"The policy of {bucket} was saved").wait_for()
    s3 = server.client("s3")
    assert json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"]) == policy
    page.get_by_role("button", name="Look at users and roles").click()
    page.get_by_role("row", name="s3-reader").get_by_text("by the bucket policy").wait_for()
    assert _decisions(page.get_by_role("row", name="s3-reader"))[1] == "Denied outright"
    # what another changed meanwhile is not overwritten
    page.get_by_role("button", name="Edit", exact=True).click()
    s3.delete_bucket_policy(Bucket=bucket)
    page.get_by_role("button", name="Save changes").click()
    page.get_by_text("Changed meanwhile").wait_for()


def _decisions(row: Any) -> list[str]:
    row.wait_for()
    return [cell.partition(" by ")[0] for cell in row.get_by_role("cell").all_inner_texts()[-4:]]


def test_a_refused_upload_says_why_and_can_be_tried_again(console: Console) -> None:
    console.expected = 50
    server, page = console.server, console.page
    server.client("s3").create_bucket(Bucket="refused-upload")
    key = new_user(server, "s3-watcher", "s3:List*", "s3:GetBucketLocation")
    console.open("/s3/buckets/refused-upload")
    console.sign_in(key)
    page.get_by_text("No objects here").wait_for()
    page.get_by_label("Upload files").set_input_files(
        {"name": "a.txt", "mimeType": "text/plain", "buffer": b"a"}
    )
    page.get_by_text("is not authorized to perform: s3:PutObject").first.wait_for()
    server.client("iam").attach_user_policy(
        UserName="s3-watcher", PolicyArn="arn:aws:iam::aws:policy/AmazonS3FullAccess"
    )
    page.get_by_role("button", name="Try again").click()
    page.get_by_text("a.txt was uploaded").wait_for()


def test_no_part_of_a_bucket_has_barriers(console: Console, bucket: str) -> None:
    console.expected = 20  # there is neither a policy nor a tag
    page, wrong = console.page, dict[str, list[str]]()
    s3 = console.server.client("s3")
    for key in ("folder/x", "a-name-that-is-much-longer-than-a-phone-is-wide-" * 3 + ".txt"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"x", Metadata={"kept": "yes"})
    page.get_by_role("button", name="Refresh").click()
    page.get_by_role("link", name="a-name-that").wait_for()
    for tab in ("Objects", "Properties", "Permissions"):
        page.get_by_role("tab", name=tab).click()
        page.wait_for_load_state("networkidle")
        wrong[tab] = wrong_with(page)
    page.get_by_role("button", name="Edit", exact=True).click()
    page.get_by_role("textbox", name="Bucket policy", exact=True).wait_for()
    wrong["policy editor"] = wrong_with(page)
    page.get_by_role("tab", name="Objects").click()
    page.get_by_role("link", name="a-name-that").click()
    for tab in ("Properties", "Metadata", "Tags"):
        page.get_by_role("tab", name=tab).click()
        page.wait_for_load_state("networkidle")
        wrong[f"object: {tab}"] = wrong_with(page)
    page.get_by_role("button", name="Share with a presigned link").click()
    page.get_by_role("button", name="Create link").click()
    page.get_by_test_id("share-link").wait_for()
    wrong["share"] = wrong_with(page)
    assert {name: found for name, found in wrong.items() if found} == {}


def test_an_upload_outlives_a_restart_of_the_server(browser: Any, tmp_path: Path) -> None:
    content = hashlib.shake_256(b"restart").digest(64 * 1024 * 1024)
    (tmp_path / "large.bin").write_bytes(content)
    server = start(tmp_path / "log", data=tmp_path / "data")
    ports = {
        "port": int(server.endpoint.rpartition(":")[2]),
        "console_port": int(server.started["console"].partition("/_/")[0].rpartition(":")[2]),
    }
    try:
        server.client("s3").create_bucket(Bucket="restarted")
        with contextlib.contextmanager(_opened)(
            browser, server, viewport={"width": 1360, "height": 900}
        ) as console:
            console.expected = 1000
            page = console.page
            console.open("/s3/buckets/restarted")
            console.sign_in()
            page.get_by_text("No objects here").wait_for()
            page.get_by_label("Upload files").set_input_files(tmp_path / "large.bin")
            page.get_by_text("MB of 67.1 MB").wait_for()  # some parts have arrived
            server.stop()
            server = start(tmp_path / "log", data=tmp_path / "data", **ports)
            page.get_by_text("large.bin was uploaded").wait_for(timeout=60_000)
        stored = server.client("s3").get_object(Bucket="restarted", Key="large.bin")["Body"].read()
        assert hashlib.sha256(stored).digest() == hashlib.sha256(content).digest()
    finally:
        server.stop()
