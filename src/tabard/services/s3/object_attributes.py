"""An object's attributes in one answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tabard.core.sources import as_datetime
from tabard.services.operation import READ, operation
from tabard.services.s3.access import bucket_of, on_existing_object
from tabard.services.s3.checksums import members
from tabard.services.s3.errors import invalid_argument
from tabard.services.s3.object_read import object_of
from tabard.services.s3.ranges import part_count

if TYPE_CHECKING:
    from collections.abc import Mapping

    from types_boto3_s3 import type_defs as shapes

    from tabard.services.operation import Call
    from tabard.store.s3 import Object

MOST_PARTS = 1000
_KNOWN = frozenset({"ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"})


@operation(
    "s3", "GetObjectAttributes", READ, checks=on_existing_object("s3:GetObject", "s3:GetObjectAttributes")
)
def get_object_attributes(call: Call, request: shapes.GetObjectAttributesRequestTypeDef) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAttributes.html."""
    found = object_of(call, bucket_of(call, request), request)
    wanted = set(request["ObjectAttributes"])
    unknown = sorted(wanted - _KNOWN)
    if unknown:
        raise invalid_argument("Invalid attribute name specified.", "x-amz-object-attributes", unknown[0])
    reply: dict[str, Any] = {"LastModified": as_datetime(found.modified_at)}
    if "ETag" in wanted:
        reply["ETag"] = found.etag
    if "Checksum" in wanted and found.checksum is not None:
        whole = members(found.checksum)
        name = f"Checksum{found.checksum.algorithm}"
        reply["Checksum"] = {**whole, name: whole[name].partition("-")[0]}  # here without its count of parts
    if "ObjectParts" in wanted and part_count(found) is not None:
        reply["ObjectParts"] = _parts(found, request)
    if "StorageClass" in wanted:
        reply["StorageClass"] = "STANDARD"
    if "ObjectSize" in wanted:
        reply["ObjectSize"] = found.size
    return reply


def _parts(found: Object, request: Mapping[str, Any]) -> dict[str, Any]:
    marker, limit = request.get("PartNumberMarker", 0), min(request.get("MaxParts", MOST_PARTS), MOST_PARTS)
    beyond = [segment for segment in found.segments if segment.number > marker]
    shown = beyond[:limit]
    parts = []
    for segment in shown:
        part: dict[str, Any] = {"PartNumber": segment.number, "Size": segment.size}
        if segment.checksum is not None:
            part[f"Checksum{segment.checksum.algorithm}"] = segment.checksum.value
        parts.append(part)
    return {
        "TotalPartsCount": len(found.segments),
        "PartNumberMarker": marker,
        "NextPartNumberMarker": shown[-1].number if shown else marker,
        "MaxParts": limit,
        "IsTruncated": len(beyond) > limit,
        "Parts": parts,
    }
