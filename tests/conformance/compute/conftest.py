"""The drivers that the conformance suite runs against."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.conformance.compute import harness

if TYPE_CHECKING:
    from tests.conformance.compute.harness import DriverFactory


@pytest.fixture(params=sorted(harness.DRIVERS))
def make_driver(request: pytest.FixtureRequest) -> DriverFactory:
    """The constructor of each driver that works here."""
    return harness.factory(request.param)
