"""Many objects deleted in one request, each of them authorised and answered by itself."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from tabard.core.errors import AwsError
from tabard.services.operation import WRITE, Check, operation
from tabard.services.s3.access import bucket_of, question
from tabard.services.s3.checksums import verify_document
from tabard.services.s3.errors import access_denied, malformed_xml
from tabard.services.s3.objects import (
    check_delete,
    check_version,
    comparing_check,
    condition_keys,
    delete_action,
)
from tabard.services.s3.runtime import discard

if TYPE_CHECKING:
    from collections.abc import Mapping

    from types_boto3_s3 import type_defs as shapes

    from tabard.services.operation import Call

MOST_KEYS = 1000


def _checks(call: Call, request: Mapping[str, Any]) -> list[Check]:
    bucket = bucket_of(call, request)
    entries = request["Delete"].get("Objects", [])
    if not 1 <= len(entries) <= MOST_KEYS:
        raise malformed_xml()
    checks: list[Check] = []
    for entry in entries:
        conditions = condition_keys({"IfMatch": entry.get("ETag")})
        checks.append(question(call, bucket, delete_action(entry), entry["Key"], conditions))
        if "ETag" in entry:
            checks.append(comparing_check(call, bucket, entry["Key"]))
    return checks


@operation("s3", "DeleteObjects", WRITE, checks=_checks, each=True, anonymous=True)
def delete_objects(call: Call, request: shapes.DeleteObjectsRequestTypeDef) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html."""
    verify_document(call, request, required=True)
    deleted: list[dict[str, Any]] = []
    errors: list[dict[str, Any]] = []
    freed: list[str] = []
    decisions = iter(call.decisions)
    for entry in request["Delete"]["Objects"]:
        answers = list(islice(decisions, 2 if "ETag" in entry else 1))
        allowed = all(decision.allowed for decision in answers)
        told: dict[str, Any] = {"Key": entry["Key"]}
        if "VersionId" in entry:
            told["VersionId"] = entry["VersionId"]
        try:
            if not allowed:
                raise access_denied()
            freed += _delete(call, request["Bucket"], entry)
        except AwsError as error:
            errors.append({**told, "Code": error.code, "Message": error.message})
        else:
            deleted.append(told)
    discard(call, freed)
    reply: dict[str, Any] = {"Errors": errors}
    if not request["Delete"].get("Quiet"):
        reply["Deleted"] = deleted
    return reply


def _delete(call: Call, bucket: str, entry: Mapping[str, Any]) -> list[str]:
    key = entry["Key"]
    if not 1 <= len(key.encode()) <= 1024:
        raise AwsError("KeyTooLongError", "Your key is too long", 400)
    check_version(entry)
    check_delete(call, bucket, key, entry.get("ETag"))
    return call.store.s3.objects.delete(bucket, key)
