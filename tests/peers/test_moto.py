"""moto's own tests of IAM and STS against Tabard: what fails has its reason in a list, mostly that AWS refuses what moto takes.

`make moto` unpacks them from moto's source distribution; the test skips where that has not been done.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from tests.support.server import ROOT

MOTO = ROOT / "build" / "moto"
DIFFERENCES = Path(__file__).parent / "moto_differences.toml"
LEFT_OUT = (
    "test_iam/test_iam_cloudformation.py",  # another service
    "test_iam/test_server.py",  # moto's own server
    "test_sts/test_server.py",
    "test_iam/test_iam_resets.py",  # moto's own controls
)


def differences() -> dict[str, str]:
    """Why each test fails, by its name."""
    listed = tomllib.loads(DIFFERENCES.read_text())["difference"]
    found: dict[str, str] = {}
    for each in listed:
        for test in each["tests"]:
            assert test not in found, f"{test} has two reasons"
            found[test] = each["why"]
    return found


def test_every_difference_has_a_reason_that_can_be_looked_up() -> None:
    listed = tomllib.loads(DIFFERENCES.read_text())["difference"]
    assert differences()
    for each in listed:
        assert each["tests"]
        told = each["why"]
        documented = each.get("source", "").startswith("https://docs.aws.amazon.com/")
        assert (
            documented or "docs/divergences.md" in told or "moto's own" in told or "another service" in told
        )


@pytest.mark.long
def test_of_motos_tests_those_fail_that_have_a_reason(tmp_path: Path) -> None:
    if not (MOTO / "site").exists():
        pytest.skip("moto's tests are not at hand: make moto")
    failures = tmp_path / "failures"
    failures.touch()
    path = [ROOT / "src", Path(__file__).parent, MOTO, MOTO / "site"]
    ran = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "moto_plugin"),
            *("tests/test_iam", "tests/test_sts"),
            *(f"--ignore=tests/{each}" for each in LEFT_OUT),
        ],
        cwd=MOTO,
        env={
            **os.environ,
            "PYTHONPATH": ":".join(map(str, path)),
            "TABARD_FAILURES": str(failures),
            "PYTEST_ADDOPTS": "",
        },
        capture_output=True,
        text=True,
        timeout=1800,
        check=False,
    )
    assert re.search(r"(\d+) passed", ran.stdout), ran.stdout[-3000:] + ran.stderr[-3000:]
    failed = {told["test"]: told["message"] for told in map(json.loads, failures.read_text().splitlines())}
    expected = differences()
    assert {test: message[:300] for test, message in failed.items() if test not in expected} == {}
    assert sorted(set(expected) - set(failed)) == [], "these pass now: take them off the list"
