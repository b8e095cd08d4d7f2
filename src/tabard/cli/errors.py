"""What ends a command that cannot do what it was asked: no traceback, but what is wrong and what to do next."""

from __future__ import annotations


class CommandError(Exception):
    """A user's mistake or an obstacle on this machine: ``message`` says what, ``remedies`` what to do, a line each."""

    def __init__(self, message: str, *remedies: str) -> None:
        super().__init__(message)
        self.message = message
        self.remedies = remedies
