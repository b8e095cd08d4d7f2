"""Block Public Access, bucket by bucket: it outweighs what a bucket policy grants.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html. ACLs are off in every bucket
here, so that the two settings about them are kept and shown, and hold by themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import asdict, replace

from tabard.core.arn import bucket_arn
from tabard.core.errors import AwsError
from tabard.services.operation import READ, WRITE, operation
from tabard.services.s3.access import bucket_of, on_bucket
from tabard.services.s3.checksums import verify_document
from tabard.store.s3 import PublicAccessBlock

if TYPE_CHECKING:
    from types_boto3_s3 import type_defs as shapes

    from tabard.services.operation import Call
    from tabard.store.s3 import Bucket

_SETTINGS = {
    "BlockPublicAcls": "block_acls",
    "IgnorePublicAcls": "ignore_acls",
    "BlockPublicPolicy": "block_policy",
    "RestrictPublicBuckets": "restrict",
}


@operation("s3", "PutPublicAccessBlock", WRITE, checks=on_bucket("s3:PutBucketPublicAccessBlock"))
def put_public_access_block(call: Call, request: shapes.PutPublicAccessBlockRequestTypeDef) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutPublicAccessBlock.html. What is not named is off."""
    verify_document(call, request, required=True)
    told = request["PublicAccessBlockConfiguration"]
    block = PublicAccessBlock(**{member: bool(told.get(name)) for name, member in _SETTINGS.items()})
    call.store.s3.buckets.replace(replace(bucket_of(call, request), public_access=block))
    return {}


@operation("s3", "GetPublicAccessBlock", READ, checks=on_bucket("s3:GetBucketPublicAccessBlock"))
def get_public_access_block(call: Call, request: shapes.GetPublicAccessBlockRequestTypeDef) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetPublicAccessBlock.html."""
    bucket = bucket_of(call, request)
    if bucket.public_access is None:
        raise AwsError(
            "NoSuchPublicAccessBlockConfiguration",
            "The public access block configuration was not found",
            404,
            {"BucketName": bucket.name},
        )
    block = asdict(bucket.public_access)
    return {"PublicAccessBlockConfiguration": {name: block[member] for name, member in _SETTINGS.items()}}


@operation("s3", "DeletePublicAccessBlock", WRITE, checks=on_bucket("s3:PutBucketPublicAccessBlock"))
def delete_public_access_block(
    call: Call, request: shapes.DeletePublicAccessBlockRequestTypeDef
) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeletePublicAccessBlock.html."""
    bucket = bucket_of(call, request)
    if bucket.public_access is not None:
        call.store.s3.buckets.replace(replace(bucket, public_access=None))
    return {}


def public_policy_blocked(call: Call, bucket: Bucket) -> AwsError:
    """A policy that would open a bucket to everyone, where its settings forbid that."""
    return AwsError(
        "AccessDenied",
        f"User: {call.caller.arn} is not authorized to perform: s3:PutBucketPolicy on resource: "
        f'"{bucket_arn(bucket.name)}" because public policies are blocked by the BlockPublicPolicy block public '
        "access setting.",
        403,
    )
