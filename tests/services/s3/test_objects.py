"""Objects over the wire: put, read, copied and deleted."""

from __future__ import annotations

import base64
import hashlib
import io
import urllib.parse
import urllib.request
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from tests.services.s3.conftest import Caller, Raw, allow, fields, refusal

if TYPE_CHECKING:
    from tests.support.server import TabardServer

KEYS = [
    "plain",
    "a/b/c",
    "../../etc/passwd",
    "./..//.",
    "//",
    "a//b",
    "with space+plus%25",
    "ключ/\U0001f511",
    "quote\"'<&>?#",
    "tab\tnewline\n",
    "x" * 1024,
    "trailing/",
    "a/./b",
    "~!@$^*()_-={}[]|:;,",
]


def md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


@pytest.mark.parametrize("key", KEYS)
def test_any_key_holds_what_was_put_under_it(s3: Any, bucket: str, key: str) -> None:
    body = key.encode()
    assert s3.put_object(Bucket=bucket, Key=key, Body=body)["ETag"] == f'"{md5(body)}"'
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == body
    assert s3.head_object(Bucket=bucket, Key=key)["ContentLength"] == len(body)
    assert [each["Key"] for each in s3.list_objects_v2(Bucket=bucket)["Contents"]] == [key]
    s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": key})
    assert s3.get_object(Bucket=bucket, Key="copy")["Body"].read() == body
    s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key}]})
    assert refusal(lambda: s3.get_object(Bucket=bucket, Key=key)) == ("NoSuchKey", 404)


def test_a_key_of_more_than_1024_bytes_is_refused(s3: Any, bucket: str) -> None:
    assert refusal(lambda: s3.put_object(Bucket=bucket, Key="ü" * 513, Body=b"")) == ("KeyTooLongError", 400)


def test_an_object_comes_back_with_its_metadata(s3: Any, bucket: str) -> None:
    expires = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
    s3.put_object(
        Bucket=bucket,
        Key="k",
        Body=b"hello",
        Metadata={"Colour": "blue", "empty": ""},
        ContentType="text/plain",
        ContentLanguage="en",
        ContentEncoding="identity",
        ContentDisposition='attachment; filename="x"',
        CacheControl="no-cache",
        Expires=expires,
    )
    for reply in (s3.head_object(Bucket=bucket, Key="k"), s3.get_object(Bucket=bucket, Key="k")):
        assert reply["Metadata"] == {"colour": "blue", "empty": ""}
        assert reply["ContentType"] == "text/plain"
        assert reply["ContentLanguage"] == "en"
        assert reply["ContentEncoding"] == "identity"
        assert reply["ContentDisposition"] == 'attachment; filename="x"'
        assert reply["CacheControl"] == "no-cache"
        assert reply["ExpiresString"] == "Wed, 02 Jan 2030 03:04:05 GMT"
        assert abs(reply["LastModified"] - datetime.now(UTC)) < timedelta(minutes=1)
        assert reply["AcceptRanges"] == "bytes"


def test_an_expiry_that_is_no_date_is_kept_as_it_came(raw: Raw, bucket: str) -> None:
    raw("PUT", f"/{bucket}/k", b"x", {"expires": "0"})
    assert raw("GET", f"/{bucket}/k").headers["expires"] == "0"


def test_without_a_type_it_is_bytes(raw: Raw, bucket: str) -> None:
    raw("PUT", f"/{bucket}/k", b"x")
    assert raw("GET", f"/{bucket}/k").headers["content-type"] == "binary/octet-stream"


def test_metadata_over_two_kilobytes_is_refused(s3: Any, bucket: str) -> None:
    error = fields(lambda: s3.put_object(Bucket=bucket, Key="k", Body=b"", Metadata={"a": "x" * 2048}))
    assert (error["Code"], error["Size"], error["MaxSizeAllowed"]) == ("MetadataTooLarge", "2049", "2048")


