"""An object's tags: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from tabard.services.operation import READ, WRITE, Check, operation
from tabard.services.s3.access import bucket_of, object_questions, on_existing_object
from tabard.services.s3.checksums import verify_document
from tabard.services.s3.object_read import object_of
from tabard.services.s3.tagging import as_list, object_tags, requested_tag_keys

if TYPE_CHECKING:
    from collections.abc import Mapping

    from types_boto3_s3 import type_defs as shapes

    from tabard.services.operation import Call


def _put_checks(call: Call, request: Mapping[str, Any]) -> list[Check]:
    checks, _ = object_questions(call, bucket_of(call, request), request["Key"], ("s3:PutObjectTagging",))
    wanted = requested_tag_keys({tag["Key"]: tag["Value"] for tag in request["Tagging"]["TagSet"]})
    return [checks[0].but(keys={**checks[0].keys, **wanted}), *checks[1:]]


@operation("s3", "PutObjectTagging", WRITE, checks=_put_checks)
def put_object_tagging(call: Call, request: shapes.PutObjectTaggingRequestTypeDef) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectTagging.html."""
    verify_document(call, request, required=True)
    found = object_of(call, bucket_of(call, request), request)
    call.store.s3.objects.put(replace(found, tags=object_tags(request["Tagging"]["TagSet"])))
    return {}


@operation("s3", "GetObjectTagging", READ, checks=on_existing_object("s3:GetObjectTagging"))
def get_object_tagging(call: Call, request: shapes.GetObjectTaggingRequestTypeDef) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectTagging.html."""
    return {"TagSet": as_list(object_of(call, bucket_of(call, request), request).tags)}


@operation("s3", "DeleteObjectTagging", WRITE, checks=on_existing_object("s3:DeleteObjectTagging"))
def delete_object_tagging(call: Call, request: shapes.DeleteObjectTaggingRequestTypeDef) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjectTagging.html."""
    found = object_of(call, bucket_of(call, request), request)
    call.store.s3.objects.put(replace(found, tags={}))
    return {}
