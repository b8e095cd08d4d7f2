"""The console's own unit tests (Vitest), where Node and its packages are."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest
from tests.support.server import ROOT

VITEST = ROOT / "console" / "node_modules" / ".bin" / "vitest"


def test_the_units_of_the_console() -> None:
    if shutil.which("node") is None or not VITEST.exists():
        pytest.skip("Node or vitest is not installed: cd console && npm ci")
    ran = subprocess.run(
        [VITEST, "run", "--no-color"],
        cwd=ROOT / "console",
        env={**os.environ, "CI": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