def test_ranges(s3: Any, bucket: str) -> None:
    body = bytes(range(256)) * 5000
    s3.put_object(Bucket=bucket, Key="k", Body=body)
    for header, expected, told in (
        ("bytes=0-0", body[:1], "bytes 0-0/1280000"),
        ("bytes=1000-", body[1000:], "bytes 1000-1279999/1280000"),
        ("bytes=-7", body[-7:], "bytes 1279993-1279999/1280000"),
        ("bytes=700000-2000000", body[700000:], "bytes 700000-1279999/1280000"),
    ):
        reply = s3.get_object(Bucket=bucket, Key="k", Range=header)
        assert reply["ResponseMetadata"]["HTTPStatusCode"] == 206
        assert reply["ContentRange"] == told
        assert reply["Body"].read() == expected
        head = s3.head_object(Bucket=bucket, Key="k", Range=header)
        assert (head["ContentLength"], head["ResponseMetadata"]["HTTPStatusCode"]) == (len(expected), 206)
    error = fields(lambda: s3.get_object(Bucket=bucket, Key="k", Range="bytes=1280000-"))
    assert (error["Code"], error["ActualObjectSize"]) == ("InvalidRange", "1280000")


def test_conditions_of_reads(s3: Any, bucket: str) -> None:
    tag = s3.put_object(Bucket=bucket, Key="k", Body=b"x")["ETag"]
    past, future = datetime.now(UTC) - timedelta(days=1), datetime.now(UTC) + timedelta(days=1)
    for operation in (s3.get_object, s3.head_object):
        ask = partial(operation, Bucket=bucket, Key="k")
        ask(IfMatch=tag)
        ask(IfNoneMatch='"other"')
        ask(IfModifiedSince=past)
        ask(IfUnmodifiedSince=future)
        assert refusal(partial(ask, IfMatch='"other"'))[1] == 412
        assert refusal(partial(ask, IfUnmodifiedSince=past))[1] == 412
        assert refusal(partial(ask, IfNoneMatch=tag)) == ("304", 304)
        assert refusal(partial(ask, IfModifiedSince=future)) == ("304", 304)


def test_not_modified_has_no_body_and_keeps_the_tag(s3: Any, raw: Raw, bucket: str) -> None:
    tag = s3.put_object(Bucket=bucket, Key="k", Body=b"x")["ETag"]
    reply = raw("GET", f"/{bucket}/k", headers={"if-none-match": tag})
    assert (reply.status, reply.body, reply.headers["etag"]) == (304, b"", tag)


def test_conditions_of_writes(s3: Any, bucket: str) -> None:
    tag = s3.put_object(Bucket=bucket, Key="k", Body=b"1", IfNoneMatch="*")["ETag"]
    assert refusal(lambda: s3.put_object(Bucket=bucket, Key="k", Body=b"2", IfNoneMatch="*")) == (
        "PreconditionFailed",
        412,
    )
    assert refusal(lambda: s3.put_object(Bucket=bucket, Key="k", Body=b"2", IfMatch='"x"')) == (
        "PreconditionFailed",
        412,
    )
    assert refusal(lambda: s3.put_object(Bucket=bucket, Key="none", Body=b"2", IfMatch=tag)) == (
        "NoSuchKey",
        404,
    )
    s3.put_object(Bucket=bucket, Key="k", Body=b"2", IfMatch=tag)
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"2"
    assert refusal(lambda: s3.delete_object(Bucket=bucket, Key="k", IfMatch=tag)) == (
        "PreconditionFailed",
        412,
    )
    s3.delete_object(Bucket=bucket, Key="k", IfMatch=f'"{md5(b"2")}"')


