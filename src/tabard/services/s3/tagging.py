"""Tags, as documents and as the ``x-amz-tagging`` header, with the rules for each kind of thing.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from tabard.core.errors import AwsError
from tabard.services.s3.errors import invalid_argument

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tabard.services.operation import Keys

MOST_ON_BUCKET = 50
MOST_ON_OBJECT = 10

_ALLOWED = re.compile(r"[\w\s+\-=._:/@]*\Z")


def bucket_tags(tags: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """A bucket's tags from its document."""
    if len(tags) > MOST_ON_BUCKET:
        raise AwsError("BadRequest", f"Bucket tag count cannot be greater than {MOST_ON_BUCKET}", 400)
    return _tags((tag.get("Key", ""), tag.get("Value", "")) for tag in tags)


def object_tags(tags: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """An object's tags from their document."""
    return _on_object(_tags((tag.get("Key", ""), tag.get("Value", "")) for tag in tags))


def header_tags(header: str | None) -> dict[str, str]:
    """An object's tags from the ``x-amz-tagging`` header, a query string."""
    if not header:
        return {}
    pairs: list[tuple[str, str]] = []
    for part in header.split("&"):
        key, _, value = part.partition("=")
        pairs.append((unquote_plus(key), unquote_plus(value)))
    if len({key for key, _ in pairs}) < len(pairs):
        raise invalid_argument(
            "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without "
            "tag name duplicates.",
            "x-amz-tagging",
            header,
        )
    return _on_object(_tags(pairs))


def as_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags as documents hold them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def requested_tag_keys(tags: Mapping[str, str]) -> Keys:
    """The condition keys of the tags that a request sets."""
    if not tags:
        return {}
    keys: dict[str, str | list[str]] = {
        f"s3:requestobjecttag/{key.lower()}": value for key, value in tags.items()
    }
    keys["s3:requestobjecttagkeys"] = list(tags)
    return keys


def _on_object(tags: dict[str, str]) -> dict[str, str]:
    if len(tags) > MOST_ON_OBJECT:
        raise AwsError("BadRequest", f"Object tags cannot be greater than {MOST_ON_OBJECT}", 400)
    return tags


def _tags(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    tags: dict[str, str] = {}
    for key, value in pairs:
        if not 1 <= len(key) <= 128 or _ALLOWED.match(key) is None:
            raise _invalid("The TagKey you have provided is invalid", key)
        if len(value) > 256 or _ALLOWED.match(value) is None:
            raise _invalid("The TagValue you have provided is invalid", key)
        if key.lower().startswith("aws:"):
            raise _invalid("System tags cannot be added/updated by requester", key)
        if key in tags:
            raise _invalid("Cannot provide multiple Tags with the same key", key)
        tags[key] = value
    return tags


def _invalid(message: str, key: str) -> AwsError:
    return AwsError("InvalidTag", message, 400, {"TagKey": key[:256]})
