"""What a failing test's report says beside its traceback: what servers were asked and what they logged while the test ran."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

from tests.support import server as servers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LINES = 40
_CALLS = 20
_sizes: dict[Path, int] = {}
"""How large the logs and trails of servers were when the test began."""


def a_test_begins() -> None:
    """Forget servers that have ended, and remember how much the others have told by now."""
    servers.STARTED[:] = [server for server in servers.STARTED if server.process.poll() is None]
    _sizes.clear()
    for server in servers.STARTED:
        for path in (server.log_path, server.events_path):
            with contextlib.suppress(OSError):
                _sizes[path] = path.stat().st_size


def sections() -> Iterator[tuple[str, str]]:
    """Titles and texts for every server that was there in this test."""
    for server in servers.STARTED:
        status = server.process.poll()
        state = "running" if status is None else f"ended with {status}"
        calls = _told(server.events_path, server.last_events).splitlines()
        if calls:
            yield f"last calls of {server.endpoint}", "\n".join(_call(line) for line in calls[-_CALLS:])
        log = "\n".join(_told(server.log_path, server.last_log).splitlines()[-_LINES:])
        yield f"log of {server.endpoint}, {state}", log or "(it logged nothing in this test)"


def _told(path: Path, kept: bytes) -> str:
    """What a server has written to a file since the test began; ``kept`` is all of it where the file is gone."""
    with contextlib.suppress(OSError):
        kept = path.read_bytes()
    return kept[_sizes.get(path, 0) :].decode(errors="replace")


def _call(line: str) -> str:
    """A line of the trail in short; one that is still being written as it is."""
    try:
        event: dict[str, Any] = json.loads(line)
    except ValueError:
        return line
    service = event["eventSource"].partition(".")[0]
    who = event["userIdentity"].get("arn", "somebody")
    refusal = f": {event['errorCode']} {event.get('errorMessage', '')}" if "errorCode" in event else ""
    return f"{event['eventTime']} {service} {event['eventName']} by {who}{refusal}"
