"""Engines: how a connection to SQLite (or another database) is set up so that acknowledged means durable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, event

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine
    from sqlalchemy.engine.interfaces import DBAPIConnection


def sqlite_engine(path: Path, *, durable: bool = True) -> Engine:
    """An engine over one SQLite file: write-ahead log, ``synchronous=FULL`` (OFF when nothing is to outlive the process).

    The driver's own transaction handling is off: ``BEGIN`` is emitted by the writer, reads see what is committed.
    """
    engine = create_engine(
        f"sqlite:///{path}",
        connect_args={
            "check_same_thread": False,
            "isolation_level": None,
            "timeout": 5.0,
            "cached_statements": 512,
        },
        query_cache_size=2000,
    )

    def on_connect(connection: DBAPIConnection, _record: Any) -> None:
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            f"synchronous={'FULL' if durable else 'OFF'}",
            "foreign_keys=ON",
            "busy_timeout=5000",
            "cache_size=-16000",
            "temp_store=MEMORY",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    event.listen(engine, "connect", on_connect)
    return engine
