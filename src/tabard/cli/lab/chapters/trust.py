"""A role must trust EC2 before an instance can wear it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tabard.cli.lab import documents
from tabard.cli.lab.lab import ROLE, UNABLE

if TYPE_CHECKING:
    from tabard.cli.lab.lab import Lab

TITLE = "A role that does not trust EC2 is of no use to an instance"
NEEDS = ("role", "instance", "login", "worn")


def tell(lab: Lab) -> None:
    """Take the trust away, and give it back."""
    stage = lab.stage
    _trust(lab, "trust-lambda.json", "lambda.amazonaws.com")
    answer = lab.on_instance(stage.terminal, "aws s3 ls")
    lab.claim("untrusted-no-credentials", holds=answer == UNABLE, expected=UNABLE, seen=answer)
    path = f"iam/security-credentials/{ROLE}"
    why = lab.in_program(stage.program(), f"metadata {path}")
    reason = f"EC2 cannot assume the role {ROLE}."
    lab.claim(
        "metadata-says-why",
        holds="AssumeRoleUnauthorizedAccess" in why and reason in why,
        expected=f"AssumeRoleUnauthorizedAccess: {reason} …",
        seen=why,
    )
    stage.client("iam").update_assume_role_policy(
        RoleName=ROLE, PolicyDocument=documents.compact(documents.trust(service="ec2.amazonaws.com"))
    )


def _trust(lab: Lab, name: str, service: str) -> None:
    trust = lab.document(name, documents.trust(service=service))
    lab.aws(f"iam update-assume-role-policy --role-name {ROLE} --policy-document {trust}")
