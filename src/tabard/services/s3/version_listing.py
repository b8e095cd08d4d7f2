"""Versions listed: in a bucket without versioning each object is its own latest version, ``null``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tabard.services.operation import READ, Check, operation
from tabard.services.s3.access import bucket_of, owner, question
from tabard.services.s3.errors import invalid_argument
from tabard.services.s3.listing import encoder_of, entry_of, listing_keys, page_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from types_boto3_s3 import type_defs as shapes

    from tabard.services.operation import Call

ONLY_VERSION = "null"


def _checks(call: Call, request: Mapping[str, Any]) -> list[Check]:
    bucket = bucket_of(call, request)
    return [question(call, bucket, "s3:ListBucketVersions", None, listing_keys(request))]


@operation("s3", "ListObjectVersions", READ, checks=_checks)
def list_object_versions(call: Call, request: shapes.ListObjectVersionsRequestTypeDef) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html."""
    bucket = bucket_of(call, request)
    marker, version = request.get("KeyMarker", ""), request.get("VersionIdMarker", "")
    if version and not marker:
        raise invalid_argument(
            "A version-id marker cannot be specified without a key marker.", "version-id-marker", version
        )
    page, limit = page_of(call, bucket, request, marker)
    shown = encoder_of(request)
    versions = [
        {
            **entry_of(each, shown(each.key)),
            "VersionId": ONLY_VERSION,
            "IsLatest": True,
            "Owner": owner(bucket.account),
        }
        for each in page.objects
    ]
    reply: dict[str, Any] = {
        "Name": bucket.name,
        "Prefix": shown(request.get("Prefix", "")),
        "KeyMarker": shown(marker),
        "VersionIdMarker": version,
        "MaxKeys": limit,
        "IsTruncated": page.truncated,
        "Versions": versions,
        "CommonPrefixes": [{"Prefix": shown(each)} for each in page.prefixes],
    }
    if page.truncated:
        reply["NextKeyMarker"] = shown(page.last)
        if page.objects and page.objects[-1].key == page.last:
            reply["NextVersionIdMarker"] = ONLY_VERSION
    if request.get("Delimiter"):
        reply["Delimiter"] = shown(request["Delimiter"])
    if "EncodingType" in request:
        reply["EncodingType"] = request["EncodingType"]
    return reply
