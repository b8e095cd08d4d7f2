"""A bucket's default encryption, which here as on AWS every bucket has: server-side, with keys that S3 itself keeps.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-bucket-encryption.html. The keeper of the objects' bytes
encrypts all of them, so there is nothing to store: what asks for anything else (keys of KMS) is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tabard.services.operation import READ, WRITE, operation
from tabard.services.s3.access import bucket_of, on_bucket
from tabard.services.s3.checksums import verify_document
from tabard.services.s3.errors import malformed_xml, not_implemented
from tabard.services.s3.metadata import AES256

if TYPE_CHECKING:
    from types_boto3_s3 import type_defs as shapes

    from tabard.services.operation import Call

_RULE = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": AES256}, "BucketKeyEnabled": False}


@operation("s3", "GetBucketEncryption", READ, checks=on_bucket("s3:GetEncryptionConfiguration"))
def get_bucket_encryption(call: Call, request: shapes.GetBucketEncryptionRequestTypeDef) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketEncryption.html."""
    bucket_of(call, request)
    return {"ServerSideEncryptionConfiguration": {"Rules": [_RULE]}}


@operation("s3", "PutBucketEncryption", WRITE, checks=on_bucket("s3:PutEncryptionConfiguration"))
def put_bucket_encryption(call: Call, request: shapes.PutBucketEncryptionRequestTypeDef) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketEncryption.html. Nothing but what holds already."""
    verify_document(call, request, required=True)
    bucket_of(call, request)
    rules = request["ServerSideEncryptionConfiguration"].get("Rules", [])
    if len(rules) != 1:
        raise malformed_xml()
    (rule,) = rules
    default = rule.get("ApplyServerSideEncryptionByDefault")
    if default is not None and (default.get("SSEAlgorithm") != AES256 or "KMSMasterKeyID" in default):
        raise not_implemented("SSEAlgorithm")
    if rule.get("BucketKeyEnabled"):
        raise not_implemented("BucketKeyEnabled")
    if set(rule.get("BlockedEncryptionTypes", {}).get("EncryptionType", [])) - {"NONE", "SSE-C"}:
        raise malformed_xml()
    return {}


@operation("s3", "DeleteBucketEncryption", WRITE, checks=on_bucket("s3:PutEncryptionConfiguration"))
def delete_bucket_encryption(
    call: Call, request: shapes.DeleteBucketEncryptionRequestTypeDef
) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketEncryption.html: back to what holds anyway."""
    bucket_of(call, request)
    return {}
