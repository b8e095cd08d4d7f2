"""The rules of tags, and tags given while something is made (TagSpecifications).

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html#tag-restrictions
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tabard.core.errors import AwsError
from tabard.services.ec2.errors import invalid_value
from tabard.services.ec2.operation import request_tag_keys
from tabard.services.operation import Check

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tabard.services.operation import Call

TAGS_AT_MOST = 50
KEY_AT_MOST = 128
VALUE_AT_MOST = 256

Specifications = dict[str, dict[str, str]]
"""The tags that a request gives, by the type of the resource that they are for."""


def checked_tags(tags: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Tags as they stand in a request, checked."""
    found: dict[str, str] = {}
    for tag in tags:
        key, value = tag.get("Key") or "", tag.get("Value") or ""
        if not key:
            raise AwsError("MissingParameter", "The request must contain the parameter Tag key")
        if key.lower().startswith("aws:"):
            raise invalid_value("Tag keys starting with 'aws:' are reserved for internal use")
        if len(key) > KEY_AT_MOST:
            raise invalid_value(f"Tag key exceeds the maximum length of {KEY_AT_MOST} characters")
        if len(value) > VALUE_AT_MOST:
            raise invalid_value(f"Tag value exceeds the maximum length of {VALUE_AT_MOST} characters")
        if key in found:
            raise invalid_value(f"Duplicate tag key '{key}' specified.")
        found[key] = value
    return found


def within_limit(tags: Mapping[str, str]) -> Mapping[str, str]:
    """The tags, where a resource can have so many."""
    if len(tags) > TAGS_AT_MOST:
        raise AwsError("TagLimitExceeded", "The maximum number of Tags for a resource has been reached.")
    return tags


def specifications(request: Mapping[str, Any], *types: str) -> Specifications:
    """The TagSpecifications of a request that makes resources of these types."""
    found: Specifications = {}
    for each in request.get("TagSpecifications") or ():
        kind = each.get("ResourceType") or ""
        if not kind:
            raise AwsError("MissingParameter", "Tag specification resource type must have a value")
        if kind not in types:
            raise invalid_value(f"'{kind}' is not a valid taggable resource type for this operation.")
        if kind in found:
            raise invalid_value(f"Duplicate tag specification for resource type '{kind}'.")
        tags = checked_tags(each.get("Tags") or ())
        if not tags:
            raise invalid_value("Tag specification must have at least one tag")
        within_limit(tags)
        found[kind] = tags
    return found


def create_tags_checks(call: Call, made: Mapping[str, str], tags: Specifications) -> Iterator[Check]:
    """The checks for tags given while making resources: ``made`` has the ARN by type."""
    for kind, given in tags.items():
        keys: dict[str, Any] = {
            "ec2:region": call.region,
            "ec2:createaction": call.operation,
            **request_tag_keys(given),
        }
        yield Check("ec2:CreateTags", made[kind], keys=keys)


def shown(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags as replies show them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]
