"""The servers that are measured: Tabard, and its peers with their enforcement on, one processor core each."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).resolve().parents[1]
PEERS = ROOT / ".cache" / "peers"
PEER_PACKAGES = ("ministack==1.5.33", "moto[server]==5.2.5", "cedarpy==4.12.2", "casbin==1.43.0")
SERVER_CORE, CLIENT_CORE = 0, 1


@dataclass(frozen=True)
class Server:
    """A running server: its address, its process, the root credentials, and seconds until its first answer."""

    name: str
    endpoint: str
    pid: int
    credentials: dict[str, str]
    first_answer: float

    def memory_mib(self) -> float:
        """Resident memory of the process, in MiB."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        raise RuntimeError(f"{self.name} has ended")


def install_peers() -> Path:
    """The peers in an environment of their own; their interpreter."""
    python = PEERS / "bin" / "python"
    stamp = PEERS / "installed"
    if not stamp.exists() or stamp.read_text() != "\n".join(PEER_PACKAGES):
        print("installing the peers …", file=sys.stderr, flush=True)
        venv.create(PEERS, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *PEER_PACKAGES], check=True)
        stamp.write_text("\n".join(PEER_PACKAGES))
    return python


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def answers(endpoint: str) -> bool:
    """Whether anything at all is answered."""
    try:
        with urllib.request.urlopen(endpoint, timeout=1):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


@contextlib.contextmanager
def tabard(*options: str, pinned: bool = True) -> Iterator[Server]:
    """Tabard as ``tabard up`` runs it, in a temporary folder on disk (nothing is switched off)."""
    with tempfile.TemporaryDirectory(prefix="tabard-bench-", dir=ROOT / ".cache") as data:
        port = free_port()
        command = [
            sys.executable,
            "-m",
            "tabard.cli",
            "up",
            "--data",
            data,
            "--listen",
            f"127.0.0.1:{port}",
            *options,
        ]
        root = Path(data) / "credentials"
        with _running("tabard", command, {}, port, lambda: _credentials(root), pinned=pinned) as server:
            yield server


@contextlib.contextmanager
def ministack() -> Iterator[Server]:
    """MiniStack with its enforcement on."""
    port = free_port()
    environment = {"AUTH": "true", "GATEWAY_PORT": str(port), "LOG_LEVEL": "WARNING"}
    root = {"access_key": "test", "secret_key": "test"}
    with _running(
        "ministack", [str(install_peers()), "-m", "ministack"], environment, port, lambda: root
    ) as server:
        yield server


@contextlib.contextmanager
def moto() -> Iterator[Server]:
    """Moto's server; enforcement starts once ``enable_moto_auth`` is called, after the callers are made."""
    port = free_port()
    root = {"access_key": "test", "secret_key": "test"}
    command = [str(install_peers().parent / "moto_server"), "-H", "127.0.0.1", "-p", str(port)]
    with _running("moto", command, {"INITIAL_NO_AUTH_ACTION_COUNT": "1000000"}, port, lambda: root) as server:
        yield server


def enable_moto_auth(server: Server) -> None:
    """From now on moto authenticates and authorises every request."""
    request = urllib.request.Request(
        f"{server.endpoint}/moto-api/reset-auth", b"0", {"Content-Type": "text/plain"}, method="POST"
    )
    with urllib.request.urlopen(request, timeout=5):
        pass


@contextlib.contextmanager
def empty(name: str = "empty") -> Iterator[Server]:
    """An HTTP server that answers every request with nothing: Tabard's own (``empty``), or ``uvicorn``."""
    port = free_port()
    command = [sys.executable, "-m", f"benchmarks.{name}_server", str(port)]
    with _running(name, command, {}, port, lambda: {"access_key": "none", "secret_key": "none"}) as server:
        yield server


@contextlib.contextmanager
def _running(
    name: str,
    command: list[str],
    environment: Mapping[str, str],
    port: int,
    credentials: object,
    *,
    pinned: bool = True,
) -> Iterator[Server]:
    endpoint = f"http://127.0.0.1:{port}"
    log_path = ROOT / ".cache" / f"bench-{name}.log"
    cores = {SERVER_CORE % (os.cpu_count() or 1)} if pinned else set(range(os.cpu_count() or 1))
    with log_path.open("w") as log:
        began = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "HOME": tempfile.gettempdir(), "PYTHONPATH": "", **environment},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            preexec_fn=lambda: os.sched_setaffinity(0, cores),  # noqa: PLW1509 - one thread, before anything is started
        )
        try:
            while not answers(endpoint):
                if process.poll() is not None or time.perf_counter() - began > 60:
                    raise RuntimeError(f"{name} did not start:\n{log_path.read_text()[-2000:]}")
                time.sleep(0.005)
            first = time.perf_counter() - began
            assert callable(credentials)
            yield Server(name, endpoint, process.pid, credentials(), first)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _credentials(path: Path) -> dict[str, str]:
    import configparser

    parser = configparser.ConfigParser()
    parser.read(path)
    section = parser["default"]
    return {"access_key": section["aws_access_key_id"], "secret_key": section["aws_secret_access_key"]}


def as_json(value: object) -> str:
    """A value for the machine-readable output."""
    return json.dumps(value, indent=2)
