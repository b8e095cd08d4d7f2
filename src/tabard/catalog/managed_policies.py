"""AWS's managed policies, as AWS publishes them:
https://docs.aws.amazon.com/aws-managed-policy/latest/reference/.

The source publishes ARN, versions, dates and documents. It does not publish policy ids: they are
derived from the ARN here, so they are stable but are not AWS's. Descriptions are AWS's own words for
the policies that people attach most, and ``None`` elsewhere. Only each policy's default version is
kept.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import NamedTuple

import msgspec

from tabard.catalog.tables import Body, read_body, read_index

TABLE = "managed_policies"
ARN_PREFIX = "arn:aws:iam::aws:policy"
SERVICE_LINKED_PATH = "/aws-service-role/"


class ManagedPolicy(NamedTuple):
    """One managed policy; ``created`` and ``updated`` are UTC, ``path`` starts and ends with a slash."""

    arn: str
    name: str
    path: str
    default_version_id: str
    created: datetime
    updated: datetime
    description: str | None
    body: Body

    @property
    def document(self) -> str:
        """The default version's document, as compact JSON with members in the order that AWS publishes."""
        return read_body(TABLE, self.body).decode()

    @property
    def policy_id(self) -> str:
        """A stable id in AWS's form (``ANPA`` and 17 letters or digits), derived from the ARN."""
        return _derived_id(self.arn)

    @property
    def is_attachable(self) -> bool:
        """What ``IsAttachable`` shows: true, as AWS has it even for the policies of service-linked roles."""
        return True

    @property
    def is_service_linked(self) -> bool:
        """Whether only a service-linked role may carry it (attaching it elsewhere is PolicyNotAttachable)."""
        return self.path == SERVICE_LINKED_PATH


class _Row(msgspec.Struct, array_like=True, frozen=True):
    path: str
    name: str
    version: int
    created: int
    updated: int
    body: Body


def get(arn: str) -> ManagedPolicy | None:
    """The policy with this ARN (case counts, as on AWS), or ``None``."""
    row = _rows().get(arn)
    return None if row is None else _policy(arn, row)


def all_policies() -> tuple[ManagedPolicy, ...]:
    """Every policy in the order in which AWS lists them (ListPolicies with Scope=AWS)."""
    return tuple(_policy(arn, row) for arn, row in _rows().items())


@cache
def names() -> tuple[str, ...]:
    """Every policy's name, sorted; a name is unique across paths."""
    return tuple(sorted(row.name for row in _rows().values()))


@cache
def _rows() -> dict[str, _Row]:
    rows = msgspec.json.decode(read_index(TABLE), type=list[_Row])
    return {f"{ARN_PREFIX}{row.path}{row.name}": row for row in rows}


@lru_cache(maxsize=4096)
def _policy(arn: str, row: _Row) -> ManagedPolicy:
    return ManagedPolicy(
        arn=arn,
        name=row.name,
        path=row.path,
        default_version_id=f"v{row.version}",
        created=datetime.fromtimestamp(row.created, UTC),
        updated=datetime.fromtimestamp(row.updated, UTC),
        description=DESCRIPTIONS.get(row.name),
        body=row.body,
    )


def _derived_id(arn: str) -> str:
    from base64 import b32encode
    from hashlib import sha256

    return "ANPA" + b32encode(sha256(arn.encode()).digest()).decode()[:17]


DESCRIPTIONS = {
    "AdministratorAccess": "Provides full access to AWS services and resources.",
    "PowerUserAccess": (
        "Provides full access to AWS services and resources, "
        "but does not allow management of Users and groups."
    ),
    "ReadOnlyAccess": "Provides read-only access to AWS services and resources.",
    "AmazonS3FullAccess": "Provides full access to all buckets via the AWS Management Console.",
    "AmazonS3ReadOnlyAccess": "Provides read only access to all buckets via the AWS Management Console.",
    "AmazonEC2FullAccess": "Provides full access to Amazon EC2 via the AWS Management Console.",
    "AmazonEC2ReadOnlyAccess": "Provides read only access to Amazon EC2 via the AWS Management Console.",
    "IAMFullAccess": "Provides full access to IAM via the AWS Management Console.",
    "IAMReadOnlyAccess": "Provides read only access to IAM via the AWS Management Console.",
    "IAMUserChangePassword": "Provides the ability for an IAM user to change their own password.",
    "AmazonSSMManagedInstanceCore": (
        "The policy for Amazon EC2 Role to enable AWS Systems Manager service core functionality."
    ),
    "CloudWatchAgentServerPolicy": "Permissions required to use AmazonCloudWatchAgent on servers",
}
"""Descriptions, in AWS's words, by name."""
