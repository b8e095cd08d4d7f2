"""The recorder of last uses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tabard.core.caller import Caller
from tabard.core.errors import service_unavailable
from tabard.identity.principals import Principal
from tabard.services.iam.last_used import BATCH_AT_MOST, LastUsed

if TYPE_CHECKING:
    import pytest
    from tests.support.world import World

ACCOUNT = "111122223333"


def user(key_id: str, expires_at: float | None = None) -> Principal:
    caller = Caller(
        "User", ACCOUNT, "arn", "arn", "AIDA", "AIDA", "bob", access_key_id=key_id, expires_at=expires_at
    )
    return Principal(caller, "secret", None, None, None)


def test_uses_are_written_in_batches_and_the_newest_counts(world: World) -> None:
    recorder = LastUsed(world.store)
    for number in range(BATCH_AT_MOST + 3):
        recorder.used(user(f"AKIA{number}"), "s3", "us-east-1", 1.0)
    recorder.used(user("AKIA1"), "iam", "eu-west-1", 2.5)
    before = world.store.revision
    world.run(recorder.flush())
    assert world.store.revision == before + 2
    found = world.store.read().iam.last_uses.get(ACCOUNT, "AKIA1")
    assert found is not None
    assert (found.at, found.service, found.region) == (2.0, "iam", "eu-west-1")
    assert world.store.read().iam.last_uses.get(ACCOUNT, f"AKIA{BATCH_AT_MOST + 2}") is not None
    world.run(recorder.flush())
    assert world.store.revision == before + 2


def test_temporary_credentials_of_a_user_are_no_use_of_a_key(world: World) -> None:
    recorder = LastUsed(world.store)
    recorder.used(user("ASIA1", expires_at=9.0), "s3", "us-east-1", 1.0)
    assert recorder.pending("ASIA1") is None


def test_what_could_not_be_written_is_written_later(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = LastUsed(world.store)
    recorder.used(user("AKIA1"), "s3", "us-east-1", 1.0)

    async def full(_job: Any) -> None:
        raise service_unavailable()

    with monkeypatch.context() as patched:
        patched.setattr(world.store, "write", full)
        world.run(recorder.flush())
    assert recorder.pending("AKIA1") is not None
    world.run(recorder.flush())
    assert recorder.pending("AKIA1") is None
    assert world.store.read().iam.last_uses.get(ACCOUNT, "AKIA1") is not None


def test_signing_in_is_a_passwords_use(world: World) -> None:
    world.iam.create_user(UserName="bob")
    shown = world.iam.get_user(UserName="bob")["User"]
    assert "PasswordLastUsed" not in shown
    world.last_used.signed_in(ACCOUNT, shown["UserId"], "us-east-1", 1_700_000_000.5)
    used = world.iam.get_user(UserName="bob")["User"]["PasswordLastUsed"]
    assert used.timestamp() == 1_700_000_000
    world.run(world.last_used.flush())
    assert world.iam.list_users()["Users"][0]["PasswordLastUsed"] == used
    world.iam.create_login_profile(UserName="bob", Password="Correct-horse-1")
    world.iam.generate_credential_report()
    assert b"2023-11-14T22:13:20+00:00" in world.iam.get_credential_report()["Content"]
