"""A thousand callers, each with a managed policy of its own of 51 statements: what requests are made as."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from benchmarks.servers import Server

STATEMENTS = 51


def client(server: Server, service: str) -> Any:
    """A boto3 client as root."""
    return boto3.client(  # type: ignore[call-overload]
        service,
        endpoint_url=server.endpoint,
        region_name="us-east-1",
        aws_access_key_id=server.credentials["access_key"],
        aws_secret_access_key=server.credentials["secret_key"],
        config=Config(retries={"total_max_attempts": 3}, max_pool_connections=8),
    )


def policy(number: int) -> str:
    """The policy of one caller: fifty statements about other things, and one about what is measured."""
    others = [
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::b{number}-{index}/*"}
        for index in range(STATEMENTS - 1)
    ]
    measured = {"Effect": "Allow", "Action": ["s3:ListAllMyBuckets", "iam:GetRole"], "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [*others, measured]}, separators=(",", ":"))


def make_callers(server: Server, count: int) -> list[dict[str, str]]:
    """Make users with their policies and keys; their credentials."""
    iam = client(server, "iam")

    def make(number: int) -> dict[str, str]:
        name = f"caller-{number:04d}"
        iam.create_user(UserName=name)
        arn = iam.create_policy(PolicyName=name, PolicyDocument=policy(number))["Policy"]["Arn"]
        iam.attach_user_policy(UserName=name, PolicyArn=arn)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return {"access_key": key["AccessKeyId"], "secret_key": key["SecretAccessKey"]}

    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(make, range(count)))


def make_targets(server: Server) -> None:
    """What the measured requests ask for: a role, and three buckets."""
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
    client(server, "iam").create_role(RoleName="measured", AssumeRolePolicyDocument=json.dumps(trust))
    s3 = client(server, "s3")
    for name in ("bucket-replication-destination", "example-s3-01", "example-version-01"):
        s3.create_bucket(Bucket=name)
