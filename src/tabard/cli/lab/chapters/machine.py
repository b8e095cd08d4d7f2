"""A key pair, three buckets, and an instance that wears no role."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tabard.cli.lab.lab import BUCKETS, KEY_NAME

if TYPE_CHECKING:
    from tabard.cli.lab.lab import Lab

TITLE = "An instance, and three buckets for it to see"
NEEDS = ()


def tell(lab: Lab) -> None:
    """Make them."""
    image, key, *_ = lab.aws_together(
        [
            "ec2 describe-images --owners amazon --query 'Images[0].ImageId' --output text",
            f"ec2 create-key-pair --key-name {KEY_NAME} --key-type ed25519 --query KeyMaterial --output text",
            *(f"s3 mb s3://{bucket}" for bucket in BUCKETS),
        ],
        secret=(1,),
    )
    _key_pair(lab, key.stdout)
    _buckets(lab)
    _instance(lab, image.stdout.strip())


def _key_pair(lab: Lab, material: str) -> None:
    file = lab.stage.key_file
    lab.stage.keep_key(material)
    lab.stage.has.add("key")
    lab.transcript.note(f"the key is kept as {file.name}, readable by its owner alone")
    public = lab.stage.public_key()
    mode = file.stat().st_mode & 0o777
    lab.claim(
        "key-pair",
        holds=public.startswith("ssh-ed25519 ") and mode == 0o600,
        expected="an Ed25519 private key in a file of mode 600",
        seen=f"mode {mode:o}; {public}",
    )


def _buckets(lab: Lab) -> None:
    lab.stage.has.add("buckets")
    names = [bucket["Name"] for bucket in lab.stage.client("s3").list_buckets()["Buckets"]]
    lab.claim("buckets-made", holds=tuple(names) == BUCKETS, expected=" ".join(BUCKETS), seen=" ".join(names))


def _instance(lab: Lab, image: str) -> None:
    stage = lab.stage
    stage.launched_at = time.time()
    instance_id = lab.aws(
        f"ec2 run-instances --image-id {image} --instance-type t3.micro --key-name {KEY_NAME} "
        "--query 'Instances[0].InstanceId' --output text"
    )
    stage.instance = stage.wait_until_running(instance_id)
    stage.has.add("instance")
    state, private, profile = lab.aws(
        f"ec2 describe-instances --instance-ids {instance_id} --output text --query "
        "'Reservations[0].Instances[0].[State.Name, PrivateIpAddress, IamInstanceProfile.Arn]'"
    ).split("\t")
    lab.claim("instance-runs", holds=state == "running", expected="running", seen=f"{state} at {private}")
    lab.claim("instance-without-role", holds=profile == "None", expected="no profile", seen=profile)
