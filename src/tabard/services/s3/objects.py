"""Objects: put and deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tabard.services.operation import LONG, WRITE, Check, operation
from tabard.services.s3.access import bucket_of, existing_tags, question
from tabard.services.s3.bodies import received
from tabard.services.s3.checksums import members
from tabard.services.s3.errors import invalid_argument, no_such_key, precondition_failed
from tabard.services.s3.metadata import (
    ENCRYPTED,
    refuse_what_is_not_built,
    requested_tags,
    system_metadata,
    user_metadata,
)
from tabard.services.s3.preconditions import check_write, names_tag
from tabard.services.s3.runtime import discard
from tabard.services.s3.tagging import requested_tag_keys
from tabard.store.s3 import Object, Segment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from types_boto3_s3 import type_defs as shapes

    from tabard.services.operation import Call, Keys
    from tabard.store.port import View
    from tabard.store.s3 import Bucket


def writing_checks(call: Call, request: Mapping[str, Any]) -> list[Check]:
    """Putting an object needs s3:PutObject; with tags s3:PutObjectTagging too, and If-Match reads the old one."""
    bucket, key = bucket_of(call, request), request["Key"]
    tags = requested_tags(request)
    keys = {**requested_tag_keys(tags), **condition_keys(request)}
    checks = [question(call, bucket, "s3:PutObject", key, keys)]
    if tags:
        checks.append(question(call, bucket, "s3:PutObjectTagging", key, keys))
    if "IfMatch" in request:
        checks.append(comparing_check(call, bucket, key))
    return checks


def condition_keys(request: Mapping[str, Any]) -> Keys:
    """The condition keys of a write that depends on what is there."""
    named = {"s3:if-match": request.get("IfMatch"), "s3:if-none-match": request.get("IfNoneMatch")}
    return {key: value for key, value in named.items() if value is not None}


def comparing_check(call: Call, bucket: Bucket, key: str) -> Check:
    """Comparing with what is there is reading it."""
    existing = call.store.s3.objects.get(bucket.name, key)
    return question(call, bucket, "s3:GetObject", key, existing_tags(existing))


@operation("s3", "PutObject", LONG, checks=writing_checks, anonymous=True)
async def put_object(call: Call, request: shapes.PutObjectRequestTypeDef) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html.

    The object appears, whole, when its bytes are durable and have been held against every checksum declared.
    """
    refuse_what_is_not_built(request)
    bucket, key = request["Bucket"], request["Key"]
    headers, metadata = system_metadata(call.http, request), user_metadata(request)
    tags = requested_tags(request)
    check_write(call.store.s3.objects.get(bucket, key), key, request)
    async with received(call, request) as body:
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
    return {"ETag": f'"{made.etag}"', **ENCRYPTED, **members(made.checksum)}


async def place(call: Call, made: Object, request: Mapping[str, Any]) -> None:
    """Make an object visible in one transaction, if the request's conditions still hold."""

    def job(view: View) -> None:
        check_write(view.s3.objects.get(made.bucket, made.key), made.key, request)
        discard(call, view.s3.objects.put(made))

    await call.write(job)


def check_version(request: Mapping[str, Any]) -> None:
    """Buckets have no versions here, so the only version that there is is ``null``."""
    version = request.get("VersionId")
    if version is not None and version != "null":
        raise invalid_argument("Invalid version id specified", "versionId", version)


def delete_action(request: Mapping[str, Any]) -> str:
    """Deleting a version by its id is an action of its own."""
    return "s3:DeleteObject" if request.get("VersionId") is None else "s3:DeleteObjectVersion"


def _delete_checks(call: Call, request: dict[str, Any]) -> list[Check]:
    bucket, key = bucket_of(call, request), request["Key"]
    checks = [question(call, bucket, delete_action(request), key, condition_keys(request))]
    if "IfMatch" in request:
        checks.append(comparing_check(call, bucket, key))
    return checks


@operation("s3", "DeleteObject", WRITE, checks=_delete_checks, anonymous=True)
def delete_object(call: Call, request: shapes.DeleteObjectRequestTypeDef) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html. What is not there is deleted already."""
    bucket, key = request["Bucket"], request["Key"]
    check_version(request)
    check_delete(call, bucket, key, request.get("IfMatch"))
    discard(call, call.store.s3.objects.delete(bucket, key))
    return {}


def check_delete(call: Call, bucket: str, key: str, etag: str | None) -> None:
    """The condition of a deletion: only if the object is still this one."""
    if etag is None:
        return
    existing = call.store.s3.objects.get(bucket, key)
    if existing is None:
        raise no_such_key(key)
    if not names_tag(etag, existing.etag):
        raise precondition_failed("If-Match")
