"""`tabard doctor` tells what is wrong with a machine, and what to do."""

from __future__ import annotations

import json
import os
import resource
import shutil
import socket
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tabard.cli.doctor import host, kernel
from tabard.cli.main import main
from tabard.compute.port import Probe, Problem

if TYPE_CHECKING:
    from pathlib import Path

FORBIDDEN = Problem("user namespaces are switched off", "sudo sysctl -w user.max_user_namespaces=15000")
LIMITS = {"cpu": "control groups, version 2", "memory": None}


def answer(monkeypatch: pytest.MonkeyPatch, probe: Probe) -> None:
    async def probe_instances() -> Probe:
        return probe

    monkeypatch.setattr(kernel, "probe_instances", probe_instances)


def free_port() -> str:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{sock.getsockname()[1]}"


def test_a_problem_is_told_with_its_remedy_and_ends_with_1(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer(monkeypatch, Probe(problems=(FORBIDDEN,)))
    assert main(["doctor", "--data", str(tmp_path), "--listen", free_port()]) == 1
    told = capsys.readouterr().out
    assert "✗ instances" in told
    assert "→ sudo sysctl -w user.max_user_namespaces=15000" in told
    assert "1 problem to mend" in told


def test_for_programs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer(monkeypatch, Probe(problems=(FORBIDDEN,)))
    assert main(["doctor", "--output", "json", "--data", str(tmp_path), "--listen", free_port()]) == 1
    findings = {finding["name"]: finding for finding in json.loads(capsys.readouterr().out)}
    assert findings["instances"]["verdict"] == "problem"
    assert findings["instances"]["remedy"] == FORBIDDEN.remedy
    assert {"python", "port", "open files", "clock", "aws", "ssh", "scp", "sftp", "disk"} <= set(findings)


def test_a_limit_that_is_not_enforced_is_a_warning(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer(monkeypatch, Probe(limits=LIMITS, notes=("memory: no limit is enforced here. Run as root.",)))
    assert main(["doctor", "--data", str(tmp_path), "--listen", free_port()]) == 0
    told = capsys.readouterr().out
    assert "! limits" in told
    assert "memory not enforced; cpu by control groups, version 2" in told
    assert "→ no limit is enforced here. Run as root." in told


def test_this_machine_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever it finds here, each finding has a verdict, and each that is not well a remedy."""
    status = main(["doctor", "--output", "json", "--data", str(tmp_path), "--listen", free_port()])
    findings = json.loads(capsys.readouterr().out)
    assert status == any(finding["verdict"] == "problem" for finding in findings)
    assert all(finding["remedy"] for finding in findings if finding["verdict"] != "ok")


def test_a_port_in_use(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert host.port("127.0.0.1", port, tmp_path).verdict == "problem"
        told = {
            "endpoint": f"http://127.0.0.1:{port}",
            "region": "us-east-1",
            "account": "1",
            "pid": os.getpid(),
        }
        (tmp_path / "endpoint").write_text(json.dumps(told))
        (tmp_path / "credentials").write_text("[default]\naws_access_key_id = A\naws_secret_access_key = B\n")
        finding = host.port("127.0.0.1", port, tmp_path)
    assert (finding.verdict, finding.seen) == ("ok", f"Tabard is running on 127.0.0.1:{port}")


@pytest.mark.parametrize(
    ("hard", "verdict"), [(256, "warning"), (65536, "ok"), (resource.RLIM_INFINITY, "ok")]
)
def test_open_files(monkeypatch: pytest.MonkeyPatch, hard: int, verdict: str) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (256, hard))
    assert host.open_files().verdict == verdict


def test_a_missing_client(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    findings = {finding.name: finding for finding in host.clients()}
    assert findings["aws"].verdict == "ok"
    assert findings["ssh"].verdict == "warning"
    assert "openssh-client" in findings["ssh"].remedy


def test_a_full_disk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Usage(NamedTuple):
        free: int

    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(1 << 20))
    assert host.disk(tmp_path / "not" / "there" / "yet").verdict == "warning"


def test_a_container_with_few_ids(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    table = tmp_path / "uid_map"
    table.write_text("         0     100000      65536\n")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert kernel._id_range(table).verdict == "problem"
    table.write_text("         0          0 4294967295\n")
    assert kernel._id_range(table).verdict == "ok"
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert kernel._id_range(table).verdict == "ok"


def test_control_groups(tmp_path: Path) -> None:
    assert kernel._control_groups(tmp_path).verdict == "warning"
    (tmp_path / "memory").mkdir()
    assert kernel._control_groups(tmp_path).seen == "version 1"
    (tmp_path / "unified").mkdir()
    assert kernel._control_groups(tmp_path).seen == "version 1 (hybrid)"
    (tmp_path / "cgroup.controllers").touch()
    assert kernel._control_groups(tmp_path).seen == "version 2"
