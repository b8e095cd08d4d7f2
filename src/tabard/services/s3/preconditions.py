"""The If- headers: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html."""

from __future__ import annotations

from email.utils import formatdate
from typing import TYPE_CHECKING, Any

from tabard.services.s3.errors import no_such_key, not_implemented, not_modified, precondition_failed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from tabard.store.s3 import Object


def names_tag(header: str, etag: str) -> bool:
    """Whether an If-Match or If-None-Match header names an entity tag: ``*``, or it among others."""
    if header.strip() == "*":
        return True
    return any(each.strip().removeprefix("W/").strip('"') == etag for each in header.split(","))


def check_read(found: Object, request: Mapping[str, Any]) -> None:
    """The conditions of GetObject and HeadObject; raises PreconditionFailed (412) or NotModified (304).

    If-Match outweighs If-Unmodified-Since, and If-None-Match outweighs If-Modified-Since: RFC 9110, 13.2.2.
    """
    match, none_match = request.get("IfMatch"), request.get("IfNoneMatch")
    if match is not None:
        if not names_tag(match, found.etag):
            raise precondition_failed("If-Match")
    elif _later(found, request.get("IfUnmodifiedSince")):
        raise precondition_failed("If-Unmodified-Since")
    since = request.get("IfModifiedSince")
    if none_match is not None:
        if names_tag(none_match, found.etag):
            raise _not_modified(found)
    elif since is not None and not _later(found, since):
        raise _not_modified(found)


def check_source(found: Object, request: Mapping[str, Any]) -> None:
    """The conditions on the source of a copy; none of them but ends in 412."""
    match, none_match = request.get("CopySourceIfMatch"), request.get("CopySourceIfNoneMatch")
    if match is not None:
        if not names_tag(match, found.etag):
            raise precondition_failed("x-amz-copy-source-If-Match")
    elif _later(found, request.get("CopySourceIfUnmodifiedSince")):
        raise precondition_failed("x-amz-copy-source-If-Unmodified-Since")
    since = request.get("CopySourceIfModifiedSince")
    if none_match is not None:
        if names_tag(none_match, found.etag):
            raise precondition_failed("x-amz-copy-source-If-None-Match")
    elif since is not None and not _later(found, since):
        raise precondition_failed("x-amz-copy-source-If-Modified-Since")


def check_write(existing: Object | None, key: str, request: Mapping[str, Any]) -> None:
    """The conditions of what creates an object: only if there is none, or only over a certain one."""
    none_match = request.get("IfNoneMatch")
    if none_match is not None:
        if none_match.strip() != "*":
            raise not_implemented("If-None-Match")
        if existing is not None:
            raise precondition_failed("If-None-Match")
    match = request.get("IfMatch")
    if match is not None:
        if existing is None:
            raise no_such_key(key)
        if not names_tag(match, existing.etag):
            raise precondition_failed("If-Match")


def _later(found: Object, than: datetime | None) -> bool:
    """Whether an object was modified after an instant; HTTP's dates have whole seconds."""
    return than is not None and int(found.modified_at) > than.timestamp()


def _not_modified(found: Object) -> Exception:
    return not_modified(f'"{found.etag}"', formatdate(found.modified_at, usegmt=True))
