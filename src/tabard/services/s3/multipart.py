"""Multipart uploads: begun, completed and aborted.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
"""

from __future__ import annotations

import hashlib
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from tabard.core.errors import AwsError
from tabard.services.operation import WRITE, Check, operation
from tabard.services.s3.access import bucket_of, on_object
from tabard.services.s3.checksums import (
    ALGORITHMS,
    COMPOSITE,
    DEFAULT,
    FULL_OBJECT,
    members,
    mismatch,
    of_parts,
)
from tabard.services.s3.errors import invalid_request, malformed_xml, no_such_upload
from tabard.services.s3.metadata import (
    ENCRYPTED,
    refuse_what_is_not_built,
    requested_tags,
    system_metadata,
    user_metadata,
)
from tabard.services.s3.objects import writing_checks
from tabard.services.s3.preconditions import check_write
from tabard.services.s3.runtime import discard
from tabard.store.s3 import Checksum, Object, Segment, Upload

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from types_boto3_s3 import type_defs as shapes

    from tabard.services.operation import Call
    from tabard.store.s3 import Part

SMALLEST_PART = 5 * 1024**2
"""Bytes of every part but the last."""

MOST_PARTS = 10_000
LARGEST_OBJECT = 50 * 1024**4
"""Bytes of the largest object, 50 TiB."""


def _create_checks(call: Call, request: Mapping[str, Any]) -> list[Check]:
    if call.caller.kind == "Anonymous":
        raise AwsError(
            "AccessDenied", "Anonymous users cannot initiate multipart uploads.  Please authenticate.", 403
        )
    return writing_checks(call, request)


@operation("s3", "CreateMultipartUpload", WRITE, checks=_create_checks, anonymous=True)
def create_multipart_upload(
    call: Call, request: shapes.CreateMultipartUploadRequestTypeDef
) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html."""
    refuse_what_is_not_built(request)
    bucket = bucket_of(call, request)
    algorithm, kind = _checksum_choice(request)
    asked = "ChecksumAlgorithm" in request
    upload = Upload(
        f"{int(call.now * 1_000_000):016x}{call.node.random(24).hex()}",
        bucket.name,
        request["Key"],
        call.now,
        call.account,
        call.caller.arn,
        call.caller.user_id,
        (algorithm, kind),
        asked,
        system_metadata(call.http, request),
        user_metadata(request),
        requested_tags(request),
    )
    call.store.s3.uploads.create(upload)
    reply = {"Bucket": bucket.name, "Key": upload.key, "UploadId": upload.id, **ENCRYPTED}
    if asked:
        reply.update({"ChecksumAlgorithm": algorithm, "ChecksumType": kind})
    return reply


def _checksum_choice(request: Mapping[str, Any]) -> tuple[str, str]:
    name, kind = request.get("ChecksumAlgorithm"), request.get("ChecksumType")
    if name is None:
        if kind is not None:
            raise invalid_request(
                "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header."
            )
        return DEFAULT, FULL_OBJECT
    algorithm = ALGORITHMS.get(name.upper())
    if algorithm is None:
        raise invalid_request("Checksum algorithm provided is unsupported.")
    if kind is None:
        kind = algorithm.kinds[0]
    if kind not in algorithm.kinds:
        raise invalid_request(
            f"The {kind} checksum type cannot be used with the {algorithm.name.lower()} checksum algorithm."
        )
    return algorithm.name, kind


def upload_of(call: Call, request: Mapping[str, Any]) -> Upload:
    """The upload that a request names, of this bucket and key; raises NoSuchUpload."""
    upload = call.store.s3.uploads.get(request["UploadId"])
    if upload is None or (upload.bucket, upload.key) != (request["Bucket"], request["Key"]):
        raise no_such_upload(request["UploadId"])
    return upload


@operation("s3", "AbortMultipartUpload", WRITE, checks=on_object("s3:AbortMultipartUpload"))
def abort_multipart_upload(call: Call, request: shapes.AbortMultipartUploadRequestTypeDef) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html."""
    discard(call, call.store.s3.uploads.delete(upload_of(call, request)))
    return {}


def _complete_checks(call: Call, request: Mapping[str, Any]) -> list[Check]:
    return writing_checks(call, {**request, "Tagging": None})


