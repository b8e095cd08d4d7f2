"""Unmodified command line clients, run as users run them, with nothing of this machine's own configuration."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.quick_aws import AWS, quick_aws

if TYPE_CHECKING:
    from tests.support.server import TabardServer

V1 = AWS
V2 = Path("/usr/bin/aws")


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        assert self.code == 0, self.err
        return json.loads(self.out)


def run(command: list[str], environment: dict[str, str], folder: Path | None = None) -> Ran:
    """Run a command with exactly this environment."""
    done = subprocess.run(
        command, env=environment, cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def is_version_2(path: Path) -> bool:
    """Whether an ``aws`` command is version 2."""
    if not path.exists():
        return False
    asked = subprocess.run(
        [path, "--version"], capture_output=True, text=True, timeout=60, check=False, env={}
    )
    return asked.stdout.startswith("aws-cli/2")


@dataclass(frozen=True)
class AwsCli:
    """One version of the AWS CLI against a server. Debian's version 2 is older than ``AWS_ENDPOINT_URL``."""

    path: Path
    server: TabardServer

    def __call__(self, *arguments: str, credentials: dict[str, Any] | None = None) -> Ran:
        words, environment = (
            ["--endpoint-url", self.server.endpoint, *arguments],
            self.server.environment(credentials),
        )
        if self.path == V1:
            done = quick_aws(words, environment, Path.cwd())
            return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())
        return run([str(self.path), *words], environment)


def tool(name: str) -> str:
    """The path of a client; the test skips, and says which, where it is not installed."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found
