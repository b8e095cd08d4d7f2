"""Objects listed, in the order of their keys' UTF-8 bytes, with common prefixes rolled up.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-prefixes.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from tabard.core.sources import as_datetime
from tabard.services.operation import READ, Check, operation
from tabard.services.s3.access import bucket_of, owner, question
from tabard.services.s3.errors import invalid_argument
from tabard.services.s3.tokens import open_token, seal_token
from tabard.store.s3 import Position

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from types_boto3_s3 import type_defs as shapes

    from tabard.services.operation import Call, Keys
    from tabard.store.s3 import Bucket, Listed

MOST_KEYS = 1000
_AT_ONCE = 250
"""Rows read at once when a delimiter may skip over many of them."""


class Rolled(NamedTuple):
    """One page: objects and common prefixes, the last of either, and whether there is more."""

    objects: list[Listed]
    prefixes: list[str]
    last: str
    truncated: bool


def list_checks(call: Call, request: Mapping[str, Any]) -> list[Check]:
    """Listing a bucket, with what is asked for as condition keys."""
    return [question(call, bucket_of(call, request), "s3:ListBucket", None, listing_keys(request))]


def listing_keys(request: Mapping[str, Any]) -> Keys:
    """``s3:prefix``, ``s3:delimiter`` and ``s3:max-keys``, where the request has them."""
    named = {"s3:prefix": request.get("Prefix"), "s3:delimiter": request.get("Delimiter")}
    if "MaxKeys" in request:
        named["s3:max-keys"] = str(request["MaxKeys"])
    return named


@operation("s3", "ListObjectsV2", READ, checks=list_checks, anonymous=True)
def list_objects_v2(call: Call, request: shapes.ListObjectsV2RequestTypeDef) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html."""
    bucket = bucket_of(call, request)
    token, start_after = request.get("ContinuationToken"), request.get("StartAfter", "")
    after = start_after if token is None else open_token("objects", token)
    page, limit = page_of(call, bucket, request, after)
    shown, reply = _reply(bucket, request, page, limit, with_owner=bool(request.get("FetchOwner")))
    reply["KeyCount"] = len(page.objects) + len(page.prefixes)
    if token is not None:
        reply["ContinuationToken"] = token
    elif start_after:
        reply["StartAfter"] = shown(start_after)
    if page.truncated:
        reply["NextContinuationToken"] = seal_token("objects", page.last)
    return reply


@operation("s3", "ListObjects", READ, checks=list_checks, anonymous=True)
def list_objects(call: Call, request: shapes.ListObjectsRequestTypeDef) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjects.html."""
    bucket = bucket_of(call, request)
    marker = request.get("Marker", "")
    page, limit = page_of(call, bucket, request, marker)
    shown, reply = _reply(bucket, request, page, limit, with_owner=True)
    reply["Marker"] = shown(marker)
    if page.truncated and request.get("Delimiter"):
        reply["NextMarker"] = shown(page.last)
    return reply


def page_of(call: Call, bucket: Bucket, request: Mapping[str, Any], after: str) -> tuple[Rolled, int]:
    """One page of a bucket's objects, and how many entries it could have had."""
    limit = limit_of(request, "MaxKeys", "maxKeys")
    prefix, delimiter = request.get("Prefix", ""), request.get("Delimiter", "")

    def scan(start: Position, count: int) -> list[Listed]:
        return call.store.s3.objects.scan(bucket.name, start, count)

    return roll_up(scan, prefix, delimiter, after, limit), limit


def limit_of(request: Mapping[str, Any], member: str, argument: str) -> int:
    """How many entries a page may have; more than a thousand is taken for a thousand."""
    limit: int = request.get(member, MOST_KEYS)
    if limit < 0:
        raise invalid_argument(
            f"Argument {argument} must be an integer between 0 and 2147483647", argument, str(limit)
        )
    return min(limit, MOST_KEYS)