def test_a_presigned_reply_is_as_the_link_says(signer: Any, s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    link = signer.generate_presigned_url(
        "get_object",
        Params={
            "Bucket": bucket,
            "Key": "k",
            "ResponseContentType": "text/csv",
            "ResponseContentDisposition": "attachment",
            "ResponseCacheControl": "no-store",
        },
    )
    with urllib.request.urlopen(link) as reply:
        assert reply.read() == b"x"
        assert reply.headers["content-type"] == "text/csv"
        assert reply.headers["content-disposition"] == "attachment"
        assert reply.headers["cache-control"] == "no-store"


def test_a_presigned_upload(signer: Any, s3: Any, bucket: str) -> None:
    link = signer.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "k"})
    request = urllib.request.Request(link, data=b"by link", method="PUT")
    with urllib.request.urlopen(request) as reply:
        assert reply.status == 200
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"by link"


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"])
def test_checksums_are_kept_and_told_when_asked_for(s3: Any, bucket: str, algorithm: str) -> None:
    put = s3.put_object(Bucket=bucket, Key="k", Body=b"hello", ChecksumAlgorithm=algorithm)
    value = put[f"Checksum{algorithm}"]
    assert put["ChecksumType"] == "FULL_OBJECT"
    reply = s3.get_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert (reply[f"Checksum{algorithm}"], reply["ChecksumType"]) == (value, "FULL_OBJECT")
    assert reply["Body"].read() == b"hello", "and boto3 has verified it"
    head = s3.head_object(Bucket=bucket, Key="k")
    assert f"Checksum{algorithm}" not in head
    listed = s3.list_objects_v2(Bucket=bucket)["Contents"][0]
    assert listed["ChecksumAlgorithm"] == [algorithm]


def test_without_a_checksum_it_is_crc64nvme(raw: Raw, bucket: str) -> None:
    reply = raw("PUT", f"/{bucket}/k", b"123456789")
    assert reply.headers["x-amz-checksum-crc64nvme"] == "rosUhgp5mIg="


def test_a_wrong_checksum_leaves_what_was_there(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"before")
    wrong = base64.b64encode(hashlib.sha256(b"other").digest()).decode()
    error = fields(lambda: s3.put_object(Bucket=bucket, Key="k", Body=b"after", ChecksumSHA256=wrong))
    assert error["Code"] == "BadDigest"
    assert error["Message"] == "The SHA256 you specified did not match the calculated checksum."
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"before"


def test_a_wrong_md5_leaves_nothing(s3: Any, bucket: str) -> None:
    wrong = base64.b64encode(hashlib.md5(b"other", usedforsecurity=False).digest()).decode()
    assert refusal(lambda: s3.put_object(Bucket=bucket, Key="k", Body=b"x", ContentMD5=wrong)) == (
        "BadDigest",
        400,
    )
    assert refusal(lambda: s3.put_object(Bucket=bucket, Key="k", Body=b"x", ContentMD5="?")) == (
        "InvalidDigest",
        400,
    )
    assert refusal(lambda: s3.head_object(Bucket=bucket, Key="k"))[1] == 404


def test_a_body_other_than_was_signed_leaves_nothing(raw: Raw, bucket: str) -> None:
    reply = raw("PUT", f"/{bucket}/k", b"signed", send=b"forged")
    assert (reply.status, reply.error["Code"]) == (400, "XAmzContentSHA256Mismatch")
    assert raw("HEAD", f"/{bucket}/k").status == 404


def test_a_length_must_be_told_and_may_not_exceed_5_gib(raw: Raw, bucket: str) -> None:
    reply = raw("PUT", f"/{bucket}/k", headers={"transfer-encoding": "chunked"}, send=b"0\r\n\r\n")
    assert (reply.status, reply.error["Code"]) == (411, "MissingContentLength")
    reply = raw("PUT", f"/{bucket}/k", headers={"content-length": str(5 * 1024**3 + 1)})
    assert (reply.status, reply.error["Code"]) == (400, "EntityTooLarge")
    assert reply.error["MaxSizeAllowed"] == "5368709120"


def test_a_large_object_goes_both_ways(s3: Any, bucket: str) -> None:
    body = bytes(range(256)) * 4096 * 12
    s3.upload_fileobj(io.BytesIO(body), bucket, "large")
    received = io.BytesIO()
    s3.download_fileobj(bucket, "large", received)
    assert received.getvalue() == body
    head = s3.head_object(Bucket=bucket, Key="large")
    assert head["ContentLength"] == len(body)
    assert head["ETag"].endswith('-2"')


