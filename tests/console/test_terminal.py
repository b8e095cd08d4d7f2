"""The terminal in the browser: a shell on a real instance, its size, its end, and what is told when there is none."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from tests.console.test_console import new_user

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.console.conftest import Console
    from tests.support.server import TabardServer


@pytest.fixture(scope="module")
def instance(console_server: TabardServer) -> Iterator[str]:
    """An instance that runs."""
    if console_server.started["problems"]:
        pytest.skip(f"instances can not run here: {console_server.started['problems'][0]}")
    ec2 = console_server.client("ec2")
    image = ec2.describe_images()["Images"][0]["ImageId"]
    made = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    ec2.get_waiter("instance_running").wait(InstanceIds=[made], WaiterConfig={"Delay": 1})
    yield made
    ec2.terminate_instances(InstanceIds=[made])


def connected(console: Console, instance: str, credentials: dict[str, str] | None = None) -> Any:
    """The terminal's rows, once a shell is there."""
    console.open(f"/ec2/instances/{instance}/connect")
    console.sign_in(credentials)
    state(console, "Connected")
    rows = console.page.locator(".xterm-rows")
    rows.get_by_text("$").first.wait_for()
    return rows


def state(console: Console, text: str) -> None:
    console.page.get_by_test_id("terminal-state").get_by_text(text).wait_for()


def test_a_shell_answers_and_its_end_is_told(console: Console, instance: str) -> None:
    page = console.page
    rows = connected(console, instance)
    page.keyboard.type("echo $((6*7))-$USER\n")  # the terminal has the keyboard from the start
    rows.get_by_text("42-ec2-user").wait_for()
    page.keyboard.type("printf '\\033[38;2;200;30;60mtrue\\033[0m \\033[31mred\\033[0m\\n'\n")
    rows.get_by_text("red", exact=True).wait_for()
    colour = "element => getComputedStyle(element).color"
    assert rows.get_by_text("true", exact=True).evaluate(colour) == "rgb(200, 30, 60)"
    page.keyboard.type("exit\n")
    state(console, "The session has ended")
    page.get_by_role("button", name="Connect again").click()
    state(console, "Connected")
    page.keyboard.type("echo back-$((40+2))\n")
    page.locator(".xterm-rows").get_by_text("back-42").wait_for()


def test_the_shell_knows_the_size_and_follows_it(console: Console, instance: str) -> None:
    page = console.page
    rows = connected(console, instance)
    page.keyboard.type("echo size=$(stty size)\n")
    first = _size(rows, r"size=(\d+) (\d+)")
    page.set_viewport_size({"width": 800, "height": 700})
    for attempt in range(50):
        page.keyboard.type(f"echo now{attempt}=$(stty size)\n")
        second = _size(rows, rf"now{attempt}=(\d+) (\d+)")
        if second != first:
            break
        page.wait_for_timeout(100)
    assert second[0] < first[0]
    assert second[1] < first[1]


def _size(rows: Any, pattern: str) -> tuple[int, int]:
    rows.get_by_text(re.compile(pattern)).first.wait_for()
    found = re.search(pattern, rows.inner_text())
    assert found is not None
    return int(found[1]), int(found[2])


def test_text_is_pasted_and_copied_and_the_keyboard_finds_the_way_out(
    console: Console, instance: str
) -> None:
    page = console.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=console.origin)
    rows = connected(console, instance)
    page.evaluate("navigator.clipboard.writeText('echo pasted-$((1+1))')")
    page.keyboard.press("Control+Shift+V")
    page.keyboard.press("Enter")
    rows.get_by_text("pasted-2").wait_for()
    place = rows.get_by_text("pasted-2").last.bounding_box()
    page.mouse.dblclick(place["x"] + 10, place["y"] + place["height"] / 2)
    page.keyboard.press("Control+Shift+C")
    page.wait_for_function("navigator.clipboard.readText().then((text) => text.includes('2'))")
    page.keyboard.press("F6")
    page.keyboard.press("Enter")
    state(console, "The session has ended")


def test_the_theme_is_followed(console: Console, instance: str) -> None:
    page = console.page
    connected(console, instance)
    colour = "getComputedStyle(document.querySelector('.xterm-scrollable-element')).backgroundColor"
    assert page.evaluate(colour) == "rgb(255, 255, 255)"
    page.get_by_role("button", name="Dark").click()
    page.wait_for_function(f"{colour} === 'rgb(15, 20, 26)'")


def test_leaving_the_page_ends_the_shell(console: Console, instance: str) -> None:
    page = console.page
    ended: list[bool] = []
    page.on("websocket", lambda socket: socket.on("close", lambda _: ended.append(True)))
    connected(console, instance)
    page.get_by_role("tab", name="SSH client").click()
    for _ in range(100):
        if ended:
            break
        page.wait_for_timeout(50)
    assert ended == [True]


def test_who_may_not_connect_is_told_why(console: Console, instance: str) -> None:
    console.expected = 10
    key = new_user(console.server, "no-terminal", "ec2:Describe*")
    console.open(f"/ec2/instances/{instance}/connect")
    console.sign_in(key)
    state(console, "There is no session")
    console.page.get_by_text(
        "is not authorized to perform: ec2-instance-connect:SendSSHPublicKey"
    ).first.wait_for()


def test_a_stopped_instance_says_so_and_a_started_one_connects_again(console: Console, instance: str) -> None:
    ec2 = console.server.client("ec2")
    connected(console, instance)
    ec2.stop_instances(InstanceIds=[instance])
    state(console, "There is no session")
    console.page.get_by_text("IncorrectInstanceState").wait_for()
    ec2.get_waiter("instance_stopped").wait(InstanceIds=[instance], WaiterConfig={"Delay": 1})
    ec2.start_instances(InstanceIds=[instance])
    ec2.get_waiter("instance_running").wait(InstanceIds=[instance], WaiterConfig={"Delay": 1})
    console.page.get_by_role("button", name="Connect again").click()
    state(console, "Connected")


def test_a_lost_server_is_told(own_console: Console) -> None:
    console, server = own_console, own_console.server
    if server.started["problems"]:
        pytest.skip(f"instances can not run here: {server.started['problems'][0]}")
    console.expected = 1000
    ec2 = server.client("ec2")
    image = ec2.describe_images()["Images"][0]["ImageId"]
    made = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    ec2.get_waiter("instance_running").wait(InstanceIds=[made], WaiterConfig={"Delay": 1})
    connected(console, made)
    server.stop()
    state(console, "The connection was lost")
    assert console.page.get_by_role("button", name="Connect again").is_visible()
