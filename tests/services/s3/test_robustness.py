"""What happens when bodies break off, servers are killed, and objects are larger than memory."""

from __future__ import annotations

import base64
import concurrent.futures
import os
import signal
import socket
import time
import urllib.parse
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from tests.services.s3.conftest import Caller, Raw, allow, refusal
from tests.support.server import start

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.server import TabardServer

MIB = 1024 * 1024


def stored(server: TabardServer) -> list[Path]:
    return [path for path in (server.data / "objects").rglob("*") if path.is_file()]


def eventually(holds: Callable[[], bool]) -> bool:
    for _ in range(1200):
        if holds():
            return True
        time.sleep(0.05)
    return False


def crc32(data: bytes) -> str:
    return base64.b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()


def chunked(*chunks: bytes, trailer: str = "") -> bytes:
    body = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in (*chunks, b"") if chunk)
    return body + b"0\r\n" + (f"{trailer}\r\n" if trailer else "").encode() + b"\r\n"


def put_with_trailer(raw: Raw, bucket: str, body: bytes, trailer: str, length: int | None = None) -> Any:
    sent = chunked(body[:9000], body[9000:], trailer=trailer)
    headers = {
        "content-encoding": "aws-chunked",
        "x-amz-trailer": "x-amz-checksum-crc32",
        "x-amz-sdk-checksum-algorithm": "CRC32",
        "x-amz-decoded-content-length": str(len(body) if length is None else length),
        "content-length": str(len(sent)),
    }
    return raw("PUT", f"/{bucket}/k", headers=headers, send=sent, trailer=True)


def test_a_checksum_in_a_trailer_is_verified_kept_and_told(raw: Raw, s3: Any, bucket: str) -> None:
    body = os.urandom(20_000)
    reply = put_with_trailer(raw, bucket, body, f"x-amz-checksum-crc32:{crc32(body)}")
    assert (reply.status, reply.headers["x-amz-checksum-crc32"]) == (200, crc32(body))
    found = s3.get_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert (found["Body"].read(), found["ChecksumCRC32"]) == (body, crc32(body))
    assert "ContentEncoding" not in found


def test_a_wrong_trailer_leaves_nothing(raw: Raw, s3: Any, bucket: str) -> None:
    body = os.urandom(20_000)
    reply = put_with_trailer(raw, bucket, body, f"x-amz-checksum-crc32:{crc32(b'other')}")
    assert (reply.status, reply.error["Code"]) == (400, "BadDigest")
    reply = put_with_trailer(raw, bucket, body, "")
    assert (reply.status, reply.error["Code"]) == (400, "MalformedTrailerError")
    reply = put_with_trailer(raw, bucket, body, f"x-amz-checksum-crc32:{crc32(body)}", length=20_001)
    assert (reply.status, reply.error["Code"]) == (400, "IncompleteBody")
    assert refusal(lambda: s3.head_object(Bucket=bucket, Key="k"))[1] == 404


def test_a_body_that_breaks_off_leaves_what_was_there(
    server: TabardServer, signer: Any, s3: Any, bucket: str
) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"before")
    before = set(stored(server))
    parts = urllib.parse.urlsplit(
        signer.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "k"})
    )
    head = (
        f"PUT {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Length: 4000000\r\n\r\n"
    )
    with socket.create_connection((parts.hostname or "", parts.port or 0)) as connection:
        connection.sendall(head.encode() + b"x" * 2_500_000)
        assert eventually(lambda: set(stored(server)) != before), "it has begun to be written"
    assert eventually(lambda: set(stored(server)) == before)
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"before"


