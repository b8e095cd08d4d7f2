"""Objects: read, whole and in ranges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tabard.core.sources import as_datetime
from tabard.services.operation import LONG, READ, Check, operation
from tabard.services.s3.access import bucket_of, object_questions
from tabard.services.s3.bodies import INLINE, ObjectStream
from tabard.services.s3.checksums import COMPOSITE, members
from tabard.services.s3.errors import invalid_request, no_such_key
from tabard.services.s3.metadata import ENCRYPTED
from tabard.services.s3.objects import check_version
from tabard.services.s3.preconditions import check_read
from tabard.services.s3.ranges import part_count, stretch_of
from tabard.services.s3.runtime import objects_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from types_boto3_s3 import type_defs as shapes

    from tabard.services.operation import Call
    from tabard.services.s3.ranges import Stretch
    from tabard.store.s3 import Bucket, Object

_OVERRIDES = {
    "ResponseCacheControl": "CacheControl",
    "ResponseContentDisposition": "ContentDisposition",
    "ResponseContentEncoding": "ContentEncoding",
    "ResponseContentLanguage": "ContentLanguage",
    "ResponseContentType": "ContentType",
    "ResponseExpires": "Expires",
}


def reading_checks(call: Call, request: Mapping[str, Any]) -> list[Check]:
    """Reading an object: s3:GetObject, or s3:GetObjectVersion where the version is named."""
    action = "s3:GetObject" if request.get("VersionId") is None else "s3:GetObjectVersion"
    return object_questions(call, bucket_of(call, request), request["Key"], (action,))[0]


def object_of(call: Call, bucket: Bucket, request: Mapping[str, Any]) -> Object:
    """The object that a request names; raises NoSuchKey."""
    check_version(request)
    found = call.store.s3.objects.get(bucket.name, request["Key"])
    if found is None:
        raise no_such_key(request["Key"])
    return found


@operation("s3", "GetObject", LONG, checks=reading_checks, anonymous=True)
async def get_object(call: Call, request: shapes.GetObjectRequestTypeDef) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html.

    The bytes are held from the moment that the row is read, so that an overwrite or deletion meanwhile does not
    disturb the reader.
    """
    found = object_of(call, bucket_of(call, request), request)
    check_read(found, request)
    stretch = stretch_of(found, request)
    reply = _reply(call, found, request, stretch)
    body = ObjectStream(objects_of(call.node), found.segments, stretch.offset, stretch.length)
    if stretch.length <= INLINE:
        reply["Body"] = await body.whole()
    else:
        await body.begin()
        reply["Body"] = body
    return reply


@operation("s3", "HeadObject", READ, checks=reading_checks, anonymous=True)
def head_object(call: Call, request: shapes.HeadObjectRequestTypeDef) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html."""
    found = object_of(call, bucket_of(call, request), request)
    check_read(found, request)
    return _reply(call, found, request, stretch_of(found, request))


def _reply(call: Call, found: Object, request: Mapping[str, Any], stretch: Stretch) -> dict[str, Any]:
    """Everything but the body."""
    reply: dict[str, Any] = {
        "AcceptRanges": "bytes",
        "LastModified": as_datetime(found.modified_at),
        "ContentLength": stretch.length,
        "ETag": f'"{found.etag}"',
        "Metadata": found.metadata,
        **ENCRYPTED,
        **found.headers,
    }
    content_range = stretch.content_range(found.size)
    if content_range is not None:
        reply["ContentRange"] = content_range
    if found.tags:
        reply["TagCount"] = len(found.tags)
    if "PartNumber" in request:
        count = part_count(found)
        if count is not None:
            reply["PartsCount"] = count
    if request.get("ChecksumMode") == "ENABLED":
        reply.update(_checksum(found, stretch))
    overrides = {member: request[name] for name, member in _OVERRIDES.items() if name in request}
    if overrides and call.caller.kind == "Anonymous":
        raise invalid_request("Request specific response headers cannot be used for anonymous GET requests.")
    reply.update(overrides)
    return reply


def _checksum(found: Object, stretch: Stretch) -> dict[str, str]:
    """The checksum of what is sent: the whole object's, or a part's. Other ranges have none."""
    if stretch.length == found.size and not (
        stretch.part and found.checksum and found.checksum.kind == COMPOSITE
    ):
        return members(found.checksum)
    if stretch.part is None or stretch.part.checksum is None or found.checksum is None:
        return {}
    return {**members(stretch.part.checksum), "ChecksumType": found.checksum.kind}
