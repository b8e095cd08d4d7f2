"""The instance is known by its own name, its credentials are temporary, and policies can speak of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tabard.cli.lab import documents
from tabard.cli.lab.lab import ADMINISTRATOR, BUCKETS, ROLE, error_code

if TYPE_CHECKING:
    from tabard.cli.lab.lab import Lab

TITLE = "The instance is known, and its credentials end by themselves"
NEEDS = ("role", "buckets", "instance", "login", "worn")
_HOUR = 3600


def tell(lab: Lab) -> None:
    """Ask who it is, until when, and let a policy ask for it."""
    stage = lab.stage
    who = lab.on_instance(stage.terminal, "aws sts get-caller-identity --query Arn --output text")
    expected = f"arn:aws:sts::{lab.account}:assumed-role/{ROLE}/{stage.instance_id}"
    lab.claim("known-by-instance", holds=who == expected, expected=expected, seen=who)
    got = stage.program().take_credentials(ROLE)
    ends = datetime.fromisoformat(got["Expiration"]) if got else None
    left = (ends - datetime.now(UTC)).total_seconds() if ends else 0
    lab.transcript.note(f"the metadata service says that they expire at {ends}")
    lab.claim(
        "temporary",
        holds=0 < left <= _HOUR and got["AccessKeyId"].startswith("ASIA") and got["Token"] != "",
        expected="a session's key and token that expire in an hour at most",
        seen=f"{got.get('AccessKeyId', 'no key')}, {left:.0f} s left",
    )
    _conditions(lab)


def _conditions(lab: Lab) -> None:
    stage = lab.stage
    iam = stage.client("iam")
    iam.detach_role_policy(RoleName=ROLE, PolicyArn=ADMINISTRATOR)
    _only_instance(lab, stage.instance_arn)
    listing = lab.on_instance(stage.terminal, "aws s3 ls")
    lab.claim("condition-lets-in", holds=BUCKETS[0] in listing, expected=" ".join(BUCKETS), seen=listing)
    _only_instance(lab, stage.instance_arn.rpartition("/")[0] + "/i-0123456789abcdef0")
    denied = lab.on_instance(stage.terminal, "aws s3 ls")
    holds = error_code(denied) == "AccessDenied"
    lab.claim("condition-keeps-out", holds=holds, expected="AccessDenied", seen=denied)
    iam.delete_role_policy(RoleName=ROLE, PolicyName="this-instance-only")
    iam.attach_role_policy(RoleName=ROLE, PolicyArn=ADMINISTRATOR)


def _only_instance(lab: Lab, arn: str) -> None:
    condition = {
        "ArnEquals": {"ec2:SourceInstanceARN": arn},
        "StringEquals": {"aws:EC2InstanceSourcePrivateIPv4": lab.stage.instance["PrivateIpAddress"]},
        "NumericEquals": {"ec2:RoleDelivery": "2.0"},
    }
    policy = lab.document("this-instance.json", documents.allow("s3:ListAllMyBuckets", condition=condition))
    lab.aws(
        f"iam put-role-policy --role-name {ROLE} --policy-name this-instance-only --policy-document {policy}"
    )
