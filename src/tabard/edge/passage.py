"""A request on its way through the pipeline, and what is the same for every request of its operation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from tabard import wire
from tabard.edge import recording
from tabard.services.operation import READ

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
    """What a text asks: its operation and parameters, and these as they stand in a record (JSON, empty for none).

    ``heeds`` are the headers that would make it another question.
    """

    match: Match
    service: str
    operation: str
    way: Way
    parameters: dict[str, Any]
    shown: bytes
    heeds: frozenset[bytes]


class Passage:
    """What is known of a request so far: what the record of it is made from, however it ends.

    No struct: most of its fields are set on every request, which costs a struct five times as much.
    """

    __slots__ = (
        "call", "changes", "decision", "explained", "http", "now", "operation", "origin", "parameters", "principal", "question",
        "region", "request_id", "result", "service", "signature", "way",
    )  # fmt: skip

    def __init__(self, http: HttpRequest, origin: Origin, request_id: str, now: float, region: str) -> None:
        self.http = http
        self.origin = origin
        self.request_id = request_id
        self.now = now
        self.region = region
        self.service = self.operation = ""
        self.signature: Signature | None = None
        self.principal: Principal | None = None
        self.way: Way | None = None
        self.question: Question | None = None
        self.parameters: dict[str, Any] | None = None
        self.call: Call | None = None
        self.decision: policy.Decision | None = None
        self.explained: dict[str, Any] | None = None
        self.result: Any = None
        self.changes = False


_TEXT_AT_MOST = 512
"""Bytes of a text that is remembered."""
_TEXTS_AT_MOST = 4096
_BODILESS = frozenset(("GET", "HEAD"))
_FLAT = frozenset((str, int, bool))


class Questions:
    """Remembers what short texts ask, be it a form or a path with its query: clients put the same few questions all day.

    Only what a proven caller asked is remembered, only where it changes nothing, and no secret. Replies are not.
    """

    def __init__(self) -> None:
        self._forms: dict[tuple[str, bytes], Question] = {}
        self._paths: dict[tuple[str, str, str, str, bytes | None], Question] = {}

    def find(self, service: str, request: HttpRequest) -> Question | None:
        """What a request to a service (as its credential scope names it) asks; None where that is not known."""
        text = request.body
        if text:
            return None if request.query or len(text) > _TEXT_AT_MOST else self._forms.get((service, text))
        first = request.index or request.first
        found = self._paths.get((service, request.method, request.path, request.query, first.get(b"host")))
        return found if found is not None and found.heeds.isdisjoint(first) else None

    def remember(
        self, service: str, request: HttpRequest, match: Match, way: Way, parameters: dict[str, Any]
    ) -> None:
        """Remember what a proven request asked, where that is sound."""
        if (
            not way.read_only
            or any(value.__class__ not in _FLAT for value in parameters.values())
            or recording.holds_secrets(parameters)
        ):
            return
        if match.form is not None:
            if not request.query and 0 < len(request.body) <= _TEXT_AT_MOST:
                if len(self._forms) >= _TEXTS_AT_MOST:
                    self._forms.clear()
                self._forms[service, request.body] = _question(match, way, parameters, frozenset())
            return
        host = request.first.get(b"host", b"")
        if (
            match.query is None
            or "Key" in match.labels  # of objects there are too many
            or way.built.mode != READ
            or request.method not in _BODILESS
            or request.body
            or len(request.path) + len(request.query) + len(host) > _TEXT_AT_MOST
        ):
            return
        heeds = wire.service(match.service).operation(match.operation).heeds
        if heeds is not None and heeds.isdisjoint(request.first):
            if len(self._paths) >= _TEXTS_AT_MOST:
                self._paths.clear()
            key = service, request.method, request.path, request.query, request.first.get(b"host")
            self._paths[key] = _question(match, way, parameters, heeds)


def _question(match: Match, way: Way, parameters: dict[str, Any], heeds: frozenset[bytes]) -> Question:
    shown = (
        b',"requestParameters":' + msgspec.json.encode(recording.redacted(parameters)) if parameters else b""
    )
    return Question(match, match.service, match.operation, way, parameters, shown, heeds)
