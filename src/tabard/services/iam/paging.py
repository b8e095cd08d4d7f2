"""Pages of every listing: ``Marker``, ``MaxItems`` and ``IsTruncated``.

A marker is the position of the last item shown, so that what is made or deleted between two pages neither repeats nor
hides anything else. https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoles.html
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any, TypeVar

from tabard.services.iam.errors import validation_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from tabard.store.iam import Entities

T = TypeVar("T")

MAX_ITEMS = 100
"""Items of a page where the caller does not say."""
_MARKER_AT_MOST = 320
_BY_ID = "."


def max_items(request: Mapping[str, Any]) -> int:
    """How many items a page may have."""
    return int(request.get("MaxItems", MAX_ITEMS))


def encode_marker(position: str) -> str:
    """The marker of a position."""
    return base64.urlsafe_b64encode(position.encode()).decode()


def decode_marker(request: Mapping[str, Any]) -> str | None:
    """The position that a request's marker names, None without one; raises ValidationError for one that is not ours."""
    marker = request.get("Marker")
    if marker is None:
        return None
    try:
        return base64.b64decode(marker.encode(), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise invalid_marker() from None


def invalid_marker() -> Exception:
    """A marker that no reply of ours held."""
    return validation_error("Invalid Marker.")


def reply(member: str, items: list[Any], following: str | None) -> dict[str, Any]:
    """A page's reply; ``following`` is the marker to go on with."""
    page: dict[str, Any] = {member: items, "IsTruncated": following is not None}
    if following is not None:
        page["Marker"] = following
    return page


def entities(
    request: Mapping[str, Any],
    repository: Entities[Any],
    account: str,
    member: str,
    render: Callable[[Any], object],
) -> dict[str, Any]:
    """A page of an account's entities under ``PathPrefix``."""
    page = repository.page(
        account,
        request.get("PathPrefix", "/"),
        entity_position(request, repository, account),
        max_items(request),
    )
    following = None if page.next is None else entity_marker(page.next, page.items[-1].id)
    return reply(member, [render(item) for item in page.items], following)


def entity_marker(position: str, unique_id: str) -> str:
    """The marker of an entity's position; where a long path would make it too long, the entity's id stands for it."""
    marker = encode_marker(position)
    return marker if len(marker) <= _MARKER_AT_MOST else _BY_ID + unique_id


def entity_position(request: Mapping[str, Any], repository: Entities[Any], account: str) -> str | None:
    """The position that a request's marker names among an account's entities."""
    marker = request.get("Marker")
    if marker is None or not marker.startswith(_BY_ID):
        return decode_marker(request)
    entity = repository.by_id(account, marker[1:])
    if entity is None:
        raise invalid_marker()
    return repository.position(entity)


def listed(
    request: Mapping[str, Any],
    items: Iterable[T],
    key: Callable[[T], str],
    member: str,
    render: Callable[[T], object],
) -> dict[str, Any]:
    """A page of a short list that is read whole, in order of ``key``."""
    ordered = sorted(items, key=key)
    after = decode_marker(request)
    if after is not None:
        ordered = [item for item in ordered if key(item) > after]
    limit = max_items(request)
    following = encode_marker(key(ordered[limit - 1])) if len(ordered) > limit else None
    return reply(member, [render(item) for item in ordered[:limit]], following)
