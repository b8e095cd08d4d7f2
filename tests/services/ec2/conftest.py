"""A world with instances, for each test its own."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from tests.services.ec2.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with asyncio.Runner() as runner:
        made = World(tmp_path, runner)
        yield made
        made.close()
