"""Hostile requests to an operation that speaks JSON: each member missing, of another kind, repeated, and full of nonsense."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    from tests.hostile.signed import Wire

SHORT = 3
"""Values of another kind for each member in the fast set."""
OTHER_KINDS: list[Any] = [
    None, True, False, 0, -1, 1.5, 10**400, -(2**63) - 1, 1e300, "", [], {}, [None], [[]], {"": None}, {"key": "value"},
    ["x"] * 5000, [{"AttributeKey": "EventName", "AttributeValue": "x"}] * 300, "x" * 100_000,
]  # fmt: skip
HEADERS = [
    {"X-Amz-Target": ""}, {"X-Amz-Target": "nothing"}, {"X-Amz-Target": ".LookupEvents"}, {"Content-Type": "text/xml"},
    {"Content-Type": "application/x-amz-json-1.0"}, {"Content-Type": "application/json; charset=utf-16"},
]  # fmt: skip


def attacks_on_json(base: Wire, chance: random.Random, texts: list[str], *, every: bool) -> Iterator[Wire]:
    """Requests made from one that makes sense; ``texts`` are tried as every member's value."""
    given: dict[str, Any] = json.loads(base.body or b"{}")

    def body(changed: Any) -> Wire:
        return replace(base, headers=dict(base.headers), body=json.dumps(changed).encode())

    for name, value in given.items():
        yield body({key: each for key, each in given.items() if key != name})
        kinds = OTHER_KINDS if every else chance.sample(OTHER_KINDS, SHORT)
        for other in [*kinds, *texts, {"x": value}, [value], {name: value}]:
            yield body({**given, name: other})
        yield body({**given, name.lower(): value, name.upper(): value})
        twice = json.dumps(given)[:-1] + f", {json.dumps(name)}: {json.dumps(value)}}}"
        yield replace(base, headers=dict(base.headers), body=twice.encode())
        for inner in _within(value, kinds):
            yield body({**given, name: inner})
    yield body({**given, "Nonsense": {"x": [1]}, "": ""})
    for headers in HEADERS:
        yield replace(base, headers={**base.headers, **headers})


def _within(value: Any, kinds: list[Any]) -> Iterator[Any]:
    """A list's first structure with each of its members of another kind, or missing."""
    if not isinstance(value, list) or not value or not isinstance(value[0], dict):
        return
    first = value[0]
    for name in first:
        yield [{key: each for key, each in first.items() if key != name}]
        for other in kinds:
            yield [{**first, name: other}]
