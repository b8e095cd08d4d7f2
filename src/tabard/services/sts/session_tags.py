"""Session tags: what a caller may pass, what an identity provider may say, and what a chained session inherits.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from tabard.core.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tabard.core.caller import Caller

_TAGS_AT_MOST = 50
_KEY = re.compile(r"[\w\s.:/=+\-@]{1,128}")
_VALUE = re.compile(r"[\w\s.:/=+\-@]{0,256}")


class SessionTags(NamedTuple):
    """A session's tags, the keys of those that the next session in a chain inherits, and what this request brings."""

    all: dict[str, str]
    transitive: tuple[str, ...]
    requested: dict[str, str]
    passed_on: tuple[str, ...] = ()


NO_TAGS = SessionTags({}, (), {})


def session_tags(caller: Caller, request: Mapping[str, Any]) -> SessionTags:
    """The tags that the new session gets; raises ``AwsError`` for tags that AWS refuses."""
    if "Tags" not in request and "TransitiveTagKeys" not in request and not caller.transitive_tag_keys:
        return NO_TAGS
    requested = _checked((tag["Key"], tag["Value"]) for tag in request.get("Tags") or ())
    folded = {key.casefold() for key in requested}
    inherited = {
        key: value
        for key, value in caller.tags.items()
        if caller.kind == "AssumedRole" and key in caller.transitive_tag_keys
    }
    for key in inherited:
        if key.casefold() in folded:
            raise AwsError(
                "InvalidParameterValue",
                "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key "
                "from the calling session.",
            )
    passed_on = _passed_on(request.get("TransitiveTagKeys") or (), folded)
    tags = {**inherited, **requested}
    if len(tags) > _TAGS_AT_MOST:
        raise AwsError("ValidationError", f"The number of session tags must not exceed {_TAGS_AT_MOST}.")
    return SessionTags(tags, (*inherited, *passed_on), requested, passed_on)


def provided_tags(tags: Mapping[str, str], transitive: Iterable[str]) -> SessionTags:
    """The tags that an identity provider's token gives a session; raises ``AwsError`` for those that AWS refuses."""
    for key, value in tags.items():
        if not _KEY.fullmatch(key) or not _VALUE.fullmatch(value):
            raise AwsError("InvalidIdentityToken", "The token holds a session tag that is not valid.")
    requested = _checked(tags.items())
    if len(requested) > _TAGS_AT_MOST:
        raise AwsError("ValidationError", f"The number of session tags must not exceed {_TAGS_AT_MOST}.")
    passed_on = _passed_on(transitive, {key.casefold() for key in requested})
    return SessionTags(requested, passed_on, requested, passed_on)


def _checked(tags: Iterable[tuple[str, str]]) -> dict[str, str]:
    requested: dict[str, str] = {}
    folded: set[str] = set()
    for key, value in tags:
        if key.casefold() in folded:
            raise AwsError(
                "InvalidParameterValue",
                "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
            )
        if key.casefold().startswith("aws:"):
            raise AwsError(
                "ValidationError",
                f"1 validation error detected: Value '{key}' at 'tags' failed to satisfy constraint: "
                "Tag keys must not start with aws:",
            )
        folded.add(key.casefold())
        requested[key] = value
    return requested


def _passed_on(keys: Iterable[str], folded: set[str]) -> tuple[str, ...]:
    passed_on = tuple(keys)
    for key in passed_on:
        if key.casefold() not in folded:
            raise AwsError(
                "InvalidParameterValue",
                "The specified transitive tag key must be included in the requested tags.",
            )
    return passed_on
