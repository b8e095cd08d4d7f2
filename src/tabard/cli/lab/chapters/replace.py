"""Replace the role of a running instance, and put the first one back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tabard.cli.lab import documents
from tabard.cli.lab.lab import ROLE, error_code

if TYPE_CHECKING:
    from tabard.cli.lab.guest import Program
    from tabard.cli.lab.lab import Lab

TITLE = "Replace the role"
NEEDS = ("role", "buckets", "instance", "login", "worn")
OTHER = "lab-reader"
_WHO = "aws sts get-caller-identity --query Arn --output text"


def tell(lab: Lab) -> None:
    """A new process is the new role; a running program still is the old one."""
    stage = lab.stage
    program = stage.holder()
    stage.role(OTHER, "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
    lab.transcript.note(f"{OTHER} is another role for EC2, with AmazonS3ReadOnlyAccess")
    stage.association = lab.aws(
        f"ec2 replace-iam-instance-profile-association --association-id {stage.association} "
        f"--iam-instance-profile Name={OTHER} "
        "--query IamInstanceProfileAssociation.AssociationId --output text"
    )
    who = lab.on_instance(stage.terminal, _WHO)
    new = f"arn:aws:sts::{lab.account}:assumed-role/{OTHER}/{stage.instance_id}"
    lab.claim("replaced-at-once", holds=who == new, expected=new, seen=who)
    denied = lab.on_instance(stage.terminal, "aws iam list-users")
    lab.claim(
        "replaced-permissions",
        holds=error_code(denied) == "AccessDenied",
        expected="AccessDenied",
        seen=denied,
    )
    held = lab.in_program(program, _WHO)
    old = f"arn:aws:sts::{lab.account}:assumed-role/{ROLE}/{stage.instance_id}"
    lab.claim("held-credentials-live-on", holds=held == old, expected=old, seen=held)
    _revoke(lab, program)
    reply = stage.client("ec2").replace_iam_instance_profile_association(
        AssociationId=stage.association, IamInstanceProfile={"Name": ROLE}
    )
    stage.association = reply["IamInstanceProfileAssociation"]["AssociationId"]


def _revoke(lab: Lab, program: Program) -> None:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    policy = lab.document("revoke-older-sessions.json", documents.revoke_sessions(now))
    lab.aws(
        f"iam put-role-policy --role-name {ROLE} --policy-name AWSRevokeOlderSessions --policy-document {policy}"
    )
    revoked = lab.in_program(program, "aws s3 ls")
    lab.claim(
        "old-sessions-revoked",
        holds=error_code(revoked) == "AccessDenied" and "explicit deny" in revoked,
        expected="AccessDenied … with an explicit deny",
        seen=revoked,
    )
    lab.stage.client("iam").delete_role_policy(RoleName=ROLE, PolicyName="AWSRevokeOlderSessions")
