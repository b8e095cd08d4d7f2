"""What people may type, and what they are told when it is wrong."""

from __future__ import annotations

import argparse
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tabard import __version__
from tabard.cli.main import account_id, listen_address, main, port_number, region_name

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("127.0.0.1:4680", ("127.0.0.1", 4680)),
        ("localhost:80", ("127.0.0.1", 80)),
        ("4681", ("127.0.0.1", 4681)),
        (":4681", ("127.0.0.1", 4681)),
        ("[::1]:4680", ("::1", 4680)),
        ("10.1.2.3:0", ("10.1.2.3", 0)),
    ],
)
def test_listen_address(text: str, means: tuple[str, int]) -> None:
    assert listen_address(text) == means


@pytest.mark.parametrize(
    "text", ["example.com:80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:http", "1.2.3.4:65536", "1:2:3"]
)
def test_a_wrong_listen_address_says_what_is_right(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="say"):
        listen_address(text)


@pytest.mark.parametrize("text", ["-1", "65536", "ssh", "", "٤"])
def test_wrong_port(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="is not a port"):
        port_number(text)


@pytest.mark.parametrize("text", ["12345678901", "1234567890123", "12345678901x", "", "١٢٣٤٥٦٧٨٩٠١٢"])
def test_wrong_account(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="twelve digits"):
        account_id(text)


def test_region() -> None:
    assert region_name("eu-west-1") == "eu-west-1"
    with pytest.raises(argparse.ArgumentTypeError, match="not a region of AWS"):
        region_name("eu-west-99")


def test_misuse_ends_with_2_and_no_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["up", "--account", "1"])
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert "'1' is not an account id: say twelve digits, such as 123456789012" in told
    assert "Traceback" not in told


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"tabard {__version__}\n"


def test_ephemeral_and_data_exclude_each_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["up", "--ephemeral", "--data", str(tmp_path)]) == 1
    assert "--data has no meaning with it" in capsys.readouterr().err


def test_lab_names_its_chapters_when_asked_for_another(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lab", "--chapter", "epilogue"]) == 1
    told = capsys.readouterr().err
    assert "There is no chapter 'epilogue'." in told
    assert "role, machine, login, attach" in told


def test_lab_starts_from_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "something").touch()
    assert main(["lab", "--data", str(tmp_path)]) == 1
    assert "is not empty" in capsys.readouterr().err


def test_a_folder_that_cannot_be_is_told_in_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    assert main(["lab", "--data", str(tmp_path / "file" / "data")]) == 1
    assert capsys.readouterr().err.startswith(f"tabard: {tmp_path}/file")


def test_help_imports_next_to_nothing() -> None:
    script = "import sys; from tabard.cli.main import main\ntry: main(['--help'])\nfinally: print(sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "start here:" in done.stdout
    for heavy in ("botocore", "sqlalchemy", "uvicorn", "asyncssh", "rich", "cryptography", "asyncio"):
        assert f"'{heavy}'" not in done.stdout


def test_a_terminal_without_utf_8_fails_nothing(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tabard.cli", "env", "--data", str(tmp_path)],
        env={"PYTHONIOENCODING": "ascii", "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "  ? Start it with: " in done.stderr
