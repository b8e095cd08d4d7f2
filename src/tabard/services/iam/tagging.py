"""Rules of tags: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html.

The keys of users' and roles' tags are compared without regard to case (as written last they are kept); those of policies
and instance profiles with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tabard.services.iam import paging, quotas
from tabard.services.iam.errors import invalid_input, limit_exceeded

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from types_boto3_iam.type_defs import TagTypeDef


def given(tags: Sequence[TagTypeDef] | None, *, fold: bool) -> dict[str, str]:
    """The tags of a request, checked; ``fold`` compares keys without regard to case."""
    if not tags:
        return {}
    seen: set[str] = set()
    for tag in tags:
        key = tag["Key"].lower() if fold else tag["Key"]
        if key in seen:
            note = " Please note that Tag keys are case insensitive." if fold else ""
            raise invalid_input(f"Duplicate tag keys found.{note}")
        seen.add(key)
        if tag["Key"].lower().startswith("aws:"):
            raise invalid_input("Tag keys that start with 'aws:' are reserved for system use.")
    return {tag["Key"]: tag["Value"] for tag in tags}


def merged(present: Mapping[str, str], added: Mapping[str, str], *, fold: bool) -> dict[str, str]:
    """Tags with others added over them; raises LimitExceeded past the quota."""
    tags = {**without(present, added, fold=fold), **added}
    if len(tags) > quotas.TAGS:
        raise limit_exceeded("The number of tags has reached the maximum limit.")
    return tags


def without(present: Mapping[str, str], keys: Iterable[str], *, fold: bool) -> dict[str, str]:
    """Tags without those of some keys."""
    gone = {key.lower() if fold else key for key in keys}
    return {key: value for key, value in present.items() if (key.lower() if fold else key) not in gone}


def shown(tags: Mapping[str, str]) -> list[TagTypeDef]:
    """Tags as replies hold them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def listed(request: Mapping[str, Any], tags: Mapping[str, str]) -> dict[str, Any]:
    """A page of tags, sorted by key."""
    return paging.listed(
        request, tags.items(), lambda tag: tag[0], "Tags", lambda tag: {"Key": tag[0], "Value": tag[1]}
    )


def resource_keys(tags: Mapping[str, str]) -> dict[str, str]:
    """The condition keys that the tags of a user or role fill."""
    keys: dict[str, str] = {}
    for key, value in tags.items():
        folded = key.lower()
        keys["aws:resourcetag/" + folded] = value
        keys["iam:resourcetag/" + folded] = value
    return keys


def global_resource_keys(tags: Mapping[str, str]) -> dict[str, str]:
    """Those of resources that have ``aws:ResourceTag`` alone, without IAM's own key: all but users and roles."""
    return {"aws:resourcetag/" + key.lower(): value for key, value in tags.items()}


def request_keys(tags: Sequence[TagTypeDef] | None) -> dict[str, str | list[str]]:
    """The condition keys that a request's tags fill."""
    keys: dict[str, str | list[str]] = {}
    if tags:
        for tag in tags:
            keys["aws:requesttag/" + tag["Key"].lower()] = tag["Value"]
        keys["aws:tagkeys"] = [tag["Key"] for tag in tags]
    return keys
