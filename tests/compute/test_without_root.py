"""The suites again as a user without any privilege, where the tests themselves run as root."""

from __future__ import annotations

import os
import shutil
import site
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

_NOBODY = 65534
_PYTHON = "/usr/bin/python3"
_ROOT = Path(__file__).parents[2]


def _why_not() -> str | None:
    if os.geteuid() != 0:
        return "these tests already run without root"
    if not Path(_PYTHON).exists():
        return f"{_PYTHON} is absent: the environment's Python may lie where only root can go"
    version = subprocess.run(
        [_PYTHON, "-c", "import sys; print(*sys.version_info[:2])"],
        capture_output=True,
        text=True,
        check=True,
    )
    if version.stdout.split() != [str(part) for part in sys.version_info[:2]]:
        return f"{_PYTHON} is another version than the environment's and cannot load its packages"
    readable = subprocess.run(["/usr/bin/test", "-r", site.getsitepackages()[0]], user=_NOBODY, check=False)
    return None if readable.returncode == 0 else "the environment lies where only root can go"


@pytest.mark.parametrize("suite", ["tests/conformance/compute", "tests/compute", "tests/edge/ssh"])
def test_without_root(suite: str) -> None:
    reason = _why_not()
    if reason is not None:
        pytest.skip(reason)
    folder = tempfile.mkdtemp(prefix="tabard-nobody-")
    try:
        os.chown(folder, _NOBODY, _NOBODY)
        completed = subprocess.run(
            [
                _PYTHON,
                "-m",
                "pytest",
                "-q",
                "--tb=short",
                "-p",
                "no:cacheprovider",
                f"--basetemp={folder}/tests",
                suite,
            ],
            cwd=_ROOT,
            env={
                "PATH": "/usr/bin:/bin",
                "PYTHONPATH": f"{site.getsitepackages()[0]}:{_ROOT / 'src'}:{_ROOT}",
                "PYTHONDONTWRITEBYTECODE": "1",
                "HOME": folder,
                "TMPDIR": folder,
                "HYPOTHESIS_STORAGE_DIRECTORY": f"{folder}/hypothesis",
            },
            user=_NOBODY,
            group=_NOBODY,
            extra_groups=[],
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert completed.returncode == 0, completed.stdout[-6000:] + completed.stderr[-2000:]
        assert " passed" in completed.stdout
    finally:
        shutil.rmtree(folder)
