"""The transcript for programs: a line of JSON for each thing that happens, as it happens."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from tabard.cli.lab.transcript import Transcript

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from tabard.cli.lab.claims import BrokenClaim


class Lines(Transcript):
    """Prints events: ``chapter``, ``command``, ``output``, ``claim``, ``text`` and, last, ``end``."""

    def __init__(self, out: Console) -> None:
        super().__init__(out)
        self._stream = out.file

    def chapter(self, title: str) -> None:
        """``title`` and ``number`` of a chapter that begins."""
        super().chapter(title)
        self._event("chapter", number=self.chapters, title=title)

    def command(self, prompt: str, text: str) -> None:
        """``text`` that is typed at ``prompt``."""
        super().command(prompt, text)
        self._event("command", prompt=prompt, text=text)

    def output(self, text: str, seconds: float | None = None) -> None:
        """All that came back, unshortened, and how long it took."""
        self._event("output", text=text, **({} if seconds is None else {"seconds": round(seconds, 3)}))

    def kept(self, says: str) -> None:
        """A claim that held."""
        super().kept(says)
        self._event("claim", says=says, held=True)

    def broken(self, claim: BrokenClaim) -> None:
        """The claim that did not, and ends the lab."""
        told = {"name": claim.name, "says": claim.says, "expected": claim.expected, "seen": claim.seen}
        self._event("claim", held=False, **told)

    def summary(self) -> None:
        """What was counted."""
        seconds = round(time.monotonic() - self._began, 1)
        self._event("end", claims=self.claims, commands=self.commands, seconds=seconds)

    def note(self, text: str) -> None:
        """A line of explanation."""
        self._event("text", text=text)

    def say(self, *parts: str | tuple[str, str]) -> None:
        """A line as it is."""
        self._event(
            "text", text="".join(part if isinstance(part, str) else part[0] for part in parts).strip()
        )

    def _event(self, kind: str, **more: object) -> None:
        self._stream.write(json.dumps({"event": kind, **more}) + "\n")
        self._stream.flush()

    def _print(self, text: Text, end: str = "\n") -> None:
        """Nothing for people."""
