"""What S3 remembers, on a real SQLite file."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tabard.store.s3 import Bucket, Checksum, Object, Part, Position, Segment, Upload, UploadPosition
from tabard.store.sql.store import open_sqlite

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tabard.store.port import View
    from tabard.store.sql.store import SqlStore

ACCOUNT = "111122223333"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    store = open_sqlite(tmp_path / "store.db", lambda: 1000.0, durable=False)
    yield store
    store.close()


def write(store: SqlStore, job: Callable[[View], Any]) -> Any:
    async def story() -> Any:
        return await store.write(job)

    return asyncio.run(story())


def bucket(name: str = "alpha", account: str = ACCOUNT, policy: str | None = None) -> Bucket:
    return Bucket(name, account, "us-east-1", 1000.0, policy)


def thing(key: str, *blobs: str, name: str = "alpha") -> Object:
    segments = tuple(Segment(blob, 3, number) for number, blob in enumerate(blobs, 1))
    return Object(
        name, key, 3 * len(blobs), "e" * 32, 1000.0, segments, Checksum("CRC32", "FULL_OBJECT", "AAAAAA==")
    )


def upload(identifier: str, key: str = "key") -> Upload:
    return Upload(identifier, "alpha", key, 1000.0, ACCOUNT, "arn", "id", ("CRC32", "COMPOSITE"))


def part(identifier: str, number: int, blob: str) -> Part:
    return Part(identifier, number, blob, 3, "e" * 32, 1000.0)


def test_a_bucket_is_found_listed_changed_and_gone(store: SqlStore) -> None:
    buckets = store.read().s3.buckets
    assert buckets.get("alpha") is None
    assert buckets.of_account(ACCOUNT) == []
    write(store, lambda view: view.s3.buckets.create(bucket("beta")))
    write(store, lambda view: view.s3.buckets.create(bucket("alpha")))
    write(store, lambda view: view.s3.buckets.create(bucket("gamma", "444455556666")))
    assert buckets.get("alpha") == bucket("alpha")
    assert [each.name for each in buckets.of_account(ACCOUNT)] == ["alpha", "beta"]
    write(store, lambda view: view.s3.buckets.replace(bucket("alpha", policy="{}")))
    assert buckets.get("alpha") == bucket("alpha", policy="{}")
    write(store, lambda view: view.s3.buckets.delete(bucket("alpha")))
    assert buckets.get("alpha") is None
    assert [each.name for each in buckets.of_account(ACCOUNT)] == ["beta"]


def test_a_listing_is_the_same_object_until_a_bucket_changes(store: SqlStore) -> None:
    buckets = store.read().s3.buckets
    write(store, lambda view: view.s3.buckets.create(bucket("alpha")))
    first = buckets.of_account(ACCOUNT)
    assert buckets.of_account(ACCOUNT) is first
    write(store, lambda view: view.s3.objects.put(thing("key", "a" * 32)))
    assert buckets.of_account(ACCOUNT) is first, "an object is no change of its bucket"
    write(store, lambda view: view.s3.buckets.create(bucket("beta")))
    assert len(buckets.of_account(ACCOUNT)) == 2


def test_overwriting_and_deleting_give_blobs_back(store: SqlStore) -> None:
    s3 = store.read().s3
    write(store, lambda view: view.s3.buckets.create(bucket()))
    assert write(store, lambda view: view.s3.objects.put(thing("key", "a", "b"))) == []
    assert s3.known_blobs(["a", "b", "c"]) == {"a", "b"}
    assert write(store, lambda view: view.s3.objects.put(thing("key", "b", "c"))) == ["a"]
    assert s3.objects.get("alpha", "key") == thing("key", "b", "c")
    assert s3.known_blobs(["a", "b", "c"]) == {"b", "c"}
    assert sorted(write(store, lambda view: view.s3.objects.delete("alpha", "key"))) == ["b", "c"]
    assert write(store, lambda view: view.s3.objects.delete("alpha", "key")) == []
    assert s3.objects.get("alpha", "key") is None
    assert s3.known_blobs(["a", "b", "c"]) == set()


def test_a_failed_job_leaves_neither_row_nor_blob(store: SqlStore) -> None:
    write(store, lambda view: view.s3.buckets.create(bucket()))

    def job(view: View) -> None:
        view.s3.objects.put(thing("key", "a"))
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        write(store, job)
    assert not store.read().s3.objects.any("alpha")
    assert store.read().s3.known_blobs(["a"]) == set()


KEYS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=6)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(keys=st.sets(KEYS, min_size=1, max_size=12), start=KEYS, inclusive=st.booleans())
def test_keys_are_listed_in_the_order_of_their_utf8_bytes(
    store: SqlStore, *, keys: set[str], start: str, inclusive: bool
) -> None:
    def job(view: View) -> None:
        if view.s3.buckets.get("alpha") is None:
            view.s3.buckets.create(bucket())
        for left in view.s3.objects.scan("alpha", Position(b""), 1000):
            view.s3.objects.delete("alpha", left.key)
        for key in keys:
            view.s3.objects.put(thing(key, key.encode().hex()))

    write(store, job)
    objects = store.read().s3.objects
    everything = sorted(keys, key=str.encode)
    assert [each.key for each in objects.scan("alpha", Position(b""), 1000)] == everything
    first = start.encode()
    expected = [key for key in everything if key.encode() > first or (inclusive and key.encode() == first)]
    assert [each.key for each in objects.scan("alpha", Position(first, inclusive), 5)] == expected[:5]
    for key in keys:
        found = objects.get("alpha", key)
        assert found is not None
        assert found.key == key


def test_an_upload_and_its_parts(store: SqlStore) -> None:
    uploads = store.read().s3.uploads
    write(store, lambda view: view.s3.buckets.create(bucket()))
    write(store, lambda view: view.s3.uploads.create(upload("u1")))
    assert uploads.get("u1") == upload("u1")
    assert write(store, lambda view: view.s3.uploads.put_part(part("u1", 2, "b"))) == []
    assert write(store, lambda view: view.s3.uploads.put_part(part("u1", 1, "a"))) == []
    assert write(store, lambda view: view.s3.uploads.put_part(part("u1", 2, "c"))) == ["b"]
    assert [(each.number, each.blob) for each in uploads.parts("u1", 0, 10)] == [(1, "a"), (2, "c")]
    assert [each.number for each in uploads.parts("u1", 1, 10)] == [2]
    assert uploads.part("u1", 1) == part("u1", 1, "a")
    assert uploads.part("u1", 3) is None
    assert write(store, lambda view: view.s3.uploads.delete(upload("u1"), ["c"])) == ["a"]
    assert uploads.get("u1") is None
    assert uploads.parts("u1", 0, 10) == []


def test_uploads_are_listed_by_key_then_id(store: SqlStore) -> None:
    def job(view: View) -> None:
        view.s3.buckets.create(bucket())
        for identifier, key in (("3", "b"), ("2", "b"), ("1", "c"), ("4", "a")):
            view.s3.uploads.create(upload(identifier, key))

    write(store, job)
    uploads = store.read().s3.uploads
    assert [each.id for each in uploads.scan("alpha", None, 10)] == ["4", "2", "3", "1"]
    assert [each.id for each in uploads.scan("alpha", UploadPosition(b"b", "2"), 10)] == ["3", "1"]
    assert [each.id for each in uploads.scan("alpha", UploadPosition(b"b"), 10)] == ["1"]
    assert [each.id for each in uploads.scan("alpha", None, 1)] == ["4"]


def test_a_deleted_bucket_takes_its_uploads_with_it(store: SqlStore) -> None:
    def job(view: View) -> None:
        view.s3.buckets.create(bucket())
        view.s3.uploads.create(upload("u1"))
        view.s3.uploads.create(upload("u2"))
        view.s3.uploads.put_part(part("u1", 1, "a"))

    write(store, job)
    assert write(store, lambda view: view.s3.buckets.delete(bucket())) == ["a"]
    assert store.read().s3.uploads.get("u2") is None
    assert store.read().s3.known_blobs(["a"]) == set()


def test_everything_is_there_after_a_restart(store: SqlStore, tmp_path: Path) -> None:
    def job(view: View) -> None:
        view.s3.buckets.create(bucket(policy='{"a": 1}'))
        view.s3.objects.put(thing("ключ/\x00\n", "a"))

    write(store, job)
    again = open_sqlite(tmp_path / "store.db", lambda: 1000.0, durable=False)
    assert again.read().s3.buckets.get("alpha") == bucket(policy='{"a": 1}')
    assert again.read().s3.objects.get("alpha", "ключ/\x00\n") == thing("ключ/\x00\n", "a")
    again.close()
