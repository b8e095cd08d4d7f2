"""Range headers and part numbers, as stretches of an object."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabard.core.errors import AwsError
from tabard.services.s3.ranges import parse_range, stretch_of
from tabard.store.s3 import Object, Segment

PARTS = Object("b", "k", 10, "e", 0.0, (Segment("x", 4, 1), Segment("y", 3, 5), Segment("z", 3, 9)))
WHOLE = Object("b", "k", 10, "e", 0.0, (Segment("x", 10),))


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-3", (0, 4)),
        ("bytes=3-3", (3, 1)),
        ("bytes=5-", (5, 5)),
        ("bytes=-3", (7, 3)),
        ("bytes=-30", (0, 10)),
        ("bytes=8-100", (8, 2)),
        ("bytes=5-3", None),
        ("bytes=-", None),
        ("bytes=a-b", None),
        ("items=0-3", None),
        ("bytes=0-1,3-4", None),
    ],
)
def test_a_range_is_a_stretch_or_is_ignored(header: str, expected: tuple[int, int] | None) -> None:
    assert parse_range(header, 10) == expected


@pytest.mark.parametrize(
    ("header", "size"), [("bytes=10-", 10), ("bytes=99-100", 10), ("bytes=-0", 10), ("bytes=0-", 0)]
)
def test_a_range_beyond_the_end_is_416_with_the_size(header: str, size: int) -> None:
    with pytest.raises(AwsError) as caught:
        parse_range(header, size)
    assert (caught.value.code, caught.value.status) == ("InvalidRange", 416)
    assert caught.value.fields == {"RangeRequested": header, "ActualObjectSize": str(size)}


@given(size=st.integers(1, 50), first=st.integers(0, 60), last=st.integers(0, 60))
def test_a_satisfiable_range_lies_within_the_object(size: int, first: int, last: int) -> None:
    if first >= size or last < first:
        return
    bounds = parse_range(f"bytes={first}-{last}", size)
    assert bounds is not None
    whole = bytes(range(size))
    assert whole[bounds[0] : bounds[0] + bounds[1]] == whole[first : last + 1]


@pytest.mark.parametrize(("number", "expected"), [(1, (0, 4)), (2, (4, 3)), (3, (7, 3))])
def test_a_part_is_counted_by_its_place(number: int, expected: tuple[int, int]) -> None:
    stretch = stretch_of(PARTS, {"PartNumber": number})
    assert (stretch.offset, stretch.length, stretch.partial) == (*expected, True)


def test_what_was_put_in_one_has_one_part() -> None:
    assert stretch_of(WHOLE, {"PartNumber": 1}).length == 10
    with pytest.raises(AwsError) as caught:
        stretch_of(WHOLE, {"PartNumber": 2})
    assert (caught.value.code, caught.value.status) == ("InvalidPartNumber", 416)
    assert caught.value.fields == {"PartNumberRequested": "2", "ActualPartCount": "1"}


def test_a_part_and_a_range_do_not_go_together() -> None:
    with pytest.raises(AwsError, match="Cannot specify both Range header and partNumber"):
        stretch_of(WHOLE, {"PartNumber": 1, "Range": "bytes=0-1"})
