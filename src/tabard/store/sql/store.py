"""The SQL store: a read view for the event loop, and the writer behind it."""

from __future__ import annotations

import os
import sqlite3
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import func, select
from sqlalchemy.exc import DatabaseError

from tabard.store.sql.engine import sqlite_engine
from tabard.store.sql.repositories import SqlView
from tabard.store.sql.schema import CHANGES
from tabard.store.sql.upgrade import SchemaError, prepare
from tabard.store.sql.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from sqlalchemy import Engine

    from tabard.core.sources import Clock
    from tabard.store.port import Change, View

T = TypeVar("T")


class SqlStore:
    """See ``tabard.store.port.Store``."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        prepare(engine)
        self._engine = engine
        self._reader = SqlView(engine.connect())
        self._writing = SqlView(engine.connect())
        self.revision = int(
            self._reader.connection.execute(
                select(func.coalesce(func.max(CHANGES.c.revision), 0))
            ).scalar_one()
        )
        """See ``Store.revision``."""
        self._writer = Writer(self._writing, clock, self._publish)

    def read(self) -> View:
        """See ``Store.read``."""
        return self._reader

    def transaction_view(self) -> View:
        """See ``Store.transaction_view``."""
        return self._writing

    async def write(self, job: Callable[[View], T]) -> T:
        """See ``Store.write``."""
        result: T = await self._writer.submit(job)
        return result

    def close(self) -> None:
        """See ``Store.close``."""
        self._writer.close()
        self._reader.connection.close()
        self._writing.connection.close()
        self._engine.dispose()

    def _publish(self, changes: Sequence[Change], revision: int) -> None:
        self._reader.forget(changes)
        self.revision = revision


def open_sqlite(path: Path, clock: Clock, *, durable: bool = True) -> SqlStore:
    """Open (and make, where it is missing) the SQLite store in a file. Raises ``SchemaError`` where that can not be."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    path.chmod(0o600)  # SQLite gives its log the mode of the database, whatever the umask is
    engine = sqlite_engine(path, durable=durable)
    try:
        return SqlStore(engine, clock)
    except DatabaseError as error:
        engine.dispose()
        raise SchemaError(_unopened(path, error)) from None
    except SchemaError:
        engine.dispose()
        raise


def _unopened(path: Path, error: DatabaseError) -> str:
    """Why a file can not be opened as a database, and what to do about it: https://www.sqlite.org/rescode.html."""
    code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return f"{path} is locked by another program. Close what has it open (a backup, sqlite3), and start again."
    if code in {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}:
        return (
            f"{path} is damaged, or no database: {error.orig}. Put it back from a backup, or choose another folder "
            "with --data."
        )
    return f"{path} can not be opened: {error.orig}. Look to the disk that it is on, or choose another folder with --data."
