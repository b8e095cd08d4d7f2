"""Listings against the plain reading of S3's documentation: sort, filter, roll up, cut."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tabard.services.s3.listing import Rolled, roll_up
from tabard.store.s3 import Listed, Position

NAMES = st.text(st.sampled_from("ab/é\U0001f600\uffff"), min_size=1, max_size=5)
DELIMITERS = st.sampled_from(["", "/", "b", "é/", "\U0001f600"])


class Keys:
    """A store of keys alone, which counts the rows that are read."""

    def __init__(self, keys: set[str]) -> None:
        self.keys = sorted(keys, key=str.encode)
        self.rows = 0

    def scan(self, start: Position, limit: int) -> list[Listed]:
        found = [
            Listed(key, 1, "e", 0.0)
            for key in self.keys
            if key.encode() > start.key or (start.inclusive and key.encode() == start.key)
        ][:limit]
        self.rows += len(found)
        return found


def reference(keys: set[str], prefix: str, delimiter: str) -> list[tuple[bytes, str]]:
    """Every entry of a listing: (place, ``key`` or ``prefix``)."""
    entries: set[tuple[bytes, str]] = set()
    for key in keys:
        if key.startswith(prefix):
            rest = key[len(prefix) :]
            if delimiter and delimiter in rest:
                entries.add(((prefix + rest[: rest.index(delimiter)] + delimiter).encode(), "prefix"))
            else:
                entries.add((key.encode(), "key"))
    return sorted(entries)


def entries(page: Rolled) -> list[tuple[bytes, str]]:
    return sorted(
        [(each.key.encode(), "key") for each in page.objects]
        + [(each.encode(), "prefix") for each in page.prefixes]
    )


@settings(deadline=None)
@given(keys=st.sets(NAMES, max_size=20), prefix=st.just("") | NAMES, delimiter=DELIMITERS)
def test_a_listing_holds_what_the_documentation_says(keys: set[str], prefix: str, delimiter: str) -> None:
    page = roll_up(Keys(keys).scan, prefix, delimiter, "", 1000)
    assert entries(page) == reference(keys, prefix, delimiter)
    assert not page.truncated


@settings(deadline=None)
@given(
    keys=st.sets(NAMES, max_size=20),
    prefix=st.just("") | NAMES,
    delimiter=DELIMITERS,
    limit=st.integers(1, 4),
)
def test_the_pages_of_a_listing_are_the_listing(
    keys: set[str], prefix: str, delimiter: str, limit: int
) -> None:
    store, after, seen = Keys(keys), "", []
    for _ in range(50):
        page = roll_up(store.scan, prefix, delimiter, after, limit)
        found = entries(page)
        assert len(found) <= limit
        seen += found
        if not page.truncated:
            break
        assert len(found) == limit
        after = page.last
    assert seen == reference(keys, prefix, delimiter), "in order, nothing twice, nothing missed"


@given(keys=st.sets(NAMES, max_size=20), after=NAMES)
def test_start_after_is_exclusive(keys: set[str], after: str) -> None:
    page = roll_up(Keys(keys).scan, "", "", after, 1000)
    assert [each.key for each in page.objects] == [
        key for key in sorted(keys, key=str.encode) if key.encode() > after.encode()
    ]


def test_what_is_rolled_up_is_skipped_not_read() -> None:
    store = Keys({f"{folder}/{number:05}" for folder in "abc" for number in range(2000)})
    page = roll_up(store.scan, "", "/", "", 1000)
    assert page.prefixes == ["a/", "b/", "c/"]
    assert store.rows < 1000


def test_no_keys_asked_for_is_no_keys_and_the_end() -> None:
    assert roll_up(Keys({"a", "b"}).scan, "", "", "", 0) == Rolled([], [], "", truncated=False)