def roll_up(
    scan: Callable[[Position, int], list[Listed]], prefix: str, delimiter: str, after: str, limit: int
) -> Rolled:
    """One page of what starts with ``prefix`` and comes after ``after``.

    What has the delimiter beyond the prefix is rolled up into one common prefix, and the rest of it is skipped in
    the store, not read. ``after`` may be a common prefix: then all that it stands for is past.
    """
    objects: list[Listed] = []
    prefixes: list[str] = []
    last = ""
    for entry in _entries(scan, prefix, delimiter, after, limit + 1):
        if len(objects) + len(prefixes) >= limit:
            return Rolled(objects, prefixes, last, truncated=limit > 0)
        if isinstance(entry, str):
            prefixes.append(entry)
            last = entry
        else:
            objects.append(entry)
            last = entry.key
    return Rolled(objects, prefixes, last, truncated=False)


def _entries(
    scan: Callable[[Position, int], list[Listed]], prefix: str, delimiter: str, after: str, wanted: int
) -> Iterator[Listed | str]:
    start = _start(prefix, delimiter, after)
    at_once = min(wanted, _AT_ONCE) if delimiter else wanted
    while start is not None:
        rows = scan(start, at_once)
        start = Position(rows[-1].key.encode(), inclusive=False) if len(rows) == at_once else None
        past = None
        for row in rows:
            if past is not None and row.key.startswith(past):
                continue
            past = None
            if not row.key.startswith(prefix):
                return
            common = common_prefix(row.key, prefix, delimiter)
            if common is None:
                yield row
            else:
                yield common
                past = common
        if past is not None and start is not None:
            beyond = _beyond(past.encode())
            start = None if beyond is None else Position(beyond)


def common_prefix(key: str, prefix: str, delimiter: str) -> str | None:
    """What a key is rolled up into: up to the first delimiter beyond the prefix; None where there is none."""
    if not delimiter:
        return None
    end = key.find(delimiter, len(prefix))
    return None if end < 0 else key[: end + len(delimiter)]


def _start(prefix: str, delimiter: str, after: str) -> Position | None:
    """Where to begin: at the prefix, after ``after``, or past all that ``after`` stands for as a common prefix."""
    first = prefix.encode()
    if not after:
        return Position(first)
    if after.startswith(prefix) and common_prefix(after, prefix, delimiter) == after:
        beyond = _beyond(after.encode())
        return None if beyond is None else Position(beyond)
    passed = after.encode()
    return Position(first) if passed < first else Position(passed, inclusive=False)


def _beyond(prefix: bytes) -> bytes | None:
    """The first bytes past everything that starts with a prefix."""
    trimmed = prefix.rstrip(b"\xff")
    return trimmed[:-1] + bytes([trimmed[-1] + 1]) if trimmed else None


def encoder_of(request: Mapping[str, Any]) -> Callable[[str], str]:
    """How names are shown: as they are, or percent-encoded where the request wants ``encoding-type=url``."""
    encoding = request.get("EncodingType")
    if encoding is None:
        return str
    if encoding != "url":
        raise invalid_argument("Invalid Encoding Method specified in Request", "encoding-type", encoding)
    return quote


def _reply(
    bucket: Bucket, request: Mapping[str, Any], page: Rolled, limit: int, *, with_owner: bool
) -> tuple[Callable[[str], str], dict[str, Any]]:
    shown = encoder_of(request)
    contents = [entry_of(each, shown(each.key)) for each in page.objects]
    if with_owner:
        for entry in contents:
            entry["Owner"] = owner(bucket.account)
    reply: dict[str, Any] = {
        "Name": bucket.name,
        "Prefix": shown(request.get("Prefix", "")),
        "MaxKeys": limit,
        "IsTruncated": page.truncated,
        "Contents": contents,
        "CommonPrefixes": [{"Prefix": shown(each)} for each in page.prefixes],
    }
    if request.get("Delimiter"):
        reply["Delimiter"] = shown(request["Delimiter"])
    if "EncodingType" in request:
        reply["EncodingType"] = request["EncodingType"]
    return shown, reply


def entry_of(listed: Listed, key: str) -> dict[str, Any]:
    """An object as listings show it, under its ``key`` as it is to be shown."""
    entry: dict[str, Any] = {
        "Key": key,
        "LastModified": as_datetime(listed.modified_at),
        "ETag": f'"{listed.etag}"',
        "Size": listed.size,
        "StorageClass": "STANDARD",
    }
    if listed.checksum is not None:
        entry["ChecksumAlgorithm"] = [listed.checksum.algorithm]
        entry["ChecksumType"] = listed.checksum.kind
    return entry
