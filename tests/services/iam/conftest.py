"""Worlds for tests: one of the test's own, or one that a module shares."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from tests.support.world import (
    ACCOUNT,
    EC2_TRUST,
    OTHER_ACCOUNT,
    SESSION,
    Trail,
    World,
    allow,
    document,
    refused,
    trust,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = [
    "ACCOUNT",
    "EC2_TRUST",
    "OTHER_ACCOUNT",
    "SESSION",
    "Trail",
    "World",
    "allow",
    "document",
    "refused",
    "trust",
]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A world of the test's own."""
    with asyncio.Runner() as runner:
        made = World(tmp_path, runner)
        yield made
        made.store.close()


@pytest.fixture(scope="module")
def empty_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world that a module's tests share and leave as it is."""
    with asyncio.Runner() as runner:
        made = World(tmp_path_factory.mktemp("world"), runner)
        yield made
        made.store.close()
