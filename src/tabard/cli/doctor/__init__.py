"""`tabard doctor`: what this machine allows, what it lacks, and what to do about it."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import TYPE_CHECKING

from tabard.cli.doctor import host, kernel
from tabard.cli.places import default_data
from tabard.cli.screen import line, screen

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from tabard.cli.doctor.finding import Finding

_MARKS = {"ok": ("✓", "good"), "warning": ("!", "warn"), "problem": ("✗", "bad")}


def doctor(options: argparse.Namespace) -> int:
    """Examine and report; the exit status is 1 where something keeps Tabard or its instances from working."""
    findings = examine(options)
    if options.output == "json":
        json.dump([finding.as_json() for finding in findings], sys.stdout, indent=2)
        sys.stdout.write("\n")
    else:
        _report(findings)
    return 1 if any(finding.verdict == "problem" for finding in findings) else 0


def examine(options: argparse.Namespace) -> list[Finding]:
    """Every check, in the order in which a newcomer would meet the trouble."""
    data = options.data or default_data()
    host_address, port = options.listen
    return [
        host.python(),
        *asyncio.run(kernel.instances()),
        *kernel.settings(),
        host.port(host_address, port, data),
        host.open_files(),
        host.clock(),
        *host.clients(),
        host.data_folder(data),
        host.disk(data),
    ]


def _report(findings: Sequence[Finding]) -> None:
    out = screen()
    width = max(len(finding.name) for finding in findings)
    for finding in findings:
        mark, style = _MARKS[finding.verdict]
        out.print(line((f"  {mark} ", style), f"{finding.name:<{width}}  ", finding.seen))
        if finding.remedy:
            out.print(line(" " * (width + 6), (f"→ {finding.remedy}", "warn")))
    problems = sum(finding.verdict == "problem" for finding in findings)
    out.print()
    if problems:
        out.print(line((f"  {problems} {'problem' if problems == 1 else 'problems'} to mend, see →", "bad")))
    else:
        out.print(line(("  Everything that Tabard needs is here.", "good")))
