"""What is kept of an object beside its bytes, as headers bring it and take it away.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tabard.core.errors import AwsError
from tabard.services.s3.errors import acls_are_off, not_implemented
from tabard.services.s3.tagging import header_tags

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tabard.core.http import HttpRequest

DEFAULT_TYPE = "binary/octet-stream"
LARGEST_METADATA = 2048
"""Bytes of all user-defined metadata, names and values."""

AES256 = "AES256"
"""Encryption at rest with keys that S3 itself keeps: how everything is stored, here as on AWS."""

ENCRYPTED = {"ServerSideEncryption": AES256}
"""What replies say of it."""

_SYSTEM = ("CacheControl", "ContentDisposition", "ContentLanguage", "ContentType", "WebsiteRedirectLocation")

_NOT_BUILT = {
    "SSECustomerAlgorithm": "x-amz-server-side-encryption-customer-algorithm",
    "SSECustomerKey": "x-amz-server-side-encryption-customer-key",
    "SSEKMSKeyId": "x-amz-server-side-encryption-aws-kms-key-id",
    "SSEKMSEncryptionContext": "x-amz-server-side-encryption-context",
    "CopySourceSSECustomerAlgorithm": "x-amz-copy-source-server-side-encryption-customer-algorithm",
    "WriteOffsetBytes": "x-amz-write-offset-bytes",
    "ObjectLockEventHold": "x-amz-object-lock-event-hold",
    "AnnotationDirective": "x-amz-object-annotation-directive",
}

_OBJECT_LOCK = ("ObjectLockMode", "ObjectLockRetainUntilDate", "ObjectLockLegalHoldStatus")
_GRANTS = ("GrantFullControl", "GrantRead", "GrantReadACP", "GrantWriteACP")


def refuse_what_is_not_built(request: Mapping[str, Any]) -> None:
    """Wishes that would be ignored are refused: other keys to encrypt with, storage classes, object lock, ACLs."""
    for member, header in _NOT_BUILT.items():
        if member in request:
            raise not_implemented(header)
    if request.get("ServerSideEncryption", AES256) != AES256:
        raise not_implemented("x-amz-server-side-encryption")
    if request.get("BucketKeyEnabled"):
        raise not_implemented("x-amz-server-side-encryption-bucket-key-enabled")
    if request.get("StorageClass", "STANDARD") != "STANDARD":
        raise not_implemented("x-amz-storage-class")
    if any(member in request for member in _OBJECT_LOCK):
        raise AwsError("InvalidRequest", "Bucket is missing Object Lock Configuration", 400)
    if request.get("ACL", "private") not in {"private", "bucket-owner-full-control"} or any(
        member in request for member in _GRANTS
    ):
        raise acls_are_off()


def system_metadata(http: HttpRequest, request: Mapping[str, Any]) -> dict[str, str]:
    """The content headers to keep, by member name."""
    headers = {member: str(request[member]) for member in _SYSTEM if request.get(member)}
    headers.setdefault("ContentType", DEFAULT_TYPE)
    encoding = _stored_encoding(request.get("ContentEncoding"))
    if encoding:
        headers["ContentEncoding"] = encoding
    expires = http.header(b"expires")
    if expires:
        headers["Expires"] = expires
    return headers


def user_metadata(request: Mapping[str, Any]) -> dict[str, str]:
    """The ``x-amz-meta-`` headers; raises MetadataTooLarge."""
    metadata: dict[str, str] = request.get("Metadata") or {}
    size = sum(len(name.encode()) + len(value.encode()) for name, value in metadata.items())
    if size > LARGEST_METADATA:
        raise AwsError(
            "MetadataTooLarge",
            "Your metadata headers exceed the maximum allowed metadata size",
            400,
            {"Size": str(size), "MaxSizeAllowed": str(LARGEST_METADATA)},
        )
    return metadata


def requested_tags(request: Mapping[str, Any]) -> dict[str, str]:
    """The tags that a request sets by its header."""
    return header_tags(request.get("Tagging"))


def _stored_encoding(header: str | None) -> str:
    """Content-Encoding without ``aws-chunked``, which is the transfer's, not the object's."""
    codings = [coding.strip() for coding in (header or "").split(",")]
    return ",".join(coding for coding in codings if coding and coding != "aws-chunked")
