"""A data folder that something happened to: the server says what, and what to do, and changes nothing that it can not mend."""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
import sqlite3
import stat
from typing import TYPE_CHECKING

import pytest

from tabard.app import Settings, SettingsError, Started, serve
from tabard.cli import places
from tabard.cli.account import keep_key
from tabard.cli.doctor import host
from tabard.cli.errors import CommandError
from tabard.cli.up import facts

if TYPE_CHECKING:
    from pathlib import Path


def start(data: Path | None, **options: str) -> Started:
    """Start a server, and end it as soon as it answers; what it said."""
    told: list[Started] = []

    def ready(started: Started) -> None:
        told.append(started)
        signal.raise_signal(signal.SIGTERM)

    asyncio.run(serve(Settings(data, port=0, ephemeral=data is None, **options), ready))  # type: ignore[arg-type]
    return told[0]


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that a server has run on, and does no more."""
    data = tmp_path_factory.mktemp("used") / "data"
    start(data)
    return data


@pytest.fixture
def data(used: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "data"
    shutil.copytree(used, copy, ignore=shutil.ignore_patterns("objects"))
    return copy


def refused(data: Path) -> str:
    with pytest.raises(SettingsError) as told:
        start(data)
    return str(told.value)


def test_without_its_keys_nothing_is_started_and_none_are_made(data: Path) -> None:
    (data / "keys.json").unlink()
    told = refused(data)
    assert "keys.json is missing" in told
    assert "backup" in told
    assert not (data / "keys.json").exists()
    assert host.data_folder(data).verdict == "problem"


@pytest.mark.parametrize(
    "content", ["", "x", "{}", "[]", '{"keys": {}, "newest": "00"}', '{"keys": {"zz": 1}, "newest": "zz"}']
)
def test_damaged_keys(data: Path, content: str) -> None:
    (data / "keys.json").write_text(content)
    told = refused(data)
    assert "keys.json can not be used" in told
    assert "backup" in told
    assert (data / "keys.json").read_text() == content


def test_a_database_that_is_none(data: Path) -> None:
    for each in data.glob("tabard.db*"):
        each.unlink()
    (data / "tabard.db").write_text("no database " * 100)
    assert "damaged, or no database" in refused(data)


def test_a_database_that_another_program_has_locked(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tabard.store.sql import store
    from tabard.store.sql.engine import sqlite_engine

    engine = sqlite_engine

    def impatient(path: Path, *, durable: bool) -> object:
        from sqlalchemy import event

        made = engine(path, durable=durable)
        event.listen(made, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout=1"))
        return made

    monkeypatch.setattr(store, "sqlite_engine", impatient)
    other = sqlite3.connect(data / "tabard.db", isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        assert "locked by another program" in refused(data)
    finally:
        other.close()


def test_secrets_that_others_could_read_are_closed_to_them_and_told(data: Path) -> None:
    for name in ("keys.json", "credentials"):
        (data / name).chmod(0o644)
    finding = host.data_folder(data)
    assert (finding.verdict, finding.remedy) == (
        "warning",
        f"chmod 600 {data}/keys.json {data}/credentials",
    )
    started = start(data)
    assert [warning.split()[0] for warning in started.warnings] == [
        f"{data}/keys.json",
        f"{data}/credentials",
    ]
    for name in ("keys.json", "credentials"):
        assert stat.S_IMODE((data / name).stat().st_mode) == 0o600
    assert start(data).warnings == []
    assert host.data_folder(data).verdict == "ok"


def test_a_key_that_was_moved_away_is_no_obstacle(data: Path) -> None:
    (data / "credentials").unlink()
    started = start(data)
    assert (started.root_secret, started.warnings) == (None, [])
    (data / "endpoint").write_text(
        json.dumps({"endpoint": "http://127.0.0.1:1", "region": "r", "account": started.account, "pid": 1})
    )
    assert places.serving(data).account == started.account
    with pytest.raises(CommandError) as told:
        places.running(data)
    assert f"account key {started.account} --data {data}" in told.value.remedies[0]
    assert keep_key(data / "credentials", "AKIA1", "secret")
    assert places.running(data).secret_access_key == "secret"
    assert not keep_key(data / "credentials", "AKIA2", "another"), "what is there stays"


def test_all_addresses_are_reached_over_loopback_and_warned_of() -> None:
    started = start(None, host="0.0.0.0")  # noqa: S104 - what is warned of
    assert started.endpoint.startswith("http://127.0.0.1:")
    assert "not encrypted" in started.warnings[0]
    told = facts(started)
    assert told["endpoint"] == started.endpoint
    assert told["rootSecretAccessKey"] == started.root_secret
    assert json.loads(json.dumps(told)) == told


def test_doctor_looks_at_where_the_data_would_be(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert host.data_folder(tmp_path / "file" / "below").verdict == "problem"
    assert host.data_folder(tmp_path / "file").verdict == "problem"
    assert host.data_folder(tmp_path / "new" / "below").verdict == "ok"
    assert not (tmp_path / "new").exists()
