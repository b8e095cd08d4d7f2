"""A request on its way through the pipeline, and what is the same for every request of its operation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from tabard.edge import recording

if TYPE_CHECKING:
    from tabard import policy
    from tabard.auth import Signature
    from tabard.core.http import HttpRequest
    from tabard.edge.http import Origin
    from tabard.identity.principals import Principal
    from tabard.services.operation import Call, Operation
    from tabard.wire import Match
    from tabard.wire.codecs import Decode, Encode


class Way(msgspec.Struct, eq=False, frozen=True):
    """What is the same for every request of one operation: what was built, its codec, and whether it only reads."""

    built: Operation
    decode: Decode
    encode: Encode
    streams_in: bool
    read_only: bool


class Question(msgspec.Struct, eq=False, frozen=True):
    """What a query text asks: its operation and parameters, and these as the trail shows them (JSON, empty for none)."""

    match: Match
    way: Way
    parameters: dict[str, Any]
    shown: bytes


class Passage(msgspec.Struct, eq=False):
    """What is known of a request so far: what the record of it is made from, however it ends."""

    http: HttpRequest
    origin: Origin
    request_id: str
    now: float
    region: str
    service: str = ""
    operation: str = ""
    signature: Signature | None = None
    principal: Principal | None = None
    way: Way | None = None
    question: Question | None = None
    parameters: dict[str, Any] | None = None
    call: Call | None = None
    decision: policy.Decision | None = None
    explained: dict[str, Any] | None = None
    result: Any = None
    changes: bool = False


_TEXT_AT_MOST = 512
"""Bytes of a query text that is remembered."""
_TEXTS_AT_MOST = 4096


class Questions:
    """Remembers what short query texts ask: clients put the same few questions all day.

    Only what a proven caller asked is remembered, only where it changes nothing, and no secret. Replies are not.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[str, bytes], Question] = {}

    def find(self, service: str, request: HttpRequest) -> Question | None:
        """What a request to a service (as its credential scope names it) asks; None where that is not known."""
        text = request.body
        if not text or request.query or len(text) > _TEXT_AT_MOST:
            return None
        return self._known.get((service, text))

    def remember(
        self, service: str, request: HttpRequest, match: Match, way: Way, parameters: dict[str, Any]
    ) -> None:
        """Remember what a proven request asked, where that is sound."""
        text = request.body
        if (
            match.form is None
            or request.query
            or len(text) > _TEXT_AT_MOST
            or not way.read_only
            or any(value.__class__ not in _FLAT for value in parameters.values())
            or recording.holds_secrets(parameters)
        ):
            return
        if len(self._known) >= _TEXTS_AT_MOST:
            self._known.clear()
        shown = msgspec.json.encode(recording.redacted(parameters)) if parameters else b""
        self._known[service, text] = Question(match, way, parameters, shown)


_FLAT = frozenset((str, int, bool))
