"""What is true of every page: no barrier that axe finds, in both themes; not wider than a phone; little to load at first."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.server import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.console.conftest import Console

AXE = ROOT / "console" / "node_modules" / "axe-core" / "axe.min.js"
FIRST_LOAD_AT_MOST = 350_000
"""Bytes of gzipped script for sign-in plus home."""
PAGES = (
    "/",
    "/iam/roles",
    "/iam/roles/create",
    "/iam/policies",
    "/iam/users",
    "/iam/groups",
    "/ec2/instances",
    "/ec2/launch",
    "/ec2/key-pairs",
    "/s3/buckets",
    "/account/security-credentials",
    "/account/settings",
    "/no/such/page",
)


def violations(page: Any) -> list[str]:
    """What axe finds on a page, each with the first element that it is about."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{each['id']} ({each['impact']}): {json.dumps([node['html'][:200] for node in each['nodes'][:2]])}"
        for each in found["violations"]
    ]


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


@pytest.fixture
def dark(browser: Any, console_server: Any) -> Iterator[Console]:
    """As ``console``, for somebody whose system is dark."""
    from tests.console.conftest import _opened

    yield from _opened(browser, console_server, viewport={"width": 1360, "height": 900}, color_scheme="dark")


@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed: cd console && npm ci")
@pytest.mark.parametrize("theme", ["console", "dark"])
def test_axe_finds_no_barrier_on_any_page(
    populated: Any,  # noqa: ARG001 - it fills what the pages show
    request: pytest.FixtureRequest,
    theme: str,
) -> None:
    console: Console = request.getfixturevalue(theme)
    console.expected = 50
    console.open("/")
    console.page.get_by_label("User name").wait_for()
    found = {"sign-in": violations(console.page)}
    console.sign_in()
    console.page.get_by_role("heading", name="Welcome, Root user").wait_for()
    for path in PAGES:
        shown(console, path)
        found[path] = violations(console.page)
    assert {path: problems for path, problems in found.items() if problems} == {}


def test_no_page_is_wider_than_a_phone(populated: Any, phone: Console) -> None:  # noqa: ARG001 - as above
    phone.expected = 50
    phone.open("/")
    phone.sign_in()
    phone.page.get_by_role("heading", name="Welcome, Root user").wait_for()
    wide = {}
    for path in PAGES:
        shown(phone, path)
        width = phone.page.evaluate("document.documentElement.scrollWidth")
        if width > 390:
            wide[path] = width
    assert wide == {}


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
