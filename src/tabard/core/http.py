"""An HTTP request and reply as plain values: what the sans-IO floors take and return."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

Headers = list[tuple[bytes, bytes]]
"""Name (lower case) and value pairs in the order they came; a name may repeat."""


@dataclass(slots=True)
class HttpRequest:
    """A request as it stood on the wire. ``path`` and ``query`` are raw: still percent-encoded, not normalised.

    ``body`` is the whole body, or empty where the operation streams it. ``header`` looks up one value.
    """

    method: str
    path: str
    query: str
    headers: Headers
    body: bytes = b""
    index: dict[bytes, bytes] | None = field(default=None, repr=False, compare=False)
    """``first``, once anybody has asked for it."""

    @property
    def first(self) -> dict[bytes, bytes]:
        """The first value of each header; as many as ``headers`` where none repeats."""
        index = self.index
        if index is None:
            index = dict(self.headers)
            if len(index) != len(self.headers):
                index = dict(reversed(self.headers))
            self.index = index
        return index

    def header(self, name: bytes) -> str | None:
        """The first value of a header (``name`` in lower case), decoded as Latin-1; None when it is absent."""
        value = self.first.get(name)
        return None if value is None else value.decode("latin-1")

    def header_all(self, name: bytes) -> list[str]:
        """Every value of a header, in order."""
        return [value.decode("latin-1") for key, value in self.headers if key == name]


@dataclass(slots=True)
class HttpReply:
    """A reply: ``body`` is bytes, or a stream of chunks whose length ``content-length`` among the headers tells."""

    status: int
    headers: Headers
    body: bytes | AsyncIterator[bytes] = b""
