"""Every sabotage, by the claim that it breaks."""

from __future__ import annotations

from tests.end_to_end.lab import sabotages_of_the_consequences, sabotages_of_the_lab
from tests.end_to_end.lab.breaking import SABOTAGES

__all__ = ["SABOTAGES", "sabotages_of_the_consequences", "sabotages_of_the_lab"]
