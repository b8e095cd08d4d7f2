"""Session tags: what a caller may pass, and what a chained session inherits.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tabard.core.errors import AwsError

if TYPE_CHECKING:
    from tabard.core.caller import Caller

_TAGS_AT_MOST = 50


class SessionTags(NamedTuple):
    """A session's tags, the keys of those that the next session in a chain inherits, and the tags of this request."""

    all: dict[str, str]
    transitive: tuple[str, ...]
    requested: dict[str, str]


def session_tags(caller: Caller, request: dict[str, Any]) -> SessionTags:
    """The tags that the new session gets; raises ``AwsError`` for tags that AWS refuses."""
    requested: dict[str, str] = {}
    folded: set[str] = set()
    for tag in request.get("Tags") or ():
        key = tag["Key"]
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
        requested[key] = tag["Value"]
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
    passed_on = tuple(request.get("TransitiveTagKeys") or ())
    for key in passed_on:
        if key.casefold() not in folded:
            raise AwsError(
                "InvalidParameterValue",
                "The specified transitive tag key must be included in the requested tags.",
            )
    tags = {**inherited, **requested}
    if len(tags) > _TAGS_AT_MOST:
        raise AwsError("ValidationError", f"The number of session tags must not exceed {_TAGS_AT_MOST}.")
    return SessionTags(tags, (*inherited, *passed_on), requested)
