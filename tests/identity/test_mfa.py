"""Codes of virtual MFA devices."""

from __future__ import annotations

import pytest

from tabard.core.sources import system_random
from tabard.identity import mfa
from tabard.identity.keyring import KeyRing
from tabard.store.iam_credentials import MfaDevice

KEYS = KeyRing.generate(system_random)
SEED = b"12345678901234567890"


def device(last_step: int = 0, drift: int = 0) -> MfaDevice:
    sealed = mfa.seal_seed(KEYS, "arn:mfa", SEED)
    return MfaDevice(
        id="arn:mfa", account="1", owner="u", created_at=0.0, last_step=last_step, drift=drift, secret=sealed
    )


@pytest.mark.parametrize(
    ("now", "code"),
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_codes_are_those_of_rfc_6238(now: int, code: str) -> None:
    assert mfa.code_of(SEED, mfa.step_at(now)) == code
    assert mfa.verify(KEYS, [device()], code, now) is not None


def test_a_code_counts_one_step_either_side_and_once() -> None:
    code = mfa.code_of(SEED, 1000)
    for now, counts in ((998, False), (999, True), (1000, True), (1001, True), (1002, False)):
        assert (mfa.verify(KEYS, [device()], code, now * mfa.STEP) is not None) == counts
    assert mfa.verify(KEYS, [device(last_step=1000)], code, 1000 * mfa.STEP) is None
    assert mfa.verify(KEYS, [device(drift=50)], code, 950 * mfa.STEP) is not None
    assert mfa.verify(KEYS, [], code, 1000 * mfa.STEP) is None


def test_two_codes_must_follow_each_other() -> None:
    now = 1000 * mfa.STEP
    first, second, third = (mfa.code_of(SEED, step) for step in (999, 1000, 1001))
    assert mfa.verify_two(KEYS, device(), (first, second), now) == 1000
    assert mfa.verify_two(KEYS, device(), (second, third), now) == 1001
    assert mfa.verify_two(KEYS, device(), (second, first), now) is None
    assert mfa.verify_two(KEYS, device(), (first, third), now) is None
    assert mfa.verify_two(KEYS, device(), (second, second), now) is None
    assert mfa.verify_two(KEYS, device(last_step=999), (first, second), now) is None


def test_a_seed_opens_for_its_own_device_alone() -> None:
    stolen = MfaDevice(id="arn:other", account="1", owner="u", created_at=0.0, secret=device().secret)
    assert mfa.verify(KEYS, [stolen], mfa.code_of(SEED, 1000), 1000 * mfa.STEP) is None
