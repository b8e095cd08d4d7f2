"""An instance that a module's tests share."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from tests.conformance.compute import harness
from tests.edge.ssh.door import Door

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True, scope="module")
def _clients() -> None:
    missing = [name for name in ("ssh", "scp", "sftp") if shutil.which(name) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} absent: install the package openssh-client")
    harness.factory("sandbox")


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """An instance that the module's tests share."""
    opened = Door(tmp_path_factory.mktemp("door"))
    yield opened
    opened.close()
