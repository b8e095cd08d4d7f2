"""A server whose data lies on a disk of a few megabytes, in a mount namespace of its own."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.server import ROOT, TabardServer

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--mount"]


def is_possible() -> bool:
    """Whether this user may mount a file system of its own."""
    probe = [*PREFIX, "mount", "-t", "tmpfs", "none", "/tmp"]  # noqa: S108 - in a namespace that ends with the probe
    return subprocess.run(probe, capture_output=True, check=False).returncode == 0


class SmallDisk:
    """A running server, and its disk as seen from outside."""

    def __init__(self, server: TabardServer, folder: Path) -> None:
        self.server = server
        self.folder = Path(f"/proc/{server.process.pid}/root{folder}")
        self._ballast = self.folder / "ballast"

    def fill(self) -> None:
        """Leave no byte."""
        with self._ballast.open("ab", buffering=0) as file:
            for size in (1 << 20, 4096, 1):
                with contextlib.suppress(OSError):
                    while file.write(b"x" * size):
                        pass

    def free(self, but: int | None = None) -> None:
        """Make room again: all, or a number of bytes."""
        if but is None:
            self._ballast.unlink()
        else:
            os.truncate(self._ballast, self._ballast.stat().st_size - but)


@contextlib.contextmanager
def small_disk(megabytes: int = 16) -> Iterator[SmallDisk]:
    """A server on a small disk; everything goes with it."""
    with tempfile.TemporaryDirectory(prefix="tabard-disk-") as folder:
        log_path = Path(folder) / "log"
        data = Path(folder) / "data"
        data.mkdir()
        settings = json.dumps({"data": str(data), "port": 0})
        mount = f'mount -t tmpfs -o size={megabytes}m none "$0" && exec "$@"'
        serve = [sys.executable, "-m", "tests.support.run_server", settings]
        with log_path.open("w") as log:
            process = subprocess.Popen(
                [*PREFIX, "sh", "-c", mount, str(data), *serve],
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, log_path.read_text()
        started = json.loads(line)
        started["credentials"] = f"/proc/{process.pid}/root{started['credentials']}"
        server = TabardServer(process, started, log_path)
        try:
            yield SmallDisk(server, data)
        finally:
            server.stop()
