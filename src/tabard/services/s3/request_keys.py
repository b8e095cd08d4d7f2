"""The condition keys that every S3 request has, computed only when a policy asks for them.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html#amazons3-policy-keys
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, KeysView

    from tabard.services.operation import Call, Keys, KeyValue

_LATEST = "AWS4-HMAC-SHA256"
_HEADERS_OF_EVERY_REQUEST = frozenset({b"x-amz-date", b"x-amz-security-token", b"x-amz-user-agent"})


class RequestKeys(Mapping[str, "KeyValue | Callable[[], KeyValue]"]):
    """The keys of one request: what it says of its signature, and its ``x-amz-`` headers as ``s3:x-amz-…``.

    Nothing is gathered before somebody looks; keys that are set stand before those of the request.
    """

    __slots__ = ("_call", "_gathered", "_set")

    def __init__(self, call: Call) -> None:
        self._call = call
        self._set: dict[str, KeyValue | Callable[[], KeyValue]] = {}
        self._gathered: dict[str, KeyValue | Callable[[], KeyValue]] | None = None

    def __setitem__(self, key: str, value: KeyValue | Callable[[], KeyValue]) -> None:
        self._set[key] = value
        self._gathered = None

    def update(self, keys: Keys) -> None:
        """Set several keys."""
        self._set.update(keys)
        self._gathered = None

    def __getitem__(self, key: str) -> KeyValue | Callable[[], KeyValue]:
        return self._all()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def keys(self) -> KeysView[str]:
        """Every key."""
        return self._all().keys()

    def _all(self) -> dict[str, KeyValue | Callable[[], KeyValue]]:
        found = self._gathered
        if found is None:
            found = self._gathered = _gathered(self._call)
            found.update(self._set)
        return found


request_keys = RequestKeys


def _gathered(call: Call) -> dict[str, KeyValue | Callable[[], KeyValue]]:
    keys: dict[str, KeyValue | Callable[[], KeyValue]] = {
        "s3:authtype": lambda: _auth_type(call),
        "s3:signatureversion": lambda: _signature_version(call),
        "s3:signatureage": lambda: _signature_age(call),
    }
    for name, value in call.http.headers:
        key = _known.get(name)
        if key is None:
            key = _key_of(name)
        if key:
            keys[key] = value.decode("latin-1")
    return keys


_known: dict[bytes, str] = {}
"""The condition key of each header seen, empty for those that have none."""

_KNOWN_AT_MOST = 500


def _key_of(header: bytes) -> str:
    counts = header.startswith(b"x-amz-") and header not in _HEADERS_OF_EVERY_REQUEST
    key = "s3:" + header.decode("latin-1") if counts else ""
    if len(_known) < _KNOWN_AT_MOST:
        _known[header] = key
    return key


def _auth_type(call: Call) -> str | None:
    if call.caller.kind == "Anonymous":
        return None
    return "REST-HEADER" if call.http.header(b"authorization") else "REST-QUERY-STRING"


def names_region(call: Call) -> bool:
    """Whether a request says which region it was signed for; strangers' do not, nor do links of version 2."""
    return _signature_version(call) == _LATEST


def _signature_version(call: Call) -> str | None:
    if call.caller.kind == "Anonymous":
        return None
    return "AWS" if "AWSAccessKeyId=" in call.http.query else _LATEST


def _signature_age(call: Call) -> str | None:
    """Milliseconds since the request was signed."""
    date = call.http.header(b"x-amz-date")
    if date is None:
        date = next(iter(parse_qs(call.http.query).get("X-Amz-Date", [])), None)
    if date is None or call.caller.kind == "Anonymous":
        return None
    try:
        signed = datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None
    return str(max(0, int((call.now - signed.timestamp()) * 1000)))
