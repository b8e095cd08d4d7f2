"""The ways into an instance: an interactive login, a program that keeps running there, and single commands."""

from __future__ import annotations

import json
import os
import re
import secrets
import select
import shlex
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tabard.cli.lab import processes
from tabard.cli.lab.processes import Completed
from tabard.cli.lab.terminal import Terminal

if TYPE_CHECKING:
    from pathlib import Path

PROMPT = re.compile(r"\[ec2-user@(?P<host>[^\s\]]+) (?P<folder>[^\]\n]+)\]\$ $")

# what any program does to learn its credentials, in bash alone since curl is not on every host:
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html
_METADATA = r"""
ask_metadata() {
  exec 3<>/dev/tcp/169.254.169.254/80 || return
  printf "$@" >&3
  sed '1,/^\r*$/d' <&3
  exec 3>&-
}
metadata() {
  local token
  token=$(ask_metadata 'PUT /latest/api/token HTTP/1.1\r\nHost: 169.254.169.254\r\nConnection: close\r
X-aws-ec2-metadata-token-ttl-seconds: 60\r\nContent-Length: 0\r\n\r\n')
  ask_metadata 'GET /latest/meta-data/%s HTTP/1.1\r\nHost: 169.254.169.254\r\nConnection: close\r
X-aws-ec2-metadata-token: %s\r\n\r\n' "$1" "$token"
}
"""


@dataclass(frozen=True, slots=True)
class Guest:
    """An instance as ssh sees it. Nothing of the user's own ssh takes part: no configuration, agent or known hosts."""

    address: str
    port: int
    key: Path
    home: Path

    def ssh(self, *options: str) -> list[str]:
        """The command line, up to the command to run there."""
        quiet = [
            "StrictHostKeyChecking=accept-new",
            f"UserKnownHostsFile={self.home / 'known_hosts'}",
            "GlobalKnownHostsFile=/dev/null",
            "IdentitiesOnly=yes",
            "IdentityAgent=none",
            "PasswordAuthentication=no",
            "KbdInteractiveAuthentication=no",
            "ConnectTimeout=15",
            "LogLevel=ERROR",
        ]
        chosen = [word for option in quiet for word in ("-o", option)]
        login = f"ec2-user@{self.address}"
        return ["ssh", "-F", "/dev/null", *chosen, "-i", str(self.key), "-p", str(self.port), *options, login]

    def shown(self) -> str:
        """The command line as a person would type it."""
        port = "" if self.port == 22 else f" -p {self.port}"
        return f"ssh -i {shlex.quote(self.key.name)}{port} ec2-user@{self.address}"

    def log_in(self) -> Terminal:
        """An interactive login on a terminal."""
        return Terminal(self.ssh("-tt"), processes.undisturbed(self.home), self.home, PROMPT)

    def run(self, script: str) -> Completed:
        """Run a bash script there to its end. It arrives on standard input: nothing of it is on any disk."""
        return processes.run(
            [*self.ssh("-T"), "bash -s"], processes.undisturbed(self.home), self.home, stdin=script
        )

    def program(self) -> Program:
        """A program that keeps running there."""
        return Program(self)


class Program:
    """A program that runs on the instance all along and can hold credentials in its memory: a bash that reads a pipe."""

    def __init__(self, guest: Guest) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - the lab's own command line, no shell
            [*guest.ssh("-T"), "bash -s"],
            env=processes.undisturbed(guest.home),
            cwd=guest.home,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self._send(_METADATA)

    def __enter__(self) -> Program:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def run(self, command: str, longest: float = 60.0) -> Completed:
        """Let it run a command; both outputs come as ``stdout``."""
        began = time.monotonic()
        mark = f"end-{secrets.token_hex(8)}"
        self._send(f"{command}\necho; echo {mark} $?\n")
        shown = ""
        stdout = self._process.stdout
        assert stdout is not None  # noqa: S101 - it was opened as a pipe
        while (found := re.search(rf"\n?{mark} (\d+)\n", shown)) is None:
            left = began + longest - time.monotonic()
            ready = select.select([stdout], [], [], max(left, 0))[0]
            data = os.read(stdout.fileno(), 65536) if ready else b""
            if not data:
                return Completed(
                    124, shown, "the program ended" if ready else "no answer", time.monotonic() - began
                )
            shown += data.decode(errors="replace")
        return Completed(int(found[1]), shown[: found.start()].strip("\n"), "", time.monotonic() - began)

    def take_credentials(self, role: str) -> dict[str, str]:
        """Let it get the role's credentials from the metadata service and keep them in its memory.

        What it got, as the service says it (``AccessKeyId``, ``SecretAccessKey``, ``Token``, ``Expiration``); else empty.
        """
        self.run(f"credentials=$(metadata iam/security-credentials/{shlex.quote(role)})")
        try:
            got = json.loads(self.run('printf %s "$credentials"').stdout)
        except ValueError:
            return {}
        return got if isinstance(got, dict) and got.get("Code") == "Success" else {}

    def hold(self) -> None:
        """Put what ``take_credentials`` got where every client looks first: its own environment."""
        for variable, field in (
            ("AWS_ACCESS_KEY_ID", "AccessKeyId"),
            ("AWS_SECRET_ACCESS_KEY", "SecretAccessKey"),
            ("AWS_SESSION_TOKEN", "Token"),
        ):
            value = rf"""printf %s "$credentials" | sed -n 's/.*"{field}" *: *"\([^"]*\)".*/\1/p'"""
            self.run(f'export {variable}="$({value})"')

    def metadata(self, path: str) -> str:
        """What the metadata service answers below ``/latest/meta-data/``."""
        return self.run(f"metadata {shlex.quote(path)}").stdout

    def close(self) -> None:
        """End it."""
        if self._process.poll() is None:
            self._process.terminate()
            self._process.wait(60)
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()

    def _send(self, text: str) -> None:
        assert self._process.stdin is not None  # noqa: S101 - it was opened as a pipe
        self._process.stdin.write(text.encode())
        self._process.stdin.flush()
