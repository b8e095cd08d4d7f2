"""The service authorization reference: the actions, resource types and condition keys of services.

https://docs.aws.amazon.com/service-authorization/latest/reference/. Names of services, actions and keys
are compared without regard to case, as IAM does; what comes back is spelled as published. A service is
read when first asked for.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Literal, NamedTuple

import msgspec

from tabard.catalog.condition_keys import GLOBAL_TABLE, ConditionKey, KeyTable, KeyType
from tabard.catalog.tables import Body, read_body, read_index

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

TABLE = "service_reference"

AccessLevel = Literal["List", "Read", "Write", "Tagging", "Permissions management"]


class ResourceType(NamedTuple):
    """A kind of resource: its ARN format (``arn:${Partition}:iam::${Account}:role/…``) and its keys."""

    name: str
    arn_format: str
    condition_keys: tuple[str, ...]


class ActionResource(NamedTuple):
    """A resource type that an action works on, with the keys and further actions that go with it."""

    resource_type: str
    required: bool
    condition_keys: tuple[str, ...]
    dependent_actions: tuple[str, ...]


class Action(NamedTuple):
    """An action: ``condition_keys`` and ``dependent_actions`` are those that hold whatever the resource."""

    service: str
    name: str
    access_level: AccessLevel
    resource_types: tuple[ActionResource, ...]
    condition_keys: tuple[str, ...]
    dependent_actions: tuple[str, ...]

    @property
    def full_name(self) -> str:
        """``iam:GetRole``."""
        return f"{self.service}:{self.name}"


class _RawActionResource(msgspec.Struct, array_like=True, frozen=True):
    resource_type: str
    required: int
    keys: tuple[int, ...]
    dependent_actions: tuple[str, ...]


class _RawAction(msgspec.Struct, array_like=True, frozen=True):
    access_level: AccessLevel
    rows: tuple[_RawActionResource, ...]


class _RawResource(msgspec.Struct, array_like=True, frozen=True):
    name: str
    arn_format: str
    keys: tuple[int, ...]


class _RawService(msgspec.Struct, array_like=True, frozen=True):
    keys: tuple[tuple[str, KeyType], ...]
    actions: tuple[_RawAction, ...]
    resources: tuple[_RawResource, ...]


class _Row(msgspec.Struct, array_like=True, frozen=True):
    prefix: str
    title: str
    action_names: str
    body: Body


class _Index(msgspec.Struct, array_like=True, frozen=True):
    services: tuple[_Row, ...]
    foreign: dict[str, tuple[str, ...]]


class Service:
    """One service: ``prefix`` (``iam``), ``title`` (``AWS Identity and Access Management (IAM)``), tables."""

    __slots__ = (
        "_keys",
        "_positions",
        "_raw",
        "action_names",
        "condition_keys",
        "prefix",
        "resource_types",
        "title",
    )

    def __init__(self, row: _Row, raw: _RawService) -> None:
        self.prefix = row.prefix
        self.title = row.title
        self.action_names = tuple(row.action_names.split())
        self.condition_keys = tuple(ConditionKey(name, kind) for name, kind in raw.keys)
        self.resource_types = {
            kind.name: ResourceType(kind.name, kind.arn_format, self._names(kind.keys))
            for kind in raw.resources
        }
        self._raw = raw
        self._positions = {name.lower(): place for place, name in enumerate(self.action_names)}
        self._keys = KeyTable(self.condition_keys)

    def action(self, name: str) -> Action | None:
        """The action of this name (without the prefix), or ``None``."""
        place = self._positions.get(name.lower())
        if place is None:
            return None
        raw = self._raw.actions[place]
        general = [row for row in raw.rows if not row.resource_type]
        return Action(
            service=self.prefix,
            name=self.action_names[place],
            access_level=raw.access_level,
            resource_types=tuple(
                ActionResource(
                    row.resource_type, bool(row.required), self._names(row.keys), row.dependent_actions
                )
                for row in raw.rows
                if row.resource_type
            ),
            condition_keys=_distinct(chain.from_iterable(self._names(row.keys) for row in general)),
            dependent_actions=_distinct(chain.from_iterable(row.dependent_actions for row in general)),
        )

    def condition_key(self, name: str) -> ConditionKey | None:
        """The key that this service defines under this name (``iam:ResourceTag/team`` finds its template)."""
        return self._keys.find(name)

    def _names(self, places: Iterable[int]) -> tuple[str, ...]:
        return tuple(self.condition_keys[place].name for place in places)


def service(prefix: str) -> Service | None:
    """The service with this prefix, or ``None``."""
    row = _rows().get(prefix.lower())
    return None if row is None else _load(row.prefix)


def title(prefix: str) -> str | None:
    """The name of the service with this prefix, or ``None``; its tables are not read for it."""
    row = _rows().get(prefix.lower())
    return None if row is None else row.title


def action_names(prefix: str) -> tuple[str, ...]:
    """The names of a service's actions, without the prefix; its tables are not read for it."""
    row = _rows().get(prefix.lower())
    return () if row is None else tuple(row.action_names.split())


