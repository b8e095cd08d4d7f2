"""The moment that the story is about: a role is put on a running instance, and the next command has credentials."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tabard.cli.lab.lab import BUCKETS, ROLE

if TYPE_CHECKING:
    from tabard.cli.lab.lab import Lab

TITLE = "Attach the role to the running instance"
NEEDS = ("role", "buckets", "instance", "login")
_ROW = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) (\S+)")


def tell(lab: Lab) -> None:
    """Associate, look at the details, and try again where it failed."""
    stage = lab.stage
    stage.association = lab.aws(stage.associating())
    stage.has.add("worn")
    details = lab.aws(
        f"ec2 describe-instances --instance-ids {stage.instance_id} "
        "--query 'Reservations[0].Instances[0].IamInstanceProfile.Arn' --output text"
    )
    profile = lab.arn("instance-profile", ROLE)
    lab.claim("details-show-role", holds=details == profile, expected=profile, seen=details)
    listing = lab.on_instance(stage.terminal, "aws s3 ls")
    rows = [_ROW.fullmatch(row) for row in listing.splitlines()]
    lab.claim(
        "session-lists-buckets",
        holds=[row and row[2] for row in rows] == list(BUCKETS),
        expected="\n".join(f"2019-09-08 23:29:38 {bucket}" for bucket in BUCKETS) + "   (with today's dates)",
        seen=listing,
    )
    shell = lab.on_instance(stage.terminal, "echo $$")
    lab.claim(
        "same-session",
        holds=shell == stage.shell_pid,
        expected=f"shell {stage.shell_pid}",
        seen=f"shell {shell}",
    )
