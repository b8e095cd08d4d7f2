"""Filters of the describing operations: a name and the values that it may have, with ``*`` and ``?`` in them.

A resource passes when for every filter one of its values matches one of the filter's. Values are told apart
by case. https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from tabard.services.ec2.errors import invalid_value

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")

Reader = Callable[[T], "Iterable[str | None] | str | None"]
"""What a resource has for one filter: a value, several, or none."""

VALUES_AT_MOST = 200

NO_FILTERS: Sequence[Any] = ()


@lru_cache(maxsize=1024)
def _pattern(text: str) -> re.Pattern[str]:
    parts: list[str] = []
    escaped = False
    for char in text:
        if escaped:
            parts.append(re.escape(char))
            escaped = False
        elif char == "\\":
            escaped = True
        elif char in "*?":
            parts.append(".*" if char == "*" else ".")
        else:
            parts.append(re.escape(char))
    if escaped:
        parts.append(re.escape("\\"))
    return re.compile("".join(parts), re.DOTALL)


def matcher(values: Sequence[str]) -> Callable[[str], bool]:
    """Whether a value is among ``values``, which may hold wildcards."""
    exact = {value for value in values if not any(char in value for char in "*?\\")}
    patterns = [_pattern(value) for value in values if value not in exact]

    def matches(value: str) -> bool:
        return value in exact or any(pattern.fullmatch(value) for pattern in patterns)

    return matches


def flag(value: object) -> str:
    """A boolean as filters spell it."""
    return "true" if value else "false"


def filtered(
    items: Iterable[T],
    filters: Sequence[Mapping[str, Any]] | None,
    readers: Mapping[str, Reader[T]],
    tags: Callable[[T], Mapping[str, str]] | None = None,
) -> list[T]:
    """The items that pass every filter, in their order.

    ``readers`` says what each filter looks at; ``tags`` adds ``tag:<key>``, ``tag-key`` and ``tag-value``.
    Raises ``AwsError`` for a filter that the operation does not have.
    """
    passing = list(items)
    for each in filters or ():
        name, values = each.get("Name") or "", each.get("Values") or []
        if len(values) > VALUES_AT_MOST:
            raise _too_many_values()
        reader = _tag_reader(name, tags) if tags is not None else None
        reader = reader or readers.get(name)
        if reader is None:
            raise invalid_value(f"The filter '{name}' is invalid")
        if not values:
            raise invalid_value("The filter values can not be empty")
        matches = matcher(values)
        passing = [item for item in passing if _any(reader(item), matches)]
    return passing


def _too_many_values() -> Exception:
    from tabard.core.errors import AwsError

    return AwsError(
        "FilterLimitExceeded", "The maximum number of filter values specified on a single call is 200"
    )


def _any(found: Iterable[str | None] | str | None, matches: Callable[[str], bool]) -> bool:
    if found is None:
        return False
    if isinstance(found, str):
        return matches(found)
    return any(value is not None and matches(value) for value in found)


def _tag_reader(name: str, tags: Callable[[T], Mapping[str, str]]) -> Reader[T] | None:
    if name.startswith("tag:"):
        key = name[4:]
        return lambda item: tags(item).get(key)
    if name == "tag-key":
        return lambda item: list(tags(item))
    if name == "tag-value":
        return lambda item: list(tags(item).values())
    return None
