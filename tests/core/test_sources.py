"""Identifiers that are drawn, and the randomness that they are drawn from."""

from __future__ import annotations

import subprocess
import sys
import threading

from hypothesis import given
from hypothesis import strategies as st

from tabard.core.sources import access_key_id, account_of_access_key, secret_access_key, system_random

ACCOUNTS = st.integers(0, 10**12 - 1).map(lambda number: f"{number:012d}")


@given(ACCOUNTS, st.binary(min_size=5, max_size=5))
def test_a_key_id_tells_its_account_and_uses_all_that_is_drawn(account: str, drawn: bytes) -> None:
    made = access_key_id("ASIA", account, lambda _size: drawn)
    assert len(made) == 20
    assert made.startswith("ASIA")
    assert account_of_access_key(made) == account
    other = bytes([*drawn[:4], drawn[4] ^ 1])
    assert access_key_id("ASIA", account, lambda _size: other) != made


def test_no_two_draws_are_the_same_in_any_thread() -> None:
    drawn: list[bytes] = []

    def draw() -> None:
        for _ in range(500):
            drawn.append(system_random(12))
            drawn.append(system_random(30))

    threads = [threading.Thread(target=draw) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(drawn) == len(set(drawn)) == 4000
    assert {len(each) for each in drawn} == {12, 30}
    assert len({secret_access_key() for _ in range(300)}) == 300


def test_every_size_is_what_was_asked_for() -> None:
    for size in (0, 1, 4, 63, 64, 65, 4096):
        assert len(system_random(size)) == size


_FORKED = """
import os
from tabard.core.sources import system_random
system_random(24)  # more are at hand now
reading, writing = os.pipe()
if os.fork() == 0:
    os.write(writing, b"".join(system_random(24) for _ in range(20)))
    os._exit(0)
os.close(writing)
theirs = open(reading, "rb").read()
ours = {system_random(24) for _ in range(200)}
print(len(theirs), len(ours & {theirs[at : at + 24] for at in range(0, 480, 24)}))
"""


def test_a_forked_process_draws_nothing_that_its_parent_draws() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _FORKED], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.split() == ["480", "0"]
