"""The figures as a table, a column for each server, with the promises beside them."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table as Drawn

Table = dict[str, dict[str, float]]
"""Figure to server to value."""

PROMISES = {
    "GetCallerIdentity (µs CPU)": "8 × better than ministack, at most 2.5 × empty",
    "ListBuckets (µs CPU)": "8 × better than ministack, at most 2.5 × empty",
    "GetRole (µs CPU)": "8 × better than ministack, at most 2.5 × empty",
    "AssumeRole (µs CPU)": "8 × better than ministack",
    "first answer (s)": "at most 0.8",
    "idle memory (MiB)": "at most 140",
    "role attached to first success (ms)": "under 50 beyond the CLI's own time",
    "launch to SSH login (ms)": "under 400",
    "100 instances (s)": "under 10",
}


def print_report(figures: Table) -> None:
    """Print every figure, with the ratios that are promised."""
    names = sorted(dict.fromkeys(name for row in figures.values() for name in row), key=_order)
    ratios = ("ministack ×", "× empty", "× uvicorn", "promise") if "tabard" in names else ()
    drawn = Drawn("figure", *names, *ratios)
    for figure, row in figures.items():
        ours, peer, empty, uvicorn = (row.get(name) for name in ("tabard", "ministack", "empty", "uvicorn"))
        cpu = figure.endswith("(µs CPU)")
        told = (
            f"{peer / ours:.1f}" if cpu and ours and peer else "",
            f"{ours / empty:.2f}" if cpu and ours and empty else "",
            f"{ours / uvicorn:.2f}" if cpu and ours and uvicorn else "",
            PROMISES.get(figure, ""),
        )
        values = (f"{row[name]:,.2f}" if name in row else "" for name in names)
        drawn.add_row(figure, *values, *told[: len(ratios)])
    Console(width=180).print(drawn)


def _order(name: str) -> int:
    order = ["empty", "uvicorn", "tabard", "ministack", "moto"]
    return order.index(name) if name in order else len(order)
