"""`tabard evaluate`: requests and their policies as JSON lines in, decisions as JSON lines out; no server takes part."""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse


def evaluate(options: argparse.Namespace) -> int:
    """Answer each line of standard input (or of the file named) with one; a bad line is answered, and ends nothing."""
    from tabard.policy.evaluate import Evaluator

    # documents hold no cycles: what is read is let go of by counting, and sweeping it again and again finds nothing
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    answer = Evaluator().evaluate_line
    out = sys.stdout
    with options.file as lines:
        for line in lines:
            if not line.isspace():
                out.write(answer(line) + "\n")
                if lines.isatty():
                    out.flush()
    out.flush()
    return 0
