"""What a repository works with: a connection, a cache of what was read, and the list of what was changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from tabard.store.port import Change

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection

T = TypeVar("T")

LISTING = "\0listing"
"""The cache key under which everything that a change of *any* entity of a kind may alter is remembered."""

_ENTRIES_AT_MOST = 50_000


class Cache:
    """What was read, by kind and account, then by key; a change drops the entity's keys and its kind's listings."""

    def __init__(self) -> None:
        self._spaces: dict[tuple[str, str], dict[Any, Any]] = {}
        self._entries = 0

    def space(self, kind: str, account: str) -> dict[Any, Any]:
        """The entries of one kind in one account."""
        try:
            return self._spaces[kind, account]
        except KeyError:
            space = self._spaces[kind, account] = {}
            return space

    def grew(self) -> None:
        """Note one more entry; past the bound everything is dropped (and read again as it is needed)."""
        self._entries += 1
        if self._entries > _ENTRIES_AT_MOST:
            self.clear()

    def drop(self, changes: Sequence[Change]) -> None:
        """Forget what the changes touched."""
        for change in changes:
            space = self._spaces.get((change.kind, change.account))
            if space:
                space.pop(LISTING, None)
                for key in change.keys:
                    space.pop(key, None)

    def clear(self) -> None:
        """Forget everything."""
        self._spaces.clear()
        self._entries = 0


class Session:
    """One view's connection, cache and pending changes. ``connection`` is opened by the driver."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.cache = Cache()
        self.pending: list[tuple[Change, bytes | None]] = []
        self._listeners: list[Callable[[Sequence[Change]], None]] = []

    def remembered(self, kind: str, account: str, key: str, load: Callable[[], T]) -> T:
        """The cached value of an entity, read with ``load`` at first. Values must not be changed by who gets them."""
        space = self.cache.space(kind, account)
        try:
            return space[key]  # type: ignore[no-any-return]
        except KeyError:
            value = load()
            space[key] = value
            self.cache.grew()
            return value

    def listing(self, kind: str, account: str, name: object, load: Callable[[], T]) -> T:
        """The cached value of something that any change of the kind in the account may alter."""
        entries = self.remembered(kind, account, LISTING, dict[Any, Any])
        try:
            return entries[name]  # type: ignore[no-any-return]
        except KeyError:
            value = entries[name] = load()
            self.cache.grew()
            return value

    def changed(self, kind: str, account: str, keys: tuple[str, ...], state: object | None) -> None:
        """Record that an entity changed, with its new state (None: gone). Call it in the transaction that changes it."""
        change = Change(kind, account, keys)
        self.pending.append((change, None if state is None else msgspec.json.encode(state)))
        self.forget((change,))

    def forget(self, changes: Sequence[Change]) -> None:
        """Drop what the changes touched, here and in whatever watches this view."""
        self.cache.drop(changes)
        for listener in self._listeners:
            listener(changes)

    def watch(self, listener: Callable[[Sequence[Change]], None]) -> None:
        """See ``View.watch``."""
        self._listeners.append(listener)
