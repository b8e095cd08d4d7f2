"""Colour and layout on the terminal: plain text where nobody looks (a pipe, a file, ``NO_COLOR``)."""

from __future__ import annotations

import sys
from io import TextIOWrapper
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text
from rich.theme import Theme

if TYPE_CHECKING:
    from typing import TextIO

    from tabard.cli.errors import CommandError

_THEME = Theme(
    {
        "good": "green",
        "bad": "bold red",
        "warn": "yellow",
        "quiet": "dim",
        "command": "bold",
        "title": "bold cyan",
        "name": "cyan",
    }
)


def screen(stream: TextIO | None = None) -> Console:
    """A console that never folds, marks up or recolours the text it is given: what is printed can be copied."""
    out = stream or sys.stdout
    if isinstance(out, TextIOWrapper):
        out.reconfigure(errors="replace")  # a terminal without UTF-8 shows ? for ✓, and nothing fails
    return Console(file=out, theme=_THEME, highlight=False, markup=False, soft_wrap=True, emoji=False)


def line(*parts: str | tuple[str, str]) -> Text:
    """A line of text with styles: plain strings, and pairs of text and style."""
    return Text.assemble(*parts)


def show_error(error: CommandError) -> None:
    """Print what is wrong and its remedies on standard error."""
    out = screen(sys.stderr)
    out.print(line(("tabard: ", "bad"), error.message))
    for remedy in error.remedies:
        out.print(line("  → ", remedy))
