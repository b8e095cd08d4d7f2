"""Filters of the describing operations: a name and the values that it may have, with ``*`` and ``?`` in them.

A resource passes when for every filter one of its values matches one of the filter's. Values are told apart
by case. https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from tabard.core.errors import AwsError
from tabard.services.ec2.errors import invalid_value

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")

Reader = Callable[[T], "Iterable[str | None] | str | None"]
"""What a resource has for one filter: a value, several, or none."""

VALUES_AT_MOST = 200
FILTERS_AT_MOST = 50

NO_FILTERS: Sequence[Any] = ()


class _Wildcard:
    """A value with ``*`` and ``?`` in it; a backslash takes the next character's meaning away.

    What stands between stars is looked for from left to right and never looked for again, so that no value and no
    pattern takes longer than the product of their lengths.
    """

    __slots__ = ("_first", "_last", "_middle", "_open", "_rest")

    def __init__(self, text: str) -> None:
        parts = _parts(text)
        self._open = len(parts) > 1
        self._first = _pattern(parts[0])
        self._last = _pattern(parts[-1])
        self._rest = len(parts[-1])
        self._middle = [_pattern(part) for part in parts[1:-1] if part]

    def matches(self, value: str) -> bool:
        """Whether the whole of a value fits."""
        if not self._open:
            return self._first.fullmatch(value) is not None
        begun = self._first.match(value)
        end = len(value) - self._rest
        if begun is None or end < begun.end() or self._last.match(value, end) is None:
            return False
        at = begun.end()
        for part in self._middle:
            found = part.search(value, at, end)
            if found is None:
                return False
            at = found.end()
        return True


_Part = list[str | None]
"""Characters in a row; None stands for any one."""


def _parts(text: str) -> list[_Part]:
    """What stands before, between and after the stars."""
    parts: list[_Part] = [[]]
    escaped = False
    for char in text:
        if escaped:
            parts[-1].append(char)
            escaped = False
        elif char == "\\":
            escaped = True
        elif char == "*":
            parts.append([])
        else:
            parts[-1].append(None if char == "?" else char)
    if escaped:
        parts[-1].append("\\")
    return parts


def _pattern(part: _Part) -> re.Pattern[str]:
    """A part as a pattern of fixed length: nothing in it repeats."""
    if len(part) > _VALUE_AT_MOST:
        return _NEVER
    return re.compile("".join("." if char is None else re.escape(char) for char in part), re.DOTALL)


_VALUE_AT_MOST = 2048
"""Characters; nothing that filters look at is longer, so that a longer part matches nothing."""
_NEVER = re.compile(r"(?!)")


def matcher(values: Sequence[str]) -> Callable[[str], bool]:
    """Whether a value is among ``values``, which may hold wildcards."""
    exact = {value for value in values if not any(char in value for char in "*?\\")}
    wildcards = [_Wildcard(value) for value in values if value not in exact]

    def matches(value: str) -> bool:
        return value in exact or any(wildcard.matches(value) for wildcard in wildcards)

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
    if len(filters or ()) > FILTERS_AT_MOST:
        raise _limit_exceeded(
            f"The maximum number of filters specified on a single call is {FILTERS_AT_MOST}"
        )
    for each in filters or ():
        name, values = each.get("Name") or "", each.get("Values") or []
        if len(values) > VALUES_AT_MOST:
            raise _limit_exceeded(
                f"The maximum number of filter values specified on a single call is {VALUES_AT_MOST}"
            )
        reader = _tag_reader(name, tags) if tags is not None else None
        reader = reader or readers.get(name)
        if reader is None:
            raise invalid_value(f"The filter '{name}' is invalid")
        if not values:
            raise invalid_value("The filter values can not be empty")
        matches = matcher(values)
        passing = [item for item in passing if _any(reader(item), matches)]
    return passing


def _limit_exceeded(message: str) -> AwsError:
    return AwsError("FilterLimitExceeded", message)


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
