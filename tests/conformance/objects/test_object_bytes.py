"""What every keeper of blobs must do, whichever driver it is."""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tabard.identity.keyring import KeyRing
from tabard.objects.local import LocalBlobs

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence
    from pathlib import Path

    from tabard.objects.port import ObjectBytes

KEYS = KeyRing.generate(os.urandom)
DRIVERS: dict[str, Callable[[Path], ObjectBytes]] = {
    "local": lambda folder: LocalBlobs(folder, KEYS, durable=True),
    "local, not durable": lambda folder: LocalBlobs(folder, KEYS, durable=False),
}


@pytest.fixture(params=DRIVERS)
def keeper(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectBytes:
    return DRIVERS[request.param](tmp_path)


async def body(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        await asyncio.sleep(0)
        yield chunk


def ignore(_chunk: bytes) -> None:
    return None


async def whole(keeper: ObjectBytes, blob: str, offset: int, length: int) -> bytes:
    hold = keeper.hold([blob])
    try:
        return b"".join([chunk async for chunk in hold.read(blob, offset, length)])
    finally:
        hold.release()


async def exists(keeper: ObjectBytes, blob: str) -> bool:
    try:
        await whole(keeper, blob, 0, 1)
    except FileNotFoundError:
        return False
    return True


def test_what_is_put_is_read_back(keeper: ObjectBytes) -> None:
    async def story() -> None:
        data = bytes(range(256)) * 20_000  # 5 MB: more than one chunk of any driver
        digest = hashlib.sha256()
        blob = await keeper.put(
            body(*(data[i : i + 70_001] for i in range(0, len(data), 70_001))), digest.update
        )
        assert blob.size == len(data)
        assert digest.digest() == hashlib.sha256(data).digest()
        assert await whole(keeper, blob.id, 0, blob.size) == data
        assert await whole(keeper, blob.id, 1_000_000, 3) == data[1_000_000:1_000_003]
        assert await whole(keeper, blob.id, blob.size - 1, 1) == data[-1:]
        await keeper.close()

    asyncio.run(story())


def test_an_empty_body_is_a_blob_too(keeper: ObjectBytes) -> None:
    async def story() -> None:
        blob = await keeper.put(body(), ignore)
        assert blob.size == 0
        assert await whole(keeper, blob.id, 0, 0) == b""
        await keeper.delete([blob.id])
        await keeper.close()

    asyncio.run(story())


def test_every_blob_has_an_id_of_its_own(keeper: ObjectBytes) -> None:
    async def story() -> None:
        blobs = await asyncio.gather(*(keeper.put(body(b"same"), ignore) for _ in range(20)))
        assert len({blob.id for blob in blobs}) == 20
        await keeper.close()

    asyncio.run(story())


@pytest.mark.parametrize("before", [b"", b"x" * 10, b"x" * 3_000_000])
def test_a_body_that_breaks_off_leaves_nothing(keeper: ObjectBytes, before: bytes) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield before
        raise ConnectionResetError("the client went away")

    async def story() -> None:
        with pytest.raises(ConnectionResetError, match="went away"):
            await keeper.put(broken(), ignore)
        await asyncio.sleep(0.05)
        assert await keeper.sweep(lambda _ids: set(), time.time() + 60) == 0
        await keeper.close()

    asyncio.run(story())


def test_a_cancelled_upload_leaves_nothing(keeper: ObjectBytes) -> None:
    async def story() -> None:
        going = asyncio.Event()

        async def endless() -> AsyncIterator[bytes]:
            while True:
                yield b"x" * 700_000
                going.set()
                await asyncio.sleep(0)

        upload = asyncio.create_task(keeper.put(endless(), ignore))
        await going.wait()
        await asyncio.sleep(0.02)
        upload.cancel()
        with pytest.raises(asyncio.CancelledError):
            await upload
        await asyncio.sleep(0.05)
        assert await keeper.sweep(lambda _ids: set(), time.time() + 60) == 0
        await keeper.close()

    asyncio.run(story())


def test_a_digest_that_objects_leaves_nothing(keeper: ObjectBytes) -> None:
    def refuse(_chunk: bytes) -> None:
        raise ValueError("no")

    async def story() -> None:
        with pytest.raises(ValueError, match="no"):
            await keeper.put(body(b"abc"), refuse)
        await asyncio.sleep(0.05)
        assert await keeper.sweep(lambda _ids: set(), time.time() + 60) == 0
        await keeper.close()

    asyncio.run(story())


def test_deleted_is_gone_and_deleting_again_is_no_error(keeper: ObjectBytes) -> None:
    async def story() -> None:
        blob = await keeper.put(body(b"abc"), ignore)
        await keeper.delete([blob.id])
        await keeper.delete([blob.id])
        assert not await exists(keeper, blob.id)
        await keeper.close()

    asyncio.run(story())


def test_a_held_blob_is_readable_until_its_last_hold_is_released(keeper: ObjectBytes) -> None:
    async def story() -> None:
        blob = await keeper.put(body(b"abcdef"), ignore)
        first, second = keeper.hold([blob.id]), keeper.hold([blob.id])
        await keeper.delete([blob.id])
        assert [chunk async for chunk in first.read(blob.id, 2, 3)] == [b"cde"]
        first.release()
        first.release()
        assert [chunk async for chunk in second.read(blob.id, 0, 6)] == [b"abcdef"]
        second.release()
        await asyncio.sleep(0.05)
        assert not await exists(keeper, blob.id)
        await keeper.close()

    asyncio.run(story())


def test_a_reader_in_the_middle_is_not_disturbed_by_a_deletion(keeper: ObjectBytes) -> None:
    async def story() -> None:
        data = b"0123456789" * 300_000
        blob = await keeper.put(body(data), ignore)
        hold = keeper.hold([blob.id])
        seen: list[bytes] = []
        async for chunk in hold.read(blob.id, 0, blob.size):
            if not seen:
                await keeper.delete([blob.id])
            seen.append(chunk)
        hold.release()
        assert len(seen) > 1
        assert b"".join(seen) == data
        await keeper.close()

    asyncio.run(story())


def test_the_sweep_takes_orphans_and_leaves_the_rest(keeper: ObjectBytes) -> None:
    async def story() -> None:
        kept = [(await keeper.put(body(b"kept"), ignore)).id for _ in range(5)]
        orphans = [(await keeper.put(body(b"orphan"), ignore)).id for _ in range(5)]

        def known(ids: Sequence[str]) -> set[str]:
            return set(kept) & set(ids)

        assert await keeper.sweep(known, time.time() - 60) == 0, "young blobs may be on their way to a row"
        assert await keeper.sweep(known, time.time() + 60) == 5
        assert [await exists(keeper, blob) for blob in kept] == [True] * 5
        assert [await exists(keeper, blob) for blob in orphans] == [False] * 5
        await keeper.close()

    asyncio.run(story())


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(chunks=st.lists(st.binary(max_size=200), max_size=8), cut=st.data())
def test_a_range_is_the_slice_of_the_whole(tmp_path: Path, chunks: list[bytes], cut: st.DataObject) -> None:
    async def story() -> None:
        keeper = LocalBlobs(tmp_path, KEYS, durable=False)
        data = b"".join(chunks)
        blob = await keeper.put(body(*chunks), ignore)
        offset = cut.draw(st.integers(0, len(data)))
        length = cut.draw(st.integers(0, len(data) - offset))
        assert await whole(keeper, blob.id, offset, length) == data[offset : offset + length]
        await keeper.close()

    asyncio.run(story())
