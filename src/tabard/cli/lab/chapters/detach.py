"""Detach the role: nothing gets credentials any more, and those that were delivered are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tabard.cli.lab.lab import BUCKETS, UNABLE, error_code

if TYPE_CHECKING:
    from tabard.cli.lab.lab import Lab

TITLE = "Detach the role"
NEEDS = ("role", "buckets", "instance", "login", "worn")
REFUSALS = ("InvalidClientTokenId", "ExpiredToken", "InvalidToken", "ExpiredTokenException")
"""How STS refuses credentials that have ended: the key is not known any more, or the token has expired."""
WHO = "aws sts get-caller-identity"


def tell(lab: Lab) -> None:
    """Detach, look from a new process and from a running one, and attach again."""
    stage = lab.stage
    program = stage.holder()
    lab.in_program(program, f"{WHO} --query Arn --output text")
    lab.aws(
        f"ec2 disassociate-iam-instance-profile --association-id {stage.association} "
        "--query IamInstanceProfileAssociation.State --output text"
    )
    answer = lab.on_instance(stage.terminal, "aws s3 ls")
    lab.claim("detached-at-once", holds=answer == UNABLE, expected=UNABLE, seen=answer)
    held = lab.in_program(program, "aws sts get-caller-identity")
    lab.claim(
        "delivered-refused", holds=error_code(held) in REFUSALS, expected=" or ".join(REFUSALS), seen=held
    )
    stage.association = lab.aws(stage.associating())
    listing = lab.on_instance(stage.terminal, "aws s3 ls")
    lab.claim("attached-again", holds=BUCKETS[0] in listing, expected=" ".join(BUCKETS), seen=listing)
