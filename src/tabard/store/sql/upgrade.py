"""Brings a database to this release's schema: a new one is made whole, an older one is moved by Alembic's migrations.

Alembic is imported only when there is something to move, so that an ordinary start does not pay for it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Column, String, Table, insert, inspect, select

from tabard.store.sql.schema import METADATA

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

HEAD = "0001"
"""The revision of the schema that this release's tables are."""

MIGRATIONS = Path(__file__).parent / "migrations"

VERSION = Table("alembic_version", METADATA, Column("version_num", String(32), primary_key=True))
"""Alembic's own table, made by us for a new database."""


class SchemaError(Exception):
    """A database that this release can not serve; the text says what to do."""


def prepare(engine: Engine) -> None:
    """Make or move the schema. Raises ``SchemaError`` for a database of a newer release."""
    with engine.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if engine.dialect.name == "sqlite" else "SELECT 1")
        try:
            found = _revision(connection)
            if found is None:
                METADATA.create_all(connection)
                connection.execute(insert(VERSION), {"version_num": HEAD})
            elif found != HEAD:
                _upgrade(connection, found)
        except BaseException:
            if engine.dialect.name == "sqlite":
                connection.exec_driver_sql("ROLLBACK")
            raise
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("COMMIT")
        connection.commit()


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION.name):
        return None
    return connection.execute(select(VERSION.c.version_num)).scalar_one_or_none()


def _upgrade(connection: Connection, found: str) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory
    from alembic.util.exc import CommandError

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    try:
        ScriptDirectory.from_config(config).get_revision(found)
    except CommandError:
        raise SchemaError(
            f"This data folder was written by a newer Tabard (schema {found}). Start it with that release or a later one."
        ) from None
    command.upgrade(config, HEAD)
