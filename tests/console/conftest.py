"""A real browser against a real server. Every test also asserts that no request left the origin and no error was logged."""

from __future__ import annotations

import contextlib
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.server import TabardServer, running

from tabard.edge.console.files import Pages

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

CHROMIUM = shutil.which("chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass(repr=False)
class Console:
    """A page of the console, its server, and what went wrong in the browser."""

    server: TabardServer
    page: Any
    origin: str
    foreign: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    expected: int = 0
    """How many refused API calls the test provokes: the browser logs each as an error."""

    def __repr__(self) -> str:
        return f"Console({self.origin})"

    def seen(self) -> str:
        """What each open page shows, for the report of a test that fails."""
        from playwright.sync_api import Error

        told = [f"the browser logged: {error}" for error in self.errors[-10:]]
        for page in self.page.context.pages:
            told.append(f"page {page.url}")
            with contextlib.suppress(Error):
                told.append(page.locator("body").inner_text(timeout=2000)[:4000])
        return "\n".join(told)

    def open(self, path: str) -> None:
        """Open a path of the console."""
        self.page.goto(f"{self.origin}/_/console{path}")

    def sign_in(self, credentials: dict[str, Any] | None = None) -> None:
        """Sign in with an access key, root's by default, on the page that is open."""
        given = credentials or self.server.root()
        self.page.get_by_role("radio", name="Access key").check()
        self.page.get_by_label("Access key ID").fill(given["aws_access_key_id"])
        self.page.get_by_label("Secret access key").fill(given["aws_secret_access_key"])
        self.page.get_by_role("button", name="Sign in", exact=True).click()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add what the browser shows to the report of a test that fails."""
    report = yield
    if report.failed and report.when == "call":
        for value in getattr(item, "funcargs", {}).values():
            if isinstance(value, Console):
                report.sections.append(("the browser", value.seen()))
    return report


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One chromium for a module's tests: Playwright holds the thread's event loop, which other tests need."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    if not Pages.installed().is_built:
        pytest.skip("the console is not built: cd console && npm ci && npm run build")
    with api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture(scope="module")
def console_server(browser: Any) -> Iterator[TabardServer]:  # noqa: ARG001 - no server where there is no browser
    """A server that a module's tests share."""
    with running() as started:
        yield started


def _opened(browser: Any, server: TabardServer, **options: Any) -> Iterator[Console]:
    context = browser.new_context(accept_downloads=True, **options)
    page = context.new_page()
    page.set_default_timeout(60_000)  # a machine may be slow; a test that passes never waits so long
    origin = server.started["console"].partition("/_/")[0]
    console = Console(server, page, origin)

    def on_request(request: Any) -> None:
        if not request.url.startswith((f"{origin}/", "data:", "blob:")):
            console.foreign.append(request.url)

    def on_message(message: Any) -> None:
        if message.type in {"error", "warning"}:
            console.errors.append(message.text)

    page.on("request", on_request)
    page.on("console", on_message)
    page.on("pageerror", lambda error: console.errors.append(f"page: {error}"))
    try:
        yield console
        assert console.foreign == [], console.seen()
        refused = [error for error in console.errors if error.startswith("Failed to load resource")]
        assert [error for error in console.errors if error not in refused] == [], console.seen()
        assert len(refused) <= console.expected, console.seen()
    finally:
        context.close()


@pytest.fixture
def console(browser: Any, console_server: TabardServer) -> Iterator[Console]:
    """A browser of the test's own on the shared server, signed in to nothing."""
    yield from _opened(browser, console_server, viewport={"width": 1360, "height": 900})


@pytest.fixture
def phone(browser: Any, console_server: TabardServer) -> Iterator[Console]:
    """The same, as narrow as a phone and dark."""
    yield from _opened(
        browser, console_server, viewport={"width": 390, "height": 844}, color_scheme="dark", has_touch=True
    )


@pytest.fixture
def own_console(browser: Any) -> Iterator[Console]:
    """The same, with a server of the test's own."""
    with running() as server:
        yield from _opened(browser, server, viewport={"width": 1360, "height": 900})
