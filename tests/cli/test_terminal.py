"""The lab's terminal drives an interactive program as a person would."""

from __future__ import annotations

import contextlib
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tabard.cli.lab.terminal import NoPromptError, Terminal

if TYPE_CHECKING:
    from collections.abc import Iterator

PROMPT = re.compile(r"\[here\]\$ $")


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    command = ["bash", "--norc", "--noprofile", "-i"]
    with Terminal(
        command, {"PS1": "[here]$ ", "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}, tmp_path, PROMPT
    ) as shell:
        shell.read_to_prompt(60)
        yield shell


def test_output_is_what_the_command_printed_and_nothing_else(terminal: Terminal) -> None:
    assert terminal.run("echo one; printf '\\033[31mtwo\\033[0m\\n'") == "one\ntwo\n"
    assert terminal.run("printf 'no line feed'") == "no line feed"
    assert terminal.run("true") == ""
    assert terminal.prompt == "[here]$"


def test_it_is_a_terminal_and_one_process_all_along(terminal: Terminal) -> None:
    assert terminal.run("test -t 0 && test -t 1 && echo yes") == "yes\n"
    assert terminal.run("stty size") == "40 200\n"
    assert terminal.run("echo $$") == terminal.run("echo $$")


def test_large_output_and_characters_of_many_bytes(terminal: Terminal) -> None:
    shown = terminal.run("for i in $(seq 20000); do echo ☃; done")
    assert shown == "☃\n" * 20000


def _names_of_children(pid: int) -> list[str]:
    """What a process's children run: a child that is still the shell's copy has the shell's name."""
    names = []
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        with contextlib.suppress(OSError):
            names.append(Path(f"/proc/{child}/comm").read_text().strip())
    return names


def test_ctrl_c_reaches_the_program(terminal: Terminal) -> None:
    terminal.type("sleep 100\r")
    shell = terminal._process.pid
    while "sleep" not in _names_of_children(shell):
        time.sleep(0.01)
    terminal.type("\x03")
    terminal.read_to_prompt(60)
    assert terminal.run("echo $?") == "130\n"


def test_no_prompt_in_time(terminal: Terminal) -> None:
    with pytest.raises(NoPromptError, match=r"no prompt within 1 s: .*sleep 100"):
        terminal.run("sleep 100", seconds=1)


def test_an_end_is_told_with_the_last_words(terminal: Terminal) -> None:
    with pytest.raises(NoPromptError, match=r"it ended with 3: .*bye"):
        terminal.run("echo bye; exit 3")
    assert not terminal.is_running


def test_closing_ends_the_program(terminal: Terminal) -> None:
    terminal.close()
    assert not terminal.is_running
