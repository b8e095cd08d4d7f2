"""Accounts, long-term access keys, and when keys and roles were last used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import bindparam, delete, insert, select, update

from tabard.store.iam import AccessKey, Account, LastUse
from tabard.store.sql.schema_iam import ACCESS_KEYS, ACCOUNTS, LAST_USES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Column, Row

    from tabard.store.sql.session import Session

_KEY = select(ACCESS_KEYS).where(ACCESS_KEYS.c.id == bindparam("id"))
_KEYS_OF_USER = (
    select(ACCESS_KEYS)
    .where(ACCESS_KEYS.c.account == bindparam("account"), ACCESS_KEYS.c.user_id == bindparam("user_id"))
    .order_by(ACCESS_KEYS.c.created_at, ACCESS_KEYS.c.id)
)
_KEYS_OF_ROOT = (
    select(ACCESS_KEYS)
    .where(ACCESS_KEYS.c.account == bindparam("account"), ACCESS_KEYS.c.user_id.is_(None))
    .order_by(ACCESS_KEYS.c.created_at, ACCESS_KEYS.c.id)
)
_FORGET_LAST_USE = delete(LAST_USES).where(LAST_USES.c.id == bindparam("of_id"))
_LAST_USE = select(LAST_USES).where(LAST_USES.c.id == bindparam("id"))


def _account(row: Row[Any]) -> Account:
    return Account(row.id, row.name, row.created_at, row.alias)


def _key(row: Row[Any]) -> AccessKey:
    return AccessKey(row.id, row.account, row.user_id, row.secret, row.status, row.created_at)


class SqlAccounts:
    """See ``tabard.store.iam.Accounts``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, account: str) -> Account | None:
        """The account of these twelve digits."""
        return self._session.remembered(
            "account", account, account, lambda: self._load(ACCOUNTS.c.id, account)
        )

    def by_alias(self, alias: str) -> Account | None:
        """The account that has this alias."""
        return self._load(ACCOUNTS.c.alias, alias)

    def all(self) -> list[Account]:
        """Every account, in order of its number."""
        return [
            _account(row)
            for row in self._session.connection.execute(select(ACCOUNTS).order_by(ACCOUNTS.c.id))
        ]

    def create(self, account: Account) -> None:
        """Add an account."""
        self._session.connection.execute(insert(ACCOUNTS), msgspec.structs.asdict(account))
        self._session.changed("account", account.id, (account.id,), account)

    def replace(self, account: Account) -> None:
        """Write an account's new state over the old."""
        self._session.connection.execute(
            update(ACCOUNTS).where(ACCOUNTS.c.id == account.id), msgspec.structs.asdict(account)
        )
        self._session.changed("account", account.id, (account.id,), account)

    def _load(self, column: Column[Any], value: str) -> Account | None:
        row = self._session.connection.execute(select(ACCOUNTS).where(column == value)).first()
        return None if row is None else _account(row)


class SqlAccessKeys:
    """See ``tabard.store.iam.AccessKeys``. Remembered under the account, which is found once per key id."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, key_id: str) -> AccessKey | None:
        """The key with this id. What is not there is not remembered: ids to ask for are endless."""
        cache = self._session.cache
        owners = cache.space("access-key-owner", "")
        account = owners.get(key_id)
        found: AccessKey | None = None if account is None else cache.space("access-key", account).get(key_id)
        if found is None:
            row = self._session.connection.execute(_KEY, {"id": key_id}).first()
            if row is not None:
                found = _key(row)
                owners[key_id] = found.account
                cache.space("access-key", found.account)[key_id] = found
                cache.grew()
        return found

    def of_user(self, account: str, user_id: str | None) -> list[AccessKey]:
        """The keys of a user, or of the account's root, oldest first."""
        return self._session.remembered(
            "access-key", account, user_id or account, lambda: self._load_of_user(account, user_id)
        )

    def create(self, key: AccessKey) -> None:
        """Add a key."""
        self._session.connection.execute(insert(ACCESS_KEYS), msgspec.structs.asdict(key))
        self._changed(key, gone=False)

    def replace(self, key: AccessKey) -> None:
        """Write a key's new state over the old."""
        self._session.connection.execute(
            update(ACCESS_KEYS).where(ACCESS_KEYS.c.id == key.id), msgspec.structs.asdict(key)
        )
        self._changed(key, gone=False)

    def delete(self, key: AccessKey) -> None:
        """Take a key out."""
        self._session.connection.execute(delete(ACCESS_KEYS).where(ACCESS_KEYS.c.id == key.id))
        self._session.connection.execute(delete(LAST_USES).where(LAST_USES.c.id == key.id))
        self._changed(key, gone=True)

    def _load_of_user(self, account: str, user_id: str | None) -> list[AccessKey]:
        if user_id is None:
            rows = self._session.connection.execute(_KEYS_OF_ROOT, {"account": account})
        else:
            rows = self._session.connection.execute(_KEYS_OF_USER, {"account": account, "user_id": user_id})
        return [_key(row) for row in rows]

    def _changed(self, key: AccessKey, *, gone: bool) -> None:
        """The change log keeps no secret, sealed or not: it would outlive the key."""
        state = None if gone else msgspec.structs.replace(key, secret=b"")
        self._session.changed("access-key", key.account, (key.id, key.user_id or key.account), state)


class SqlLastUses:
    """See ``tabard.store.iam.LastUses``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, account: str, entity_id: str) -> LastUse | None:
        """When the key or role was last used; None for never."""
        space = self._session.cache.space("last-used", account)
        if entity_id in space:
            return space[entity_id]  # type: ignore[no-any-return]
        return self._session.remembered("last-used", account, entity_id, lambda: self._load(entity_id))

    def record(self, uses: Sequence[LastUse]) -> None:
        """Write down uses, the newest of each id last."""
        rows = [msgspec.structs.asdict(use) for use in {use.id: use for use in uses}.values()]
        if not rows:
            return
        connection = self._session.connection
        connection.execute(_FORGET_LAST_USE, [{"of_id": row["id"]} for row in rows])
        connection.execute(insert(LAST_USES), rows)
        by_account: dict[str, list[str]] = {}
        for use in uses:
            by_account.setdefault(use.account, []).append(use.id)
        for account, ids in by_account.items():
            self._session.changed("last-used", account, tuple(ids), None)

    def _load(self, entity_id: str) -> LastUse | None:
        row = self._session.connection.execute(_LAST_USE, {"id": entity_id}).first()
        return None if row is None else LastUse(row.id, row.account, row.at, row.service, row.region)
