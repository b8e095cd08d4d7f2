"""The trail keeps whole records, in order, across crashes, rotations and full disks."""

from __future__ import annotations

import errno
import json
import resource
import stat
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tabard.audit.jsonl import WAITING_AT_MOST, JsonLinesTrail
from tabard.audit.port import Event


def event(name: str) -> Event:
    return Event(
        event_version="1.11",
        user_identity=msgspec.Raw(b'{"type":"Root"}'),
        event_time="2026-11-23T20:30:00Z",
        event_source="iam.amazonaws.com",
        event_name=name,
        aws_region="us-east-1",
        source_ip_address="127.0.0.1",
        user_agent="test",
        request_id="r",
        event_id="e",
        read_only=True,
        event_type="AwsApiCall",
        management_event=True,
        recipient_account_id="1" * 12,
        event_category="Management",
    )


def names(path: Path) -> list[str]:
    return [json.loads(line)["eventName"] for line in path.read_text().splitlines()]


def test_records_have_cloudtrails_names_and_only_the_owner_reads_them(tmp_path: Path) -> None:
    trail = JsonLinesTrail(tmp_path, lambda: 0.0)
    trail.record(event("GetRole"))
    trail.close()
    record: dict[str, Any] = json.loads((tmp_path / "events.jsonl").read_text())
    assert record["sourceIPAddress"] == "127.0.0.1"
    assert record["requestID"] == "r"
    assert record["userIdentity"] == {"type": "Root"}
    assert "errorCode" not in record
    assert stat.S_IMODE((tmp_path / "events.jsonl").stat().st_mode) == 0o600


def test_half_a_record_left_by_a_crash_is_dropped_and_the_rest_kept(tmp_path: Path) -> None:
    trail = JsonLinesTrail(tmp_path, lambda: 0.0)
    trail.record(event("One"))
    trail.close()
    with (tmp_path / "events.jsonl").open("a") as file:
        file.write('{"eventName":"Ha')
    trail = JsonLinesTrail(tmp_path, lambda: 0.0)
    trail.record(event("Two"))
    trail.close()
    assert names(tmp_path / "events.jsonl") == ["One", "Two"]


def test_a_full_file_is_put_aside_and_the_oldest_removed(tmp_path: Path) -> None:
    clock = iter(float(second) for second in range(100))
    trail = JsonLinesTrail(tmp_path, lambda: next(clock), file_at_most=1, files_at_most=3)
    for number in range(6):
        trail.record(event(str(number)))
    trail.close()
    aside = sorted(tmp_path.glob("events-*.jsonl"))
    assert [names(path) for path in aside] == [["3"], ["4"], ["5"]]


def test_a_full_disk_is_noticed_and_nothing_is_lost_when_there_is_room_again(tmp_path: Path) -> None:
    trail = JsonLinesTrail(tmp_path, lambda: 0.0)
    trail.record(event("One"))
    size = (tmp_path / "events.jsonl").stat().st_size
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    import signal

    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 10, before[1]))
    try:
        trail.record(event("Two"))
        assert [trail.failed] == [True]
        assert (tmp_path / "events.jsonl").stat().st_size == size
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    trail.flush()
    assert [trail.failed] == [False]
    trail.close()
    assert names(tmp_path / "events.jsonl") == ["One", "Two"]


def test_refusals_on_a_full_disk_do_not_fill_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trail = JsonLinesTrail(tmp_path, lambda: 0.0)
    with monkeypatch.context() as full:
        full.setattr("os.write", _no_space)
        for number in range(WAITING_AT_MOST + 500):
            trail.record(event(str(number)))
        assert len(trail._waiting) == WAITING_AT_MOST
        assert [trail.failed] == [True]
    trail.record(event("later"))
    assert [trail.failed] == [False]
    trail.close()
    assert names(tmp_path / "events.jsonl") == [str(number) for number in range(WAITING_AT_MOST)]


def test_a_file_that_can_not_be_put_aside_is_written_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trail = JsonLinesTrail(tmp_path, lambda: 0.0, file_at_most=1)
    with monkeypatch.context() as broken:
        broken.setattr("os.fsync", _no_space)
        trail.record(event("One"))
        trail.record(event("Two"))
    assert [trail.failed] == [False]
    assert names(tmp_path / "events.jsonl") == ["One", "Two"]
    trail.record(event("Three"))
    trail.close()
    [aside] = tmp_path.glob("events-*.jsonl")
    assert names(aside) == ["One", "Two", "Three"]


def test_where_the_new_file_can_not_take_its_name_nothing_is_lost_and_it_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old file has been put aside by then: what is recorded meanwhile goes on into it."""
    trail = JsonLinesTrail(tmp_path, lambda: 0.0, file_at_most=1)
    rename = Path.rename

    def fails(path: Path, target: Path) -> Path:
        return _no_space() if path.name == "events.new" else rename(path, target)  # type: ignore[return-value]

    with monkeypatch.context() as broken:
        broken.setattr(Path, "rename", fails)
        for name in ("One", "Two", "Three"):
            trail.record(event(name))
        assert [trail.failed] == [False]
        [aside] = tmp_path.glob("events-*.jsonl")
        assert names(aside) == ["One", "Two", "Three"]
    trail.record(event("Four"))
    assert names(aside) == ["One", "Two", "Three", "Four"]
    assert (tmp_path / "events.jsonl").read_bytes() == b""
    trail.record(event("Five"))
    trail.close()
    assert [names(path) for path in sorted(tmp_path.glob("events-*.jsonl"))] == [
        ["One", "Two", "Three", "Four"],
        ["Five"],
    ]


def test_rotation_is_not_tried_with_every_record_while_it_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    trail = JsonLinesTrail(tmp_path, lambda: 0.0, file_at_most=64_000)
    tried: list[int] = []

    def fails(descriptor: int) -> None:
        tried.append(descriptor)
        _no_space()

    monkeypatch.setattr("os.fsync", fails)
    for number in range(300):
        trail.record(event(str(number)))
    trail.close()
    assert 1 < len(tried) < 150
    assert len(caplog.records) == 1


def test_a_clock_that_stands_still_overwrites_no_file(tmp_path: Path) -> None:
    trail = JsonLinesTrail(tmp_path, lambda: 0.0, file_at_most=1)
    for name in ("One", "Two", "Three"):
        trail.record(event(name))
    trail.close()
    assert [names(path) for path in sorted(tmp_path.glob("events-*.jsonl"))] == [["One"], ["Two"], ["Three"]]


def _no_space(*_: object) -> int:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("size", [0, 1, 5])
def test_flushing_nothing_writes_nothing(tmp_path: Path, size: int) -> None:
    trail = JsonLinesTrail(tmp_path, lambda: 0.0)
    for _ in range(size):
        trail.flush()
    trail.close()
    assert (tmp_path / "events.jsonl").read_bytes() == b""
