"""Multipart uploads over the wire."""

from __future__ import annotations

import base64
import hashlib
import zlib
from typing import TYPE_CHECKING, Any

import pytest
from tests.services.s3.conftest import Caller, allow, fields, refusal

if TYPE_CHECKING:
    from tests.support.server import TabardServer

MIB = 1024 * 1024
FIRST, LAST = b"a" * (5 * MIB), b"the end"


def crc32(data: bytes) -> str:
    return base64.b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()


def part_of(s3: Any, bucket: str, upload: str, number: int, body: bytes, **more: Any) -> dict[str, Any]:
    reply = s3.upload_part(Bucket=bucket, Key="k", UploadId=upload, PartNumber=number, Body=body, **more)
    sums = {name: value for name, value in reply.items() if name.startswith("Checksum")}
    return {"PartNumber": number, "ETag": reply["ETag"], **sums}


def begun(s3: Any, bucket: str, **more: Any) -> str:
    return str(s3.create_multipart_upload(Bucket=bucket, Key="k", **more)["UploadId"])


def complete(s3: Any, bucket: str, upload: str, parts: list[dict[str, Any]], **more: Any) -> Any:
    return s3.complete_multipart_upload(
        Bucket=bucket, Key="k", UploadId=upload, MultipartUpload={"Parts": parts}, **more
    )


def test_parts_become_an_object_with_what_the_upload_began_with(
    server: TabardServer, s3: Any, bucket: str
) -> None:
    upload = begun(s3, bucket, Metadata={"a": "1"}, ContentType="text/plain", Tagging="t=1")
    parts = [part_of(s3, bucket, upload, 2, LAST), part_of(s3, bucket, upload, 1, FIRST)]
    assert refusal(lambda: s3.head_object(Bucket=bucket, Key="k"))[1] == 404
    reply = complete(s3, bucket, upload, parts[::-1])
    tags = b"".join(hashlib.md5(part, usedforsecurity=False).digest() for part in (FIRST, LAST))
    assert reply["ETag"] == f'"{hashlib.md5(tags, usedforsecurity=False).hexdigest()}-2"'
    assert reply["Location"] == f"{server.endpoint}/{bucket}/k"
    found = s3.get_object(Bucket=bucket, Key="k")
    assert found["Body"].read() == FIRST + LAST
    assert (found["ETag"], found["Metadata"], found["ContentType"], found["TagCount"]) == (
        reply["ETag"],
        {"a": "1"},
        "text/plain",
        1,
    )


def test_asking_for_completion_again_gives_the_same_answer(s3: Any, bucket: str) -> None:
    upload = begun(s3, bucket)
    parts = [part_of(s3, bucket, upload, 1, LAST)]
    first = complete(s3, bucket, upload, parts)
    second = complete(s3, bucket, upload, parts)
    assert first["ETag"] == second["ETag"]
    assert refusal(lambda: s3.list_parts(Bucket=bucket, Key="k", UploadId=upload)) == ("NoSuchUpload", 404)


def test_ranges_go_across_parts_and_parts_are_read_alone(s3: Any, bucket: str) -> None:
    upload = begun(s3, bucket)
    parts = [part_of(s3, bucket, upload, number, body) for number, body in ((3, FIRST), (7, LAST))]
    complete(s3, bucket, upload, parts)
    across = s3.get_object(Bucket=bucket, Key="k", Range=f"bytes={len(FIRST) - 3}-{len(FIRST) + 2}")
    assert across["Body"].read() == b"aaathe"
    second = s3.get_object(Bucket=bucket, Key="k", PartNumber=2)
    assert (second["Body"].read(), second["PartsCount"]) == (LAST, 2)
    assert second["ContentRange"] == f"bytes {len(FIRST)}-{len(FIRST) + 6}/{len(FIRST) + 7}"
    assert s3.head_object(Bucket=bucket, Key="k", PartNumber=1)["ContentLength"] == len(FIRST)
    assert refusal(lambda: s3.get_object(Bucket=bucket, Key="k", PartNumber=3)) == ("InvalidPartNumber", 416)


def test_only_the_parts_listed_are_kept(server: TabardServer, s3: Any, bucket: str) -> None:
    def held() -> int:
        return sum(path.is_file() for path in (server.data / "objects").rglob("*"))

    before = held()
    upload = begun(s3, bucket)
    part_of(s3, bucket, upload, 1, b"replaced")
    parts = [part_of(s3, bucket, upload, 1, LAST)]
    part_of(s3, bucket, upload, 2, b"left out")
    complete(s3, bucket, upload, parts)
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == LAST
    assert held() == before + 1