def prefixes() -> frozenset[str]:
    """Every service prefix that AWS documents, in lower case."""
    return _prefixes()


def action(full_name: str) -> Action | None:
    """The action written ``iam:GetRole``, or ``None``."""
    prefix, _, name = full_name.partition(":")
    owner = service(prefix)
    return None if owner is None else owner.action(name)


def applicable_condition_keys(found: Action) -> tuple[str, ...]:
    """Every published key that can be in an action's request: its own, its rows', and its resource types'."""
    owner = service(found.service)
    kinds = {} if owner is None else owner.resource_types
    return _distinct(
        chain(
            found.condition_keys,
            chain.from_iterable(row.condition_keys for row in found.resource_types),
            chain.from_iterable(
                kinds[row.resource_type].condition_keys
                for row in found.resource_types
                if row.resource_type in kinds
            ),
        )
    )


def actions_matching(pattern: str) -> tuple[str, ...]:
    """Full names of the actions that a policy's pattern (``s3:Get*``, ``*``) covers, by service and name."""
    prefix, colon, name = pattern.lower().partition(":")
    if not colon:
        prefix, name = ("*", "*") if pattern == "*" else ("", "")
    owners, wanted = _matcher(prefix), _matcher(name)
    return tuple(
        f"{row.prefix}:{each}"
        for lowered, row in _rows().items()
        if owners(lowered)
        for each in row.action_names.split()
        if wanted(each.lower())
    )


def condition_key(name: str) -> ConditionKey | None:
    """A condition key, global or any service's, by the name that a policy uses; or ``None``."""
    found = GLOBAL_TABLE.find(name)
    if found is not None:
        return found
    prefix = name.partition(":")[0].lower()
    for owner_prefix in (prefix, *_index().foreign.get(prefix, ())):
        owner = service(owner_prefix)
        found = None if owner is None else owner.condition_key(name)
        if found is not None:
            return found
    return None


def is_multivalued(name: str) -> bool:
    """Whether a request can carry several values of this key (false for keys that nobody documents)."""
    found = condition_key(name)
    return found is not None and found.multivalued


@cache
def _index() -> _Index:
    return msgspec.json.decode(read_index(TABLE), type=_Index)


@cache
def _rows() -> dict[str, _Row]:
    return {row.prefix.lower(): row for row in _index().services}


@cache
def _prefixes() -> frozenset[str]:
    return frozenset(_rows())


@cache
def _load(prefix: str) -> Service:
    row = _rows()[prefix.lower()]
    return Service(row, msgspec.json.decode(read_body(TABLE, row.body), type=_RawService))


def _matcher(pattern: str) -> Callable[[str], object]:
    return re.compile("".join({"*": ".*", "?": "."}.get(c, re.escape(c)) for c in pattern)).fullmatch


def _distinct(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
