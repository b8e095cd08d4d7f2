"""The lab tells the whole story, and notices when any claim of it does not hold."""

from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.end_to_end.lab.quick import SABOTAGED, QuickServers, take_the_place
from tests.end_to_end.lab.sabotages import SABOTAGES

from tabard.cli.lab import command
from tabard.cli.lab.claims import CLAIMS
from tabard.cli.lab.command import Telling, run
from tabard.cli.main import main
from tabard.cli.places import is_alive, running
from tabard.cli.screen import screen
from tabard.compute.port import Probe, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator


def test_every_claim_has_a_sabotage() -> None:
    assert set(SABOTAGES) == set(CLAIMS)


@pytest.fixture(scope="module")
def quick_servers() -> Iterator[QuickServers]:
    started = QuickServers()
    yield started
    started.close()


@pytest.mark.parametrize("claim", CLAIMS)
def test_the_lab_fails_where_it_is_sabotaged(
    claim: str, quick_servers: QuickServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_the_place(quick_servers, monkeypatch)
    chapter = SABOTAGES[claim].chapter
    out = io.StringIO()
    broken = run(Telling(chapters=(chapter,) if chapter else (), server=(SABOTAGED, claim)), screen(out))
    assert broken is not None, out.getvalue()
    assert broken.name == claim, out.getvalue()
    assert CLAIMS[claim] in out.getvalue()
    assert broken.seen


def test_the_whole_story_on_a_disturbed_machine(tmp_path: Path) -> None:
    """Nothing of the user's own gets in the way: variables, proxies, pager, home, configuration."""
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "config").write_text("[default]\noutput = xml\nendpoint_url = http://127.0.0.1:9\n")
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "config").write_text("Host *\n  ProxyCommand false\n")
    nowhere = "http://127.0.0.1:9"
    disturbing = {
        "HOME": str(tmp_path),
        "AWS_PROFILE": "work",
        "AWS_DEFAULT_PROFILE": "work",
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_SESSION_TOKEN": "x",
        "AWS_ENDPOINT_URL": nowhere,
        "AWS_ENDPOINT_URL_S3": nowhere,
        "AWS_CONFIG_FILE": str(tmp_path),
        "AWS_DEFAULT_OUTPUT": "xml",
        "AWS_PAGER": "false",
        "AWS_MAX_ATTEMPTS": "none",
        "AWS_CA_BUNDLE": "/nowhere",
        "PAGER": "false",
        "HTTP_PROXY": nowhere,
        "http_proxy": nowhere,
        "HTTPS_PROXY": nowhere,
        "ALL_PROXY": nowhere,
        "SSH_AUTH_SOCK": "/nowhere",
        "TABARD_DATA": "/nowhere",
        "PYTHONHASHSEED": "7",
        "LC_ALL": "C",
        "LANG": "de_DE",
    }
    done = subprocess.run(
        [sys.executable, "-m", "tabard.cli", "lab"],
        env={**os.environ, **disturbing},
        capture_output=True,
        timeout=600,
        check=False,
    )
    told = done.stdout.decode()
    assert done.returncode == 0, told + done.stderr.decode()
    for says in CLAIMS.values():
        assert f"✓ {says}\n" in told
    assert f"{len(CLAIMS)} claims held" in told
    assert not list(tmp_path.glob(".aws/cli*"))


def test_a_kernel_without_user_namespaces_is_told_before_anything_else(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def probe_instances() -> Probe:
        problem = Problem("user namespaces are switched off", "sudo sysctl -w user.max_user_namespaces=15000")
        return Probe(problems=(problem,))

    monkeypatch.setattr(command, "probe_instances", probe_instances)
    assert main(["lab"]) == 1
    out, told = capsys.readouterr()
    assert out == ""
    assert "Instances cannot run on this machine: user namespaces are switched off." in told
    assert "→ sudo sysctl -w user.max_user_namespaces=15000" in told


def test_keep_leaves_it_running_and_says_how_to_go_on(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "tabard.cli",
            "lab",
            "--keep",
            "--chapter",
            "attach",
            "--data",
            str(tmp_path / "data"),
        ],
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    env, look, login, stop, _ = re.findall(
        r"^    (\S.*)$", done.stdout.partition("Go on by hand")[2], re.MULTILINE
    )
    try:
        quiet = "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR"
        script = f"set -e\n{env}\n{look} --output text\n{login.replace('ssh ', f'ssh {quiet} ', 1)} aws s3 ls </dev/null\n"
        by_hand = subprocess.run(
            ["bash", "-c", script],
            env={"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert by_hand.returncode == 0, by_hand.stderr
        assert "lab-role" in by_hand.stdout
        assert "example-s3-01" in by_hand.stdout
    finally:
        subprocess.run(["bash", "-c", stop], check=True)
    work = Path(stop.rpartition("rm -rf ")[2])
    assert work.name.startswith("tabard-lab-")
    assert not work.exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_the_server_ends_with_the_lab(tmp_path: Path, number: signal.Signals) -> None:
    words = [sys.executable, "-m", "tabard.cli", "lab", "--chapter", "role", "--data", str(tmp_path / "data")]
    with subprocess.Popen(words, stdout=subprocess.PIPE, env={**os.environ, "TMPDIR": str(tmp_path)}) as lab:
        assert lab.stdout is not None
        for line in lab.stdout:
            if b"create-role" in line:
                break
        server = running(tmp_path / "data")
        lab.send_signal(number)
        assert lab.wait(60) in {128 + signal.SIGTERM, -signal.SIGKILL}
    end = time.monotonic() + 60
    while is_alive(server.pid) and time.monotonic() < end:
        time.sleep(0.02)
    assert not is_alive(server.pid)
