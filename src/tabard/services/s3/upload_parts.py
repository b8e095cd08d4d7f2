"""The parts of a multipart upload: sent, copied and listed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tabard.core.sources import as_datetime
from tabard.services.operation import LONG, READ, Check, operation
from tabard.services.s3.access import bucket_of, on_object, owner, question
from tabard.services.s3.bodies import LARGEST_UPLOAD, ObjectStream, copied, received
from tabard.services.s3.checksums import declared
from tabard.services.s3.copy_source import source_checks, source_object
from tabard.services.s3.errors import invalid_argument, invalid_request
from tabard.services.s3.listing import limit_of
from tabard.services.s3.metadata import ENCRYPTED, refuse_what_is_not_built
from tabard.services.s3.multipart import MOST_PARTS, upload_of
from tabard.services.s3.runtime import discard, objects_of
from tabard.store.s3 import Part

if TYPE_CHECKING:
    from collections.abc import Mapping

    from types_boto3_s3 import type_defs as shapes

    from tabard.services.operation import Call
    from tabard.services.s3.bodies import Received
    from tabard.store.port import View
    from tabard.store.s3 import Object, Upload

_COPY_RANGE = re.compile(r"bytes=([0-9]{1,4000})-([0-9]{1,4000})\Z")


@operation("s3", "UploadPart", LONG, checks=on_object("s3:PutObject"))
async def upload_part(call: Call, request: shapes.UploadPartRequestTypeDef) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html."""
    refuse_what_is_not_built(request)
    number = _part_number(request)
    upload = upload_of(call, request)
    name = upload.checksum[0]
    told = declared(call.http, request).algorithm
    if told is not None and told.name != name and upload.asked:
        raise invalid_request(
            f"Checksum Type mismatch occurred, expected checksum Type: {name.lower()}, actual checksum Type: "
            f"{told.name.lower()}"
        )
    async with received(call, request, (name,)) as body:
        await _place(call, request, _part(upload, number, body, call.now))
    return {"ETag": f'"{body.md5.hex()}"', **ENCRYPTED, **_checksum_members(upload, body)}


def _copy_checks(call: Call, request: Mapping[str, Any]) -> list[Check]:
    checks, _ = source_checks(call, request)
    return [*checks, question(call, bucket_of(call, request), "s3:PutObject", request["Key"])]


@operation("s3", "UploadPartCopy", LONG, checks=_copy_checks)
async def upload_part_copy(call: Call, request: shapes.UploadPartCopyRequestTypeDef) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html."""
    refuse_what_is_not_built(request)
    number = _part_number(request)
    upload = upload_of(call, request)
    source = source_object(call, request)
    offset, length = _copy_range(source, request.get("CopySourceRange"))
    if length > LARGEST_UPLOAD:
        raise invalid_request(
            f"The specified copy source is larger than the maximum allowable size for a copy source: {LARGEST_UPLOAD}"
        )
    stream = ObjectStream(objects_of(call.node), source.segments, offset, length)
    async with copied(call, stream, upload.checksum[0]) as body:
        part = _part(upload, number, body, call.now)
        await _place(call, request, part)
    result = {
        "ETag": f'"{part.etag}"',
        "LastModified": as_datetime(part.modified_at),
        **_checksum_members(upload, body),
    }
    return {"CopyPartResult": result, **ENCRYPTED}


def _part_number(request: Mapping[str, Any]) -> int:
    number: int = request["PartNumber"]
    if not 1 <= number <= MOST_PARTS:
        raise invalid_argument(
            f"Part number must be an integer between 1 and {MOST_PARTS}, inclusive", "partNumber", str(number)
        )
    return number


def _part(upload: Upload, number: int, body: Received, now: float) -> Part:
    return Part(upload.id, number, body.blob, body.size, body.md5.hex(), now, body.checksum)


async def _place(call: Call, request: Mapping[str, Any], part: Part) -> None:
    """Add a part to its upload, if that is still under way."""

    def job(view: View) -> None:
        upload_of(call, request)
        discard(call, view.s3.uploads.put_part(part))

    await call.write(job)


def _checksum_members(upload: Upload, body: Received) -> dict[str, str]:
    """A part's checksum as its reply tells it: the client's, or the upload's unless S3 itself chose that."""
    told = body.checksum if upload.asked else body.declared
    return {} if told is None else {f"Checksum{told.algorithm}": told.value}


def _copy_range(source: Object, header: str | None) -> tuple[int, int]:
    """Offset and length of what to copy; unlike a Range header it must be exact."""
    if header is None:
        return 0, source.size
    match = _COPY_RANGE.match(header)
    if match is None or int(match[2]) < int(match[1]):
        raise invalid_argument(
            "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the "
            "zero-based offsets of the first and last bytes to copy",
            "x-amz-copy-source-range",
            header,
        )
    first, last = int(match[1]), int(match[2])
    if last >= source.size:
        raise invalid_argument(
            f"Range specified is not valid for source object of size: {source.size}",
            "x-amz-copy-source-range",
            header,
        )
    return first, last - first + 1


@operation("s3", "ListParts", READ, checks=on_object("s3:ListMultipartUploadParts"))
def list_parts(call: Call, request: shapes.ListPartsRequestTypeDef) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html."""
    upload = upload_of(call, request)
    limit, marker = limit_of(request, "MaxParts", "max-parts"), request.get("PartNumberMarker", 0)
    found = call.store.s3.uploads.parts(upload.id, marker, limit + 1)
    shown = found[:limit]
    reply: dict[str, Any] = {
        "Bucket": upload.bucket,
        "Key": upload.key,
        "UploadId": upload.id,
        "PartNumberMarker": marker,
        "NextPartNumberMarker": shown[-1].number if shown else marker,
        "MaxParts": limit,
        "IsTruncated": len(found) > limit > 0,
        "Parts": [_entry(upload, part) for part in shown],
        "Initiator": {"ID": upload.initiator_arn, "DisplayName": upload.initiator_id},
        "Owner": owner(bucket_of(call, request).account),
        "StorageClass": "STANDARD",
    }
    if upload.asked:
        reply["ChecksumAlgorithm"], reply["ChecksumType"] = upload.checksum
    return reply


def _entry(upload: Upload, part: Part) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "PartNumber": part.number,
        "LastModified": as_datetime(part.modified_at),
        "ETag": f'"{part.etag}"',
        "Size": part.size,
    }
    if upload.asked and part.checksum is not None:
        entry[f"Checksum{part.checksum.algorithm}"] = part.checksum.value
    return entry