def test_an_overwrite_does_not_disturb_who_reads(s3: Any, bucket: str) -> None:
    body = b"old" * 3_000_000
    s3.put_object(Bucket=bucket, Key="k", Body=body)
    reading = s3.get_object(Bucket=bucket, Key="k")["Body"]
    start = reading.read(1000)
    s3.put_object(Bucket=bucket, Key="k", Body=b"new")
    s3.delete_object(Bucket=bucket, Key="k")
    assert start + reading.read() == body


def test_what_is_overwritten_or_deleted_leaves_the_disk(server: TabardServer, s3: Any, bucket: str) -> None:
    def held() -> int:
        return sum(path.is_file() for path in (server.data / "objects").rglob("*"))

    before = held()
    for _ in range(3):
        s3.put_object(Bucket=bucket, Key="k", Body=b"x" * 100_000)
    assert held() == before + 1
    s3.delete_object(Bucket=bucket, Key="k")
    assert held() == before
    assert refusal(
        lambda: s3.put_object(Bucket=bucket, Key="k", Body=b"x" * 100_000, ContentMD5="A" * 22 + "==")
    )
    assert held() == before


def test_deleting_what_is_not_there_is_no_error(s3: Any, bucket: str) -> None:
    reply = s3.delete_object(Bucket=bucket, Key="none")
    assert reply["ResponseMetadata"]["HTTPStatusCode"] == 204