@operation("s3", "CompleteMultipartUpload", WRITE, checks=_complete_checks)
def complete_multipart_upload(
    call: Call, request: shapes.CompleteMultipartUploadRequestTypeDef
) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html.

    No byte is copied: the object is its parts' blobs in order. Asking again after it succeeded gives the same answer.
    """
    bucket, key = bucket_of(call, request), request["Key"]
    existing = call.store.s3.objects.get(bucket.name, key)
    if existing is not None and existing.upload == request["UploadId"]:
        return _completed(call, existing)
    upload = upload_of(call, request)
    asked: Sequence[Mapping[str, Any]] = (request.get("MultipartUpload") or {}).get("Parts", [])
    if not asked or len(asked) > MOST_PARTS or any("PartNumber" not in each for each in asked):
        raise malformed_xml()
    parts = _chosen_parts(call, upload, asked)
    _check_sizes(parts, request)
    check_write(existing, key, request)
    made = Object(
        bucket.name,
        key,
        sum(part.size for part in parts),
        _tag_of(parts),
        call.now,
        tuple(Segment(part.blob, part.size, part.number, part.checksum) for part in parts),
        _checksum(upload, parts, request),
        upload.headers,
        upload.metadata,
        upload.tags,
        upload.id,
    )
    freed = call.store.s3.uploads.delete(upload, made.blobs)
    freed += call.store.s3.objects.put(made)
    discard(call, freed)
    return _completed(call, made)


def _completed(call: Call, made: Object) -> dict[str, Any]:
    scheme = "https" if call.secure else "http"
    host = call.http.header(b"host") or ""
    in_host = host.startswith(f"{made.bucket}.")
    path = made.key if in_host else f"{made.bucket}/{made.key}"
    return {
        "Location": f"{scheme}://{host}/{path}",
        "Bucket": made.bucket,
        "Key": made.key,
        "ETag": f'"{made.etag}"',
        **ENCRYPTED,
        **members(made.checksum),
    }


def _chosen_parts(call: Call, upload: Upload, asked: Sequence[Mapping[str, Any]]) -> list[Part]:
    """The parts that the client lists, which must ascend, exist, and be what the client takes them for."""
    numbers = [each["PartNumber"] for each in asked]
    if any(second <= first for first, second in pairwise(numbers)):
        raise AwsError(
            "InvalidPartOrder",
            "The list of parts was not in ascending order. Parts must be ordered by part number.",
            400,
            {"UploadId": upload.id},
        )
    stored = {part.number: part for part in call.store.s3.uploads.parts(upload.id, 0, MOST_PARTS)}
    parts: list[Part] = []
    for each in asked:
        part = stored.get(each["PartNumber"])
        if part is None or str(each.get("ETag", "")).strip('"') != part.etag:
            raise _invalid_part(upload, each)
        _check_part_checksum(upload, part, each)
        parts.append(part)
    return parts


def _check_part_checksum(upload: Upload, part: Part, asked: Mapping[str, Any]) -> None:
    name, kind = upload.checksum
    told = asked.get(f"Checksum{name}")
    if told is None:
        if upload.asked and kind == COMPOSITE:
            raise invalid_request(
                f"The upload was created using a {name.lower()} checksum. The complete request must include the "
                f"checksum for each part. It was missing for part {part.number} in the request."
            )
    elif part.checksum is None or told != part.checksum.value:
        raise _invalid_part(upload, asked)


def _invalid_part(upload: Upload, asked: Mapping[str, Any]) -> AwsError:
    return AwsError(
        "InvalidPart",
        "One or more of the specified parts could not be found.  The part may not have been uploaded, or the "
        "specified entity tag may not match the part's entity tag.",
        400,
        {
            "UploadId": upload.id,
            "PartNumber": str(asked["PartNumber"]),
            "ETag": str(asked.get("ETag", "")).strip('"'),
        },
    )


def _check_sizes(parts: Sequence[Part], request: Mapping[str, Any]) -> None:
    for part in parts[:-1]:
        if part.size < SMALLEST_PART:
            raise AwsError(
                "EntityTooSmall",
                "Your proposed upload is smaller than the minimum allowed size",
                400,
                {
                    "ProposedSize": str(part.size),
                    "MinSizeAllowed": str(SMALLEST_PART),
                    "PartNumber": str(part.number),
                    "ETag": part.etag,
                },
            )
    size = sum(part.size for part in parts)
    if size > LARGEST_OBJECT:
        raise AwsError("EntityTooLarge", "Your proposed upload exceeds the maximum allowed object size.", 400)
    expected = request.get("MpuObjectSize")
    if expected is not None and expected != size:
        raise invalid_request(
            f"The provided 'x-amz-mp-object-size' header value ({expected}) does not match what was computed: {size}"
        )


def _tag_of(parts: Sequence[Part]) -> str:
    """The entity tag of what was uploaded in parts: the MD5 of the parts' MD5s, and how many there are."""
    digest = hashlib.md5(b"".join(bytes.fromhex(part.etag) for part in parts), usedforsecurity=False)
    return f"{digest.hexdigest()}-{len(parts)}"


def _checksum(upload: Upload, parts: Sequence[Part], request: Mapping[str, Any]) -> Checksum | None:
    """The object's checksum from its parts', held against the one in the request's headers."""
    name, kind = upload.checksum
    algorithm = ALGORITHMS[name]
    asked_kind = request.get("ChecksumType")
    if asked_kind is not None and asked_kind != kind:
        raise invalid_request(
            f"The upload was created using the {kind} checksum mode. The complete request must use the same checksum "
            "mode."
        )
    values = [(part.checksum.value, part.size) for part in parts if part.checksum is not None]
    whole = of_parts(algorithm, kind, values)
    for other in ALGORITHMS.values():
        told = request.get(other.member)
        if told is not None and other is not algorithm:
            raise invalid_request(f"Value for {other.header} header is invalid.")
        if told is not None and told not in {whole.value, whole.value.partition("-")[0]}:
            raise mismatch(algorithm)
    return whole
