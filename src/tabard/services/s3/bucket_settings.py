"""What a bucket without further configuration answers about it: true for every bucket here.

Tools read all of these of each bucket. Their writes are not built, and answer 501, but for those that change nothing: taking
away what is not there, and asking for what holds. ACLs are off, and are refused in AWS's words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tabard.core.errors import AwsError
from tabard.services.operation import READ, WRITE, operation
from tabard.services.s3.access import bucket_of, canonical_id, on_bucket, on_existing_object, owner
from tabard.services.s3.checksums import verify_document
from tabard.services.s3.errors import acls_are_off, malformed_xml, not_implemented

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from types_boto3_s3 import type_defs as shapes

    from tabard.services.operation import Call, Checks, Run

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


_REMOVALS = (
    ("DeleteBucketCors", "s3:PutBucketCORS"),
    ("DeleteBucketWebsite", "s3:DeleteBucketWebsite"),
    ("DeleteBucketLifecycle", "s3:PutLifecycleConfiguration"),
    ("DeleteBucketReplication", "s3:PutReplicationConfiguration"),
)
"""Operation and action of what takes away a configuration, which no bucket has."""

_ACLS: tuple[tuple[str, Checks], ...] = (
    ("PutBucketAcl", on_bucket("s3:PutBucketAcl")),
    ("PutObjectAcl", on_existing_object("s3:PutObjectAcl")),
)


def _no_acls(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    bucket_of(call, request)
    raise acls_are_off()


@operation("s3", "PutBucketOwnershipControls", WRITE, checks=on_bucket("s3:PutBucketOwnershipControls"))
def put_bucket_ownership_controls(
    call: Call, request: shapes.PutBucketOwnershipControlsRequestTypeDef
) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketOwnershipControls.html: ACLs stay off."""
    verify_document(call, request, required=True)
    bucket_of(call, request)
    rules = request["OwnershipControls"]["Rules"]
    if len(rules) != 1:
        raise malformed_xml()
    if rules[0]["ObjectOwnership"] != "BucketOwnerEnforced":
        raise not_implemented("x-amz-object-ownership")
    return {}


for _name, _action in _REMOVALS:
    operation("s3", _name, WRITE, checks=on_bucket(_action))(_default({}))
for _name, _checks in _ACLS:
    operation("s3", _name, WRITE, checks=_checks)(_no_acls)
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
