"""Amazon Resource Names: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html."""

from __future__ import annotations

from typing import NamedTuple

PARTITION = "aws"


class Arn(NamedTuple):
    """``arn:partition:service:region:account:resource``, split. The resource may itself hold colons."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    @classmethod
    def parse(cls, text: str) -> Arn:
        """Split an ARN; raises ``ValueError`` for anything that does not have six parts and start with ``arn``."""
        parts = text.split(":", 5)
        if len(parts) != 6 or parts[0] != "arn":
            raise ValueError(f"not an ARN: {text}")
        return cls(*parts[1:])

    def __str__(self) -> str:
        return f"arn:{self.partition}:{self.service}:{self.region}:{self.account}:{self.resource}"


def iam_arn(account: str, kind: str, path: str, name: str) -> str:
    """The ARN of an IAM entity: ``kind`` is ``user``, ``role``, ``group``, ``policy`` or ``instance-profile``."""
    return f"arn:{PARTITION}:iam::{account}:{kind}{path}{name}"


def root_arn(account: str) -> str:
    """The ARN of an account itself, which is also its root user's."""
    return f"arn:{PARTITION}:iam::{account}:root"


def assumed_role_arn(account: str, role_name: str, session_name: str) -> str:
    """The ARN of a role session; a role's path is not part of it, as on AWS."""
    return f"arn:{PARTITION}:sts::{account}:assumed-role/{role_name}/{session_name}"


def federated_user_arn(account: str, name: str) -> str:
    """The ARN of a session that GetFederationToken gave out."""
    return f"arn:{PARTITION}:sts::{account}:federated-user/{name}"


def ec2_arn(region: str, account: str, kind: str, identifier: str) -> str:
    """The ARN of an EC2 resource, such as ``instance`` ``i-0123``."""
    return f"arn:{PARTITION}:ec2:{region}:{account}:{kind}/{identifier}"


def bucket_arn(bucket: str, key: str | None = None) -> str:
    """The ARN of a bucket, or of an object in it."""
    return f"arn:{PARTITION}:s3:::{bucket}" if key is None else f"arn:{PARTITION}:s3:::{bucket}/{key}"
