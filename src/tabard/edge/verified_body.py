"""The payload of a streaming request, proven as it arrives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tabard import auth

if TYPE_CHECKING:
    from tabard.auth import Verified
    from tabard.core.http import HttpRequest
    from tabard.edge.http import Body


class VerifiedBody:
    """The payload of a streaming request; it ends normally only when its last byte has been verified.

    ``trailers`` are what followed the payload (names in lower case), once it has ended.
    """

    def __init__(self, body: Body, verified: Verified | None, request: HttpRequest) -> None:
        self._body = body
        self._decoder = auth.body_decoder(verified, request)
        self._ended = False
        self.trailers: dict[str, str] = {}

    def __aiter__(self) -> VerifiedBody:
        return self

    async def __anext__(self) -> bytes:
        while not self._ended:
            chunk = await self._body.chunk()
            if chunk is None:
                self._ended = True
                self.trailers = self._decoder.finish()
                break
            data = self._decoder.feed(chunk)
            if data:
                return data
        raise StopAsyncIteration
