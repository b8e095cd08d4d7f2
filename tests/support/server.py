"""A real Tabard in a process of its own, on a free port, with clients that use it as users do."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import botocore.config

from tests.support.forking import ROOT, Forker

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.forking import Forked

__all__ = ["ROOT", "STARTED", "TabardServer", "as_arguments", "running", "start"]

READ = (
    "tests.support.run_server",
    "tabard.compute.sandbox",
    "tabard.edge.console",
    "tabard.edge.doors",
    "tabard.edge.metadata_listener",
    "tabard.edge.ssh",
    "tabard.edge.terminal",
)
"""The code of a server, which is read once for all that tests start."""
STARTED: list[TabardServer] = []
"""The servers that this process has started and not forgotten: see ``tests.support.reports``."""


@dataclass(repr=False)
class TabardServer:
    """A running server. ``started`` is what it printed; ``log`` its standard error so far."""

    process: subprocess.Popen[str] | Forked
    started: dict[str, Any]
    log_path: Path
    last_log: bytes = b""
    last_events: bytes = b""
    """What a server that was stopped had logged and recorded; its files may be gone."""

    def __repr__(self) -> str:
        return f"TabardServer({self.endpoint})"

    @property
    def endpoint(self) -> str:
        return str(self.started["endpoint"])

    @property
    def account(self) -> str:
        return str(self.started["account"])

    @property
    def data(self) -> Path:
        return Path(self.started["data"])

    @property
    def log(self) -> str:
        return self.log_path.read_text()

    @property
    def events_path(self) -> Path:
        """The audit trail."""
        return self.data / "audit" / "events.jsonl"

    def root(self) -> dict[str, str]:
        """The root access key, as keyword arguments of a boto3 client."""
        import configparser

        parser = configparser.ConfigParser()
        parser.read(self.started["credentials"])
        return dict(parser["default"])

    def client(
        self, service: str, credentials: dict[str, Any] | None = None, region: str = "us-east-1"
    ) -> Any:
        """A boto3 client; with a ``Credentials`` or ``AccessKey`` structure of a reply, as that caller; else as root."""
        given = self.root() if credentials is None else as_arguments(credentials)
        return boto3.client(  # type: ignore[call-overload]
            service,
            endpoint_url=self.endpoint,
            region_name=region,
            config=botocore.config.Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
            **given,
        )

    def environment(
        self, credentials: dict[str, Any] | None = None, region: str = "us-east-1"
    ) -> dict[str, str]:
        """The environment of a command line client, and nothing of the user's own."""
        given = self.root() if credentials is None else as_arguments(credentials)
        return {
            "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self.data / "nobody"),
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_DEFAULT_REGION": region,
            "AWS_REGION": region,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_PAGER": "",
            **{name.upper(): value for name, value in given.items() if value},
        }

    def stop(self) -> None:
        """End the server as an operator would, and wait for it."""
        with contextlib.suppress(OSError):
            self.last_events = self.events_path.read_bytes()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
        with contextlib.suppress(OSError):
            self.last_log = self.log_path.read_bytes()


def as_arguments(credentials: dict[str, Any]) -> dict[str, str]:
    """The credentials of a reply as keyword arguments of a boto3 client."""
    if "aws_access_key_id" in credentials:
        return credentials
    arguments = {
        "aws_access_key_id": credentials["AccessKeyId"],
        "aws_secret_access_key": credentials["SecretAccessKey"],
    }
    if "SessionToken" in credentials:
        arguments["aws_session_token"] = credentials["SessionToken"]
    return arguments


_forkers: list[Forker] = []


def _forker() -> Forker:
    if not _forkers or not _forkers[-1].is_there:
        _forkers.append(Forker(*READ))
        atexit.register(_forkers[-1].close)
    return _forkers[-1]


def start(log_path: Path, **options: Any) -> TabardServer:
    """Start a server (ephemeral unless ``data`` is given) and wait until it answers."""
    settings: dict[str, Any] = {"data": None, "port": 0, "ephemeral": "data" not in options, **options}
    with log_path.open("a") as log:
        process = _forker().fork(
            "tests.support.run_server:main",
            ["run_server", json.dumps(settings, default=str)],
            environment={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
            folder=ROOT,
            stderr=log.fileno(),
        )
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        process.wait()
        process.stdout.close()
        raise RuntimeError(f"the server did not start:\n{log_path.read_text()}")
    server = TabardServer(process, json.loads(line), log_path)
    STARTED.append(server)
    return server


@contextlib.contextmanager
def running(**options: Any) -> Iterator[TabardServer]:
    """A server for the length of a block."""
    with tempfile.TemporaryDirectory(prefix="tabard-test-") as folder:
        server = start(Path(folder) / "log", **options)
        try:
            yield server
        finally:
            server.stop()
