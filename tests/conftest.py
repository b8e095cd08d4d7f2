"""Fixtures for every test: a real server, shared by a worker's tests or one of a test's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.server import TabardServer, running

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def server() -> Iterator[TabardServer]:
    """A server that a worker's tests share: choose names that nobody else chooses."""
    with running() as started:
        yield started


@pytest.fixture
def own_server() -> Iterator[TabardServer]:
    """A server of the test's own."""
    with running() as started:
        yield started
