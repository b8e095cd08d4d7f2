"""Who may not pass the role cannot give it to an instance, by any way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tabard.cli.lab import documents
from tabard.cli.lab.lab import ROLE, error_code

if TYPE_CHECKING:
    from tabard.cli.lab.lab import Lab, Person
    from tabard.cli.lab.processes import Completed

TITLE = "Only who may pass the role can give it away"
NEEDS = ("role", "instance")
OPERATOR = "lab-operator"
EMPTY_PROFILE = "lab-empty"


def tell(lab: Lab) -> None:
    """Try as somebody who may do everything to instances and profiles, but not pass the role."""
    stage = lab.stage
    operator = stage.person(
        OPERATOR, documents.allow("ec2:*", "iam:AddRoleToInstanceProfile", "iam:GetInstanceProfile")
    )
    stage.client("iam").create_instance_profile(InstanceProfileName=EMPTY_PROFILE)
    lab.transcript.note(f"{OPERATOR} may ec2:* and iam:AddRoleToInstanceProfile, but not iam:PassRole")
    if "worn" in stage.has:
        stage.client("ec2").disassociate_iam_instance_profile(AssociationId=stage.association)
        stage.has.discard("worn")
    _refusals(lab, operator)
    _nothing_happened(lab)
    _allowed(lab, operator)


def _refusals(lab: Lab, operator: Person) -> None:
    associate, run, add = lab.aws_together(
        [
            lab.stage.associating(),
            f"ec2 run-instances --image-id {lab.stage.image()} --iam-instance-profile Name={ROLE}",
            f"iam add-role-to-instance-profile --instance-profile-name {EMPTY_PROFILE} --role-name {ROLE}",
        ],
        person=operator,
        may_fail=True,
    )
    _claim_refused(lab, "pass-refused-associate", associate, "UnauthorizedOperation")
    _claim_refused(lab, "pass-refused-run", run, "UnauthorizedOperation")
    _claim_refused(lab, "pass-refused-profile", add, "AccessDenied")


def _claim_refused(lab: Lab, name: str, done: Completed, code: str) -> None:
    holds = done.status != 0 and error_code(done.text) == code and "iam:PassRole" in done.text
    lab.claim(name, holds=holds, expected=f"{code}, because of iam:PassRole", seen=done.text)


def _nothing_happened(lab: Lab) -> None:
    ec2, iam = lab.stage.client("ec2"), lab.stage.client("iam")
    reservations = ec2.describe_instances()["Reservations"]
    wearing = [
        instance["InstanceId"]
        for reservation in reservations
        for instance in reservation["Instances"]
        if "IamInstanceProfile" in instance
    ]
    roles = iam.get_instance_profile(InstanceProfileName=EMPTY_PROFILE)["InstanceProfile"]["Roles"]
    lab.claim(
        "pass-refusal-changed-nothing",
        holds=not wearing and not roles,
        expected="no instance with a role, and the profile empty",
        seen=f"instances {wearing}, roles {[role['RoleName'] for role in roles]}",
    )


def _allowed(lab: Lab, operator: Person) -> None:
    policy = lab.document("pass-role.json", documents.allow("iam:PassRole", resource=lab.arn("role", ROLE)))
    lab.aws(f"iam put-user-policy --user-name {OPERATOR} --policy-name pass --policy-document {policy}")
    done = lab.refused(lab.stage.associating(), person=operator)
    lab.claim("pass-allowed", holds=done.status == 0, expected="an association", seen=done.text)
    lab.stage.association = done.stdout.strip()
    lab.stage.has.add("worn")
