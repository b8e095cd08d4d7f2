"""A role that EC2 is trusted to assume, and the instance profile of the same name, as the console makes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tabard.cli.lab import documents
from tabard.cli.lab.lab import ADMINISTRATOR, ROLE

if TYPE_CHECKING:
    from tabard.cli.lab.lab import Lab

TITLE = "A role: permissions that belong to nobody, for EC2 to assume"
NEEDS = ()


def tell(lab: Lab) -> None:
    """Create role and profile, and look at them."""
    trust = lab.document("trust-ec2.json", documents.trust(service="ec2.amazonaws.com"))
    lab.aws(
        *("iam", "create-role", "--role-name", ROLE, "--assume-role-policy-document", trust),
        *("--query", "Role.Arn", "--output", "text"),
    )
    lab.aws_together(
        [
            ("iam", "attach-role-policy", "--role-name", ROLE, "--policy-arn", ADMINISTRATOR),
            (
                "iam",
                "create-instance-profile",
                "--instance-profile-name",
                ROLE,
                "--query",
                "InstanceProfile.Arn",
                "--output",
                "text",
            ),
        ]
    )
    lab.aws("iam", "add-role-to-instance-profile", "--instance-profile-name", ROLE, "--role-name", ROLE)
    lab.stage.has.add("role")
    _look(lab)


def _look(lab: Lab) -> None:
    text = ("--output", "text")
    listed, policies, profile = lab.aws_together(
        [
            ("iam", "list-roles", "--query", "Roles[].RoleName", *text),
            (
                "iam",
                "list-attached-role-policies",
                "--role-name",
                ROLE,
                "--query",
                "AttachedPolicies[].PolicyArn",
                *text,
            ),
            (
                "iam",
                "get-instance-profile",
                "--instance-profile-name",
                ROLE,
                "--query",
                "InstanceProfile.Roles[].RoleName",
                *text,
            ),
        ]
    )
    principals = lab.parsed(
        *(
            "iam",
            "get-role",
            "--role-name",
            ROLE,
            "--query",
            "Role.AssumeRolePolicyDocument.Statement[].Principal",
        )
    )
    lab.claim("role-listed", holds=ROLE in listed.stdout.split(), expected=ROLE, seen=listed.text)
    ec2_alone = [{"Service": "ec2.amazonaws.com"}]
    lab.claim("role-trusts-ec2", holds=principals == ec2_alone, expected=str(ec2_alone), seen=principals)
    lab.claim(
        "role-has-permissions",
        holds=policies.stdout.split() == [ADMINISTRATOR],
        expected=ADMINISTRATOR,
        seen=policies.text,
    )
    lab.claim("profile-holds-role", holds=profile.stdout.split() == [ROLE], expected=ROLE, seen=profile.text)
