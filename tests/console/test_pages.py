"""What is true of every page: nothing that axe finds, light, dark or on a phone; no wider than that; little to load first."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.console.looking import AXE, wrong_with

if TYPE_CHECKING:
    from tests.console.conftest import Console

FIRST_LOAD_AT_MOST = 350_000
"""Bytes of gzipped script for sign-in plus home."""
MORE = (
    "/iam/roles/create",
    "/iam/roles/seen-role",
    "/ec2/launch",
    "/s3/buckets/seen-bucket",
    "/account/security-credentials",
    "/account/settings",
    "/no/such/page",
)
"""Pages that the first page does not link to."""


def shown(console: Console, path: str) -> None:
    """Open a page and wait until it has what it shows."""
    console.open(path)
    console.page.locator("h1").first.wait_for()
    console.page.wait_for_load_state("networkidle")


@pytest.fixture(scope="module")
def populated(console_server: Any) -> Any:
    """The shared server, with something of each kind."""
    trust = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Service": "ec2.amazonaws.com"},
            "Action": "sts:AssumeRole",
        },
    }
    iam = console_server.client("iam")
    iam.create_role(RoleName="seen-role", AssumeRolePolicyDocument=json.dumps(trust))
    iam.create_user(UserName="seen-user")
    iam.create_group(GroupName="seen-group")
    console_server.client("s3").create_bucket(Bucket="seen-bucket")
    console_server.client("ec2").create_key_pair(KeyName="seen-key")
    return console_server


def every_page(page: Any) -> list[str]:
    """Those that the first page links to, and those that it does not."""
    links = page.evaluate(
        "[...document.querySelectorAll('a[href^=\"/_/console/\"]')].map(each => each.getAttribute('href'))"
    )
    return sorted({link.removeprefix("/_/console") or "/" for link in links} | set(MORE))


@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed: cd console && npm ci")
@pytest.mark.usefixtures("populated")
def test_no_page_has_barriers_in_either_theme_or_is_wider_than_a_phone(console: Console) -> None:
    page = console.page
    console.expected = 100
    console.open("/")
    page.get_by_label("User name").wait_for()
    wrong = dict[str, Any]()

    def look(path: str) -> None:
        if found := wrong_with(page):
            wrong[path] = found

    look("sign-in")
    console.sign_in()
    page.get_by_role("heading", name="Welcome, Root user").wait_for()
    for path in every_page(page):
        shown(console, path)
        look(path)
    assert wrong == {}


def test_the_first_page_loads_little_script(console: Console) -> None:
    page = console.page
    console.open("/")
    console.sign_in()
    page.get_by_role("heading", name="Welcome, Root user").wait_for()
    page.wait_for_load_state("networkidle")
    loaded = page.evaluate(
        "performance.getEntriesByType('resource').filter(each => each.name.includes('/assets/'))"
        ".map(each => [each.name.split('/').pop(), each.encodedBodySize])"
    )
    script = sum(size for name, size in loaded if name.endswith(".js"))
    assert 0 < script <= FIRST_LOAD_AT_MOST
