"""Roles are global: one role serves instances in every region."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tabard.cli.lab.lab import BUCKETS, KEY_NAME, ROLE

if TYPE_CHECKING:
    from tabard.cli.lab.lab import Lab

TITLE = "The same role in another region"
NEEDS = ("role", "key", "buckets")


def tell(lab: Lab) -> None:
    """Launch an instance with the role in another region, and let it list the buckets."""
    stage = lab.stage
    other = "eu-west-1" if lab.region != "eu-west-1" else "us-east-1"
    stage.client("ec2", other).import_key_pair(
        KeyName=KEY_NAME, PublicKeyMaterial=stage.public_key().encode()
    )
    instance_id = lab.aws(
        f"ec2 run-instances --image-id {stage.image(other)} --key-name {KEY_NAME} "
        f"--iam-instance-profile Name={ROLE} --query 'Instances[0].InstanceId' --output text --region {other}"
    )
    instance = stage.wait_until_running(instance_id, other)
    guest = stage.way_into(instance)
    lab.transcript.command("$", guest.shown())
    terminal, _ = stage.log_in(guest)
    listing = lab.on_instance(terminal, "aws s3 ls")
    lab.claim(
        "second-region",
        holds=all(name in listing for name in BUCKETS),
        expected=" ".join(BUCKETS),
        seen=listing,
    )
    region = lab.on_instance(terminal, "echo $AWS_REGION")
    zone = instance["Placement"]["AvailabilityZone"]
    holds = region == other and zone.startswith(other)
    lab.claim("second-region-is-other", holds=holds, expected=other, seen=f"{region}, zone {zone}")
    terminal.close()
    stage.client("ec2", other).terminate_instances(InstanceIds=[instance_id])
