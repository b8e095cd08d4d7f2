"""The stretch of an object that a request asks for: by Range header or by part number."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from tabard.core.errors import AwsError
from tabard.services.s3.errors import invalid_request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tabard.store.s3 import Object, Segment

_RANGE = re.compile(r"bytes=([0-9]{0,4000})-([0-9]{0,4000})\Z")


class Stretch(NamedTuple):
    """``length`` bytes from ``offset``; ``part`` is the part that this is. ``partial`` makes a reply 206."""

    offset: int
    length: int
    partial: bool
    part: Segment | None = None

    def content_range(self, size: int) -> str | None:
        """The Content-Range header, where the reply is partial."""
        return f"bytes {self.offset}-{self.offset + self.length - 1}/{size}" if self.partial else None


def stretch_of(found: Object, request: Mapping[str, Any]) -> Stretch:
    """What to send of an object; raises InvalidRange or InvalidPartNumber (416)."""
    header, number = request.get("Range"), request.get("PartNumber")
    if number is not None:
        if header is not None:
            raise invalid_request("Cannot specify both Range header and partNumber query parameter")
        return _part(found, number)
    bounds = None if header is None else parse_range(header, found.size)
    if bounds is None:
        return Stretch(0, found.size, partial=False)
    return Stretch(bounds[0], bounds[1], partial=True, part=_aligned(found, *bounds))


def parse_range(header: str, size: int) -> tuple[int, int] | None:
    """Offset and length that a Range header means; None for one to be ignored (RFC 9110, 14.2; S3 sends no lists)."""
    match = _RANGE.match(header.strip())
    if match is None or not (match[1] or match[2]):
        return None
    if not match[1]:
        wanted = min(int(match[2]), size)
        if wanted == 0:
            raise _unsatisfiable(header, size)
        return size - wanted, wanted
    first = int(match[1])
    last = int(match[2]) if match[2] else size - 1
    if match[2] and last < first:
        return None
    if first >= size:
        raise _unsatisfiable(header, size)
    return first, min(last, size - 1) - first + 1


def part_count(found: Object) -> int | None:
    """How many parts an object was uploaded in; None where it was put in one."""
    return len(found.segments) if found.segments and found.segments[0].number else None


def _aligned(found: Object, offset: int, length: int) -> Segment | None:
    """The part that a range is exactly."""
    start = 0
    for segment in found.segments if part_count(found) is not None else ():
        if start >= offset:
            return segment if (start, segment.size) == (offset, length) else None
        start += segment.size
    return None


def _part(found: Object, number: int) -> Stretch:
    count = part_count(found)
    if count is None:
        if number == 1:
            return Stretch(0, found.size, partial=found.size > 0)
        raise _no_such_part(number, 1)
    offset = 0
    for position, segment in enumerate(found.segments, 1):
        if position == number:
            return Stretch(offset, segment.size, found.size > 0, segment)
        offset += segment.size
    raise _no_such_part(number, count)


def _no_such_part(number: int, count: int) -> AwsError:
    return AwsError(
        "InvalidPartNumber",
        "The requested partnumber is not satisfiable",
        416,
        {"PartNumberRequested": str(number), "ActualPartCount": str(count)},
    )


def _unsatisfiable(header: str, size: int) -> AwsError:
    return AwsError(
        "InvalidRange",
        "The requested range is not satisfiable",
        416,
        {"RangeRequested": header, "ActualObjectSize": str(size)},
    )
