"""The transcript: what was typed, what came back, which claims held, how long each step took. Printed as it happens."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tabard.cli.screen import line

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from tabard.cli.lab.claims import BrokenClaim

_MOST_LINES = 12
_MOST_COLUMNS = 400


class Transcript:
    """Prints on a console, and counts."""

    def __init__(self, out: Console) -> None:
        self._out = out
        self._began = time.monotonic()
        self._chapter_began = self._began
        self._command_is_open = False  # its line still waits for the seconds that it takes
        self.chapters = 0
        self.claims = 0
        self.commands = 0

    def chapter(self, title: str) -> None:
        """Begin a chapter."""
        self.chapters += 1
        self._chapter_began = time.monotonic()
        self._print(line("\n", (f"{self.chapters}. {title}", "title")))

    def chapter_ends(self) -> None:
        """Say how long the chapter took."""
        self._print(line((f"  {time.monotonic() - self._chapter_began:.1f} s", "quiet")))

    def note(self, text: str) -> None:
        """A line of explanation."""
        self._print(line((f"  # {text}", "quiet")))

    def command(self, prompt: str, text: str) -> None:
        """What is typed, just before it runs."""
        self.commands += 1
        self._print(line((f"  {prompt} ", "quiet"), (text, "command")), end="")
        self._command_is_open = True

    def output(self, text: str, seconds: float | None = None) -> None:
        """How long it took, and what came back, shortened where it is long."""
        if self._command_is_open and seconds is not None:
            self._command_is_open = False
            self._print(line((f"   {seconds:.2f} s", "quiet")))
        lines = text.strip("\n").splitlines() if text.strip() else []
        shown = lines if len(lines) <= _MOST_LINES else lines[: _MOST_LINES - 1]
        for row in shown:
            short = row if len(row) <= _MOST_COLUMNS else f"{row[:_MOST_COLUMNS]} …"
            self._print(line(f"  {short}"))
        if len(shown) < len(lines):
            self._print(line((f"  … {len(lines) - len(shown)} more lines", "quiet")))

    def kept(self, says: str) -> None:
        """A claim that held."""
        self.claims += 1
        self._print(line(("  ✓ ", "good"), says))

    def broken(self, claim: BrokenClaim) -> None:
        """The claim that ends the lab."""
        self._print(line("\n", ("  ✗ ", "bad"), (claim.says, "bad"), (f"   ({claim.name})", "quiet")))
        for name, text in (("expected", claim.expected), ("seen", claim.seen)):
            first, *rest = text.splitlines() or [""]
            self._print(line((f"    {name + ':':<10}", "quiet"), first))
            for row in rest:
                self._print(line(f"              {row}"))

    def summary(self) -> None:
        """The last line of a story that held."""
        seconds = time.monotonic() - self._began
        told = f"{self.claims} claims held, {self.commands} commands, {seconds:.1f} s"
        self._print(line("\n", ("  ✓ ", "good"), (told, "good")))

    def say(self, *parts: str | tuple[str, str]) -> None:
        """A line as it is."""
        self._print(line(*parts))

    def _print(self, text: Text, end: str = "\n") -> None:
        if self._command_is_open:
            self._command_is_open = False
            self._out.print()
        self._out.print(text, end=end)
        self._out.file.flush()
