"""What a node offers to its operations: ports and sources, joined by ``app.py``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tabard.core.sources import Clock, Random
    from tabard.identity.keyring import KeyRing
    from tabard.store.port import Store


@dataclass(slots=True)
class Node:
    """The parts of this server that operations use. ``extensions`` holds a service's own runtime (objects, instances)."""

    region: str
    store: Store
    keys: KeyRing
    clock: Clock
    random: Random
    extensions: dict[str, Any] = field(default_factory=dict)
