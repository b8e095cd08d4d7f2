"""Delete the role: its sessions end with it, and a namesake does not inherit them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tabard.cli.lab import documents
from tabard.cli.lab.chapters.detach import REFUSALS, WHO
from tabard.cli.lab.lab import ADMINISTRATOR, ROLE, UNABLE, error_code

if TYPE_CHECKING:
    from tabard.cli.lab.lab import Lab

TITLE = "Delete the role"
NEEDS = ("role", "instance", "login", "worn")


def tell(lab: Lab) -> None:
    """Delete it under a running program, then make it again."""
    stage = lab.stage
    program = stage.holder()
    lab.in_program(program, f"{WHO} --query Arn --output text")
    lab.aws_together(
        [
            f"iam remove-role-from-instance-profile --instance-profile-name {ROLE} --role-name {ROLE}",
            f"iam detach-role-policy --role-name {ROLE} --policy-arn {ADMINISTRATOR}",
        ]
    )
    lab.aws(f"iam delete-role --role-name {ROLE}")
    answer = lab.on_instance(stage.terminal, "aws s3 ls")
    lab.claim("deleted-no-credentials", holds=answer == UNABLE, expected=UNABLE, seen=answer)
    held = lab.in_program(program, WHO)
    lab.claim(
        "deleted-refused", holds=error_code(held) in REFUSALS, expected=" or ".join(REFUSALS), seen=held
    )
    trust = documents.compact(documents.trust(service="ec2.amazonaws.com"))
    iam = stage.client("iam")
    iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=trust)
    iam.attach_role_policy(RoleName=ROLE, PolicyArn=ADMINISTRATOR)
    iam.add_role_to_instance_profile(InstanceProfileName=ROLE, RoleName=ROLE)
    lab.transcript.note(f"another {ROLE} is made, and put into the profile that the instance still has")
    held = lab.in_program(program, WHO)
    lab.claim(
        "namesake-inherits-nothing",
        holds=error_code(held) in REFUSALS,
        expected=" or ".join(REFUSALS),
        seen=held,
    )
