"""The key ring: sealed values open for their purpose, unaltered, and for nothing else."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from tabard.identity.keyring import KeyRing

if TYPE_CHECKING:
    from pathlib import Path

RING = KeyRing.generate(os.urandom)


@given(st.binary(max_size=200), st.binary(max_size=20))
def test_what_was_sealed_opens(plain: bytes, purpose: bytes) -> None:
    assert RING.open(purpose, RING.seal(purpose, plain)) == plain


@given(st.binary(max_size=50), st.integers(0, 10_000), st.integers(1, 255))
def test_what_was_altered_does_not_open(plain: bytes, place: int, by: int) -> None:
    sealed = bytearray(RING.seal(b"use", plain))
    sealed[place % len(sealed)] ^= by
    assert RING.open(b"use", bytes(sealed)) is None


def test_a_value_sealed_for_one_use_does_not_open_for_another() -> None:
    assert RING.open(b"other", RING.seal(b"use", b"secret")) is None


def test_another_ring_opens_nothing() -> None:
    assert KeyRing.generate(os.urandom).open(b"use", RING.seal(b"use", b"secret")) is None


def test_the_ring_is_kept_privately_and_opens_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    sealed = KeyRing.load(path, os.urandom).seal(b"use", b"secret")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert KeyRing.load(path, os.urandom).open(b"use", sealed) == b"secret"


@given(st.binary(max_size=60))
def test_noise_does_not_open(noise: bytes) -> None:
    assert RING.open(b"use", noise) is None
