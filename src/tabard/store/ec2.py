"""EC2's records and repositories."""
from __future__ import annotations
from typing import Protocol


class Repositories(Protocol):
    """Everything EC2 remembers."""
