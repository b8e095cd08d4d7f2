"""What a check says."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

Verdict = Literal["ok", "warning", "problem"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: what was seen, and what to do where it is a warning or a problem.

    A *problem* keeps the server or its instances from working; a *warning* takes something away from them.
    """

    name: str
    verdict: Verdict
    seen: str
    remedy: str = ""

    def as_json(self) -> dict[str, str]:
        """For programs: ``name``, ``verdict`` (``ok``, ``warning``, ``problem``), ``seen``, ``remedy``."""
        return asdict(self)


def ok(name: str, seen: str) -> Finding:
    """All is well."""
    return Finding(name, "ok", seen)


def warning(name: str, seen: str, remedy: str) -> Finding:
    """Something is missing that Tabard can do without."""
    return Finding(name, "warning", seen, remedy)


def problem(name: str, seen: str, remedy: str) -> Finding:
    """Something must be mended first."""
    return Finding(name, "problem", seen, remedy)
