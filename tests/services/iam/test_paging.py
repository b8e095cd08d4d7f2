"""Laws of pages: whatever the sizes, everything is seen once, and what changes meanwhile disturbs nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabard.core.errors import AwsError
from tabard.services.iam import paging

NAMES = st.lists(st.text("abcXYZ09+=,.@_-", min_size=1, max_size=8), unique=True, max_size=30)


def pages(items: list[str], size: int, change: dict[int, tuple[list[str], list[str]]]) -> list[str]:
    """Every item seen, page by page; ``change`` says what is added and taken away after so many pages."""
    seen: list[str] = []
    request: dict[str, Any] = {"MaxItems": size}
    number = 0
    while True:
        page = paging.listed(request, items, lambda item: item, "Items", lambda item: item)
        assert len(page["Items"]) <= size
        assert page["IsTruncated"] == ("Marker" in page)
        seen += page["Items"]
        if not page["IsTruncated"]:
            return seen
        assert len(page["Items"]) == size
        request["Marker"] = page["Marker"]
        added, gone = change.get(number, ([], []))
        items = [item for item in {*items, *added} if item not in gone]
        number += 1


@given(NAMES, st.integers(1, 10))
def test_everything_is_seen_once_in_order(names: list[str], size: int) -> None:
    assert pages(names, size, {}) == sorted(names)


@given(NAMES, NAMES, NAMES, st.integers(1, 5), st.integers(0, 4))
def test_what_stays_is_seen_once_whatever_comes_and_goes(
    names: list[str], added: list[str], gone: list[str], size: int, when: int
) -> None:
    seen = pages(names, size, {when: (added, gone)})
    assert len(seen) == len(set(seen))
    assert set(names) - set(gone) <= set(seen) <= {*names, *added}


@given(st.text(min_size=1))
def test_a_marker_of_anybody_else_is_refused_or_a_position(marker: str) -> None:
    def listed() -> object:
        return paging.listed({"Marker": marker}, ["a"], lambda item: item, "Items", lambda item: item)

    try:
        position = paging.decode_marker({"Marker": marker})
    except AwsError:
        with pytest.raises(AwsError, match="ValidationError"):
            listed()
    else:
        assert position is not None
        assert listed()


def test_a_marker_names_its_position() -> None:
    assert paging.decode_marker({"Marker": paging.encode_marker("/x/\nname")}) == "/x/\nname"
    assert paging.decode_marker({}) is None
    with pytest.raises(AwsError):
        paging.decode_marker({"Marker": "%%%"})
