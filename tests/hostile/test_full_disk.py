"""A full disk and a locked database: honest 503s, nothing acknowledged is lost, and work goes on once there is room."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from tests.hostile.small_disk import is_possible, small_disk
from tests.support.server import running

if TYPE_CHECKING:
    from pathlib import Path

Try = Callable[[], Any]


def status(attempt: Try) -> int:
    """The status of a call's answer, whichever it is."""
    try:
        return int(attempt()["ResponseMetadata"]["HTTPStatusCode"])
    except ClientError as error:
        return int(error.response["ResponseMetadata"]["HTTPStatusCode"])


@pytest.mark.skipif(not is_possible(), reason="mounting a small disk needs root or user namespaces")
def test_a_full_disk_is_an_honest_503_and_loses_nothing() -> None:
    with small_disk() as disk:
        iam, s3 = disk.server.client("iam"), disk.server.client("s3")
        iam.create_user(UserName="before")
        s3.create_bucket(Bucket="bucket")
        s3.put_object(Bucket="bucket", Key="before", Body=b"x" * 100_000)
        upload = s3.create_multipart_upload(Bucket="bucket", Key="parts")["UploadId"]
        part = s3.upload_part(Bucket="bucket", Key="parts", UploadId=upload, PartNumber=1, Body=b"part")
        disk.fill()
        whole = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
        attempts: list[Try] = [
            lambda: iam.create_user(UserName="during"),
            lambda: s3.put_object(Bucket="bucket", Key="during", Body=b"y" * 2_000_000),
            lambda: s3.put_object(Bucket="bucket", Key="during", Body=b"y"),
            lambda: s3.complete_multipart_upload(
                Bucket="bucket", Key="parts", UploadId=upload, MultipartUpload=whole
            ),
        ]
        assert [status(attempt) for attempt in attempts] == [503] * len(attempts)
        # a read is answered for as long as the trail has room for its record
        assert status(lambda: iam.get_user(UserName="before")) in {200, 503}
        assert status(lambda: s3.get_object(Bucket="bucket", Key="before")) in {200, 503}
        disk.free()
        s3.complete_multipart_upload(Bucket="bucket", Key="parts", UploadId=upload, MultipartUpload=whole)
        iam.create_user(UserName="after")
        assert [user["UserName"] for user in iam.list_users()["Users"]] == ["after", "before"]
        assert s3.get_object(Bucket="bucket", Key="before")["Body"].read() == b"x" * 100_000
        assert s3.get_object(Bucket="bucket", Key="parts")["Body"].read() == b"part"
        assert len(list((disk.folder / "objects/blobs").rglob("*/*"))) == 2


@pytest.mark.skipif(not is_possible(), reason="mounting a small disk needs root or user namespaces")
def test_what_was_acknowledged_as_the_disk_filled_up_is_there() -> None:
    with small_disk() as disk:
        iam, s3 = disk.server.client("iam"), disk.server.client("s3")
        s3.create_bucket(Bucket="bucket")
        disk.fill()
        disk.free(but=400_000)
        users, objects = [], []
        for number in range(500):
            if status(lambda name=f"user{number}": iam.create_user(UserName=name)) == 200:  # type: ignore[misc]
                users.append(f"user{number}")
            key = f"key{number:03}"
            put = status(lambda key=key: s3.put_object(Bucket="bucket", Key=key, Body=b"z" * 5000))  # type: ignore[misc]
            if put == 200:
                objects.append(key)
            if not {f"user{number}", key} & {*users, *objects}:
                break
        assert len(users) < 500
        disk.free()
        listed = [
            user["UserName"] for page in iam.get_paginator("list_users").paginate() for user in page["Users"]
        ]
        assert sorted(listed) == sorted(users)
        assert [each["Key"] for each in s3.list_objects_v2(Bucket="bucket").get("Contents", [])] == objects
        assert s3.get_object(Bucket="bucket", Key=objects[-1])["Body"].read() == b"z" * 5000


def test_a_locked_database_is_an_honest_503(tmp_path: Path) -> None:
    with running(data=tmp_path / "data") as server:
        iam = server.client("iam")
        iam.create_user(UserName="before")
        other = sqlite3.connect(server.data / "tabard.db", isolation_level=None)
        try:
            other.execute("BEGIN EXCLUSIVE")
            assert status(lambda: iam.create_user(UserName="during")) == 503
            assert status(lambda: iam.get_user(UserName="before")) == 200
            other.execute("ROLLBACK")
        finally:
            other.close()
        iam.create_user(UserName="after")
        assert [user["UserName"] for user in iam.list_users()["Users"]] == ["after", "before"]
