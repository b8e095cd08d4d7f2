"""The multipart uploads under way in a bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tabard.core.sources import as_datetime
from tabard.services.operation import READ, Check, operation
from tabard.services.s3.access import bucket_of, owner, question
from tabard.services.s3.listing import common_prefix, encoder_of, limit_of
from tabard.store.s3 import UploadPosition

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from types_boto3_s3 import type_defs as shapes

    from tabard.services.operation import Call
    from tabard.store.s3 import Bucket, Upload

_AT_ONCE = 1000


def _checks(call: Call, request: Mapping[str, Any]) -> list[Check]:
    return [question(call, bucket_of(call, request), "s3:ListBucketMultipartUploads")]


@operation("s3", "ListMultipartUploads", READ, checks=_checks)
def list_multipart_uploads(call: Call, request: shapes.ListMultipartUploadsRequestTypeDef) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html."""
    bucket = bucket_of(call, request)
    limit, shown = limit_of(request, "MaxUploads", "max-uploads"), encoder_of(request)
    prefix, delimiter = request.get("Prefix", ""), request.get("Delimiter", "")
    uploads: list[Upload] = []
    prefixes: list[str] = []
    truncated, last = False, ("", "")
    for upload in _from(call, bucket, request):
        if not upload.key.startswith(prefix):
            continue
        common = common_prefix(upload.key, prefix, delimiter)
        if common is not None and (common in prefixes or common <= request.get("KeyMarker", "")):
            continue
        if len(uploads) + len(prefixes) >= limit:
            truncated = limit > 0
            break
        if common is None:
            uploads.append(upload)
            last = (upload.key, upload.id)
        else:
            prefixes.append(common)
            last = (common, "")
    reply: dict[str, Any] = {
        "Bucket": bucket.name,
        "KeyMarker": shown(request.get("KeyMarker", "")),
        "UploadIdMarker": request.get("UploadIdMarker", ""),
        "NextKeyMarker": shown(last[0]) if truncated else "",
        "NextUploadIdMarker": last[1] if truncated else "",
        "Prefix": shown(prefix),
        "MaxUploads": limit,
        "IsTruncated": truncated,
        "Uploads": [_entry(bucket, upload, shown) for upload in uploads],
        "CommonPrefixes": [{"Prefix": shown(each)} for each in prefixes],
    }
    if delimiter:
        reply["Delimiter"] = shown(delimiter)
    if "EncodingType" in request:
        reply["EncodingType"] = request["EncodingType"]
    return reply


def _from(call: Call, bucket: Bucket, request: Mapping[str, Any]) -> Iterator[Upload]:
    """Every upload after the markers."""
    position: UploadPosition | None = None
    if request.get("KeyMarker"):
        position = UploadPosition(request["KeyMarker"].encode(), request.get("UploadIdMarker") or None)
    while True:
        found = call.store.s3.uploads.scan(bucket.name, position, _AT_ONCE)
        yield from found
        if len(found) < _AT_ONCE:
            return
        position = UploadPosition(found[-1].key.encode(), found[-1].id)


def _entry(bucket: Bucket, upload: Upload, shown: Callable[[str], str]) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "UploadId": upload.id,
        "Key": shown(upload.key),
        "Initiated": as_datetime(upload.created_at),
        "StorageClass": "STANDARD",
        "Owner": owner(bucket.account),
        "Initiator": {"ID": upload.initiator_arn, "DisplayName": upload.initiator_id},
    }
    if upload.asked:
        entry["ChecksumAlgorithm"], entry["ChecksumType"] = upload.checksum
    return entry
