"""Fixtures for every test: a real server, shared by a worker's tests or one of a test's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import reports
from tests.support.server import TabardServer, running

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator


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


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """A failing test's report shows what servers were asked and logged from here on."""
    reports.a_test_begins()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add what servers were asked and logged to the report of a test that fails."""
    report = yield
    if report.failed:
        report.sections.extend(reports.sections())
    return report
