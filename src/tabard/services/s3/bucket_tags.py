"""A bucket's tags: https://docs.aws.amazon.com/AmazonS3/latest/userguide/CostAllocTagging.html."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from tabard.core.errors import AwsError
from tabard.services.operation import READ, WRITE, operation
from tabard.services.s3.access import bucket_of, on_bucket
from tabard.services.s3.checksums import verify_document
from tabard.services.s3.tagging import as_list, bucket_tags

if TYPE_CHECKING:
    from types_boto3_s3 import type_defs as shapes

    from tabard.services.operation import Call


@operation("s3", "PutBucketTagging", WRITE, checks=on_bucket("s3:PutBucketTagging"))
def put_bucket_tagging(call: Call, request: shapes.PutBucketTaggingRequestTypeDef) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketTagging.html."""
    verify_document(call, request, required=True)
    tags = bucket_tags(request["Tagging"]["TagSet"])
    call.store.s3.buckets.replace(replace(bucket_of(call, request), tags=tags))
    return {}


@operation("s3", "GetBucketTagging", READ, checks=on_bucket("s3:GetBucketTagging"))
def get_bucket_tagging(call: Call, request: shapes.GetBucketTaggingRequestTypeDef) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketTagging.html."""
    bucket = bucket_of(call, request)
    if not bucket.tags:
        raise AwsError("NoSuchTagSet", "The TagSet does not exist", 404, {"BucketName": bucket.name})
    return {"TagSet": as_list(bucket.tags)}


@operation("s3", "DeleteBucketTagging", WRITE, checks=on_bucket("s3:PutBucketTagging"))
def delete_bucket_tagging(call: Call, request: shapes.DeleteBucketTaggingRequestTypeDef) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketTagging.html."""
    call.store.s3.buckets.replace(replace(bucket_of(call, request), tags={}))
    return {}
