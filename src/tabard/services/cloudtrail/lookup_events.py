"""LookupEvents: the management events of the last ninety days, of the caller's account and region, the newest first.

https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html

A call looks at a bounded part of the trail, so a page may hold fewer events than were asked for (or none) and still a token.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from tabard.catalog import regions
from tabard.core.errors import AwsError
from tabard.core.sources import as_datetime
from tabard.services.cloudtrail import records
from tabard.services.operation import LONG, Check, operation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from tabard.audit.port import History, Look
    from tabard.services.cloudtrail.records import Record
    from tabard.services.operation import Call

HISTORY = "cloudtrail.history"
"""Under which name a node has its ``History``."""
KEPT = 90 * 86_400.0
"""Seconds for which events are found."""
EVENTS_AT_MOST = 50
RECORDS_AT_MOST = 5_000
"""Records that one call reads closely."""
AT_ONCE_AT_MOST = 2
"""Calls that look back at the same time; others wait for their turn."""
_TURN = "cloudtrail.turn"


class _Filter(NamedTuple):
    """What is looked for: bytes that must occur in a record's JSON, and whether a record that is read meets it."""

    needle: bytes
    matches: Callable[[Record], bool]


def _checks(call: Call, _request: dict[str, Any]) -> Iterator[Check]:
    if regions.get(call.region) is None:
        raise AwsError(
            "UnrecognizedClientException", "The security token included in the request is invalid."
        )
    yield Check("cloudtrail:LookupEvents", "*")


@operation("cloudtrail", "LookupEvents", LONG, checks=_checks)
async def lookup_events(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """The events that meet the first lookup attribute; AWS ignores the others as well."""
    since, until = _times(call, request)
    sought = _sought(request.get("LookupAttributes") or [])
    purpose = _purpose(call, request)
    position = _opened(call, purpose, request.get("NextToken"))
    history: History | None = call.node.extensions.get(HISTORY)
    if history is None or request.get("EventCategory") == "insight":
        return {"Events": []}
    page = _Page(call, sought, since, until, request.get("MaxResults") or EVENTS_AT_MOST)
    needles = [b'"managementEvent":true', _pair("recipientAccountId", call.account), sought.needle]
    try:
        look = history.look_back(needles, since=since, until=until, position=position)
    except LookupError:
        raise _invalid_token() from None
    turn: asyncio.Semaphore = call.node.extensions.setdefault(_TURN, asyncio.Semaphore(AT_ONCE_AT_MOST))
    async with turn:  # looking back takes a thread and its share of the processor, which others need as well
        await asyncio.to_thread(page.fill, look)
    events = sorted(page.events, key=lambda each: each["EventTime"], reverse=True)
    if page.goes_on_at is None:
        return {"Events": events}
    token = base64.b64encode(call.node.keys.seal(purpose, page.goes_on_at.encode())).decode()
    return {"Events": events, "NextToken": token}


class _Page:
    """One page, filled from a look back through the trail."""

    def __init__(self, call: Call, sought: _Filter, since: float, until: float, size: int) -> None:
        self._account = call.account
        self._region = call.region
        self._sought = sought
        self._since = since
        self._until = until
        self._size = size
        self.events: list[dict[str, Any]] = []
        self.goes_on_at: str | None = None

    def fill(self, look: Look) -> None:
        """Take the events of this page, and see whether another one follows."""
        after = ""
        for line in islice(look, RECORDS_AT_MOST):
            try:
                record = records.decode(line)
                belongs = self._belongs(record)
            except (msgspec.MsgspecError, ValueError):
                continue
            if not belongs:
                continue
            if len(self.events) == self._size:
                self.goes_on_at = after
                return
            self.events.append(_shown(record, line, self._account))
            after = look.position
        if not look.ended:
            self.goes_on_at = look.position

    def _belongs(self, record: Record) -> bool:
        return (
            record.management_event
            and record.recipient_account_id == self._account
            and record.region == self._region
            and self._since <= record.at <= self._until
            and self._sought.matches(record)
        )


def _shown(record: Record, line: bytes, account: str) -> dict[str, Any]:
    event: dict[str, Any] = {
        "EventId": record.event_id,
        "EventName": record.event_name,
        "ReadOnly": "true" if record.read_only else "false",
        "EventTime": as_datetime(record.at),
        "EventSource": record.event_source,
        "Username": records.username(record.user_identity),
        "AccessKeyId": records.access_key(record.user_identity),
        "Resources": records.resources(record),
        "CloudTrailEvent": records.told_to(account, line),
    }
    return event


def _times(call: Call, request: dict[str, Any]) -> tuple[float, float]:
    start: datetime | None = request.get("StartTime")
    end: datetime | None = request.get("EndTime")
    since = call.now - KEPT if start is None else start.timestamp()
    until = call.now if end is None else end.timestamp()
    if since > until and start is not None:
        raise AwsError("InvalidTimeRangeException", "Start time must be before the end time.")
    return max(since, call.now - KEPT), until


_READ: dict[str, Callable[[Record], object]] = {
    "EventId": lambda record: record.event_id,
    "EventName": lambda record: record.event_name,
    "EventSource": lambda record: record.event_source,
    "Username": lambda record: records.username(record.user_identity),
    "AccessKeyId": lambda record: records.access_key(record.user_identity),
}
_MEMBERS = {
    "EventId": "eventID",
    "EventName": "eventName",
    "EventSource": "eventSource",
    "AccessKeyId": "accessKeyId",
}


def _sought(attributes: list[dict[str, Any]]) -> _Filter:
    if not attributes:
        return _Filter(b"", lambda _record: True)
    key, value = attributes[0].get("AttributeKey", ""), attributes[0].get("AttributeValue", "")
    if key == "ReadOnly":
        if value.lower() not in {"true", "false"}:
            raise AwsError("InvalidLookupAttributesException", "ReadOnly must be true or false.")
        wanted = value.lower() == "true"
        needle = b'"readOnly":true' if wanted else b'"readOnly":false'
        return _Filter(needle, lambda record: record.read_only is wanted)
    if key in {"ResourceType", "ResourceName"}:
        needle = msgspec.json.encode(value)[1:-1] if key == "ResourceName" else b""
        return _Filter(needle, lambda record: any(each[key] == value for each in records.resources(record)))
    read = _READ[key]
    member = _MEMBERS.get(key)
    # a user's name may stand in its own member, behind the colon of a session's id, or nowhere (root's)
    needle = _pair(member, value) if member else b"" if value == "root" else msgspec.json.encode(value)[1:-1]
    return _Filter(needle, lambda record: read(record) == value)


def _pair(name: str, value: str) -> bytes:
    return b'"%b":%b' % (name.encode(), msgspec.json.encode(value))


def _purpose(call: Call, request: dict[str, Any]) -> bytes:
    """A token is good for the call that it belongs to: with the same parameters, by the same account, in the same region."""
    asked = {key: value for key, value in request.items() if key not in {"NextToken", "MaxResults"}}
    text = msgspec.json.encode([call.account, call.region, sorted(asked.items())])
    return b"lookup-events" + hashlib.sha256(text).digest()


def _opened(call: Call, purpose: bytes, token: str | None) -> str | None:
    if token is None:
        return None
    try:
        position = call.node.keys.open(purpose, base64.b64decode(token.encode(), validate=True))
    except (ValueError, binascii.Error):
        position = None
    if position is None:
        raise _invalid_token()
    return position.decode()


def _invalid_token() -> AwsError:
    return AwsError("InvalidNextTokenException", "The token is invalid, or was used with other parameters.")