def test_an_aborted_upload_leaves_nothing(server: TabardServer, s3: Any, bucket: str) -> None:
    def held() -> int:
        return sum(path.is_file() for path in (server.data / "objects").rglob("*"))

    before = held()
    upload = begun(s3, bucket)
    parts = [part_of(s3, bucket, upload, 1, LAST)]
    reply = s3.abort_multipart_upload(Bucket=bucket, Key="k", UploadId=upload)
    assert reply["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert held() == before
    assert refusal(lambda: complete(s3, bucket, upload, parts)) == ("NoSuchUpload", 404)
    assert refusal(lambda: part_of(s3, bucket, upload, 1, LAST)) == ("NoSuchUpload", 404)
    again = refusal(lambda: s3.abort_multipart_upload(Bucket=bucket, Key="k", UploadId=upload))
    assert again == ("NoSuchUpload", 404)


def test_an_upload_is_known_under_its_own_key_alone(s3: Any, bucket: str) -> None:
    upload = begun(s3, bucket)
    refused = refusal(
        lambda: s3.upload_part(Bucket=bucket, Key="other", UploadId=upload, PartNumber=1, Body=b"x")
    )
    assert refused == ("NoSuchUpload", 404)
    s3.abort_multipart_upload(Bucket=bucket, Key="k", UploadId=upload)


def test_parts_must_ascend_exist_and_be_the_ones_that_were_sent(s3: Any, bucket: str) -> None:
    upload = begun(s3, bucket)
    one, two = part_of(s3, bucket, upload, 1, FIRST), part_of(s3, bucket, upload, 2, LAST)
    for parts, code in (
        ([two, one], "InvalidPartOrder"),
        ([one, one], "InvalidPartOrder"),
        ([one, {**two, "PartNumber": 3}], "InvalidPart"),
        ([one, {**two, "ETag": one["ETag"]}], "InvalidPart"),
        ([], "MalformedXML"),
    ):
        assert refusal(lambda parts=parts: complete(s3, bucket, upload, parts)) == (code, 400)  # type: ignore[misc]
    error = fields(lambda: complete(s3, bucket, upload, [{"PartNumber": 9, "ETag": "x"}]))
    assert (error["UploadId"], error["PartNumber"], error["ETag"]) == (upload, "9", "x")
    complete(s3, bucket, upload, [one, two])


def test_every_part_but_the_last_has_five_mebibytes(s3: Any, bucket: str) -> None:
    upload = begun(s3, bucket)
    parts = [part_of(s3, bucket, upload, number, LAST) for number in (1, 2)]
    error = fields(lambda: complete(s3, bucket, upload, parts))
    assert (error["Code"], error["ProposedSize"], error["MinSizeAllowed"], error["PartNumber"]) == (
        "EntityTooSmall",
        "7",
        "5242880",
        "1",
    )
    s3.abort_multipart_upload(Bucket=bucket, Key="k", UploadId=upload)


@pytest.mark.parametrize("number", [0, 10_001, -1])
def test_a_part_number_is_between_1_and_10000(s3: Any, bucket: str, number: int) -> None:
    upload = begun(s3, bucket)
    error = fields(lambda: part_of(s3, bucket, upload, number, LAST))
    assert (error["Code"], error["ArgumentName"]) == ("InvalidArgument", "partNumber")
    s3.abort_multipart_upload(Bucket=bucket, Key="k", UploadId=upload)


def test_the_size_that_is_told_is_held_against_what_came(s3: Any, bucket: str) -> None:
    upload = begun(s3, bucket)
    parts = [part_of(s3, bucket, upload, 1, LAST)]
    assert refusal(lambda: complete(s3, bucket, upload, parts, MpuObjectSize=8)) == ("InvalidRequest", 400)
    complete(s3, bucket, upload, parts, MpuObjectSize=7)


def test_completion_obeys_conditions(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    upload = begun(s3, bucket)
    parts = [part_of(s3, bucket, upload, 1, LAST)]
    assert refusal(lambda: complete(s3, bucket, upload, parts, IfNoneMatch="*")) == (
        "PreconditionFailed",
        412,
    )
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"
    s3.delete_object(Bucket=bucket, Key="k")
    complete(s3, bucket, upload, parts, IfNoneMatch="*")


def test_a_composite_checksum(s3: Any, bucket: str) -> None:
    upload = begun(s3, bucket, ChecksumAlgorithm="SHA256")
    parts = [
        part_of(s3, bucket, upload, number, body, ChecksumAlgorithm="SHA256")
        for number, body in ((1, FIRST), (2, LAST))
    ]
    digest = hashlib.sha256(hashlib.sha256(FIRST).digest() + hashlib.sha256(LAST).digest()).digest()
    expected = base64.b64encode(digest).decode() + "-2"
    bare = [{"PartNumber": part["PartNumber"], "ETag": part["ETag"]} for part in parts]
    error = fields(lambda: complete(s3, bucket, upload, bare))
    assert error["Code"] == "InvalidRequest"
    assert "It was missing for part 1 in the request." in error["Message"]
    wrong = [parts[0], {**parts[1], "ChecksumSHA256": parts[0]["ChecksumSHA256"]}]
    assert refusal(lambda: complete(s3, bucket, upload, wrong)) == ("InvalidPart", 400)
    reply = complete(s3, bucket, upload, parts)
    assert (reply["ChecksumSHA256"], reply["ChecksumType"]) == (expected, "COMPOSITE")
    attributes = s3.get_object_attributes(
        Bucket=bucket, Key="k", ObjectAttributes=["Checksum", "ObjectParts"]
    )
    assert attributes["Checksum"] == {"ChecksumSHA256": expected[:-2], "ChecksumType": "COMPOSITE"}
    assert attributes["ObjectParts"]["TotalPartsCount"] == 2
    assert attributes["ObjectParts"]["Parts"][1] == {
        "PartNumber": 2,
        "Size": 7,
        "ChecksumSHA256": parts[1]["ChecksumSHA256"],
    }
    part = s3.get_object(Bucket=bucket, Key="k", PartNumber=2, ChecksumMode="ENABLED")
    assert part["ChecksumSHA256"] == parts[1]["ChecksumSHA256"]
    assert part["Body"].read() == LAST
    aligned = s3.get_object(Bucket=bucket, Key="k", Range=f"bytes={5 * MIB}-", ChecksumMode="ENABLED")
    assert aligned["ChecksumSHA256"] == parts[1]["ChecksumSHA256"]
    assert aligned["Body"].read() == LAST
    other = s3.get_object(Bucket=bucket, Key="k", Range="bytes=1-2", ChecksumMode="ENABLED")
    assert "ChecksumSHA256" not in other
    assert other["Body"].read() == FIRST[1:3]


def test_a_full_object_checksum_is_that_of_the_whole(s3: Any, bucket: str) -> None:
    upload = begun(s3, bucket, ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT")
    parts = [part_of(s3, bucket, upload, number, body) for number, body in ((1, FIRST), (2, LAST))]
    expected = crc32(FIRST + LAST)
    wrong = refusal(lambda: complete(s3, bucket, upload, parts, ChecksumCRC32=crc32(b"other")))
    assert wrong == ("BadDigest", 400)
    other = refusal(lambda: complete(s3, bucket, upload, parts, ChecksumType="COMPOSITE"))
    assert other == ("InvalidRequest", 400)
    reply = complete(s3, bucket, upload, parts, ChecksumCRC32=expected, ChecksumType="FULL_OBJECT")
    assert (reply["ChecksumCRC32"], reply["ChecksumType"]) == (expected, "FULL_OBJECT")
    found = s3.get_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert found["ChecksumCRC32"] == expected
    assert found["Body"].read() == FIRST + LAST, "and boto3 has verified it"


@pytest.mark.parametrize(("algorithm", "kind"), [("SHA256", "FULL_OBJECT"), ("CRC64NVME", "COMPOSITE")])
def test_kinds_of_checksum_that_can_not_be(s3: Any, bucket: str, algorithm: str, kind: str) -> None:
    error = fields(lambda: begun(s3, bucket, ChecksumAlgorithm=algorithm, ChecksumType=kind))
    assert (error["Code"], error["Message"]) == (
        "InvalidRequest",
        f"The {kind} checksum type cannot be used with the {algorithm.lower()} checksum algorithm.",
    )


def test_a_part_has_the_checksum_that_its_upload_asked_for(s3: Any, bucket: str) -> None:
    upload = begun(s3, bucket, ChecksumAlgorithm="SHA256")
    error = fields(lambda: part_of(s3, bucket, upload, 1, LAST, ChecksumAlgorithm="CRC32"))
    assert (
        error["Message"]
        == "Checksum Type mismatch occurred, expected checksum Type: sha256, actual checksum Type: crc32"
    )
    s3.abort_multipart_upload(Bucket=bucket, Key="k", UploadId=upload)


def test_parts_copied_from_objects(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="source", Body=FIRST + LAST)
    upload = begun(s3, bucket)
    source = {"Bucket": bucket, "Key": "source"}
    parts = []
    for number, span in ((1, f"bytes=0-{len(FIRST) - 1}"), (2, f"bytes={len(FIRST)}-{len(FIRST) + 6}")):
        reply = s3.upload_part_copy(
            Bucket=bucket,
            Key="k",
            UploadId=upload,
            PartNumber=number,
            CopySource=source,
            CopySourceRange=span,
        )
        parts.append({"PartNumber": number, "ETag": reply["CopyPartResult"]["ETag"]})
    for span in ("bytes=0-", f"bytes=0-{len(FIRST) + 7}", "bytes=5-1"):
        refused = refusal(
            lambda span=span: s3.upload_part_copy(  # type: ignore[misc]
                Bucket=bucket, Key="k", UploadId=upload, PartNumber=3, CopySource=source, CopySourceRange=span
            )
        )
        assert refused == ("InvalidArgument", 400)
    complete(s3, bucket, upload, parts)
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == FIRST + LAST


def test_parts_are_listed_by_pages(s3: Any, bucket: str) -> None:
    upload = begun(s3, bucket)
    for number in (1, 5, 9):
        part_of(s3, bucket, upload, number, LAST)
    first = s3.list_parts(Bucket=bucket, Key="k", UploadId=upload, MaxParts=2)
    assert [part["PartNumber"] for part in first["Parts"]] == [1, 5]
    assert (first["IsTruncated"], first["NextPartNumberMarker"], first["StorageClass"]) == (
        True,
        5,
        "STANDARD",
    )
    second = s3.list_parts(Bucket=bucket, Key="k", UploadId=upload, PartNumberMarker=5)
    assert [(part["PartNumber"], part["Size"]) for part in second["Parts"]] == [(9, 7)]
    assert not second["IsTruncated"]
    s3.abort_multipart_upload(Bucket=bucket, Key="k", UploadId=upload)


def test_uploads_are_listed_by_pages_prefix_and_delimiter(s3: Any, bucket: str) -> None:
    uploads = {
        key: s3.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]
        for key in ("a", "b/1", "b/2", "c")
    }
    listed = s3.list_multipart_uploads(Bucket=bucket)
    assert {each["Key"]: each["UploadId"] for each in listed["Uploads"]} == uploads
    rolled = s3.list_multipart_uploads(Bucket=bucket, Delimiter="/")
    assert [each["Key"] for each in rolled["Uploads"]] == ["a", "c"]
    assert [each["Prefix"] for each in rolled["CommonPrefixes"]] == ["b/"]
    within = s3.list_multipart_uploads(Bucket=bucket, Prefix="b/")
    assert [each["Key"] for each in within["Uploads"]] == ["b/1", "b/2"]
    seen: list[str] = []
    markers: dict[str, str] = {}
    for _ in range(5):
        page = s3.list_multipart_uploads(Bucket=bucket, MaxUploads=1, **markers)
        seen += [each["Key"] for each in page["Uploads"]]
        if not page["IsTruncated"]:
            break
        markers = {"KeyMarker": page["NextKeyMarker"], "UploadIdMarker": page["NextUploadIdMarker"]}
    assert seen == ["a", "b/1", "b/2", "c"]
    for key, upload in uploads.items():
        s3.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload)


def test_each_step_needs_its_own_action(s3: Any, bucket: str, caller: Caller) -> None:
    upload = begun(s3, bucket)
    part_of(s3, bucket, upload, 1, LAST)
    named = {"Bucket": bucket, "Key": "k", "UploadId": upload}
    steps: dict[str, Any] = {
        "s3:ListMultipartUploadParts": lambda: caller.s3.list_parts(**named),
        "s3:AbortMultipartUpload": lambda: caller.s3.abort_multipart_upload(**named),
    }
    for action, step in steps.items():
        error = fields(step)
        assert error["Code"] == "AccessDenied"
        assert f"is not authorized to perform: {action} on resource" in error["Message"]
        caller.may(allow(action, f"arn:aws:s3:::{bucket}/k"))
        step()
    assert refusal(lambda: caller.s3.list_multipart_uploads(Bucket=bucket)) == ("AccessDenied", 403)
    caller.may(allow("s3:ListBucketMultipartUploads", f"arn:aws:s3:::{bucket}"))
    caller.s3.list_multipart_uploads(Bucket=bucket)
