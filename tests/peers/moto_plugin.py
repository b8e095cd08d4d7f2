"""Loaded into the pytest that runs moto's own tests: what they ask goes to a Tabard of each test's own, in that process.

moto's tests are a package named ``tests`` too, so that ours are loaded from their folder.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import sys
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import botocore.handlers
import moto
import moto.core.decorator
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

SUPPORT = Path(__file__).resolve().parents[1] / "support"
MOTO_ACCOUNT = "123456789012"


package = types.ModuleType("tests.support")
package.__path__ = [str(SUPPORT)]
sys.modules.setdefault("tests.support", package)
world: Any = importlib.import_module("tests.support.world")
world.ACCOUNT = MOTO_ACCOUNT
import tabard.services.ec2  # noqa: E402 - after the path is known
import tabard.services.s3  # noqa: E402, F401

CURRENT: list[Any] = []


def send(request: Any, **_more: Any) -> Any:
    """What every client of the process asks, answered by the Tabard of the test that runs."""
    return CURRENT[-1]._send(request) if CURRENT else None


class Unmocked:
    """In place of ``mock_aws``: a decorator and a context that change nothing."""

    def __call__(self, *arguments: Any, **_options: Any) -> Any:
        return arguments[0] if arguments and callable(arguments[0]) else self

    def __enter__(self) -> Unmocked:
        return self

    def __exit__(self, *_error: object) -> None:
        return None

    def start(self) -> None:
        """Nothing is mocked."""

    def stop(self) -> None:
        """Nothing was mocked."""


botocore.handlers.BUILTIN_HANDLERS.insert(0, ("before-send.*", send))
moto.mock_aws = moto.core.decorator.mock_aws = Unmocked()


@pytest.fixture(autouse=True)
def tabard_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with asyncio.Runner() as runner:
        made = world.World(tmp_path, runner)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", made.root["AccessKeyId"])
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", made.root["SecretAccessKey"])
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        boto3.DEFAULT_SESSION = None
        CURRENT.append(made)
        yield
        CURRENT.pop()
        made.store.close()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Tell what failed, and in which words, for the test that started this run."""
    if not report.failed:
        return
    crash = getattr(report.longrepr, "reprcrash", None)
    told = {
        "test": report.nodeid.removeprefix("tests/"),
        "message": str(report.longrepr) if crash is None else crash.message,
    }
    with Path(os.environ["TABARD_FAILURES"]).open("a") as file:
        file.write(json.dumps(told) + "\n")
