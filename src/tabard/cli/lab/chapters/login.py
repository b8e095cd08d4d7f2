"""Log in with the ordinary ssh client; nothing on the instance lets anybody in to AWS."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from tabard.cli.lab.lab import UNABLE

if TYPE_CHECKING:
    from tabard.cli.lab.lab import Lab

TITLE = "Log in: an instance without a role has no credentials"
NEEDS = ("buckets", "instance")
HOME = (".bash_logout", ".bash_profile", ".bashrc", ".ssh")


def tell(lab: Lab) -> None:
    """Log in, look around, and try."""
    stage = lab.stage
    guest = stage.guest
    lab.transcript.command("$", guest.shown())
    began = time.monotonic()
    stage.session, greeting = stage.log_in(guest)
    lab.transcript.output(greeting, time.monotonic() - began)
    stage.has.add("login")
    expected = f"[ec2-user@ip-{stage.instance['PrivateIpAddress'].replace('.', '-')} ~]$"
    lab.claim("login", holds=stage.session.prompt == expected, expected=expected, seen=stage.session.prompt)
    home = lab.on_instance(stage.session, "ls -A")
    lab.claim("home-listing", holds=tuple(home.split()) == HOME, expected="  ".join(HOME), seen=home)
    settings = lab.on_instance(stage.session, "env | grep AWS | sort")
    wanted = {"AWS_ENDPOINT_URL", "AWS_REGION", "AWS_DEFAULT_REGION"}
    names = {row.partition("=")[0] for row in settings.splitlines()}
    by_address = re.search(r"^AWS_ENDPOINT_URL=https?://[\d.]+(:\d+)?$", settings, re.MULTILINE)
    lab.claim(
        "clean-environment",
        holds=names == wanted and by_address is not None,
        expected=f"{', '.join(sorted(wanted))}, the first with an IP address",
        seen=settings,
    )
    stage.shell_pid = lab.on_instance(stage.session, "echo $$")
    answer = lab.on_instance(stage.session, "aws s3 ls")
    lab.claim("no-credentials", holds=answer == UNABLE, expected=UNABLE, seen=answer)
