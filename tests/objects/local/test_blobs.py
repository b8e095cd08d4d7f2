"""What is particular to files: order of durability, full disks, leftovers."""

from __future__ import annotations

import asyncio
import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tabard.core.errors import AwsError
from tabard.objects.local import LocalBlobs
from tabard.objects.local.draft import write_all

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


async def body(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


def ignore(_chunk: bytes) -> None:
    return None


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_bytes_are_synced_before_the_name_and_the_name_before_the_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blobs = LocalBlobs(tmp_path)
    events: list[str] = []
    real_sync, real_rename = os.fsync, os.rename

    def fsync(descriptor: int) -> None:
        target = str(Path(f"/proc/self/fd/{descriptor}").readlink())
        events.append("sync directory" if "/blobs/" in target else "sync file")
        real_sync(descriptor)

    def rename(source: Any, target: Any) -> None:
        events.append("rename")
        real_rename(source, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "rename", rename)
    asyncio.run(blobs.put(body(b"abc"), ignore))
    assert events == ["sync file", "rename", "sync directory"]


@pytest.mark.parametrize("size", [10, 3_000_000])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
def test_a_full_or_failing_disk_is_a_503_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int, number: int
) -> None:
    blobs = LocalBlobs(tmp_path)

    def writev(_descriptor: int, _chunks: list[bytes]) -> int:
        raise OSError(number, os.strerror(number))

    async def story() -> None:
        monkeypatch.setattr(os, "writev", writev)
        with pytest.raises(AwsError) as caught:
            await blobs.put(body(b"x" * size, b"y" * size), ignore)
        monkeypatch.undo()
        assert (caught.value.code, caught.value.status) == ("ServiceUnavailable", 503)
        await blobs.put(body(b"there is room again"), ignore)
        await blobs.close()

    asyncio.run(story())
    assert [path.read_bytes() for path in files(tmp_path)] == [b"there is room again"]


def test_a_start_clears_what_was_half_written(tmp_path: Path) -> None:
    LocalBlobs(tmp_path)
    (tmp_path / "incoming" / ("a" * 32)).write_bytes(b"half")
    LocalBlobs(tmp_path)
    assert files(tmp_path) == []


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "", "A" * 32, "a" * 31, "a" * 32 + "\n", "/" + "a" * 31]
)
def test_only_an_id_becomes_a_path(tmp_path: Path, name: str) -> None:
    hold = LocalBlobs(tmp_path).hold([name])
    with pytest.raises(ValueError, match="not the id of a blob"):
        hold.read(name, 0, 1)


def test_files_are_for_the_server_alone(tmp_path: Path) -> None:
    blobs = LocalBlobs(tmp_path)
    asyncio.run(blobs.put(body(b"abc"), ignore))
    (path,) = files(tmp_path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_short_write_is_continued(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    real = os.writev
    monkeypatch.setattr(os, "writev", lambda descriptor, chunks: real(descriptor, [b"".join(chunks)[:3]]))
    with (tmp_path / "file").open("wb") as file:
        write_all(file.fileno(), [b"ab", b"", b"cdefg", b"h"])
    assert (tmp_path / "file").read_bytes() == b"abcdefgh"


def test_no_thread_or_file_is_left_after_a_broken_off_download(tmp_path: Path) -> None:
    async def story() -> None:
        blobs = LocalBlobs(tmp_path, durable=False)
        blob = await blobs.put(body(b"x" * 2_000_000), ignore)
        before = open_files()
        hold = blobs.hold([blob.id])
        reading = hold.read(blob.id, 0, blob.size)
        await anext(reading)
        await reading.aclose()  # type: ignore[attr-defined]
        hold.release()
        await blobs.close()
        assert open_files() <= before

    asyncio.run(story())
