"""A role that EC2 is trusted to assume, and the instance profile of the same name, as the console makes them."""

from __future__ import annotations

import json
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
        f"iam create-role --role-name {ROLE} --assume-role-policy-document {trust} --query Role.Arn --output text"
    )
    lab.aws_together(
        [
            f"iam attach-role-policy --role-name {ROLE} --policy-arn {ADMINISTRATOR}",
            f"iam create-instance-profile --instance-profile-name {ROLE} --query InstanceProfile.Arn --output text",
        ]
    )
    lab.aws(f"iam add-role-to-instance-profile --instance-profile-name {ROLE} --role-name {ROLE}")
    lab.stage.has.add("role")
    _look(lab)


def _look(lab: Lab) -> None:
    of_role, of_profile = f"--role-name {ROLE}", f"--instance-profile-name {ROLE}"
    listed, trusted, policies, profile = lab.aws_together(
        [
            "iam list-roles --query 'Roles[].RoleName' --output text",
            f"iam get-role {of_role} --query 'Role.AssumeRolePolicyDocument.Statement[].Principal' --output json",
            f"iam list-attached-role-policies {of_role} --query 'AttachedPolicies[].PolicyArn' --output text",
            f"iam get-instance-profile {of_profile} --query 'InstanceProfile.Roles[].RoleName' --output text",
        ]
    )
    principals = json.loads(trusted.stdout)
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
