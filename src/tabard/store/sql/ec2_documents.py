"""What EC2's repositories have in common: records kept as documents, cached by id, listed by account and
region.
"""

from __future__ import annotations

from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgspec
from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects import sqlite

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import ColumnElement, Connection, Executable, Table

    from tabard.store.sql.session import Session

R = TypeVar("R")


def upsert(connection: Connection, table: Table, row: Mapping[str, Any]) -> None:
    """Insert a row, or make the one with its primary key be it."""
    connection.execute(_upsert(connection.dialect.name, table, tuple(row)), row)


@lru_cache
def _upsert(dialect: str, table: Table, names: tuple[str, ...]) -> Executable:
    """The statement, made once: putting it together costs more than running it."""
    insert: Callable[[Table], Any] = sqlite.insert
    if dialect != "sqlite":
        from sqlalchemy.dialects import postgresql  # 23 ms of the start, where it is not needed

        insert = postgresql.insert
    statement = insert(table).values({name: bindparam(name) for name in names})
    keys = [column.name for column in table.primary_key.columns]
    rest = {name: statement.excluded[name] for name in names if name not in keys}
    made: Executable = statement.on_conflict_do_update(index_elements=keys, set_=rest)
    return made


class Documents(Generic[R]):
    """Records of one kind in a table with the columns ``id``, ``account``, ``region`` and ``record``."""

    kind: str
    record: type[R]
    table: Table
    order: tuple[str, ...] = ("id",)

    def __init__(self, session: Session) -> None:
        self._session = session
        self._decoder = msgspec.json.Decoder(self.record)
        columns = self.table.c
        self._by_id = select(columns.record).where(
            columns.account == bindparam("account"), columns.id == bindparam("id")
        )

    def find(self, account: str, record_id: str) -> R | None:
        """The record of an id in an account, whatever its region."""
        if not record_id:
            return None
        return self._session.remembered(self.kind, account, record_id, lambda: self._load(account, record_id))

    def get(self, account: str, region: str, record_id: str) -> R | None:
        """The record of an id in an account and region."""
        record = self.find(account, record_id)
        return record if record is not None and getattr(record, "region", region) == region else None

    def all(self, account: str, region: str) -> list[R]:
        """Every record of an account and region, in the kind's order."""
        columns = self.table.c
        return self._list(account, region, (columns.account == account, columns.region == region))

    def put(self, record: R) -> None:
        """Make the record with this id be the given one."""
        row = self.row(record)
        row["record"] = msgspec.json.encode(record)
        upsert(self._session.connection, self.table, row)
        self._session.changed(self.kind, row["account"], self.keys(record), record)

    def delete(self, record: R) -> None:
        """Forget a record."""
        row = self.row(record)
        columns = self.table.c
        self._session.connection.execute(
            delete(self.table).where(columns.account == row["account"], columns.id == row["id"])
        )
        self._session.changed(self.kind, row["account"], self.keys(record), None)

    def row(self, record: R) -> dict[str, Any]:
        """The columns that a record is looked up by."""
        columns = [column.name for column in self.table.columns if column.name != "record"]
        return {name: getattr(record, name) for name in columns}

    def keys(self, record: R) -> tuple[str, ...]:
        """Every cache key under which the record is remembered."""
        return (record.id,)  # type: ignore[attr-defined] # every record has an id; the tables have it as a column

    def _list(self, account: str, name: object, conditions: tuple[ColumnElement[bool], ...]) -> list[R]:
        return self._session.listing(self.kind, account, name, lambda: self._load_all(account, conditions))

    def _load(self, account: str, record_id: str) -> R | None:
        document = self._session.connection.execute(
            self._by_id, {"account": account, "id": record_id}
        ).scalar_one_or_none()
        return None if document is None else self._decoder.decode(document)

    def _load_all(self, account: str, conditions: tuple[ColumnElement[bool], ...]) -> list[R]:
        columns = self.table.c
        rows = self._session.connection.execute(
            select(columns.id, columns.record)
            .where(*conditions)
            .order_by(*(columns[name] for name in self.order))
        )
        found: list[R] = []
        for record_id, document in rows:
            decode = partial(self._decoder.decode, document)
            record: R | None = self._session.remembered(self.kind, account, record_id, decode)
            if record is not None:
                found.append(record)
        return found
