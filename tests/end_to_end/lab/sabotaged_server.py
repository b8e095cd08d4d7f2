"""`tabard` with one of its behaviours broken on purpose: ``sabotaged_server.py CLAIM up …``."""

from __future__ import annotations

import sys


def main() -> int:
    from tests.end_to_end.lab import sabotages

    import tabard.app  # registers the operations

    claim, *arguments = sys.argv[1:]
    assert tabard.app
    sabotages.SABOTAGES[claim].apply()
    from tabard.cli.main import main as tabard_main

    return tabard_main(arguments)
