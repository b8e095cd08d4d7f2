"""What an audit trail is, and the record it keeps.

Records have CloudTrail's event format:
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class Event(msgspec.Struct, rename="camel", omit_defaults=True):
    """One call. ``user_identity`` is JSON already; ``additional_event_data`` carries the decision and its reason."""

    event_version: str
    user_identity: msgspec.Raw
    event_time: str
    event_source: str
    event_name: str
    aws_region: str
    source_ip_address: str = msgspec.field(name="sourceIPAddress")
    user_agent: str
    request_id: str = msgspec.field(name="requestID")
    event_id: str = msgspec.field(name="eventID")
    read_only: bool
    event_type: str
    management_event: bool
    recipient_account_id: str
    event_category: str
    error_code: str | None = None
    error_message: str | None = None
    request_parameters: Any = None
    response_elements: Any = None
    additional_event_data: Any = None
    resources: list[dict[str, str]] | None = None
    shared_event_id: str | None = msgspec.field(default=None, name="sharedEventID")


class Trail(Protocol):
    """An append-only trail. ``record`` is cheap and keeps order; what was flushed survives the process."""

    @property
    def failed(self) -> bool:
        """Whether the last flush failed: the pipeline then refuses work until one succeeds (an honest 503)."""

    def record(self, event: Event) -> None:
        """Append one event; it reaches the file at the end of this turn of the event loop, or at ``flush``."""

    def append(self, line: bytes) -> None:
        """As ``record``, of an event that is JSON already."""

    def flush(self) -> None:
        """Hand everything to the operating system now; called before a change is acknowledged."""

    def close(self) -> None:
        """Flush and let go of the file."""


class Look(Protocol):
    """One look back through the trail: an iterator of records (JSON), the newest first.

    It gives up after a bounded amount of reading: ``ended`` says whether nothing older is left that could match. ``position``
    is where another look can go on: after the record that was given last, or where it was given up.
    """

    position: str
    ended: bool

    def __iter__(self) -> Iterator[bytes]: ...


class History(Protocol):
    """What a trail has kept. Reading blocks: it is for a thread of its own."""

    def look_back(
        self, needles: Sequence[bytes], *, since: float, until: float, position: str | None = None
    ) -> Look:
        """Look at the records of a time (seconds since the epoch) in which every needle occurs.

        Both are rough, for the reader to check: records of other times and other meanings come along. Raises ``LookupError``
        for a position that is none, or whose records have been removed.
        """
