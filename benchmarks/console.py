"""The console's figures, in Debian's chromium: ``python -m benchmarks.console [--minutes 60] [--only CHAPTER …]``.

``first-page``: from a cold cache to the sign-in form and to the home page, and the script that they load.
``roles``: a list of 5,000 roles: how long the page stands still while one sorts, filters, pages and scrolls.
``memory``: pages refresh themselves for so many minutes while what they show changes; the script's heap after a collection,
every minute. ``console/dist`` is what is measured (``make console``), or the folder that ``TABARD_CONSOLE_PAGES`` names.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playwright.sync_api import sync_playwright
from tests.console.conftest import ARGUMENTS, CHROMIUM, Console
from tests.support.server import ROOT, TabardServer

from benchmarks.console_server import ROLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CHAPTERS = ("first-page", "roles", "memory")
ROUNDS = 7
LIVE = (
    "/",
    "/iam/roles",
    "/ec2/instances",
    "/ec2/instances/{instance}",
    "/s3/buckets",
    "/s3/buckets/live-bucket",
)
"""The pages that are left open for an hour."""
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Service": "ec2.amazonaws.com"},
            "Action": "sts:AssumeRole",
        },
    }
)
LONG_TASKS = """
window.longTasks = [];
new PerformanceObserver((list) => {
    for (const task of list.getEntries()) window.longTasks.push(task.duration);
}).observe({ type: 'longtask', buffered: true });
"""


@contextlib.contextmanager
def served() -> Iterator[TabardServer]:
    """A server of the run's own, which forgets everything at its end."""
    with tempfile.TemporaryDirectory(prefix="tabard-console-") as folder:
        log = Path(folder) / "log"
        settings = json.dumps({"data": None, "port": 0, "ephemeral": True})
        with log.open("w") as written:
            process = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.console_server", settings],
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=written,
                text=True,
            )
        assert process.stdout is not None
        server = TabardServer(process, json.loads(process.stdout.readline()), log)
        try:
            yield server
        finally:
            server.stop()


def opened(browser: Any, server: TabardServer, *scripts: str) -> Console:
    """A page with a cold cache of its own."""
    page = browser.new_context(viewport={"width": 1360, "height": 900}).new_page()
    page.set_default_timeout(60_000)
    for script in scripts:
        page.add_init_script(script)
    return Console(server, page, server.started["console"].partition("/_/")[0])


def told(name: str, value: str) -> None:
    """Print one figure."""
    print(f"{name:56} {value}", flush=True)


def measure_first_page(browser: Any, server: TabardServer) -> None:
    """Seconds from a cold cache, medians; and bytes of gzipped script."""
    form, home, script = [], [], 0
    for _ in range(ROUNDS):
        console = opened(browser, server)
        console.open("/")
        console.page.get_by_role("button", name="Sign in", exact=True).wait_for()
        form.append(console.page.evaluate("performance.now()") / 1000)
        console.sign_in()
        console.page.get_by_role("heading", name="Welcome").wait_for()
        console.page.wait_for_load_state("networkidle")
        script = console.page.evaluate(
            "performance.getEntriesByType('resource').filter(each => each.name.endsWith('.js'))"
            ".reduce((sum, each) => sum + each.encodedBodySize, 0)"
        )
        link = _link(server)
        console.page.context.close()
        console = opened(browser, server)
        console.page.goto(link)
        console.page.get_by_role("heading", name="Welcome").wait_for()
        home.append(console.page.evaluate("performance.now()") / 1000)
        console.page.context.close()
    told(
        "sign-in form, cold cache (promise 1.5 s)", f"{statistics.median(form):.2f} s, worst {max(form):.2f}"
    )
    told(
        "home by a link, cold cache (promise 1.5 s)",
        f"{statistics.median(home):.2f} s, worst {max(home):.2f}",
    )
    told("script of sign-in and home, gzipped (promise 350 kB)", f"{script / 1000:.0f} kB")


