"""A forked process is one of its own, and its end is told as ``subprocess`` tells it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.forking import Forked, Forker

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = "tests.support.test_forking"


def speak() -> None:
    print(*sys.argv, os.environ["WORD"], Path.cwd(), os.getpid(), sorted(os.environ), sep="|")
    sys.exit(7)


def stay() -> None:
    print("here", flush=True)
    time.sleep(600)


@pytest.fixture(scope="module")
def forker() -> Iterator[Forker]:
    made = Forker("tests.support")
    yield made
    made.close()


def fork(forker: Forker, function: str, folder: Path, *argv: str) -> Forked:
    return forker.fork(f"{HERE}:{function}", argv, environment={"WORD": "x"}, folder=folder, stderr=2)


def test_it_has_arguments_environment_folder_and_status_of_its_own(forker: Forker, tmp_path: Path) -> None:
    process = fork(forker, "speak", tmp_path, "a", "b c")
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.read() == f"a|b c|x|{tmp_path}|{process.pid}|['WORD']\n"
    assert process.wait(60) == 7
    assert (process.poll(), process.returncode) == (7, 7)
    process.kill()  # to nobody


def test_it_is_waited_for_and_ended(forker: Forker, tmp_path: Path) -> None:
    process = fork(forker, "stay", tmp_path)
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.readline() == "here\n"
        assert process.poll() is None
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.01)
        process.kill()
        assert process.wait(60) == -signal.SIGKILL


def test_it_ends_with_the_process_that_forked_it(tmp_path: Path) -> None:
    forker = Forker("tests.support")
    process = fork(forker, "stay", tmp_path)
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.readline() == "here\n"
        forker.close()
        assert process.stdout.read() == ""


def test_code_that_can_not_be_read_is_told(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    forker = Forker("tests.support.nowhere")
    with pytest.raises(RuntimeError, match="the process that forks has ended with 1"):
        fork(forker, "speak", tmp_path)
    assert not forker.is_there
    assert "No module named 'tests.support.nowhere'" in capfd.readouterr().err
    forker.close()
