"""A plugin of pytest's: notes what every call of AWS's clients in a test came to, for ``tools/coverage.py``.

    TABARD_OBSERVED=file pytest -p tools.observed tests/services/iam

Writes one line of JSON per test, operation and outcome: ``success`` with a digest of the reply without what is another's each
time, or the error's code and status.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import botocore.handlers

if TYPE_CHECKING:
    import pytest

_RANDOM = re.compile(
    r"\b(?:A[A-Z]{3}[A-Z0-9]{12,17}|[0-9a-f]{8}-[0-9a-f-]{27}|[A-Za-z0-9+/=]{30,})\b|request id [\w-]+"
)
_test = ""
_seen: set[str] = set()


def pytest_runtest_logstart(nodeid: str, location: tuple[str, int | None, str]) -> None:  # noqa: ARG001 - pytest's names
    """Calls from here on are this test's, its parameters left away."""
    global _test  # noqa: PLW0603 - pytest's hooks are functions of a module
    _test = nodeid.partition("[")[0]


def _plain(value: Any) -> Any:
    """A reply without ids, secrets and times."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items() if key != "ResponseMetadata"}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, datetime):
        return "time"
    return _RANDOM.sub("…", value) if isinstance(value, str) else str(value)


def _note(http_response: Any, parsed: dict[str, Any], model: Any, **_more: Any) -> None:
    error = parsed.get("Error")
    if error is None or http_response.status_code < 300:
        outcome = hashlib.sha256(json.dumps(_plain(parsed), sort_keys=True).encode()).hexdigest()[:12]
    else:
        outcome = error.get("Code", "")
    _seen.add(
        json.dumps(
            {
                "test": _test,
                "service": model.service_model.service_name,
                "operation": model.name,
                "status": http_response.status_code,
                "outcome": outcome,
            }
        )
    )


botocore.handlers.BUILTIN_HANDLERS.append(("after-call", _note))
"""Before any session is made: conftests make them."""


def pytest_sessionfinish(session: pytest.Session) -> None:  # noqa: ARG001 - pytest's name
    """Write down what was seen."""
    Path(os.environ["TABARD_OBSERVED"]).write_text("".join(f"{line}\n" for line in sorted(_seen)))
