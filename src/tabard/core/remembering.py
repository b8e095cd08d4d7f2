"""Remembering what was made from texts, bounded by how long the texts are: strangers choose them."""

from __future__ import annotations

import threading
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
R = TypeVar("R")

_EACH = 512
"""Characters that an entry counts for beside its text."""


def by_length(at_most: int) -> Callable[[Callable[Concatenate[str, P], R]], Callable[Concatenate[str, P], R]]:
    """As ``functools.lru_cache``, for functions whose first argument is a text, within so many characters of texts.

    The oldest are forgotten first; a text longer than an eighth of the bound is never remembered. Threads may share it.
    """

    def decorate(make: Callable[Concatenate[str, P], R]) -> Callable[Concatenate[str, P], R]:
        known: dict[tuple[object, ...], tuple[int, R]] = {}
        lock = threading.Lock()
        held = 0

        @wraps(make)
        def remembering(text: str, /, *args: P.args, **kwargs: P.kwargs) -> R:
            nonlocal held
            key = (text, args, *kwargs.items())
            found = known.get(key)
            if found is not None:
                return found[1]
            made = make(text, *args, **kwargs)
            weight = len(text) + _EACH
            if weight <= at_most // 8:
                with lock:
                    if key not in known:
                        known[key] = weight, made
                        held += weight
                        while held > at_most:
                            held -= known.pop(next(iter(known)))[0]
            return made

        return remembering

    return decorate
