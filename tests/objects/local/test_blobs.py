"""What is particular to files: order of durability, full disks, leftovers."""

from __future__ import annotations

import asyncio
import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tabard.core.errors import AwsError
from tabard.identity.keyring import KeyRing
from tabard.objects.local import LocalBlobs
from tabard.objects.local.draft import write_all
from tabard.objects.local.sealing import CHUNK, SEALED_CHUNK

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


KEYS = KeyRing.generate(os.urandom)
EDGES = sorted(
    {each for edge in (0, CHUNK, 2 * CHUNK, 9 * CHUNK) for each in (edge, edge + 1, max(edge - 1, 0))}
)


async def body(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


def ignore(_chunk: bytes) -> None:
    return None


async def read(blobs: LocalBlobs, blob: str, offset: int, length: int) -> bytes:
    hold = blobs.hold([blob])
    try:
        return b"".join([chunk async for chunk in hold.read(blob, offset, length)])
    finally:
        hold.release()
        await blobs.close()


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_bytes_are_synced_before_the_name_and_the_name_before_the_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blobs = LocalBlobs(tmp_path, KEYS)
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
    blobs = LocalBlobs(tmp_path, KEYS)

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
    (kept,) = files(tmp_path)
    assert asyncio.run(read(LocalBlobs(tmp_path, KEYS), kept.name, 0, 19)) == b"there is room again"


def test_a_start_clears_what_was_half_written(tmp_path: Path) -> None:
    LocalBlobs(tmp_path, KEYS)
    (tmp_path / "incoming" / ("a" * 32)).write_bytes(b"half")
    LocalBlobs(tmp_path, KEYS)
    assert files(tmp_path) == []


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "", "A" * 32, "a" * 31, "a" * 32 + "\n", "/" + "a" * 31]
)
def test_only_an_id_becomes_a_path(tmp_path: Path, name: str) -> None:
    hold = LocalBlobs(tmp_path, KEYS).hold([name])
    with pytest.raises(ValueError, match="not the id of a blob"):
        hold.read(name, 0, 1)


def test_files_are_for_the_server_alone(tmp_path: Path) -> None:
    blobs = LocalBlobs(tmp_path, KEYS)
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
        blobs = LocalBlobs(tmp_path, KEYS, durable=False)
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


def stored(folder: Path, data: bytes) -> tuple[LocalBlobs, str, Path]:
    """Some bytes in a file: their keeper, the blob, and the file."""
    blobs = LocalBlobs(folder, KEYS, durable=False)
    blob = asyncio.run(blobs.put(body(data), ignore))
    return blobs, blob.id, blobs._path(blob.id)


@given(
    st.integers(0, 10 * CHUNK), st.sampled_from(EDGES), st.integers(0, 10 * CHUNK), st.integers(1, 3 * CHUNK)
)
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_a_range_over_the_edges_of_chunks(
    tmp_path: Path, size: int, offset: int, length: int, at_once: int
) -> None:
    data = os.urandom(size)
    pieces = [data[start : start + at_once] for start in range(0, size, at_once)]

    async def story() -> None:
        blobs = LocalBlobs(tmp_path, KEYS, durable=False)
        blob = await blobs.put(body(*pieces), ignore)
        offset_in, length_in = min(offset, size), min(length, max(size - offset, 0))
        assert await read(blobs, blob.id, offset_in, length_in) == data[offset_in : offset_in + length_in]

    asyncio.run(story())


def test_what_is_on_the_disk_is_not_what_was_put(tmp_path: Path) -> None:
    data = b"a secret that repeats itself. " * 10_000
    _, _, path = stored(tmp_path, data)
    on_disk = path.read_bytes()
    assert len(on_disk) < len(data) + 1000
    assert not any(data[start : start + 12] in on_disk for start in range(0, 60, 4))


@pytest.mark.parametrize("size", [10, 3 * CHUNK])
def test_bytes_that_were_altered_swapped_or_cut_off_are_noticed(tmp_path: Path, size: int) -> None:
    blobs, blob, path = stored(tmp_path / "one", b"x" * size)
    good = path.read_bytes()
    header = len(good) - size - 16 * -(-size // CHUNK)
    _, _, other = stored(tmp_path / "other", b"y" * size)
    broken = [
        b"",
        good[:header],
        good[:-1],
        good[: header // 2],
        good[:-1] + bytes([good[-1] ^ 1]),
        bytes([good[0] ^ 1]) + good[1:],
        other.read_bytes(),
        good[:header] + other.read_bytes()[header:],
    ]
    if size > CHUNK:
        first, second = (
            good[header : header + SEALED_CHUNK],
            good[header + SEALED_CHUNK : header + 2 * SEALED_CHUNK],
        )
        broken.append(good[:header] + second + first + good[header + 2 * SEALED_CHUNK :])
    for content in broken:
        path.write_bytes(content)
        with pytest.raises(OSError, match=blob):
            asyncio.run(read(LocalBlobs(tmp_path / "one", KEYS), blob, 0, size))
    path.write_bytes(good)
    with pytest.raises(OSError, match="not sealed under the keys of this server"):
        asyncio.run(read(LocalBlobs(tmp_path / "one", KeyRing.generate(os.urandom)), blob, 0, size))
    assert asyncio.run(read(blobs, blob, 0, size)) == b"x" * size
