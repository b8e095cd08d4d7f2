"""What a bucket without further configuration answers about it: true for every bucket here.

Tools read all of these of each bucket. Their writes are not built, and answer 501.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tabard.core.errors import AwsError
from tabard.services.operation import READ, operation
from tabard.services.s3.access import bucket_of, canonical_id, on_bucket, on_existing_object, owner

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from types_boto3_s3 import type_defs as shapes

    from tabard.services.operation import Call, Run

_ABSENT: tuple[tuple[str, str, str, str], ...] = (
    (
        "GetBucketCors",
        "s3:GetBucketCORS",
        "NoSuchCORSConfiguration",
        "The CORS configuration does not exist",
    ),
    (
        "GetBucketWebsite",
        "s3:GetBucketWebsite",
        "NoSuchWebsiteConfiguration",
        "The specified bucket does not have a website configuration",
    ),
    (
        "GetBucketLifecycleConfiguration",
        "s3:GetLifecycleConfiguration",
        "NoSuchLifecycleConfiguration",
        "The lifecycle configuration does not exist",
    ),
    (
        "GetBucketReplication",
        "s3:GetReplicationConfiguration",
        "ReplicationConfigurationNotFoundError",
        "The replication configuration was not found",
    ),
    (
        "GetObjectLockConfiguration",
        "s3:GetBucketObjectLockConfiguration",
        "ObjectLockConfigurationNotFoundError",
        "Object Lock configuration does not exist for this bucket",
    ),
    (
        "GetPublicAccessBlock",
        "s3:GetBucketPublicAccessBlock",
        "NoSuchPublicAccessBlockConfiguration",
        "The public access block configuration was not found",
    ),
)
"""Operation, action, and what is answered where there is no such configuration."""

_DEFAULTS: tuple[tuple[str, str, Mapping[str, Any]], ...] = (
    ("GetBucketVersioning", "s3:GetBucketVersioning", {}),
    ("GetBucketLogging", "s3:GetBucketLogging", {}),
    ("GetBucketNotificationConfiguration", "s3:GetBucketNotification", {}),
    ("GetBucketAccelerateConfiguration", "s3:GetAccelerateConfiguration", {}),
    ("GetBucketRequestPayment", "s3:GetBucketRequestPayment", {"Payer": "BucketOwner"}),
    (
        "GetBucketOwnershipControls",
        "s3:GetBucketOwnershipControls",
        {"OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}},
    ),
)
"""Operation, action, and what holds for every bucket."""


def _absent(code: str, message: str) -> Run:
    def run(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
        bucket = bucket_of(call, request)
        raise AwsError(code, message, 404, {"BucketName": bucket.name})

    return run


def _default(reply: Mapping[str, Any]) -> Callable[[Call, Mapping[str, Any]], Mapping[str, Any]]:
    def run(call: Call, request: Mapping[str, Any]) -> Mapping[str, Any]:
        bucket_of(call, request)
        return reply

    return run


for _name, _action, _code, _message in _ABSENT:
    operation("s3", _name, READ, checks=on_bucket(_action))(_absent(_code, _message))
for _name, _action, _reply in _DEFAULTS:
    operation("s3", _name, READ, checks=on_bucket(_action))(_default(_reply))


def _owner_only(account: str) -> dict[str, Any]:
    grantee = {"ID": canonical_id(account), "Type": "CanonicalUser"}
    return {"Owner": owner(account), "Grants": [{"Grantee": grantee, "Permission": "FULL_CONTROL"}]}


@operation("s3", "GetBucketAcl", READ, checks=on_bucket("s3:GetBucketAcl"))
def get_bucket_acl(call: Call, request: shapes.GetBucketAclRequestTypeDef) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketAcl.html. ACLs are off: all is the owner's."""
    return _owner_only(bucket_of(call, request).account)


@operation("s3", "GetObjectAcl", READ, checks=on_existing_object("s3:GetObjectAcl"))
def get_object_acl(call: Call, request: shapes.GetObjectAclRequestTypeDef) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAcl.html."""
    from tabard.services.s3.object_read import object_of

    bucket = bucket_of(call, request)
    object_of(call, bucket, request)
    return _owner_only(bucket.account)
