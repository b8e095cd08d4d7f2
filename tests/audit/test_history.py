"""Looking back through the trail: every record once, the newest first, whatever the files, pieces and bounds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tabard.audit.history import JsonLinesHistory, JsonLinesLook
from tabard.core.sources import iso8601

if TYPE_CHECKING:
    from pathlib import Path


def record(number: int, at: float = 0.0, padding: int = 0) -> bytes:
    return json.dumps({"eventTime": iso8601(at), "n": number, "padding": "x" * padding}).encode()


def write(folder: Path, records: list[bytes], *, file_at_most: int = 1 << 30) -> None:
    """Files as a trail leaves them, without its waiting for the disk."""
    folder.mkdir(exist_ok=True)
    files: list[bytes] = [b""]
    for each in records:
        files[-1] += each + b"\n"
        if len(files[-1]) >= file_at_most:
            files.append(b"")
    for number, data in enumerate(files[:-1]):
        (folder / f"events-20251231T{number:012d}Z.jsonl").write_bytes(data)
    with (folder / "events.jsonl").open("ab") as file:
        file.write(files[-1])


def look_back(history: JsonLinesHistory, *needles: bytes, position: str | None = None) -> JsonLinesLook:
    """Look back through all times."""
    return history.look_back(needles, since=0.0, until=4e9, position=position)


def numbers(lines: list[bytes]) -> list[int]:
    return [json.loads(line)["n"] for line in lines]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.integers(0, 400), max_size=25),
    st.integers(1, 3000),
    st.integers(40, 700),
    st.integers(1, 2000),
    st.integers(1, 5),
)
def test_every_record_is_given_once_from_page_to_page(
    tmp_path_factory: pytest.TempPathFactory,
    paddings: list[int],
    file_at_most: int,
    piece: int,
    scanned: int,
    taken: int,
) -> None:
    folder = tmp_path_factory.mktemp("trail")
    write(folder, [record(n, padding=size) for n, size in enumerate(paddings)], file_at_most=file_at_most)
    history = JsonLinesHistory(folder, piece=piece, scanned_at_most=scanned)
    seen: list[bytes] = []
    position = None
    for _ in range(500):
        look = look_back(history, position=position)
        lines = iter(look)
        page = [line for _, line in zip(range(taken), lines, strict=False)]
        seen += page
        if look.ended:
            break
        position = look.position or None
    assert numbers(seen) == list(reversed(range(len(paddings))))


def test_records_without_the_needle_are_passed_over(tmp_path: Path) -> None:
    write(tmp_path, [record(n) for n in range(500)])
    found = look_back(JsonLinesHistory(tmp_path, piece=1000), b'"n": 77,')
    assert numbers(list(found)) == [77]
    assert found.ended


def test_a_time_is_found_without_reading_all_that_came_later_or_earlier(tmp_path: Path) -> None:
    day = 86_400.0
    write(tmp_path, [record(n, at=n * day, padding=900) for n in range(3000)], file_at_most=1_000_000)
    history = JsonLinesHistory(tmp_path, piece=4096, scanned_at_most=40_000)
    look = history.look_back([], since=100 * day, until=110 * day)
    found = numbers(list(look))
    assert look.ended
    assert set(range(100, 111)) <= set(found)
    assert len(found) < 40


def test_a_call_that_took_long_does_not_end_the_look_early(tmp_path: Path) -> None:
    day = 86_400.0
    records = [record(n, at=10 * day + n, padding=100) for n in range(200)]
    records.insert(150, record(999, at=day))
    write(tmp_path, records)
    look = JsonLinesHistory(tmp_path, piece=1000).look_back([], since=10 * day, until=4e9)
    assert set(numbers(list(look))) >= set(range(200))


def test_a_position_outlives_the_rotation_of_its_file_and_not_its_removal(tmp_path: Path) -> None:
    write(tmp_path, [record(n) for n in range(10)])
    history = JsonLinesHistory(tmp_path)
    look = look_back(history)
    assert numbers([next(iter(look))]) == [9]
    aside = tmp_path / "events-20260101T000000000000Z.jsonl"
    (tmp_path / "events.jsonl").rename(aside)
    write(tmp_path, [record(100)])
    again = look_back(history, position=look.position)
    assert numbers(list(again)) == list(reversed(range(9)))
    aside.unlink()
    for position in (look.position, "", "x", "1:2:3", "-1:5", "9" * 30 + ":1"):
        with pytest.raises(LookupError):
            look_back(history, position=position)


def test_a_file_that_is_put_aside_while_it_is_read_is_read_once(tmp_path: Path) -> None:
    write(tmp_path, [record(n) for n in range(5)])
    lines = iter(look_back(JsonLinesHistory(tmp_path)))
    seen = [next(lines)]
    (tmp_path / "events.jsonl").rename(tmp_path / "events-20260101T000000000000Z.jsonl")
    write(tmp_path, [record(100)])
    seen += lines
    assert numbers(seen) == [4, 3, 2, 1, 0]


def test_what_is_no_record_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "events.jsonl").write_bytes(record(1) + b'\n\n{"half\n' + record(2) + b'\n{"torn')
    look = look_back(JsonLinesHistory(tmp_path), b'"n"')
    assert numbers(list(look)) == [2, 1]
    assert list(look_back(JsonLinesHistory(tmp_path / "none"))) == []
