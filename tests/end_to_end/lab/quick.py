"""The lab's programs without their start, which is most of what a sabotaged chapter costs: see ``tests.support.forking``."""

from __future__ import annotations

import subprocess
import time
from typing import IO, TYPE_CHECKING, Any

from tests.support.forking import Forked, Forker
from tests.support.quick_aws import quick_aws

from tabard.cli.lab import processes, server
from tabard.cli.lab.processes import AWS, Completed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pytest

_run = processes.run
SABOTAGED = "sabotaged"
"""Stands in a command line before the name of the claim that the server is to break."""
READ = (
    "tabard.app",
    "tests.end_to_end.lab.sabotages",
    "tests.end_to_end.lab.sabotaged_server",
    "asyncssh",
    "wsproto",
)
"""What a sabotaged server would have read before it is broken, and what of others' code it reads later."""


def run_quickly(
    command: Sequence[str],
    environment: Mapping[str, str],
    folder: Path,
    *,
    stdin: str = "",
    longest: float = 120.0,
) -> Completed:
    """As ``processes.run``."""
    if command[0] != str(AWS):
        return _run(command, environment, folder, stdin=stdin, longest=longest)
    began = time.monotonic()
    try:
        done = quick_aws(command[1:], environment, folder, stdin=stdin.encode(), longest=longest)
    except subprocess.TimeoutExpired:
        return Completed(124, "", f"no answer within {longest:g} s", time.monotonic() - began)
    out, err = done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
    return Completed(done.returncode, out, err, time.monotonic() - began)


class QuickServers:
    """In the place of ``subprocess``: what the lab's ``server`` starts is forked, and sabotaged as the command line says."""

    DEVNULL = subprocess.DEVNULL
    TimeoutExpired = subprocess.TimeoutExpired

    def __init__(self) -> None:
        self._forker = Forker(*READ)

    def Popen(  # noqa: N802 - stands for subprocess.Popen
        self, words: Sequence[str], *, env: Mapping[str, str], cwd: Path, stderr: IO[Any], **_rest: Any
    ) -> Forked:
        """Start a server."""
        argv = words[list(words).index(SABOTAGED) :]
        main = "tests.end_to_end.lab.sabotaged_server:main"
        log = stderr.fileno()
        return self._forker.fork(
            main, argv, environment=env, folder=cwd, stdout=log, stderr=log, session=True
        )

    def close(self) -> None:
        """End the process that forks."""
        self._forker.close()


def take_the_place(servers: QuickServers, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the lab's programs be run so in a test."""
    monkeypatch.setattr(processes, "run", run_quickly)
    monkeypatch.setattr(server, "subprocess", servers)
    monkeypatch.setattr(server, "_GONE_WITHIN", 1.0)  # what is left on purpose is not waited for