def _link(server: TabardServer) -> str:
    """A link that signs root in: what ``tabard console`` asks for."""
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials
    from botocore.httpsession import URLLib3Session

    root = server.root()
    origin = server.started["console"].partition("/_/")[0]
    body = json.dumps({"nonce": os.urandom(8).hex()})
    request = AWSRequest(
        "POST", f"{origin}/_/console/links", headers={"Content-Type": "application/json"}, data=body
    )
    key = Credentials(root["aws_access_key_id"], root["aws_secret_access_key"])
    SigV4Auth(key, "signin", "us-east-1").add_auth(request)
    return str(json.loads(URLLib3Session().send(request.prepare()).text)["link"])


def measure_roles(browser: Any, server: TabardServer) -> None:
    """The longest time that the page stood still, for each thing that one does with a list of 5,000 roles."""
    iam = server.client("iam")

    def make(number: int) -> None:
        iam.create_role(
            RoleName=f"measured-{number:04d}",
            AssumeRolePolicyDocument=TRUST,
            Description=f"for team {number % 17}",
        )

    began = time.perf_counter()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(make, range(ROLES)))
    told(f"{ROLES:,} roles created over the API", f"{time.perf_counter() - began:.0f} s")
    console = opened(browser, server, LONG_TASKS)
    page = console.page
    console.open("/iam/groups")
    console.sign_in()
    page.get_by_role("link", name="Roles", exact=True).wait_for()
    worst = []
    for name, job in DONE_WITH_ROLES.items():
        page.wait_for_load_state("networkidle")
        _stalls(page)
        started = time.perf_counter()
        job(page)
        took = time.perf_counter() - started
        page.wait_for_timeout(500)
        worst.append(_stalls(page))
        told(f"roles: {name}", f"longest task {worst[-1]:.0f} ms, done after {took:.2f} s")
    told("roles: longest task of all (promise 200 ms)", f"{max(worst):.0f} ms")
    page.context.close()


# by CSS, not by role: to work out the roles of a large page is the browser's work too, and would be measured with the rest


def _open_roles(page: Any) -> None:
    page.get_by_role("link", name="Roles", exact=True).click()
    page.locator("h1", has_text=f"Roles ({ROLES})").first.wait_for()


def _filter(page: Any) -> None:
    page.get_by_placeholder("Find roles by name").press_sequentially("measured-49", delay=60)
    page.get_by_text("100 matches").first.wait_for()


def _clear(page: Any) -> None:
    page.get_by_placeholder("Find roles by name").fill("")
    page.locator("tbody tr").nth(19).wait_for()


def _sort(page: Any) -> None:
    for way in ("ascending", "descending"):
        page.get_by_role("columnheader", name="Trusted entities").get_by_role("button").press("Enter")
        page.locator(f"th[aria-sort={way}]", has_text="Trusted entities").last.wait_for()


def _page(page: Any) -> None:
    for _ in range(10):
        page.locator("button[aria-label='Next page']").click()
    page.locator("[aria-current=true]", has_text="11").wait_for()


def _hundred(page: Any) -> None:
    page.get_by_role("button", name="Preferences").click()
    page.get_by_role("radio", name="100 rows").check()
    page.get_by_role("dialog").get_by_role("button", name="Confirm").click()
    page.locator("tbody tr").nth(99).wait_for()


def _scroll(page: Any) -> None:
    for _ in range(40):
        page.mouse.wheel(0, 150)
        page.wait_for_timeout(16)


def _choose(page: Any) -> None:
    page.locator("thead input[type=checkbox]").last.press("Space")
    page.get_by_text(f"(100/{ROLES})").wait_for()


def _refresh(page: Any) -> None:
    with page.expect_response(lambda reply: "Marker" in (reply.request.post_data or "")):
        page.locator("button[aria-label='Refresh']").click()
    page.wait_for_load_state("networkidle")


DONE_WITH_ROLES: dict[str, Callable[[Any], None]] = {
    "opened": _open_roles,
    "filtered by eleven keys": _filter,
    "filter cleared": _clear,
    "sorted by trusted entities, and the other way round": _sort,
    "ten pages on": _page,
    "a hundred a page": _hundred,
    "scrolled": _scroll,
    "all of a page chosen": _choose,
    "refreshed": _refresh,
}