def test_versions_are_not_known_but_null(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    s3.get_object(Bucket=bucket, Key="k", VersionId="null")
    error = fields(lambda: s3.get_object(Bucket=bucket, Key="k", VersionId="abc"))
    assert (error["Code"], error["Message"]) == ("InvalidArgument", "Invalid version id specified")


def test_a_copy_takes_or_replaces_the_metadata(s3: Any, bucket: str) -> None:
    source = {"Bucket": bucket, "Key": "k"}
    tag = s3.put_object(Bucket=bucket, Key="k", Body=b"x", Metadata={"a": "1"}, ContentType="text/plain")[
        "ETag"
    ]
    result = s3.copy_object(Bucket=bucket, Key="c", CopySource=source)["CopyObjectResult"]
    assert result["ETag"] == tag
    copy = s3.head_object(Bucket=bucket, Key="c")
    assert (copy["Metadata"], copy["ContentType"]) == ({"a": "1"}, "text/plain")
    s3.copy_object(
        Bucket=bucket, Key="c", CopySource=source, MetadataDirective="REPLACE", Metadata={"b": "2"}
    )
    copy = s3.head_object(Bucket=bucket, Key="c")
    assert (copy["Metadata"], copy["ContentType"]) == ({"b": "2"}, "binary/octet-stream")
    s3.copy_object(
        Bucket=bucket, Key="k", CopySource=source, MetadataDirective="REPLACE", Metadata={"c": "3"}
    )
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"
    assert s3.head_object(Bucket=bucket, Key="k")["Metadata"] == {"c": "3"}


def test_a_copy_source_may_be_encoded_as_a_query_is(raw: Raw, s3: Any, bucket: str) -> None:
    """As Terraform does it, slash and all."""
    s3.put_object(Bucket=bucket, Key="a/é key+", Body=b"x")
    header = {"x-amz-copy-source": urllib.parse.quote_plus(f"{bucket}/a/é key+")}
    assert raw("PUT", f"/{bucket}/copy", headers=header).status == 200
    assert s3.get_object(Bucket=bucket, Key="copy")["Body"].read() == b"x"


def test_a_copy_onto_itself_must_change_something(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    error = fields(lambda: s3.copy_object(Bucket=bucket, Key="k", CopySource={"Bucket": bucket, "Key": "k"}))
    assert error["Code"] == "InvalidRequest"
    assert error["Message"].startswith(
        "This copy request is illegal because it is trying to copy an object to itself"
    )


def test_a_copy_obeys_conditions_on_its_source(s3: Any, bucket: str) -> None:
    tag = s3.put_object(Bucket=bucket, Key="k", Body=b"x")["ETag"]
    source = {"Bucket": bucket, "Key": "k"}
    s3.copy_object(Bucket=bucket, Key="c", CopySource=source, CopySourceIfMatch=tag)
    refused = refusal(
        lambda: s3.copy_object(Bucket=bucket, Key="c", CopySource=source, CopySourceIfNoneMatch=tag)
    )
    assert refused == ("PreconditionFailed", 412)
    gone = {"Bucket": bucket, "Key": "none"}
    assert refusal(lambda: s3.copy_object(Bucket=bucket, Key="c", CopySource=gone)) == ("NoSuchKey", 404)


def test_tags_come_with_the_object_and_go_with_copies(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", Tagging="team=blue&x=")
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == [
        {"Key": "team", "Value": "blue"},
        {"Key": "x", "Value": ""},
    ]
    assert s3.get_object(Bucket=bucket, Key="k")["TagCount"] == 2
    s3.copy_object(Bucket=bucket, Key="c", CopySource={"Bucket": bucket, "Key": "k"})
    assert len(s3.get_object_tagging(Bucket=bucket, Key="c")["TagSet"]) == 2
    s3.put_object_tagging(Bucket=bucket, Key="c", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    assert s3.get_object_tagging(Bucket=bucket, Key="c")["TagSet"] == [{"Key": "a", "Value": "b"}]
    s3.delete_object_tagging(Bucket=bucket, Key="c")
    assert s3.get_object_tagging(Bucket=bucket, Key="c")["TagSet"] == []
    assert s3.get_object(Bucket=bucket, Key="c")["Body"].read() == b"x"


@pytest.mark.parametrize(
    ("more", "code", "status"),
    [
        ({"ACL": "public-read"}, "AccessControlListNotSupported", 400),
        ({"ServerSideEncryption": "aws:kms"}, "NotImplemented", 501),
        ({"ServerSideEncryption": "AES256", "SSEKMSKeyId": "k"}, "NotImplemented", 501),
        ({"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "x" * 32}, "NotImplemented", 501),
        ({"StorageClass": "GLACIER"}, "NotImplemented", 501),
        ({"ObjectLockMode": "GOVERNANCE"}, "InvalidRequest", 400),
    ],
)
def test_a_wish_that_would_be_ignored_is_refused(
    s3: Any, bucket: str, more: dict[str, Any], code: str, status: int
) -> None:
    assert refusal(lambda: s3.put_object(Bucket=bucket, Key="k", Body=b"x", **more)) == (code, status)


def test_objects_are_encrypted_and_a_policy_can_demand_that_it_is_said(
    s3: Any, bucket: str, caller: Caller
) -> None:
    """AWS's own example of a bucket policy: uploads must name the encryption."""
    put = s3.put_object(Bucket=bucket, Key="k", Body=b"x", ServerSideEncryption="AES256")
    assert put["ServerSideEncryption"] == "AES256"
    for reply in (
        s3.put_object(Bucket=bucket, Key="k", Body=b"x"),
        s3.head_object(Bucket=bucket, Key="k"),
        s3.copy_object(Bucket=bucket, Key="c", CopySource={"Bucket": bucket, "Key": "k"}),
        s3.copy_object(
            Bucket=bucket, Key="k", CopySource={"Bucket": bucket, "Key": "k"}, ServerSideEncryption="AES256"
        ),
    ):
        assert reply["ServerSideEncryption"] == "AES256"
    read = s3.get_object(Bucket=bucket, Key="k")
    assert (read["Body"].read(), read["ServerSideEncryption"]) == (b"x", "AES256")
    must = {"StringNotEquals": {"s3:x-amz-server-side-encryption": "AES256"}}
    everything = f"arn:aws:s3:::{bucket}/*"
    caller.may(
        allow("s3:PutObject", everything),
        {"Effect": "Deny", "Action": "s3:PutObject", "Resource": everything, "Condition": must},
    )
    assert refusal(lambda: caller.s3.put_object(Bucket=bucket, Key="k", Body=b"y")) == ("AccessDenied", 403)
    caller.s3.put_object(Bucket=bucket, Key="k", Body=b"y", ServerSideEncryption="AES256")


def test_attributes_in_one_answer(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"hello")
    wanted = ["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"]
    reply = s3.get_object_attributes(Bucket=bucket, Key="k", ObjectAttributes=wanted)
    assert (reply["ETag"], reply["ObjectSize"], reply["StorageClass"]) == (md5(b"hello"), 5, "STANDARD")
    assert reply["Checksum"] == {"ChecksumCRC32": "NhCmhg==", "ChecksumType": "FULL_OBJECT"}
    assert "ObjectParts" not in reply


def test_many_are_deleted_each_by_its_own_right(s3: Any, bucket: str, caller: Caller) -> None:
    for key in ("mine/a", "mine/b", "other"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    caller.may(allow("s3:DeleteObject", f"arn:aws:s3:::{bucket}/mine/*"))
    keys = [{"Key": key} for key in ("mine/a", "other", "mine/b", "mine/none")]
    reply = caller.s3.delete_objects(Bucket=bucket, Delete={"Objects": keys})
    assert [each["Key"] for each in reply["Deleted"]] == ["mine/a", "mine/b", "mine/none"]
    assert [(each["Key"], each["Code"]) for each in reply["Errors"]] == [("other", "AccessDenied")]
    assert [each["Key"] for each in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["other"]
    quiet = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "other"}], "Quiet": True})
    assert "Deleted" not in quiet
    assert "Errors" not in quiet


def test_many_can_be_deleted_under_conditions(s3: Any, bucket: str, caller: Caller) -> None:
    tags = {key: s3.put_object(Bucket=bucket, Key=key, Body=key.encode())["ETag"] for key in "abc"}
    wanted = [{"Key": "a", "ETag": tags["a"]}, {"Key": "b", "ETag": tags["a"]}, {"Key": "c"}]
    caller.may(allow("s3:DeleteObject", f"arn:aws:s3:::{bucket}/*"))
    reply = caller.s3.delete_objects(Bucket=bucket, Delete={"Objects": wanted})
    assert [each["Key"] for each in reply["Deleted"]] == ["c"]
    assert {each["Key"]: each["Code"] for each in reply["Errors"]} == {
        "a": "AccessDenied",
        "b": "AccessDenied",
    }
    reply = s3.delete_objects(Bucket=bucket, Delete={"Objects": wanted})
    assert [each["Key"] for each in reply["Deleted"]] == ["a", "c"]
    assert {each["Key"]: each["Code"] for each in reply["Errors"]} == {"b": "PreconditionFailed"}


def test_deleting_many_needs_a_checksum_and_a_sound_document(raw: Raw, s3: Any, bucket: str) -> None:
    document = b"<Delete><Object><Key>k</Key></Object></Delete>"
    reply = raw("POST", f"/{bucket}?delete", document)
    assert (reply.status, reply.error["Code"]) == (400, "InvalidRequest")
    assert (
        reply.error["Message"] == "Missing required header for this request: Content-MD5 OR x-amz-checksum-*"
    )
    for bad in (b"", b"<Delete>", b"<Delete></Delete>", b"<Other/>", b"<Delete><Object/></Delete>"):
        digest = base64.b64encode(hashlib.md5(bad, usedforsecurity=False).digest()).decode()
        reply = raw("POST", f"/{bucket}?delete", bad, {"content-md5": digest})
        assert reply.status == 400, bad
        assert reply.error["Code"] in {"MalformedXML", "MissingRequestBodyError"}, bad
    many = {"Objects": [{"Key": str(number)} for number in range(1001)]}
    assert refusal(lambda: s3.delete_objects(Bucket=bucket, Delete=many)) == ("MalformedXML", 400)
