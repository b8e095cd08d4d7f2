"""Objects copied, within and between buckets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tabard.core.sources import as_datetime
from tabard.services.operation import LONG, Check, operation
from tabard.services.s3.access import bucket_of, question
from tabard.services.s3.bodies import LARGEST_UPLOAD, ObjectStream, copied
from tabard.services.s3.checksums import ALGORITHMS, DEFAULT, members
from tabard.services.s3.copy_source import source_checks, source_object
from tabard.services.s3.errors import invalid_argument, invalid_request
from tabard.services.s3.metadata import (
    ENCRYPTED,
    refuse_what_is_not_built,
    requested_tags,
    system_metadata,
    user_metadata,
)
from tabard.services.s3.objects import place
from tabard.services.s3.preconditions import check_write
from tabard.services.s3.runtime import objects_of
from tabard.services.s3.tagging import requested_tag_keys
from tabard.store.s3 import Object, Segment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from types_boto3_s3 import type_defs as shapes

    from tabard.services.operation import Call


def _checks(call: Call, request: Mapping[str, Any]) -> list[Check]:
    """Reading the source and putting the target; tags that come along are read and put too."""
    bucket, key = bucket_of(call, request), request["Key"]
    checks, source = source_checks(call, request)
    if _directive(request, "TaggingDirective") == "REPLACE":
        tags = requested_tags(request)
    else:
        tags = {} if source is None else source.tags
        if tags:
            checks.append(checks[0].but(action="s3:GetObjectTagging"))
    keys = requested_tag_keys(tags)
    checks.append(question(call, bucket, "s3:PutObject", key, keys))
    if tags:
        checks.append(question(call, bucket, "s3:PutObjectTagging", key, keys))
    return checks


@operation("s3", "CopyObject", LONG, checks=_checks)
async def copy_object(call: Call, request: shapes.CopyObjectRequestTypeDef) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html."""
    refuse_what_is_not_built(request)
    source = source_object(call, request)
    bucket, key = request["Bucket"], request["Key"]
    replacing = _directive(request, "MetadataDirective") == "REPLACE"
    _check_size_and_change(source, request, replacing=replacing)
    check_write(call.store.s3.objects.get(bucket, key), key, request)
    tags = requested_tags(request) if _directive(request, "TaggingDirective") == "REPLACE" else source.tags
    headers, metadata = source.headers, source.metadata
    if replacing:
        headers, metadata = system_metadata(call.http, request), user_metadata(request)
    elif "WebsiteRedirectLocation" in request:
        headers = {**headers, "WebsiteRedirectLocation": request["WebsiteRedirectLocation"]}
    stream = ObjectStream(objects_of(call.node), source.segments, 0, source.size)
    async with copied(call, stream, _algorithm(request, source)) as body:
        made = Object(
            bucket,
            key,
            body.size,
            body.md5.hex(),
            call.now,
            (Segment(body.blob, body.size),),
            body.checksum,
            headers,
            metadata,
            tags,
        )
        await place(call, made, request)
    result = {
        "ETag": f'"{made.etag}"',
        "LastModified": as_datetime(made.modified_at),
        **members(made.checksum),
    }
    return {"CopyObjectResult": result, **ENCRYPTED}


def _directive(request: Mapping[str, Any], member: str) -> str:
    """COPY (as nothing means) or REPLACE."""
    directive: str = request.get(member, "COPY")
    if directive not in {"COPY", "REPLACE"}:
        name = "x-amz-metadata-directive" if member == "MetadataDirective" else "x-amz-tagging-directive"
        raise invalid_argument(
            f"Unknown {'metadata' if 'meta' in name else 'tagging'} directive.", name, directive
        )
    return directive


def _check_size_and_change(source: Object, request: Mapping[str, Any], *, replacing: bool) -> None:
    """A copy has at most 5 GiB, and a copy of an object onto itself changes something about it."""
    if source.size > LARGEST_UPLOAD:
        raise invalid_request(
            f"The specified copy source is larger than the maximum allowable size for a copy source: {LARGEST_UPLOAD}"
        )
    changes = {"WebsiteRedirectLocation", "StorageClass", "ServerSideEncryption"}
    changed = replacing or not changes.isdisjoint(request)
    if (source.bucket, source.key) == (request["Bucket"], request["Key"]) and not changed:
        raise invalid_request(
            "This copy request is illegal because it is trying to copy an object to itself without changing the "
            "object's metadata, storage class, website redirect location or encryption attributes."
        )


def _algorithm(request: Mapping[str, Any], source: Object) -> str:
    """The checksum of a copy: the one asked for, or the source's own."""
    asked: str | None = request.get("ChecksumAlgorithm")
    if asked is not None:
        if asked not in ALGORITHMS:
            raise invalid_request("Checksum algorithm provided is unsupported.")
        return asked
    return DEFAULT if source.checksum is None else source.checksum.algorithm
