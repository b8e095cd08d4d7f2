"""A long random use of one bucket against a plain dictionary: what is read, what is listed, and what the disk holds."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.support.server import TabardServer

KEYS = ["a", "a/b", "a/b/c", "b", "é", "z//", "x y"]


class Story:
    """The steps, each of which says the same to the server and to the dictionary."""

    def __init__(self, s3: Any, bucket: str, seed: int) -> None:
        self.s3, self.bucket = s3, bucket
        self.random = random.Random(seed)  # noqa: S311 - a repeatable choice, nothing secret
        self.objects: dict[str, bytes] = {}
        self.uploads: list[tuple[str, str, dict[int, tuple[str, bytes]]]] = []

    def key(self) -> str:
        return self.random.choice(KEYS)

    def body(self) -> bytes:
        return self.random.randbytes(self.random.choice([0, 1, 1000, 70_000]))

    def put(self) -> None:
        key, body = self.key(), self.body()
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body)
        self.objects[key] = body

    def get(self) -> None:
        key = self.key()
        try:
            found = self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        except self.s3.exceptions.NoSuchKey:
            found = None
        assert found == self.objects.get(key)

    def delete(self) -> None:
        key = self.key()
        self.s3.delete_object(Bucket=self.bucket, Key=key)
        self.objects.pop(key, None)

    def delete_some(self) -> None:
        keys = self.random.sample(KEYS, 3)
        self.s3.delete_objects(Bucket=self.bucket, Delete={"Objects": [{"Key": key} for key in keys]})
        for key in keys:
            self.objects.pop(key, None)

    def copy(self) -> None:
        source, target = self.random.sample(KEYS, 2)
        if source in self.objects:
            self.s3.copy_object(
                Bucket=self.bucket, Key=target, CopySource={"Bucket": self.bucket, "Key": source}
            )
            self.objects[target] = self.objects[source]

    def begin(self) -> None:
        key = self.key()
        upload = self.s3.create_multipart_upload(Bucket=self.bucket, Key=key)["UploadId"]
        self.uploads.append((key, upload, {}))

    def part(self) -> None:
        if self.uploads:
            key, upload, parts = self.random.choice(self.uploads)
            number, body = self.random.randint(1, 3), self.body()
            reply = self.s3.upload_part(
                Bucket=self.bucket, Key=key, UploadId=upload, PartNumber=number, Body=body
            )
            parts[number] = (reply["ETag"], body)

    def complete(self) -> None:
        if self.uploads:
            key, upload, parts = self.uploads.pop()
            if not parts:
                self.s3.abort_multipart_upload(Bucket=self.bucket, Key=key, UploadId=upload)
                return
            number = self.random.choice(list(parts))
            chosen = {"Parts": [{"PartNumber": number, "ETag": parts[number][0]}]}
            self.s3.complete_multipart_upload(
                Bucket=self.bucket, Key=key, UploadId=upload, MultipartUpload=chosen
            )
            self.objects[key] = parts[number][1]

    def listing(self) -> None:
        contents = self.s3.list_objects_v2(Bucket=self.bucket).get("Contents", [])
        expected = [(key, len(self.objects[key])) for key in sorted(self.objects, key=str.encode)]
        assert [(each["Key"], each["Size"]) for each in contents] == expected

    def blobs(self) -> int:
        """How many blobs the disk should hold."""
        return len(self.objects) + sum(len(parts) for _, _, parts in self.uploads)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_bucket_is_a_dictionary_that_leaks_nothing(own_server: TabardServer, seed: int) -> None:
    s3 = own_server.client("s3")
    s3.create_bucket(Bucket="dictionary")
    story = Story(s3, "dictionary", seed)
    steps = [story.put, story.get, story.delete, story.delete_some, story.copy, story.begin, story.part]
    steps += [story.part, story.complete, story.listing, story.put, story.get]
    for _ in range(150):
        story.random.choice(steps)()
        stored = [path for path in (own_server.data / "objects").rglob("*") if path.is_file()]
        assert len(stored) == story.blobs()
    story.listing()
