"""What users, groups, roles, policies and instance profiles have in common: id, name, path, listing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgspec
from sqlalchemy import bindparam, delete, func, insert, select, tuple_, update

from tabard.store.iam import Group, InstanceProfile, Policy, Role, User
from tabard.store.port import Page

if TYPE_CHECKING:
    from sqlalchemy import Row, Select, Table

    from tabard.store.sql.session import Session


E = TypeVar("E", User, Group, Role, Policy, InstanceProfile)


def folded(name: str) -> str:
    """A name without regard to case. Unique ids are upper case, so that both can be keys side by side."""
    return name.lower()


def position(entity: User | Group | Role | Policy | InstanceProfile) -> str:
    """Where an entity stands in a listing; neither a path nor a name holds a line feed."""
    return f"{entity.path}\n{folded(entity.name)}"


def after_prefix(prefix: str) -> str:
    """The first text past everything that starts with ``prefix``."""
    return prefix[:-1] + chr(ord(prefix[-1]) + 1)


class Statements:
    """A table's statements, built once so that the driver compiles each once."""

    def __init__(self, table: Table) -> None:
        columns = table.c
        self.by_name = select(table).where(
            columns.account == bindparam("account"), columns.folded == bindparam("folded")
        )
        self.by_id = select(table).where(columns.id == bindparam("id"))
        self.first_page = (
            select(table)
            .where(columns.account == bindparam("account"))
            .order_by(columns.path, columns.folded)
            .limit(bindparam("at_most"))
        )
        within = (columns.path >= bindparam("low"), columns.path < bindparam("high"))
        beyond = tuple_(columns.path, columns.folded) > tuple_(bindparam("path"), bindparam("folded"))
        self.first_page_within = self.first_page.where(*within)
        self.next_page = self.first_page.where(beyond)
        self.next_page_within = self.first_page.where(beyond, columns.path < bindparam("high"))
        self.count = select(func.count()).select_from(table).where(columns.account == bindparam("account"))
        counted = (
            select(columns.id).where(columns.account == bindparam("account")).limit(bindparam("at_most"))
        )
        self.count_at_most = select(func.count()).select_from(counted.subquery())
        self.insert = insert(table)
        self.update = update(table).where(columns.id == bindparam("of_id"))
        self.delete = delete(table).where(columns.id == bindparam("of_id"))


def to_row(entity: msgspec.Struct) -> dict[str, Any]:
    """A record as its table's columns."""
    row = msgspec.structs.asdict(entity)
    row["folded"] = folded(row["name"])
    tags = row.get("tags")
    if tags is not None:
        row["tags"] = msgspec.json.encode(tags).decode()
    return row


_decode_tags = msgspec.json.Decoder(dict[str, str]).decode


class Entities(Generic[E]):
    """The repository of one kind of entity; each kind's own subclass gives its table, record and kind."""

    kind: str
    record: type[E]
    statements: Statements

    def __init__(self, session: Session) -> None:
        self._session = session

    def _from_row(self, row: Row[Any]) -> E:
        values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for a row's columns
        del values["folded"]
        tags = values.get("tags")
        if tags is not None:
            values["tags"] = _decode_tags(tags)
        return self.record(**values)

    def _remembered(
        self, account: str, key: str, statement: Select[Any], parameters: dict[str, str]
    ) -> E | None:
        """An entity by one of its keys. What is not there is not remembered: names to ask for are endless."""
        space = self._session.cache.space(self.kind, account)
        found: E | None = space.get(key)
        if found is None:
            row = self._session.connection.execute(statement, parameters).first()
            if row is not None:
                entity = self._from_row(row)
                if entity.account == account:
                    space[key] = found = entity
                    self._session.cache.grew()
        return found

    def get(self, account: str, name: str) -> E | None:
        """The entity of this name, whatever the case."""
        key = folded(name)
        known: E | None = self._session.cache.space(self.kind, account).get(key)
        if known is not None:
            return known
        return self._remembered(account, key, self.statements.by_name, {"account": account, "folded": key})

    def by_id(self, account: str, entity_id: str) -> E | None:
        """The entity with this unique id, if it is the account's."""
        return self._remembered(account, entity_id, self.statements.by_id, {"id": entity_id})

    def find(self, entity_id: str) -> E | None:
        """The entity with this unique id in any account."""
        owners = self._session.cache.space(f"{self.kind}-owner", "")
        account = owners.get(entity_id)
        if account is not None:
            return self.by_id(account, entity_id)
        row = self._session.connection.execute(self.statements.by_id, {"id": entity_id}).first()
        if row is None:
            return None
        owners[entity_id] = row.account
        self._session.cache.grew()
        return self.by_id(row.account, entity_id)

    def page(self, account: str, path_prefix: str, after: str | None, limit: int) -> Page:
        """Up to ``limit`` entities under a path prefix, in order of path and name, after a position."""
        statements = self.statements
        parameters: dict[str, Any] = {"account": account, "at_most": limit + 1}
        everything = path_prefix in ("", "/")
        if not everything:
            parameters["high"] = after_prefix(path_prefix)
        if after is None:
            statement = statements.first_page if everything else statements.first_page_within
            if not everything:
                parameters["low"] = path_prefix
        else:
            parameters["path"], _, parameters["folded"] = after.partition("\n")
            statement = statements.next_page if everything else statements.next_page_within
            if not everything and parameters["path"] < path_prefix:
                parameters["path"], parameters["folded"] = path_prefix, ""
        items = [self._from_row(row) for row in self._session.connection.execute(statement, parameters)]
        if len(items) > limit:
            del items[limit:]
            return Page(items, position(items[-1]))
        return Page(items, None)

    def position(self, entity: E) -> str:
        """Where an entity stands in the listing."""
        return position(entity)

    def count(self, account: str, at_most: int | None = None) -> int:
        """How many there are in the account; counting stops at ``at_most``."""
        if at_most is None:
            return int(
                self._session.connection.execute(self.statements.count, {"account": account}).scalar_one()
            )
        parameters = {"account": account, "at_most": at_most}
        return int(self._session.connection.execute(self.statements.count_at_most, parameters).scalar_one())

    def create(self, entity: E) -> None:
        """Add an entity; its name must be free."""
        self._session.connection.execute(self.statements.insert, to_row(entity))
        self._changed(entity, entity)
        self._also_changed(None, entity)

    def replace(self, entity: E) -> None:
        """Write an entity's new state over the old; its unique id stays."""
        before = self.by_id(entity.account, entity.id)
        self._session.connection.execute(self.statements.update, {**to_row(entity), "of_id": entity.id})
        if before is not None and before.name != entity.name:
            self._session.changed(self.kind, entity.account, (entity.id, folded(before.name)), None)
        self._changed(entity, entity)
        self._also_changed(before, entity)

    def delete(self, entity: E) -> None:
        """Take an entity out."""
        before = self.by_id(entity.account, entity.id)
        self._session.connection.execute(self.statements.delete, {"of_id": entity.id})
        self._changed(entity, None)
        self._also_changed(before, None)

    def _also_changed(self, before: E | None, after: E | None) -> None:
        """Say what else changed with an entity that was made (``before`` is None), replaced or deleted."""

    def _changed(self, entity: E, state: E | None) -> None:
        self._session.changed(self.kind, entity.account, (entity.id, folded(entity.name)), state)
