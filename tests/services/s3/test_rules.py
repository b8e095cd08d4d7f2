"""Small rules: names, tags, copy sources, tokens, conditions, and what is public."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabard import policy
from tabard.app import virtual_hosts
from tabard.core.errors import AwsError
from tabard.services.s3.copy_source import parse_source
from tabard.services.s3.naming import is_bucket_name
from tabard.services.s3.preconditions import check_read, check_source, check_write, names_tag
from tabard.services.s3.publicity import is_public
from tabard.services.s3.tagging import bucket_tags, header_tags, object_tags
from tabard.services.s3.tokens import open_token, seal_token
from tabard.store.s3 import Object
from tabard.wire.rest_routes import bucket_of_host

OBJECT = Object("b", "k", 1, "abc", 1_000_000_000.5)
BEFORE = datetime.fromtimestamp(999_999_999, UTC)
SAME = datetime.fromtimestamp(1_000_000_000, UTC)


@pytest.mark.parametrize("name", ["abc", "a-b.c", "0bucket", "a" * 63, "my.bucket-1", "1.2.3.4.5"])
def test_a_bucket_may_be_called(name: str) -> None:
    assert is_bucket_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "ab",
        "a" * 64,
        "Abc",
        "a_b",
        "-ab",
        "ab-",
        ".ab",
        "ab.",
        "a..b",
        "192.168.5.4",
        "xn--abc",
        "sthree-abc",
        "abc-s3alias",
        "abc--ol-s3",
        "abc\n",
        "a b",
        "bücket",
        "abc--x-s3",
        "_abc",
    ],
)
def test_a_bucket_may_not_be_called(name: str) -> None:
    assert not is_bucket_name(name)


def test_tags_come_by_header_and_by_document() -> None:
    assert header_tags("a=1&b=x%20y+z&c") == {"a": "1", "b": "x y z", "c": ""}
    assert object_tags([{"Key": "a", "Value": "1"}]) == {"a": "1"}


@pytest.mark.parametrize(
    ("tags", "code"),
    [
        ([{"Key": "", "Value": "1"}], "InvalidTag"),
        ([{"Key": "a" * 129, "Value": "1"}], "InvalidTag"),
        ([{"Key": "a", "Value": "1" * 257}], "InvalidTag"),
        ([{"Key": "aws:a", "Value": "1"}], "InvalidTag"),
        ([{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}], "InvalidTag"),
        ([{"Key": "a<b", "Value": "1"}], "InvalidTag"),
        ([{"Key": str(number), "Value": ""} for number in range(11)], "BadRequest"),
    ],
)
def test_tags_out_of_rules_are_refused(tags: list[dict[str, str]], code: str) -> None:
    with pytest.raises(AwsError) as caught:
        object_tags(tags)
    assert caught.value.code == code
    if code == "BadRequest":
        assert len(bucket_tags(tags)) == 11


def test_tags_twice_in_the_header_are_refused() -> None:
    with pytest.raises(AwsError, match="without tag name duplicates"):
        header_tags("a=1&a=2")


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("b/k", ("b", "k", None)),
        ("/b/k/l", ("b", "k/l", None)),
        ("b/a%20b%2Fc%3F", ("b", "a b/c?", None)),
        ("b/k+l", ("b", "k l", None)),
        ("b%2Fk%2Bl", ("b", "k+l", None)),
        ("%2Fb%2Fk%2Fl?versionId=null", ("b", "k/l", "null")),
        ("b/k?versionId=null", ("b", "k", "null")),
        ("b/%C3%A9", ("b", "é", None)),
    ],
)
def test_a_copy_source_is_bucket_key_and_version(header: str, expected: tuple[str, str, str | None]) -> None:
    assert parse_source(header) == expected


@pytest.mark.parametrize("header", ["", "b", "b/", "/b", "//k", "b/%ff", "b%2F", "%2F%2Fk"])
def test_a_copy_source_without_either_is_refused(header: str) -> None:
    with pytest.raises(AwsError) as caught:
        parse_source(header)
    assert caught.value.code == "InvalidArgument"


@given(st.text(st.characters(codec="utf-8"), max_size=30))
def test_a_token_brings_its_position_back(position: str) -> None:
    token = seal_token("objects", position)
    assert open_token("objects", token) == position
    with pytest.raises(AwsError, match="The continuation token provided is incorrect"):
        open_token("buckets", token)


@pytest.mark.parametrize("token", ["", "x", "AAAA", "é", "////////", "AAAAAAAA"])
def test_a_token_that_is_none_is_refused(token: str) -> None:
    with pytest.raises(AwsError, match="The continuation token provided is incorrect"):
        open_token("objects", token)


@pytest.mark.parametrize(
    ("conditions", "outcome"),
    [
        ({}, None),
        ({"IfMatch": '"abc"'}, None),
        ({"IfMatch": "abc"}, None),
        ({"IfMatch": '"x", "abc"'}, None),
        ({"IfMatch": "*"}, None),
        ({"IfMatch": '"x"'}, 412),
        ({"IfNoneMatch": '"abc"'}, 304),
        ({"IfNoneMatch": "*"}, 304),
        ({"IfNoneMatch": '"x"'}, None),
        ({"IfModifiedSince": SAME}, 304),
        ({"IfModifiedSince": BEFORE}, None),
        ({"IfUnmodifiedSince": SAME}, None),
        ({"IfUnmodifiedSince": BEFORE}, 412),
        ({"IfMatch": '"abc"', "IfUnmodifiedSince": BEFORE}, None),
        ({"IfNoneMatch": '"x"', "IfModifiedSince": SAME}, None),
        ({"IfNoneMatch": '"abc"', "IfModifiedSince": BEFORE}, 304),
    ],
)
def test_reads_obey_their_conditions(conditions: dict[str, Any], outcome: int | None) -> None:
    copied = {f"CopySource{name}": value for name, value in conditions.items()}
    if outcome is None:
        check_read(OBJECT, conditions)
        check_source(OBJECT, copied)
        return
    with pytest.raises(AwsError) as caught:
        check_read(OBJECT, conditions)
    assert caught.value.status == outcome
    with pytest.raises(AwsError) as caught:
        check_source(OBJECT, copied)
    assert caught.value.status == 412


def test_writes_obey_their_conditions() -> None:
    check_write(None, "k", {"IfNoneMatch": "*"})
    check_write(OBJECT, "k", {"IfMatch": '"abc"'})
    for existing, conditions, status in (
        (OBJECT, {"IfNoneMatch": "*"}, 412),
        (OBJECT, {"IfMatch": '"x"'}, 412),
        (None, {"IfMatch": '"x"'}, 404),
        (None, {"IfNoneMatch": '"x"'}, 501),
    ):
        with pytest.raises(AwsError) as caught:
            check_write(existing, "k", conditions)
        assert caught.value.status == status


def test_a_weak_tag_is_the_same_tag() -> None:
    assert names_tag('W/"abc"', "abc")


def statement(**changes: Any) -> str:
    entry = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::b/*",
        **changes,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [entry]})


@pytest.mark.parametrize(
    ("changes", "public"),
    [
        ({}, True),
        ({"Principal": {"AWS": "*"}}, True),
        ({"Principal": {"AWS": "111122223333"}}, False),
        ({"Effect": "Deny"}, False),
        ({"Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}, False),
        ({"Condition": {"IpAddress": {"aws:SourceIp": "0.0.0.0/1"}}}, True),
        ({"Condition": {"StringEquals": {"aws:SourceVpce": "vpce-1"}}}, False),
        ({"Condition": {"StringLike": {"aws:SourceVpce": "vpce-*"}}}, True),
        ({"Condition": {"StringEqualsIfExists": {"aws:SourceVpce": "vpce-1"}}}, True),
        ({"Condition": {"StringEquals": {"s3:prefix": "x"}}}, True),
    ],
)
def test_a_grant_to_everyone_is_public_unless_a_fixed_value_limits_it(
    changes: dict[str, Any], *, public: bool
) -> None:
    document = policy.parse(statement(**changes), policy.Kind.RESOURCE, policy.Dialect.S3)
    assert is_public(document) is public


def test_what_has_nothing_to_say_answers_204_where_aws_does(s3: Any, bucket: str) -> None:
    """As recorded of AWS, where the model says nothing of the status."""
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    tags = {"TagSet": [{"Key": "a", "Value": "b"}]}
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    replies = {
        "PutBucketPolicy": s3.put_bucket_policy(Bucket=bucket, Policy=document),
        "DeleteBucketPolicy": s3.delete_bucket_policy(Bucket=bucket),
        "PutBucketTagging": s3.put_bucket_tagging(Bucket=bucket, Tagging=tags),
        "DeleteBucketTagging": s3.delete_bucket_tagging(Bucket=bucket),
        "PutObjectTagging": s3.put_object_tagging(Bucket=bucket, Key="k", Tagging=tags),
        "DeleteObjectTagging": s3.delete_object_tagging(Bucket=bucket, Key="k"),
        "DeleteObject": s3.delete_object(Bucket=bucket, Key="k"),
    }
    statuses = {name: reply["ResponseMetadata"]["HTTPStatusCode"] for name, reply in replies.items()}
    assert statuses == {name: 200 if name == "PutObjectTagging" else 204 for name in replies}


@pytest.mark.parametrize(
    ("host", "bucket"),
    [
        ("127.0.0.1:4680", None),
        ("localhost:4680", None),
        ("b.localhost:4680", "b"),
        ("b.s3.amazonaws.com", "b"),
        ("with.dots.s3.eu-west-1.amazonaws.com", "with.dots"),
        ("s3.eu-west-1.amazonaws.com", None),
        ("aws.example.com", None),
        ("b.aws.example.com:443", "b"),
        ("b.example.com", None),
    ],
)
def test_a_bucket_may_be_named_by_the_host(host: str, bucket: str | None) -> None:
    hosts = virtual_hosts("https://aws.example.com")
    assert bucket_of_host(host.encode(), hosts) == bucket


def test_a_public_address_in_numbers_names_no_bucket() -> None:
    assert virtual_hosts("http://10.1.2.3:4680") == virtual_hosts(None)