def test_a_download_that_breaks_off_lets_go_of_its_bytes(server: TabardServer, s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x" * 20 * MIB)
    before = len(stored(server))
    reading = s3.get_object(Bucket=bucket, Key="k")["Body"]
    reading.read(1000)
    s3.delete_object(Bucket=bucket, Key="k")
    assert len(stored(server)) == before, "held while it is read"
    reading.close()
    assert eventually(lambda: len(stored(server)) == before - 1)


def resident(server: TabardServer) -> int:
    text = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(text.partition("VmHWM:")[2].split()[0]) * 1024


def test_an_object_is_never_held_in_memory(own_server: TabardServer, tmp_path: Path) -> None:
    s3 = own_server.client("s3")
    s3.create_bucket(Bucket="large")
    s3.put_object(Bucket="large", Key="warm", Body=b"x" * MIB)
    file = tmp_path / "large"
    with file.open("wb") as sink:
        sink.truncate(200 * MIB)
    before = resident(own_server)
    with file.open("rb") as source:
        s3.put_object(Bucket="large", Key="k", Body=source)
    s3.copy_object(Bucket="large", Key="c", CopySource={"Bucket": "large", "Key": "k"})
    size = 0
    for chunk in s3.get_object(Bucket="large", Key="c")["Body"].iter_chunks(MIB):
        size += len(chunk)
    assert size == 200 * MIB
    assert resident(own_server) - before < 40 * MIB


def test_many_writers_of_one_key_leave_one_of_their_objects_whole(server: TabardServer, bucket: str) -> None:
    bodies = [bytes([number]) * (200_000 + number) for number in range(12)]

    def put(body: bytes) -> None:
        server.client("s3").put_object(Bucket=bucket, Key="k", Body=body)

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        list(pool.map(put, bodies))
    assert server.client("s3").get_object(Bucket=bucket, Key="k")["Body"].read() in bodies


def test_of_many_who_create_only_one_succeeds(server: TabardServer, bucket: str) -> None:
    def put(number: int) -> str:
        try:
            server.client("s3").put_object(
                Bucket=bucket, Key="lock", Body=str(number).encode(), IfNoneMatch="*"
            )
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return "made"

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(put, range(8))) == ["PreconditionFailed"] * 7 + ["made"]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def test_after_a_kill_everything_acknowledged_is_there_and_nothing_else(data: Path, tmp_path: Path) -> None:
    server = start(tmp_path / "log", data=data)
    try:
        s3 = server.client("s3")
        s3.create_bucket(Bucket="kept")
        for number in range(20):
            s3.put_object(Bucket="kept", Key=f"k{number}", Body=f"body {number}".encode() * 1000)
        s3.put_bucket_policy(
            Bucket="kept",
            Policy='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*",'
            '"Action":"s3:GetObject","Resource":"arn:aws:s3:::kept/*"}]}',
        )
        upload = s3.create_multipart_upload(Bucket="kept", Key="m")["UploadId"]
        part = s3.upload_part(Bucket="kept", Key="m", UploadId=upload, PartNumber=1, Body=b"part")
        (data / "objects" / "blobs" / "ab" / ("ab" * 16)).write_bytes(b"an orphan of a crash")
        os.utime(data / "objects" / "blobs" / "ab" / ("ab" * 16), (1, 1))
        (data / "objects" / "incoming" / ("cd" * 16)).write_bytes(b"half an upload")
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
    finally:
        server.stop()
    again = start(tmp_path / "log", data=data)
    try:
        s3 = again.client("s3")
        for number in range(20):
            assert (
                s3.get_object(Bucket="kept", Key=f"k{number}")["Body"].read()
                == f"body {number}".encode() * 1000
            )
        assert s3.get_bucket_policy_status(Bucket="kept")["PolicyStatus"]["IsPublic"]
        assert eventually(lambda: len(stored(again)) == 21), "the orphan and the half are swept"
        parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"], "ChecksumCRC32": part["ChecksumCRC32"]}]}
        s3.complete_multipart_upload(Bucket="kept", Key="m", UploadId=upload, MultipartUpload=parts)
        assert s3.get_object(Bucket="kept", Key="m")["Body"].read() == b"part"
    finally:
        again.stop()


def test_lost_bytes_are_an_honest_500(own_server: TabardServer) -> None:
    s3 = own_server.client("s3")
    s3.create_bucket(Bucket="lost")
    s3.put_object(Bucket="lost", Key="k", Body=b"x" * 1000)
    s3.put_object(Bucket="lost", Key="large", Body=b"x" * MIB)
    for path in stored(own_server):
        path.unlink()
    for key in ("k", "large"):
        assert refusal(lambda key=key: s3.get_object(Bucket="lost", Key=key)) == ("InternalError", 500)  # type: ignore[misc]
    assert s3.head_object(Bucket="lost", Key="k")["ContentLength"] == 1000


def test_rights_are_asked_again_when_the_body_has_come(
    server: TabardServer, s3: Any, bucket: str, caller: Caller
) -> None:
    caller.may(allow("s3:PutObject", f"arn:aws:s3:::{bucket}/*"))
    link = urllib.parse.urlsplit(server.endpoint)

    request = AWSRequest("PUT", f"{server.endpoint}/{bucket}/k", data=b"x" * 1000)
    S3SigV4Auth(
        Credentials(caller.key["AccessKeyId"], caller.key["SecretAccessKey"]), "s3", "us-east-1"
    ).add_auth(request)
    lines = [f"PUT /{bucket}/k HTTP/1.1", f"Host: {link.netloc}", "Content-Length: 1000"]
    lines += [f"{name}: {value}" for name, value in request.headers.items()]
    with socket.create_connection((link.hostname or "", link.port or 0)) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode() + b"x" * 500)
        time.sleep(0.2)
        caller.may(allow("s3:GetObject", "*"))
        connection.sendall(b"x" * 500)
        assert b" 403 " in connection.recv(4096)
    assert refusal(lambda: s3.head_object(Bucket=bucket, Key="k"))[1] == 404
