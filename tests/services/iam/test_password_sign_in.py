"""What account, name, password and code prove together."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace
from tests.services.iam.test_mfa_devices import Phone, enable
from tests.support.world import ACCOUNT

from tabard.core.errors import AwsError
from tabard.identity.password_sign_in import (
    FAILURES_AT_MOST,
    WINDOW,
    NeedsCode,
    Outcome,
    PasswordSignIn,
    Refused,
    SignedIn,
    Throttled,
)
from tabard.services.iam.login_profiles import choose_password

if TYPE_CHECKING:
    from tests.support.world import World

GOOD = "Correct-horse-1"
NOW = time.time() // 30 * 30 + 15


class Door:
    """Signs people in to a world."""

    def __init__(self, world: World) -> None:
        world.node.clock = lambda: NOW
        world.iam.create_user(UserName="bob")
        world.iam.create_login_profile(UserName="bob", Password=GOOD)
        self.world = world
        self.door = PasswordSignIn(world.store, world.node.keys, world.node.extensions)

    def __call__(
        self,
        password: str = GOOD,
        *,
        account: str = ACCOUNT,
        name: str = "bob",
        code: str | None = None,
        source: str = "10.0.0.1",
        now: float = NOW,
    ) -> Outcome:
        found: Outcome = self.world.run(self.door.check(account, name, password, code, source, now))
        return found


@pytest.fixture
def door(world: World) -> Door:
    return Door(world)


def user_of(outcome: Outcome) -> Any:
    assert isinstance(outcome, SignedIn)
    return outcome.user.name, outcome.mfa_at, outcome.must_change


def test_name_and_password_prove_a_user(world: World, door: Door) -> None:
    world.iam.create_account_alias(AccountAlias="acme")
    assert user_of(door()) == ("bob", None, False)
    assert user_of(door(account="acme", name="BOB")) == ("bob", None, False)
    world.iam.create_user(UserName="ann")
    assert door("wrong") == door(name="ann") == door(name="nobody") == door(account="none") == Refused()
    assert door(account="444455556666") == Refused()
    world.iam.delete_login_profile(UserName="bob")
    assert door() == Refused()


def test_a_code_is_asked_for_checked_and_used_up(world: World, door: Door) -> None:
    phone = Phone(world)
    enable(world, phone, NOW)
    assert door() == NeedsCode((phone.serial,))
    assert door("wrong") == door(code="000000" if phone.code(1, NOW) != "000000" else "1") == Refused()
    assert user_of(door(code=phone.code(1, NOW))) == ("bob", NOW, False)
    assert door(code=phone.code(1, NOW)) == Refused()


def test_a_password_may_have_to_be_changed(world: World, door: Door) -> None:
    world.iam.update_login_profile(UserName="bob", PasswordResetRequired=True)
    assert user_of(door()) == ("bob", None, True)
    world.iam.update_login_profile(UserName="bob", PasswordResetRequired=False)
    world.iam.update_account_password_policy(MaxPasswordAge=1)
    assert user_of(door()) == ("bob", None, False)
    assert user_of(door(now=NOW + 86_400)) == ("bob", None, True)
    world.iam.update_account_password_policy(MaxPasswordAge=1, HardExpiry=True)
    assert door(now=NOW + 86_400) == Refused()


def test_guessing_is_bounded_by_where_it_comes_from(world: World, door: Door) -> None:
    async def guess() -> list[Outcome]:
        attempts = (
            door.door.check(ACCOUNT, "bob", f"wrong-{number}", None, "10.0.0.9", NOW)
            for number in range(FAILURES_AT_MOST + 5)
        )
        return await asyncio.gather(*attempts)

    outcomes = world.run(guess())
    assert outcomes.count(Refused()) == FAILURES_AT_MOST
    assert outcomes.count(Throttled(WINDOW)) == 5
    assert door(source="10.0.0.9") == Throttled(WINDOW)
    assert user_of(door(source="10.0.0.1")) == ("bob", None, False)
    assert user_of(door(source="10.0.0.9", now=NOW + WINDOW + 1)) == ("bob", None, False)


def test_signing_in_rightly_is_never_throttled(door: Door) -> None:
    for _ in range(FAILURES_AT_MOST + 2):
        assert isinstance(door(), SignedIn)


def test_hashes_that_do_not_open_are_no_password(world: World, door: Door) -> None:
    view = world.store.read()
    user = view.iam.users.get(ACCOUNT, "bob")
    assert user is not None
    profile = view.iam.credentials.login_profiles.get(ACCOUNT, user.id)
    assert profile is not None
    broken = replace(profile, secret=b"noise")
    world.run(world.store.write(lambda v: v.iam.credentials.login_profiles.put(broken)))
    assert door() == Refused()


def test_who_must_change_their_password_chooses_one_without_any_policy(world: World, door: Door) -> None:
    world.iam.update_login_profile(UserName="bob", PasswordResetRequired=True)
    found = door()
    assert isinstance(found, SignedIn)

    def choose(new: str) -> None:
        world.run(choose_password(world.node, found.user, GOOD, new, NOW))

    for weak in ("short", GOOD):
        with pytest.raises(AwsError, match="PasswordPolicyViolation"):
            choose(weak)
    choose("Battery-staple-2")
    assert door() == Refused()
    assert user_of(door("Battery-staple-2")) == ("bob", None, False)
