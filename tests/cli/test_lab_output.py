"""The lab's transcript for programs: a line of JSON for each thing that happens."""

from __future__ import annotations

import io
import json
from typing import Any

from tabard.cli.lab.claims import BrokenClaim
from tabard.cli.lab.for_programs import Lines
from tabard.cli.screen import screen


def told(out: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_each_thing_is_a_line() -> None:
    out = io.StringIO()
    lines = Lines(screen(out))
    lines.chapter("A role")
    lines.note("what it is")
    lines.command("$", "aws iam list-roles")
    lines.output("one\ntwo\n" * 20, 0.12345)
    lines.kept("It is listed")
    lines.chapter_ends()
    lines.say("  and ", ("so on", "command"))
    lines.summary()
    *events, end = told(out)
    assert events == [
        {"event": "chapter", "number": 1, "title": "A role"},
        {"event": "text", "text": "what it is"},
        {"event": "command", "prompt": "$", "text": "aws iam list-roles"},
        {"event": "output", "text": "one\ntwo\n" * 20, "seconds": 0.123},
        {"event": "claim", "says": "It is listed", "held": True},
        {"event": "text", "text": "and so on"},
    ]
    assert (end["event"], end["claims"], end["commands"]) == ("end", 1, 1)


def test_a_claim_that_does_not_hold_says_what_was_expected() -> None:
    out = io.StringIO()
    Lines(screen(out)).broken(BrokenClaim("login", "It logs in", "a prompt", "nothing"))
    assert told(out) == [
        {
            "event": "claim",
            "held": False,
            "name": "login",
            "says": "It logs in",
            "expected": "a prompt",
            "seen": "nothing",
        }
    ]
