"""What a chapter has at hand: the command line as this or that person, the instances, and the claims."""

from __future__ import annotations

import contextlib
import re
import shlex
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tabard.cli.lab import claims, documents, processes
from tabard.cli.lab.claims import BrokenClaim
from tabard.cli.lab.terminal import NoPromptError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from tabard.cli.lab.guest import Program
    from tabard.cli.lab.processes import Completed
    from tabard.cli.lab.server import Server
    from tabard.cli.lab.stage import Stage
    from tabard.cli.lab.terminal import Terminal
    from tabard.cli.lab.transcript import Transcript

ROLE = "lab-role"
KEY_NAME = "lab-key"
BUCKETS = ("bucket-replication-destination", "example-s3-01", "example-version-01")
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
UNABLE = 'Unable to locate credentials. You can configure credentials by running "aws configure".'

_ERROR_CODE = re.compile(r"An error occurred \(([\w.]+)\)")


@dataclass(frozen=True, slots=True)
class Person:
    """Who types a command on this machine: a name to show, and an access key as the API gives it."""

    name: str
    key: Mapping[str, str]


def error_code(text: str) -> str:
    """The error's code in what the CLI printed; empty where there is none."""
    found = _ERROR_CODE.search(text)
    return found[1] if found else ""


class Lab:
    """One telling of the story. Chapters run commands through it and state claims to it."""

    def __init__(self, transcript: Transcript, server: Server, home: Path) -> None:
        told = server.told
        self.transcript = transcript
        self.server = server
        self.home = home
        self.endpoint, self.region, self.account = told.endpoint, told.region, told.account
        key = {"AccessKeyId": told.access_key_id, "SecretAccessKey": told.secret_access_key}
        self.root = Person("root", key)
        self.chapter_name = ""
        self.cleanup = contextlib.ExitStack()

    @cached_property
    def stage(self) -> Stage:
        """What chapters build on, made without telling where no chapter has made it."""
        from tabard.cli.lab.stage import Stage

        return Stage(self)

    def arn(self, kind: str, name: str) -> str:
        """The ARN of an IAM entity of the lab's account."""
        return f"arn:aws:iam::{self.account}:{kind}/{name}"

    def claim(self, name: str, *, holds: bool, expected: str, seen: object) -> None:
        """State a claim. Ends the lab with ``BrokenClaim`` where it does not hold."""
        self.transcript.kept(claims.check(name, holds=holds, expected=expected, seen=seen))

    def require(self, name: str, holds: object, expected: str, seen: object) -> None:
        """What a claim rests on, without a word where it is there. Ends the lab at that claim where it is not."""
        claims.check(name, holds=bool(holds), expected=expected, seen=seen)

    def document(self, name: str, content: dict[str, Any]) -> str:
        """Write a policy document next to the story's commands, show it, and return it as the CLI's argument."""
        text = documents.compact(content)
        (self.home / name).write_text(text + "\n", encoding="utf-8")
        self.transcript.note(f"{name}: {text}")
        return f"file://{name}"

    def aws(self, command: str, person: Person | None = None) -> str:
        """Run ``aws`` on this machine (as root unless said otherwise), show it, and return what it printed.

        ``command`` is what a person would type after ``aws``. One that fails ends the lab.
        """
        (done,) = self.aws_together([command], person=person)
        return done.stdout.strip()

    def aws_together(
        self,
        commands: Sequence[str],
        *,
        person: Person | None = None,
        secret: Collection[int] = (),
        may_fail: bool = False,
    ) -> list[Completed]:
        """Run commands that do not depend on each other, at once; show them one after another.

        A command that fails ends the lab, unless they ``may_fail``. ``secret`` are the numbers of those whose output is
        kept out of the transcript.
        """
        person = person or self.root
        environment = processes.for_aws(self.home, self.endpoint, self.region, person.key)

        def run(command: str) -> Completed:
            return processes.run([str(processes.AWS), *shlex.split(command)], environment, self.home)

        with ThreadPoolExecutor(max_workers=4) as pool:
            running = [pool.submit(run, command) for command in commands]
            results = []
            for number, (command, future) in enumerate(zip(commands, running, strict=True)):
                self.transcript.command("$" if person is self.root else f"{person.name}$", f"aws {command}")
                done = future.result()
                shown = (
                    "(kept out of this transcript)" if number in secret and done.status == 0 else done.text
                )
                self.transcript.output(shown, done.seconds)
                if done.status != 0 and not may_fail:
                    name = " ".join(command.split()[:2])
                    raise BrokenClaim(
                        f"{self.chapter_name}/{name}",
                        f"aws {name} succeeds",
                        "exit status 0",
                        f"exit status {done.status}\n{done.text}",
                    )
                results.append(done)
        return results

    def refused(self, command: str, person: Person | None = None) -> Completed:
        """Run an ``aws`` that may well fail."""
        return self.aws_together([command], person=person, may_fail=True)[0]

    def on_instance(self, terminal: Terminal, command: str) -> str:
        """Type a command in a login on an instance, show what the terminal shows, and return the output."""
        self.transcript.command(terminal.prompt, command)
        began = time.monotonic()
        try:
            output = terminal.run(command)
        except NoPromptError as error:
            raise BrokenClaim(
                f"{self.chapter_name}/terminal",
                "The terminal answers and the prompt comes back",
                f"the output of {command!r} and a prompt",
                str(error),
            ) from None
        self.transcript.output(output, time.monotonic() - began)
        return output.strip()

    def in_program(self, program: Program, command: str) -> str:
        """Let the program that runs on the instance all along run a command, and return the output."""
        self.transcript.command("program>", command)
        done = program.run(command)
        self.transcript.output(done.text, done.seconds)
        return done.text
