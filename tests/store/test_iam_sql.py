"""How the SQL driver does it: no listing may sort or scan a table, no secret may enter the change log."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.dialects import postgresql, sqlite

from tabard.store.iam import AccessKey
from tabard.store.sql import iam_grants, iam_policies, iam_users
from tabard.store.sql.iam_groups import SqlGroups
from tabard.store.sql.iam_policies import SqlPolicies
from tabard.store.sql.iam_users import SqlInstanceProfiles, SqlRoles, SqlUsers
from tabard.store.sql.schema import CHANGES, METADATA
from tabard.store.sql.schema_iam import ACCESS_KEYS
from tabard.store.sql.store import open_sqlite

if TYPE_CHECKING:
    from pathlib import Path

PARAMETERS: dict[str, Any] = {
    "account": "1", "folded": "a", "path": "/", "low": "/a/", "high": "/b/", "at_most": 3, "id": "x",
    "entity_id": "x", "policy_id": "x", "role_id": "x", "arn": "x",
}  # fmt: skip


def plan(statement: Any) -> str:
    """SQLite's query plan."""
    engine = create_engine("sqlite://")
    METADATA.create_all(engine)
    compiled = statement.compile(dialect=sqlite.dialect(paramstyle="named"))
    values = {name: PARAMETERS.get(name, compiled.params[name]) for name in compiled.params}
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", values).all()
    engine.dispose()
    return "\n".join(row[-1] for row in rows)


STATEMENTS = {
    name: getattr(SqlRoles.statements, name)
    for name in (
        "by_name", "by_id", "first_page", "first_page_within", "next_page", "next_page_within", "count",
        "count_at_most",
    )
}  # fmt: skip
STATEMENTS |= {
    "inline": iam_grants._INLINE,
    "attached": iam_grants._ATTACHED,
    "versions": iam_policies._VERSIONS,
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_look_ups_and_pages_use_an_index_and_sort_nothing(name: str) -> None:
    steps = plan(STATEMENTS[name])
    assert "SEARCH" in steps
    assert "SCAN iam" not in steps
    if name != "attached":
        assert "TEMP B-TREE" not in steps


def test_a_policys_uses_are_counted_by_index() -> None:
    for statement in (*iam_grants._COUNT_ONE, *iam_grants._COUNT_ALL):
        steps = plan(statement)
        assert "SEARCH" in steps
        assert "COVERING INDEX" in steps
        assert "TEMP B-TREE" not in steps


def test_profiles_of_a_role_are_found_by_index() -> None:
    assert "ix_iam_instance_profiles_role_id" in plan(iam_users._PROFILES_OF_ROLE)


def test_a_page_starts_at_its_position_instead_of_skipping_to_it() -> None:
    assert "(path,folded)>(?,?)" in plan(STATEMENTS["next_page"]).replace(" ", "")


def test_postgresql_orders_names_by_code_point() -> None:
    from sqlalchemy.schema import CreateTable

    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped
    ddl = str(CreateTable(METADATA.tables["iam_roles"]).compile(dialect=dialect))
    assert 'path TEXT COLLATE "C"' in ddl


def test_the_change_log_holds_no_secret(tmp_path: Path) -> None:
    path = tmp_path / "tabard.db"
    with asyncio.Runner() as runner:
        store = open_sqlite(path, lambda: 1.0, durable=False)
        key = AccessKey("AKIAONE", "1", None, b"sealed-secret", "Active", 1.0)
        runner.run(store.write(lambda view: view.iam.access_keys.create(key)))
        store.close()
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        states = connection.execute(select(CHANGES.c.state)).scalars().all()
        kept = connection.execute(select(ACCESS_KEYS.c.secret)).scalar_one()
    engine.dispose()
    assert kept == b"sealed-secret"
    assert len(states) == 1
    assert b"AKIAONE" in states[0]
    assert b"c2VhbGVkLXNlY3JldA" not in states[0]


def test_entities_of_each_kind_have_statements_of_their_own() -> None:
    kinds = (SqlUsers, SqlGroups, SqlRoles, SqlInstanceProfiles, SqlPolicies)
    assert len({id(kind.statements) for kind in kinds}) == len(kinds)
