"""Whether the console's pages grow while they refresh themselves for an hour: `python tools/console_memory.py`.

Timers run fifty times as fast, so that an hour's refreshes take 72 seconds a page; every refresh is a real call to a real
server. Prints the script's heap after a collection, at the start, halfway and at the end.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

SPEED = 50
HOUR = 3600
PAGES = ("/", "/iam/roles", "/ec2/instances", "/s3/buckets")
FASTER = f"""
const interval = window.setInterval;
window.setInterval = (job, wait, ...rest) => interval(job, wait / {SPEED}, ...rest);
"""


def heap(page: Any, tools: Any) -> float:
    """Megabytes of script heap in use after a collection."""
    tools.send("HeapProfiler.collectGarbage")
    page.wait_for_timeout(200)
    tools.send("HeapProfiler.collectGarbage")
    return float(tools.send("Runtime.getHeapUsage")["usedSize"]) / 1e6


def main() -> None:
    """Measure every page that refreshes itself."""
    from playwright.sync_api import sync_playwright
    from tests.console.conftest import ARGUMENTS, CHROMIUM, Console
    from tests.support.server import running

    with running() as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=ARGUMENTS)
        page = browser.new_context().new_page()
        tools = page.context.new_cdp_session(page)
        console = Console(server, page, server.started["console"].partition("/_/")[0])
        console.open("/")
        console.sign_in()
        page.get_by_role("heading", name="Welcome").wait_for()
        page.add_init_script(FASTER)
        for path in PAGES:
            console.open(path)
            page.locator("h1").first.wait_for()
            calls = [0]

            def count(_request: Any, calls: list[int] = calls) -> None:
                calls[0] += 1

            page.on("request", count)
            page.wait_for_timeout(5000)
            sizes = [heap(page, tools)]
            for _ in range(2):
                page.wait_for_timeout(HOUR / SPEED / 2 * 1000)
                sizes.append(heap(page, tools))
            page.remove_listener("request", count)
            print(f"{path:16} {calls[0]:6} calls  " + "  ".join(f"{size:6.1f} MB" for size in sizes))
        browser.close()


if __name__ == "__main__":
    main()
