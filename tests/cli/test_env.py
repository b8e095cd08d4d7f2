"""`tabard env` points a shell at the running server, and says so where none runs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tabard.cli.env import shell_lines
from tabard.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "it's/a+secret\\with $everything"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "some data"
    folder.mkdir()
    told = {
        "endpoint": "http://127.0.0.1:4680",
        "region": "eu-west-1",
        "account": "123456789012",
        "pid": os.getpid(),
    }
    (folder / "endpoint").write_text(json.dumps(told))
    (folder / "credentials").write_text(
        f"[default]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = {SECRET}\n"
    )
    return folder


def test_a_shell_that_evaluates_it_has_the_variables_and_no_old_ones(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["env", "--data", str(data)]) == 0
    lines = capsys.readouterr().out
    before = "export AWS_PROFILE=work AWS_SESSION_TOKEN=old\n"
    done = subprocess.run(
        ["/bin/sh", "-c", f"{before}{lines}env"],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": os.defpath},
    )
    seen = dict(row.split("=", 1) for row in done.stdout.splitlines() if row.startswith("AWS_"))
    assert seen == {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:4680",
        "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
    }


def test_fish_has_a_syntax_of_its_own() -> None:
    assert shell_lines({"A": "it's"}, "fish")[:2] == ["set -gx A 'it\\'s';", "set -e AWS_PROFILE;"]


def test_fish_itself_understands_it(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fish = shutil.which("fish")
    if fish is None:
        pytest.skip("fish is not installed")
    assert main(["env", "--shell", "fish", "--data", str(data)]) == 0
    lines = capsys.readouterr().out
    done = subprocess.run([fish, "-c", f"{lines}\nenv"], capture_output=True, text=True, check=True)
    assert f"AWS_SECRET_ACCESS_KEY={SECRET}\n" in done.stdout


def test_for_programs(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["env", "--output", "json", "--data", str(data)]) == 0
    assert json.loads(capsys.readouterr().out)["AWS_SECRET_ACCESS_KEY"] == SECRET


def test_the_data_directory_comes_from_the_environment(
    data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TABARD_DATA", str(data))
    assert main(["env"]) == 0
    assert "AKIAEXAMPLE" in capsys.readouterr().out


def test_no_server(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["env", "--data", str(tmp_path)]) == 1
    out, told = capsys.readouterr()
    assert out == ""
    assert f"No Tabard is running on {tmp_path}." in told
    assert f"up --data {tmp_path}" in told


def test_a_server_that_was_killed(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    told = json.loads((data / "endpoint").read_text())
    (data / "endpoint").write_text(json.dumps({**told, "pid": ended.pid}))
    assert main(["env", "--data", str(data)]) == 1
    assert "any more" in capsys.readouterr().err


@pytest.mark.parametrize("content", ["", "[default]\n", "aws_access_key_id = 1"])
def test_credentials_that_cannot_be_read(
    data: Path, capsys: pytest.CaptureFixture[str], content: str
) -> None:
    (data / "credentials").write_text(content)
    assert main(["env", "--data", str(data)]) == 1
    assert "credentials cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": 1}'])
def test_an_endpoint_file_that_cannot_be_read(
    data: Path, capsys: pytest.CaptureFixture[str], content: str
) -> None:
    (data / "endpoint").write_text(content)
    assert main(["env", "--data", str(data)]) == 1
    assert "endpoint cannot be read" in capsys.readouterr().err
