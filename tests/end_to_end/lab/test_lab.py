"""The lab tells the whole story, and notices when any claim of it does not hold."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest
from tests.end_to_end.lab.sabotages import SABOTAGES

from tabard.cli.lab.claims import CLAIMS
from tabard.cli.lab.command import Telling, run
from tabard.cli.screen import screen

SERVER = (sys.executable, str(Path(__file__).parent / "sabotaged_server.py"))


def test_every_claim_has_a_sabotage() -> None:
    assert set(SABOTAGES) == set(CLAIMS)


@pytest.mark.parametrize("claim", CLAIMS)
def test_the_lab_fails_where_it_is_sabotaged(claim: str) -> None:
    chapter = SABOTAGES[claim].chapter
    out = io.StringIO()
    broken = run(Telling(chapters=(chapter,) if chapter else (), server=(*SERVER, claim)), screen(out))
    assert broken is not None, out.getvalue()
    assert broken.name == claim, out.getvalue()
    assert CLAIMS[claim] in out.getvalue()
    assert broken.seen
