"""Listings over the wire."""

from __future__ import annotations

from typing import Any

import pytest
from tests.services.s3.conftest import Caller, Raw, allow, fields, refusal

KEYS = ["a", "b/1", "b/2", "b/c/3", "d", "é", "\uffff", "\U0001f600"]


@pytest.fixture
def filled(s3: Any, bucket: str) -> str:
    for key in KEYS:
        s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    return bucket


def keys(page: Any) -> list[str]:
    return [each["Key"] for each in page.get("Contents", [])]


def prefixes(page: Any) -> list[str]:
    return [each["Prefix"] for each in page.get("CommonPrefixes", [])]


def test_keys_come_in_the_order_of_their_bytes(s3: Any, filled: str) -> None:
    page = s3.list_objects_v2(Bucket=filled)
    assert keys(page) == KEYS, "U+FFFF before U+1F600, as their UTF-8 has it and UTF-16 has not"
    assert (page["KeyCount"], page["MaxKeys"], page["IsTruncated"], page["Name"]) == (8, 1000, False, filled)
    entry = page["Contents"][0]
    assert (entry["Size"], entry["StorageClass"]) == (1, "STANDARD")
    assert "Owner" not in entry


def test_a_delimiter_rolls_up(s3: Any, filled: str) -> None:
    page = s3.list_objects_v2(Bucket=filled, Delimiter="/")
    assert (keys(page), prefixes(page)) == (["a", "d", "é", "\uffff", "\U0001f600"], ["b/"])
    assert page["KeyCount"] == 6
    inside = s3.list_objects_v2(Bucket=filled, Delimiter="/", Prefix="b/")
    assert (keys(inside), prefixes(inside)) == (["b/1", "b/2"], ["b/c/"])


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("delimiter", ["", "/"])
def test_pages_by_token_and_by_marker_hold_the_same(s3: Any, filled: str, size: int, delimiter: str) -> None:
    whole = s3.list_objects_v2(Bucket=filled, Delimiter=delimiter)
    for version in ("list_objects_v2", "list_objects"):
        seen_keys, seen_prefixes = [], []
        pages = s3.get_paginator(version).paginate(
            Bucket=filled, Delimiter=delimiter, PaginationConfig={"PageSize": size}
        )
        for page in pages:
            assert len(keys(page)) + len(prefixes(page)) <= size
            seen_keys += keys(page)
            seen_prefixes += prefixes(page)
        assert (seen_keys, seen_prefixes) == (keys(whole), prefixes(whole))


def test_start_after_and_fetch_owner(s3: Any, filled: str) -> None:
    page = s3.list_objects_v2(Bucket=filled, StartAfter="b/1", FetchOwner=True)
    assert keys(page) == KEYS[2:]
    assert page["StartAfter"] == "b/1"
    assert len(page["Contents"][0]["Owner"]["ID"]) == 64


def test_no_keys_may_be_asked_for(s3: Any, filled: str) -> None:
    page = s3.list_objects_v2(Bucket=filled, MaxKeys=0)
    assert (keys(page), page["IsTruncated"], page["KeyCount"]) == ([], False, 0)
    assert s3.list_objects_v2(Bucket=filled, MaxKeys=5000)["MaxKeys"] == 1000


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("list-type=2&max-keys=-1", "maxKeys"),
        ("list-type=2&max-keys=x", "max-keys"),
        ("list-type=2&continuation-token=x", "continuation-token"),
        ("list-type=2&encoding-type=base64", "encoding-type"),
    ],
)
def test_arguments_out_of_rules(raw: Raw, bucket: str, query: str, name: str) -> None:
    reply = raw("GET", f"/{bucket}?{query}")
    assert (reply.status, reply.error["Code"]) == (400, "InvalidArgument")
    assert reply.error["ArgumentName"] == name


def test_keys_that_xml_can_not_hold_come_encoded(raw: Raw, s3: Any, bucket: str) -> None:
    key = "a b+c\x01%<"
    s3.put_object(Bucket=bucket, Key=key, Body=b"")
    assert b"<Key>a%20b%2Bc%01%25%3C</Key>" in raw("GET", f"/{bucket}?list-type=2&encoding-type=url").body
    assert keys(s3.list_objects_v2(Bucket=bucket)) == [key]
    assert keys(s3.list_objects(Bucket=bucket)) == [key]


def test_version_one_tells_owner_and_marker(s3: Any, filled: str) -> None:
    page = s3.list_objects(Bucket=filled, MaxKeys=2, Delimiter="/")
    assert (keys(page), prefixes(page), page["NextMarker"]) == (["a"], ["b/"], "b/")
    assert len(page["Contents"][0]["Owner"]["ID"]) == 64
    assert "NextMarker" not in s3.list_objects(Bucket=filled, MaxKeys=2)


def test_a_policy_can_limit_what_is_listed(filled: str, caller: Caller) -> None:
    arn = f"arn:aws:s3:::{filled}"
    caller.may(
        allow(
            "s3:ListBucket",
            arn,
            Condition={"StringLike": {"s3:prefix": "b/*"}, "NumericLessThanEquals": {"s3:max-keys": "10"}},
        )
    )
    assert keys(caller.s3.list_objects_v2(Bucket=filled, Prefix="b/", MaxKeys=10)) == KEYS[1:4]
    assert refusal(lambda: caller.s3.list_objects_v2(Bucket=filled, MaxKeys=10)) == ("AccessDenied", 403)
    assert refusal(lambda: caller.s3.list_objects_v2(Bucket=filled, Prefix="b/", MaxKeys=11)) == (
        "AccessDenied",
        403,
    )
    error = fields(lambda: caller.s3.list_objects(Bucket=filled))
    assert error["Message"] == (
        f'User: {caller.arn} is not authorized to perform: s3:ListBucket on resource: "{arn}" because no '
        "identity-based policy allows the s3:ListBucket action"
    )


def test_a_bucket_that_is_not_there(s3: Any) -> None:
    error = fields(lambda: s3.list_objects_v2(Bucket="no-such-bucket-here"))
    assert (error["Code"], error["BucketName"]) == ("NoSuchBucket", "no-such-bucket-here")


def test_versions_are_one_of_each_object(s3: Any, filled: str) -> None:
    page = s3.list_object_versions(Bucket=filled)
    assert [each["Key"] for each in page["Versions"]] == KEYS
    assert {(each["VersionId"], each["IsLatest"]) for each in page["Versions"]} == {("null", True)}
    seen = []
    for part in s3.get_paginator("list_object_versions").paginate(
        Bucket=filled, PaginationConfig={"PageSize": 3}
    ):
        seen += [each["Key"] for each in part["Versions"]]
    assert seen == KEYS
    rolled = s3.list_object_versions(Bucket=filled, Delimiter="/", MaxKeys=2)
    assert (rolled["NextKeyMarker"], prefixes(rolled)) == ("b/", ["b/"])
    named = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in page["Versions"]]
    named = [each for each in named if each["Key"] != "\uffff"]  # which no XML document can hold
    assert len(s3.delete_objects(Bucket=filled, Delete={"Objects": named})["Deleted"]) == len(KEYS) - 1
    assert s3.list_objects_v2(Bucket=filled)["KeyCount"] == 1
