"""A database is made whole, or moved step by step to the same schema, or refused because it is newer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from tabard.store.sql.engine import sqlite_engine
from tabard.store.sql.schema import METADATA
from tabard.store.sql.store import open_sqlite
from tabard.store.sql.upgrade import HEAD, MIGRATIONS, SchemaError, prepare

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine


def config() -> Config:
    made = Config()
    made.set_main_option("script_location", str(MIGRATIONS))
    return made


def shape(engine: Engine) -> dict[str, Any]:
    looked = inspect(engine)
    return {
        name: (
            sorted(
                (column["name"], str(column["type"]), column["nullable"])
                for column in looked.get_columns(name)
            ),
            sorted((index["name"] or "", tuple(index["column_names"])) for index in looked.get_indexes(name)),
            looked.get_pk_constraint(name)["constrained_columns"],
        )
        for name in looked.get_table_names()
        if name != "alembic_version"
    }


def test_the_steps_lead_to_the_tables_of_this_release(tmp_path: Path) -> None:
    whole, moved = sqlite_engine(tmp_path / "whole.db"), sqlite_engine(tmp_path / "moved.db")
    prepare(whole)
    with moved.connect() as connection:
        steps = config()
        steps.attributes["connection"] = connection
        command.upgrade(steps, "head")
        connection.commit()
        different = compare_metadata(MigrationContext.configure(connection), METADATA)
    assert [each for each in different if "alembic_version" not in str(each)] == []
    assert shape(moved) == shape(whole)
    whole.dispose()
    moved.dispose()


def test_the_newest_step_is_the_one_that_new_databases_are_marked_with() -> None:
    assert ScriptDirectory.from_config(config()).get_current_head() == HEAD


def test_opening_again_changes_nothing(tmp_path: Path) -> None:
    open_sqlite(tmp_path / "tabard.db", lambda: 0.0).close()
    before = (tmp_path / "tabard.db").read_bytes()
    open_sqlite(tmp_path / "tabard.db", lambda: 0.0).close()
    assert (tmp_path / "tabard.db").read_bytes() == before


def test_a_database_of_a_newer_release_is_refused_and_left_alone(tmp_path: Path) -> None:
    open_sqlite(tmp_path / "tabard.db", lambda: 0.0).close()
    engine = sqlite_engine(tmp_path / "tabard.db")
    with engine.connect() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(SchemaError, match="written by a newer Tabard"):
        prepare(engine)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() == "9999"
    engine.dispose()