def _stalls(page: Any) -> float:
    """Milliseconds of the longest task since the last call."""
    return float(page.evaluate("Math.max(0, ...window.longTasks.splice(0))"))


def measure_memory(browser: Any, server: TabardServer, minutes: int) -> bool:
    """Leave pages open while what they show changes; whether none of them grew."""
    iam, ec2, s3 = (server.client(name) for name in ("iam", "ec2", "s3"))
    s3.create_bucket(Bucket="live-bucket")
    for number in range(10):
        iam.create_role(RoleName=f"live-{number}", AssumeRolePolicyDocument=TRUST)
        s3.put_object(Bucket="live-bucket", Key=f"object-{number}", Body=b"x")
    image = ec2.describe_images()["Images"][0]["ImageId"]
    instance = ec2.run_instances(ImageId=image, MinCount=3, MaxCount=3)["Instances"][0]["InstanceId"]
    pages = []
    for path in LIVE:
        console = opened(browser, server)
        console.open(path.format(instance=instance))
        console.sign_in()
        console.page.locator("h1").first.wait_for()
        tools = console.page.context.new_cdp_session(console.page)
        tools.send("Performance.enable")
        pages.append((path, tools, list[float]()))
    for minute in range(minutes + 1):
        if minute:
            time.sleep(max(0.0, 60 - _changes(iam, ec2, s3, instance, minute)))
        for _, tools, sizes in pages:
            sizes.append(_heap(tools))
        print(f"{minute:4} min  " + "  ".join(f"{sizes[-1]:6.2f}" for _, _, sizes in pages), flush=True)
    grew = False
    for path, _, sizes in pages:
        part = max(1, (len(sizes) - 5) // 6)  # after five minutes everything was shown once
        first, last = statistics.median(sizes[5:][:part] or sizes), statistics.median(sizes[-part:])
        grew = grew or last > first * 1.05 + 0.5
        told(f"memory: {path}", f"{first:.2f} MB at first, {last:.2f} at last, {max(sizes):.2f} at most")
    return not grew


def _changes(iam: Any, ec2: Any, s3: Any, instance: str, minute: int) -> float:
    """Change something of each kind, so that refreshes draw; seconds that it took."""
    began = time.perf_counter()
    iam.create_role(RoleName=f"passing-{minute}", AssumeRolePolicyDocument=TRUST)
    if minute > 1:
        iam.delete_role(RoleName=f"passing-{minute - 1}")
    ec2.create_tags(Resources=[instance], Tags=[{"Key": "Name", "Value": f"minute {minute}"}])
    (ec2.stop_instances if minute % 2 else ec2.start_instances)(InstanceIds=[instance])
    s3.put_object(Bucket="live-bucket", Key="object-0", Body=b"x" * minute)
    with contextlib.suppress(s3.exceptions.ClientError):
        s3.get_object(Bucket="live-bucket", Key=f"missing-{minute}")
    return time.perf_counter() - began


def _heap(tools: Any) -> float:
    """Megabytes of script heap in use after a collection."""
    for _ in range(2):
        tools.send("HeapProfiler.collectGarbage")
    metrics = {each["name"]: each["value"] for each in tools.send("Performance.getMetrics")["metrics"]}
    return float(metrics["JSHeapUsedSize"]) / 1e6


def main() -> int:
    """Measure what was asked for and print it; 1 where a page grew."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.console", description=__doc__)
    parser.add_argument("--minutes", type=int, default=60, help="how long pages refresh themselves")
    parser.add_argument(
        "--only", choices=CHAPTERS, nargs="+", default=CHAPTERS, help="measure only these chapters"
    )
    arguments = parser.parse_args()
    kept = True
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=ARGUMENTS)
        for chapter in arguments.only:
            with served() as server:
                if chapter == "first-page":
                    measure_first_page(browser, server)
                elif chapter == "roles":
                    measure_roles(browser, server)
                else:
                    kept = measure_memory(browser, server, arguments.minutes)
        browser.close()
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
