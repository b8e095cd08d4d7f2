"""`tabard lab`: see whether this machine can do it, start a server for it, tell the story, and leave nothing behind."""

from __future__ import annotations

import asyncio
import shlex
import shutil
import signal
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tabard.cli.doctor.kernel import probe_instances
from tabard.cli.errors import CommandError
from tabard.cli.lab import server as servers
from tabard.cli.lab.claims import BrokenClaim
from tabard.cli.lab.for_programs import Lines
from tabard.cli.lab.lab import Lab
from tabard.cli.lab.processes import AWS, shed_disturbances
from tabard.cli.lab.server import TABARD
from tabard.cli.lab.story import CHAPTERS, end, tell
from tabard.cli.lab.transcript import Transcript
from tabard.cli.places import tabard_command
from tabard.cli.screen import screen

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from rich.console import Console

_LAST_WORDS = 12


@dataclass(frozen=True, slots=True)
class Telling:
    """How to tell the story. ``server`` is the command that `up …` is added to."""

    data: Path | None = None
    keep: bool = False
    chapters: Sequence[str] = tuple(CHAPTERS)
    server: Sequence[str] = TABARD
    for_programs: bool = False


def lab(options: argparse.Namespace) -> int:
    """Tell the story; 0 if every claim held, 1 at the first that did not."""
    chapters = options.chapter or tuple(CHAPTERS)
    unknown = [name for name in chapters if name not in CHAPTERS]
    if unknown:
        raise CommandError(f"There is no chapter '{unknown[0]}'.", f"There are: {', '.join(CHAPTERS)}.")
    if options.data is not None and options.data.is_dir() and any(options.data.iterdir()):
        raise CommandError(
            f"{options.data} is not empty, and the lab starts from nothing.", "Name a new folder."
        )
    _check_machine()
    out = screen()
    shed_disturbances()
    signal.signal(signal.SIGTERM, _end)
    for_programs = options.output == "json"
    broken = run(Telling(options.data, options.keep, chapters, for_programs=for_programs), out)
    return 0 if broken is None else 1


def _end(number: int, _frame: object) -> None:
    """Asked to end, the lab ends its server too."""
    raise SystemExit(128 + number)


def run(telling: Telling, out: Console) -> BrokenClaim | None:
    """Tell the story on a console; the claim that ended it, if one did."""
    work = Path(tempfile.mkdtemp(prefix="tabard-lab-"))
    kept = False
    try:
        home = work / "home"
        home.mkdir()
        transcript = Lines(out) if telling.for_programs else Transcript(out)
        data = telling.data.absolute() if telling.data else work / "data"
        data.parent.mkdir(parents=True, exist_ok=True)
        server = servers.start(data, home, work / "server.log", telling.server, outlives_us=telling.keep)
        try:
            transcript.say(
                ("\n  Tabard's lab", "title"), f"   account {server.told.account}, {server.told.endpoint}"
            )
            transcript.note("$ is this machine; [ec2-user@…]$ is the instance, in one ssh session all along;")
            transcript.note(
                "program> is a program that keeps running there, with the credentials that it once got"
            )
            story = Lab(transcript, server, home)
            tell(story, telling.chapters)
            if telling.keep:
                kept = True
                transcript.summary()
                _say_how_to_go_on(story, work, own_data=telling.data is not None)
            else:
                end(story)
                transcript.summary()
        except BrokenClaim as broken:
            transcript.broken(broken)
            _last_words(transcript, server.log)
            return broken
        finally:
            if not kept:
                server.stop()
    finally:
        if not kept:
            shutil.rmtree(work, ignore_errors=True)
    return None


def _check_machine() -> None:
    """Whatever would stop the lab half-way is said before it begins."""
    if shutil.which("ssh") is None or shutil.which("ssh-keygen") is None:
        raise CommandError(
            "There is no ssh client here, and the lab logs in with one.",
            "On Debian and Ubuntu: sudo apt-get install openssh-client",
            "On Fedora: sudo dnf install openssh-clients",
        )
    if not AWS.exists():
        raise CommandError(
            f"There is no {AWS}, and the lab uses it.", "Install Tabard again: it brings the AWS CLI along."
        )
    probe = asyncio.run(probe_instances())
    if probe.problems:
        first = probe.problems[0]
        raise CommandError(
            f"Instances cannot run on this machine: {first.what}.",
            first.remedy,
            *(f"{problem.what}: {problem.remedy}" for problem in probe.problems[1:]),
        )


def _say_how_to_go_on(story: Lab, work: Path, *, own_data: bool) -> None:
    server, say = story.server, story.transcript.say
    folder = shlex.quote(str(story.home))
    say("\n  It goes on running. Go on by hand:\n")
    say((f'    eval "$({tabard_command()} env --data {shlex.quote(str(server.data))})"', "command"))
    say(("    aws iam list-roles --query Roles[].RoleName", "command"))
    if "instance" in story.stage.has:
        say((f"    cd {folder} && {story.stage.guest.shown()}", "command"))
    say("\n  And when you have seen enough:\n")
    say((f"    kill {server.process.pid}; rm -rf {shlex.quote(str(work))}", "command"))
    if own_data:
        say((f"    # records and homes stay in {server.data}", "quiet"))


def _last_words(transcript: Transcript, log: Path) -> None:
    """What the server said of its own, past its first screen."""
    told = log.read_text(errors="replace").partition("Ctrl-C stops it.")[2].strip().splitlines()
    if told:
        transcript.say(("\n  The server's last words:", "quiet"))
        transcript.output("\n".join(told[-_LAST_WORDS:]))
