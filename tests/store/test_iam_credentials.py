"""Records of what users and accounts hold: found by id and owner, gone with their user, without secrets in the log."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.dialects import sqlite

from tabard.store.iam import User
from tabard.store.iam_credentials import MfaDevice, OidcProvider, SshPublicKey
from tabard.store.sql import iam_credentials
from tabard.store.sql.schema import CHANGES, METADATA
from tabard.store.sql.store import open_sqlite

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tabard.store.port import View


def device(serial: str, owner: str = "", account: str = "1") -> MfaDevice:
    return MfaDevice(id=serial, account=account, owner=owner, created_at=1.0, secret=b"sealed-seed")


def test_records_are_found_by_id_and_by_owner(tmp_path: Path) -> None:
    with asyncio.Runner() as runner:
        store = open_sqlite(tmp_path / "tabard.db", lambda: 1.0, durable=False)

        def write(job: Callable[[View], None]) -> None:
            runner.run(store.write(job))

        devices = store.read().iam.credentials.mfa_devices
        assert devices.of_owner("1", "AIDA") == []
        write(lambda view: view.iam.credentials.mfa_devices.put(device("b")))
        write(lambda view: view.iam.credentials.mfa_devices.put(device("a", "AIDA")))
        assert devices.get("1", "b") == device("b")
        assert devices.get("2", "b") is None
        assert devices.of_owner("1", "AIDA") == [device("a", "AIDA")]
        assert devices.all("1") == [device("a", "AIDA"), device("b")]
        assert (devices.count("1"), devices.count("2")) == (2, 0)
        write(lambda view: view.iam.credentials.mfa_devices.put(device("b", "AIDA")))
        assert len(devices.of_owner("1", "AIDA")) == 2
        write(lambda view: view.iam.credentials.mfa_devices.put(device("a")))
        assert devices.of_owner("1", "AIDA") == [device("b", "AIDA")]
        write(lambda view: view.iam.credentials.mfa_devices.delete(device("b", "AIDA")))
        assert devices.of_owner("1", "AIDA") == []
        assert devices.get("1", "b") is None
        store.close()


def test_one_id_names_a_record_of_each_kind_in_each_account(tmp_path: Path) -> None:
    with asyncio.Runner() as runner:
        store = open_sqlite(tmp_path / "tabard.db", lambda: 1.0, durable=False)
        runner.run(store.write(lambda view: view.iam.credentials.mfa_devices.put(device("x"))))
        runner.run(store.write(lambda view: view.iam.credentials.mfa_devices.put(device("x", account="2"))))
        provider = OidcProvider(id="x", account="1", created_at=1.0, client_ids=["app"])
        runner.run(store.write(lambda view: view.iam.credentials.oidc_providers.put(provider)))
        held = store.read().iam.credentials
        assert held.oidc_providers.all("1") == [provider]
        assert held.mfa_devices.all("2") == [device("x", account="2")]
        store.close()


def test_a_deleted_user_takes_their_records_along(tmp_path: Path) -> None:
    user = User("1", "AIDA", "bob", "/", 1.0)
    key = SshPublicKey(id="APKA", account="1", owner="AIDA", created_at=1.0, body="b", fingerprint="f")
    with asyncio.Runner() as runner:
        store = open_sqlite(tmp_path / "tabard.db", lambda: 1.0, durable=False)
        runner.run(store.write(lambda view: view.iam.users.create(user)))
        runner.run(store.write(lambda view: view.iam.credentials.ssh_public_keys.put(key)))
        held = store.read().iam.credentials
        assert held.ssh_public_keys.of_owner("1", "AIDA") == [key]
        runner.run(store.write(lambda view: view.iam.users.delete(user)))
        assert held.ssh_public_keys.all("1") == held.ssh_public_keys.of_owner("1", "AIDA") == []
        store.close()


def test_the_change_log_holds_no_secret(tmp_path: Path) -> None:
    path = tmp_path / "tabard.db"
    with asyncio.Runner() as runner:
        store = open_sqlite(path, lambda: 1.0, durable=False)
        runner.run(store.write(lambda view: view.iam.credentials.mfa_devices.put(device("serial"))))
        store.close()
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        [state] = connection.execute(select(CHANGES.c.state)).scalars().all()
    engine.dispose()
    assert b"serial" in state
    assert b"c2VhbGVk" not in state
    assert b"sealed-seed" not in state


@pytest.mark.parametrize("name", ["_ALL", "_ONE", "_OF_OWNER", "_COUNT"])
def test_records_are_found_by_index(name: str) -> None:
    engine = create_engine("sqlite://")
    METADATA.create_all(engine)
    compiled = getattr(iam_credentials, name).compile(dialect=sqlite.dialect(paramstyle="named"))
    values = dict.fromkeys(compiled.params, "x")
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", values).all()
    engine.dispose()
    steps = "\n".join(row[-1] for row in rows)
    assert "SEARCH iam_records" in steps
    assert "TEMP B-TREE" not in steps
