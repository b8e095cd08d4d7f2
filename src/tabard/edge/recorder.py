"""Writes the record of each request: most are put together from pieces that were encoded before.

What reads alone, was allowed and touches nothing that the record has to name is nearly all that a busy server is asked, and
its records differ in little. The rest is written as an ``Event``. Both come to the same JSON.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from tabard.core.sources import iso8601
from tabard.edge import recording

if TYPE_CHECKING:
    from tabard.audit.port import Trail
    from tabard.core.errors import AwsError
    from tabard.edge.passage import Passage, Way
    from tabard.identity.principals import Principal
    from tabard.policy import Decision, Kind, StatementRef
    from tabard.store.port import Store

_PIECES_AT_MOST = 10_000
_USER_AGENT_AT_MOST = 512
_encode = msgspec.json.encode


class _Known(msgspec.Struct, eq=False):
    """A principal's pieces: its identity, the record up to its time, and the end that its last decision made."""

    identity: msgspec.Raw
    head: bytes
    decision: Decision | None = None
    told: bytes = b"}}"


class Recorder:
    """Records what passes through one pipeline."""

    def __init__(self, trail: Trail, store: Store) -> None:
        self._trail = trail
        self._store = store
        self._second = self._revision = -1
        self._second_shown = self._revision_shown = b""
        self._decisions: dict[tuple[int, Kind | None], tuple[StatementRef | None, bytes]] = {}
        self._places: dict[tuple[Way, str, str, str, bytes], tuple[bytes, bytes]] = {}

    def succeeded(self, passage: Passage) -> None:
        """Record a request that was answered."""
        principal, way, call = passage.principal, passage.way, passage.call
        if (
            principal is None
            or way is None
            or not way.read_only
            or passage.changes
            or passage.explained is not None
            or (call is not None and call.audit)
        ):
            self.record(passage, None)
            return
        question = passage.question
        if question is not None:
            shown = question.shown
        elif passage.parameters:
            if passage.http.body:
                self.record(passage, None)
                return
            encoded = _encode(recording.redacted(passage.parameters), enc_hook=repr)
            shown = b',"requestParameters":' + encoded
        else:
            shown = b""
        request_id = passage.request_id.encode()
        second, revision = int(passage.now), self._store.revision
        if second != self._second:
            self._second, self._second_shown = second, iso8601(second).encode()
        if revision != self._revision:
            self._revision, self._revision_shown = (
                revision,
                b',"additionalEventData":{"revision":%d' % revision,
            )
        known: _Known = principal.recorded or _learn(principal)
        before, after = self._place(passage, way, principal.caller.account)
        decision = passage.decision
        if decision is not known.decision:
            known.decision = decision
            known.told = b"}}" if decision is None else self._told(decision)
        self._trail.append(
            b"".join(
                (
                    known.head,
                    self._second_shown,
                    before,
                    request_id,
                    b'","eventID":"',
                    request_id,
                    after,
                    shown,
                    self._revision_shown,
                    known.told,
                )
            )
        )

    def record(self, passage: Passage, error: AwsError | None) -> None:
        """Record any request, however it ended."""
        principal, call = passage.principal, passage.call
        if principal is not None:
            known: _Known = principal.recorded or _learn(principal)
            identity, account = known.identity, principal.caller.account
        elif passage.signature is not None:
            identity, account = recording.unproven(passage.signature.access_key_id), ""
        elif call is not None and "identity" in call.audit:
            identity, account = call.audit["identity"], call.audit["account"]
        else:
            identity, account = recording.ANONYMOUS_IDENTITY, ""
        read_only = not passage.changes and (passage.way is None or passage.way.read_only)
        response: Any = None
        if error is None and not read_only and isinstance(passage.result, dict):
            response = recording.redacted(passage.result)
        self._trail.record(
            recording.event(
                identity,
                account,
                passage.service,
                passage.operation or "unknown",
                passage.region,
                passage.origin.source_ip or "",
                passage.http,
                passage.request_id,
                passage.now,
                passage.parameters,
                response,
                error,
                recording.reason(passage.decision, self._store.revision, passage.explained),
                call.audit.get("resources") if call is not None and call.audit else None,
                read_only=read_only,
            )
        )

    def _place(self, passage: Passage, way: Way, account: str) -> tuple[bytes, bytes]:
        """What stands before and after the request's ids: where it came in, and with what."""
        http = passage.http
        agent = (http.index or http.first).get(b"user-agent", b"")
        source = passage.origin.source_ip or ""
        key = (way, passage.region, source, account, agent)
        found = self._places.get(key)
        if found is not None:
            return found
        service = passage.service
        management = recording.is_management(service, passage.operation)
        before = (
            b'","eventSource":%b,"eventName":%b,"awsRegion":%b,"sourceIPAddress":%b,"userAgent":%b,"requestID":"'
            % (
                _encode(f"{service or 'unknown'}.amazonaws.com"),
                _encode(passage.operation),
                _encode(recording.region_of(service, passage.region)),
                _encode(source),
                _encode(agent.decode("latin-1")),
            )
        )
        after = (
            b'","readOnly":true,"eventType":"AwsApiCall","managementEvent":%b,"recipientAccountId":%b,"eventCategory":%b'
            % (
                b"true" if management else b"false",
                _encode(account),
                b'"Management"' if management else b'"Data"',
            )
        )
        if len(agent) <= _USER_AGENT_AT_MOST:
            if len(self._places) >= _PIECES_AT_MOST:
                self._places.clear()
            self._places[key] = before, after
        return before, after

    def _told(self, decision: Decision) -> bytes:
        """The end of a record whose call was decided on."""
        statements = decision.statements
        statement = statements[0] if len(statements) == 1 else None
        key = (id(statement), decision.layer)
        known = self._decisions.get(key)
        if known is not None and known[0] is statement and not statements[1:]:
            return known[1]
        told = b"," + _encode(recording.reason(decision, 0))[len(b'{"revision":0,') :] + b"}"
        if decision.allowed and not statements[1:]:
            if len(self._decisions) >= _PIECES_AT_MOST:
                self._decisions.clear()
            self._decisions[key] = statement, told
        return told


def _learn(principal: Principal) -> _Known:
    identity = recording.identity_of(principal.caller)
    head = b'{"eventVersion":"1.11","userIdentity":' + bytes(identity) + b',"eventTime":"'
    known = principal.recorded = _Known(identity, head)
    return known
