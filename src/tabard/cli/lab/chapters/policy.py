"""Easier to manage than keys: change the role's policies, and the next call obeys, whatever the client holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tabard.cli.lab import documents
from tabard.cli.lab.lab import ADMINISTRATOR, BUCKETS, ROLE, error_code

if TYPE_CHECKING:
    from tabard.cli.lab.lab import Lab

TITLE = "Change the role's policies, and the next call obeys"
NEEDS = ("role", "buckets", "instance", "login", "worn")


def tell(lab: Lab) -> None:
    """Take away everything, give back a little."""
    stage = lab.stage
    program = stage.holder()
    lab.aws(f"iam detach-role-policy --role-name {ROLE} --policy-arn {ADMINISTRATOR}")
    denied = lab.on_instance(stage.terminal, "aws s3 ls")
    lab.claim(
        "policy-detached-at-once",
        holds=error_code(denied) == "AccessDenied",
        expected="AccessDenied",
        seen=denied,
    )
    held = lab.in_program(program, "aws s3 ls")
    lab.claim(
        "held-credentials-obey", holds=error_code(held) == "AccessDenied", expected="AccessDenied", seen=held
    )
    policy = lab.document("list-buckets.json", documents.allow("s3:ListAllMyBuckets"))
    lab.aws(f"iam put-role-policy --role-name {ROLE} --policy-name list-buckets --policy-document {policy}")
    listing = lab.on_instance(stage.terminal, "aws s3 ls")
    lab.claim("policy-edited-at-once", holds=BUCKETS[0] in listing, expected=" ".join(BUCKETS), seen=listing)
    limited = lab.on_instance(stage.terminal, "aws iam list-users")
    session = f"arn:aws:sts::{lab.account}:assumed-role/{ROLE}/{stage.instance_id}"
    named = all(word in limited for word in (session, "iam:ListUsers", "no identity-based policy"))
    lab.claim(
        "policy-limits",
        holds=error_code(limited) == "AccessDenied" and named,
        expected=f"AccessDenied: {session} … iam:ListUsers … no identity-based policy allows it",
        seen=limited,
    )
    iam = stage.client("iam")
    iam.delete_role_policy(RoleName=ROLE, PolicyName="list-buckets")
    iam.attach_role_policy(RoleName=ROLE, PolicyArn=ADMINISTRATOR)
