"""Replies as they stand on the wire, where the bytes matter."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from tabard.core.errors import AwsError
from tabard.wire import service, xml_encode

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from typing import Any

    from tabard.core.http import HttpReply

NOW = datetime(2026, 11, 23, 20, 30, 0, 123456, tzinfo=UTC)
DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'
S3 = b'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'


def reply(name: str, operation: str, result: Mapping[str, Any]) -> HttpReply:
    return service(name).operation(operation).encode(result, "request-1")


def body(name: str, operation: str, result: Mapping[str, Any]) -> bytes:
    found = reply(name, operation, result).body
    assert isinstance(found, bytes)
    return found


def test_the_query_protocol_wraps_results() -> None:
    assert body("sts", "GetCallerIdentity", {"Account": "123456789012", "Arn": "a", "UserId": None}) == (
        b'<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>'
        b"<Account>123456789012</Account><Arn>a</Arn></GetCallerIdentityResult>"
        b"<ResponseMetadata><RequestId>request-1</RequestId></ResponseMetadata></GetCallerIdentityResponse>"
    )


def test_whichever_members_a_structure_has_are_written_in_the_models_order() -> None:
    elements = {
        "Path": "<Path>/</Path>",
        "UserName": "<UserName>a&amp;b</UserName>",
        "UserId": "<UserId>AIDA</UserId>",
        "Arn": "<Arn>arn</Arn>",
        "CreateDate": "<CreateDate>2026-11-23T20:30:00Z</CreateDate>",
        "PermissionsBoundary": "<PermissionsBoundary><PermissionsBoundaryArn>b</PermissionsBoundaryArn></PermissionsBoundary>",
        "Tags": "<Tags><member><Key>k</Key><Value>v</Value></member><member><Key>l</Key></member></Tags>",
    }
    values = {
        "Path": "/",
        "UserName": "a&b",
        "UserId": "AIDA",
        "Arn": "arn",
        "CreateDate": NOW.replace(microsecond=0),
        "PermissionsBoundary": {"PermissionsBoundaryArn": "b", "PermissionsBoundaryType": None},
        "Tags": [{"Key": "k", "Value": "v"}, {"Key": "l", "Value": None}],
    }
    names = list(values)
    for chosen in range(2 ** len(names)):  # more sets of members than are compiled
        there = [name for bit, name in enumerate(names) if chosen >> bit & 1]
        shown = "".join([elements[name] for name in there])
        expected = f"<GetUserResult><User>{shown}</User></GetUserResult>".encode()
        for order in (there, there[::-1], [*there, "Unknown"]):
            user = {name: values.get(name) for name in order}
            assert expected in body("iam", "GetUser", {"User": user})
        absent = dict.fromkeys(names) | {name: values[name] for name in there}
        assert expected in body("iam", "GetUser", {"User": absent})


def test_an_operation_without_output_has_no_result() -> None:
    assert body("iam", "DeleteRole", {}) == (
        b'<DeleteRoleResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">'
        b"<ResponseMetadata><RequestId>request-1</RequestId></ResponseMetadata></DeleteRoleResponse>"
    )


def test_ec2_puts_the_request_id_first_and_says_true_where_there_is_no_output() -> None:
    namespace = b'xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"'
    assert body("ec2", "DescribeTags", {"Tags": []}) == (
        DECLARATION + b"<DescribeTagsResponse " + namespace + b"><requestId>request-1</requestId><tagSet/>"
        b"</DescribeTagsResponse>"
    )
    assert body("ec2", "CreateTags", {}) == (
        DECLARATION
        + b"<CreateTagsResponse "
        + namespace
        + b"><requestId>request-1</requestId><return>true</return>"
        b"</CreateTagsResponse>"
    )


def test_empty_lists_are_empty_elements() -> None:
    assert b"<Roles/><" in body("iam", "ListRoles", {"Roles": [], "IsTruncated": False}).replace(
        b"<IsTruncated>", b"<"
    )


def test_times_have_their_services_precision() -> None:
    assert b"<Expiration>2026-11-23T20:30:00Z<" in body(
        "sts", "AssumeRole", {"Credentials": {"Expiration": NOW}}
    )
    assert b"<createTime>2026-11-23T20:30:00.123Z<" in body(
        "ec2", "DescribeVolumes", {"Volumes": [{"CreateTime": NOW}]}
    )
    listing = body("s3", "ListObjectsV2", {"Contents": [{"LastModified": NOW}]})
    assert b"<LastModified>2026-11-23T20:30:00.000Z<" in listing
    headers = dict(reply("s3", "HeadObject", {"LastModified": NOW}).headers)
    assert headers[b"last-modified"] == b"Mon, 23 Nov 2026 20:30:00 GMT"


def test_times_of_other_zones_are_told_in_utc() -> None:
    elsewhere = NOW.astimezone(timezone(timedelta(hours=5)))
    assert b"<Expiration>2026-11-23T20:30:00Z<" in body(
        "sts", "AssumeRole", {"Credentials": {"Expiration": elsewhere}}
    )


def test_text_is_escaped() -> None:
    arn = "a<b>&\"c'\r\n\t\x01\x7f\ufffeü😀"
    assert "<Arn>a&lt;b&gt;&amp;&quot;c'&#xd;\n\t&#x1;&#x7f;&#xfffe;ü😀</Arn>".encode() in body(
        "sts", "GetCallerIdentity", {"Arn": arn}
    )


def test_a_bucket_in_the_first_region_has_no_location() -> None:
    assert (
        body("s3", "GetBucketLocation", {})
        == DECLARATION + b"<LocationConstraint " + S3 + b"></LocationConstraint>"
    )
    assert body("s3", "GetBucketLocation", {"LocationConstraint": "eu-west-1"}) == (
        DECLARATION + b"<LocationConstraint " + S3 + b">eu-west-1</LocationConstraint>"
    )


@pytest.mark.parametrize(
    ("operation", "root"),
    [
        ("ListBuckets", b"ListAllMyBucketsResult"),
        ("ListObjects", b"ListBucketResult"),
        ("ListObjectsV2", b"ListBucketResult"),
        ("ListObjectVersions", b"ListVersionsResult"),
        ("CreateMultipartUpload", b"InitiateMultipartUploadResult"),
        ("DeleteObjects", b"DeleteResult"),
        ("GetBucketVersioning", b"VersioningConfiguration"),
        ("GetBucketAcl", b"AccessControlPolicy"),
    ],
)
def test_s3_replies_have_the_roots_that_other_clients_look_for(operation: str, root: bytes) -> None:
    assert body("s3", operation, {}) == DECLARATION + b"<" + root + b" " + S3 + b"></" + root + b">"


def test_every_s3_output_with_a_body_has_a_root_that_is_not_a_shapes_name() -> None:
    for name in service("s3").operations:
        output = service("s3").operation(name).output
        if (
            output is None
            or output.get("payload")
            or not any(m.in_reply_body for m in output.members.values())
        ):
            continue
        assert b"Output " not in body("s3", name, {}), name


def test_statuses_come_from_the_model() -> None:
    assert reply("s3", "DeleteObject", {}).status == 204
    assert reply("s3", "PutObject", {"ETag": '"e"'}).status == 200
    assert reply("s3", "GetObject", {"ContentRange": "bytes 0-1/3"}).status == 206
    assert reply("s3", "GetObject", {"ContentLength": 3}).status == 200


def test_headers_of_an_object() -> None:
    found = dict(
        reply(
            "s3",
            "GetObject",
            {"ETag": '"e"', "Metadata": {"Colour": "blue", "x": ""}, "ContentLength": 0, "DeleteMarker": False,
             "ChecksumCRC32": "AAAAAA==", "MissingMeta": None, "Expires": "whenever", "Body": b""},
        ).headers
    )  # fmt: skip
    assert found == {
        b"x-amz-request-id": b"request-1",
        b"x-amz-id-2": b"cmVxdWVzdC0x",
        b"etag": b'"e"',
        b"x-amz-meta-colour": b"blue",
        b"x-amz-meta-x": b"",
        b"content-length": b"0",
        b"x-amz-delete-marker": b"false",
        b"x-amz-checksum-crc32": b"AAAAAA==",
        b"expires": b"whenever",
        b"content-type": b"application/octet-stream",
    }


def test_metadata_that_is_not_ascii_is_mail_safe() -> None:
    found = dict(reply("s3", "HeadObject", {"Metadata": {"a": "ü"}}).headers)
    assert found[b"x-amz-meta-a"] == b"=?UTF-8?B?w7w=?="


@pytest.mark.parametrize("text", ["a\r\nset-cookie: b", "a\nb", "\x00", "☃"])
def test_a_header_never_breaks_out_of_its_line(text: str) -> None:
    with pytest.raises(AwsError, match="Header value cannot be represented using ISO-8859-1"):
        reply("s3", "GetObject", {"ContentDisposition": text})
    found = dict(reply("s3", "HeadObject", {"Metadata": {"a": text}}).headers)
    assert found[b"x-amz-meta-a"].startswith(b"=?UTF-8?B?")


def test_streams_pass_through() -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"a"

    stream = chunks()
    assert service("s3").operation("GetObject").streams_out
    assert service("s3").operation("PutObject").streams_in
    assert not service("s3").operation("ListObjects").streams_out
    assert reply("s3", "GetObject", {"Body": stream}).body is stream


def test_a_bucket_policy_is_the_whole_body() -> None:
    found = reply("s3", "GetBucketPolicy", {"Policy": '{"Version":"2012-10-17"}'})
    assert found.body == b'{"Version":"2012-10-17"}'
    assert dict(found.headers)[b"content-type"] == b"application/json"


def test_secrets_are_forgotten_once_they_are_told() -> None:
    told = {
        "AccessKeyId": "ASIAKNOWN",
        "SecretAccessKey": "s3cret&",
        "SessionToken": "t0ken<",
        "Expiration": NOW,
    }
    shown = body("sts", "GetSessionToken", {"Credentials": told})
    assert b"<SecretAccessKey>s3cret&amp;</SecretAccessKey>" in shown
    assert b"<SessionToken>t0ken&lt;</SessionToken>" in shown
    assert "ASIAKNOWN" in xml_encode._escaped
    assert not {"s3cret&", "t0ken<"} & xml_encode._escaped.keys()
