"""Work that is counted instead of timed, so that a test says the same on every machine."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType


@contextmanager
def counted() -> Iterator[Callable[[], int]]:
    """How many lines of Python the functions called in a block have run so far. What C code does is not seen."""
    count = 0

    def trace(_frame: FrameType, event: str, _value: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield lambda: count
    finally:
        sys.settrace(before)


def steps(work: Callable[[], object]) -> int:
    """How many lines of Python a piece of work runs."""
    with counted() as count:
        work()
    return count()


@contextmanager
def at_most(lines: int) -> Iterator[None]:
    """Fail where the functions called in a block run more lines of Python, though they end in an exception."""
    with counted() as count:
        yield
    assert count() <= lines, f"{count():,} lines were run"
