"""What a copy is made of: the ``x-amz-copy-source`` header, and the questions and conditions about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from tabard.services.s3.access import find_bucket, object_questions
from tabard.services.s3.errors import access_denied, invalid_argument, no_such_key
from tabard.services.s3.objects import check_version
from tabard.services.s3.preconditions import check_source

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tabard.services.operation import Call, Check
    from tabard.store.s3 import Bucket, Object

HEADER = "x-amz-copy-source"


def parse_source(header: str) -> tuple[str, str, str | None]:
    """Bucket, key and version id of a source: URL-encoded ``bucket/key``, with or without a leading slash.

    A plus stands for a space, and slashes may be encoded too, as Go's ``url.QueryEscape`` (and so Terraform) does it.
    """
    path, mark, query = header.partition("?versionId=")
    version = query if mark else None
    bucket, slash, key = unquote_plus(path, errors="surrogateescape").removeprefix("/").partition("/")
    if not bucket or not slash or not key:
        raise invalid_argument(
            "Copy Source must mention the source bucket and key: sourcebucket/sourcekey", HEADER, header
        )
    try:
        key.encode()
    except UnicodeEncodeError:
        raise invalid_argument("Invalid copy source encoding.", HEADER, header) from None
    return bucket, key, version


def source_checks(call: Call, request: Mapping[str, Any]) -> tuple[list[Check], Object | None]:
    """Reading the source, for a copy; its tags are read with it."""
    name, key, version = parse_source(request["CopySource"])
    bucket = _bucket(call, name, request)
    action = "s3:GetObject" if version is None else "s3:GetObjectVersion"
    return object_questions(call, bucket, key, (action,))


def source_object(call: Call, request: Mapping[str, Any]) -> Object:
    """The object to copy from; raises NoSuchKey, or PreconditionFailed where its conditions do not hold."""
    name, key, version = parse_source(request["CopySource"])
    bucket = _bucket(call, name, request)
    check_version({"VersionId": version})
    found = call.store.s3.objects.get(bucket.name, key)
    if found is None:
        raise no_such_key(key)
    check_source(found, request)
    return found


def _bucket(call: Call, name: str, request: Mapping[str, Any]) -> Bucket:
    bucket = find_bucket(call, name)
    expected = request.get("ExpectedSourceBucketOwner")
    if expected is not None and expected != bucket.account:
        raise access_denied()
    return bucket
