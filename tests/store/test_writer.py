"""Grouped transactions: what fails undoes only itself, what is acknowledged is durable and already visible."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tabard.core.errors import AwsError
from tabard.store.iam import Account
from tabard.store.sql.store import SqlStore, open_sqlite

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tabard.store.port import View


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    opened = open_sqlite(tmp_path / "tabard.db", lambda: 1.0)
    yield opened
    opened.close()


def make(account: str) -> Account:
    return Account(account, "a name", 1.0)


def test_what_is_acknowledged_is_visible_to_readers_at_once(store: SqlStore) -> None:
    async def scenario() -> None:
        assert store.read().iam.accounts.get("1" * 12) is None
        before = store.revision
        await store.write(lambda view: view.iam.accounts.create(make("1" * 12)))
        assert store.read().iam.accounts.get("1" * 12) == make("1" * 12)
        assert store.revision == before + 1

    asyncio.run(scenario())


def test_a_job_that_fails_undoes_only_itself(store: SqlStore) -> None:
    def failing(view: View) -> None:
        view.iam.accounts.create(make("2" * 12))
        assert view.iam.accounts.get("2" * 12) is not None
        raise AwsError("DeleteConflict", "no", 409)

    async def scenario() -> None:
        outcomes = await asyncio.gather(
            store.write(lambda view: view.iam.accounts.create(make("1" * 12))),
            store.write(failing),
            store.write(lambda view: view.iam.accounts.create(make("3" * 12))),
            store.write(lambda view: view.iam.accounts.get("2" * 12)),
            return_exceptions=True,
        )
        assert isinstance(outcomes[1], AwsError)
        assert outcomes[3] is None
        assert [account.id for account in store.read().iam.accounts.all()] == ["1" * 12, "3" * 12]

    asyncio.run(scenario())


def test_many_writers_are_all_answered_and_kept(tmp_path: Path) -> None:
    names = [f"{number:012d}" for number in range(500)]

    async def scenario(opened: SqlStore) -> None:
        await asyncio.gather(
            *(opened.write(lambda view, name=name: view.iam.accounts.create(make(name))) for name in names)  # type: ignore[misc]
        )

    opened = open_sqlite(tmp_path / "tabard.db", lambda: 1.0)
    asyncio.run(scenario(opened))
    opened.close()
    again = open_sqlite(tmp_path / "tabard.db", lambda: 1.0)
    assert [account.id for account in again.read().iam.accounts.all()] == names
    assert again.revision == len(names)
    again.close()


def test_a_database_that_can_not_be_written_is_an_honest_503(store: SqlStore, tmp_path: Path) -> None:
    import sqlite3

    async def scenario() -> None:
        await store.write(lambda view: view.iam.accounts.create(make("1" * 12)))
        other = sqlite3.connect(tmp_path / "tabard.db", isolation_level=None)
        store.transaction_view().connection.exec_driver_sql("PRAGMA busy_timeout=50")  # type: ignore[attr-defined]
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(AwsError) as refused:
            await store.write(lambda view: view.iam.accounts.create(make("2" * 12)))
        assert (refused.value.code, refused.value.status) == ("ServiceUnavailable", 503)
        other.execute("ROLLBACK")
        other.close()
        await store.write(lambda view: view.iam.accounts.create(make("3" * 12)))
        assert [account.id for account in store.read().iam.accounts.all()] == ["1" * 12, "3" * 12]

    asyncio.run(scenario())
