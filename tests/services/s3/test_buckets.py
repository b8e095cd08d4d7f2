"""Buckets over the wire, with boto3."""

from __future__ import annotations

import secrets
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from tests.services.s3.conftest import Caller, Raw, allow, fields, refusal

if TYPE_CHECKING:
    from tests.support.server import TabardServer


def fresh() -> str:
    return f"test-{secrets.token_hex(8)}"


def test_a_bucket_is_made_found_listed_and_deleted(s3: Any) -> None:
    name = fresh()
    assert refusal(lambda: s3.head_bucket(Bucket=name)) == ("404", 404)
    assert s3.create_bucket(Bucket=name)["Location"] == f"/{name}"
    assert s3.head_bucket(Bucket=name)["BucketRegion"] == "us-east-1"
    listed = s3.list_buckets()
    assert name in [each["Name"] for each in listed["Buckets"]]
    assert len(listed["Owner"]["ID"]) == 64
    s3.delete_bucket(Bucket=name)
    assert name not in [each["Name"] for each in s3.list_buckets()["Buckets"]]
    error = fields(lambda: s3.delete_bucket(Bucket=name))
    assert (error["Code"], error["BucketName"]) == ("NoSuchBucket", name)


def test_in_us_east_1_making_ones_own_bucket_again_is_no_error(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="kept", Body=b"x")
    s3.create_bucket(Bucket=bucket)
    assert s3.get_object(Bucket=bucket, Key="kept")["Body"].read() == b"x"


@pytest.mark.parametrize("name", ["ABC", "a_b", "ab-", "192.168.1.1", "xn--abc", "a..b"])
def test_a_bucket_name_out_of_rules_is_refused(raw: Raw, name: str) -> None:
    reply = raw("PUT", f"/{name}")
    assert (reply.status, reply.error["Code"]) == (400, "InvalidBucketName")


def test_a_bucket_with_something_in_it_stays(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    assert refusal(lambda: s3.delete_bucket(Bucket=bucket)) == ("BucketNotEmpty", 409)


def test_a_bucket_goes_with_its_unfinished_uploads(s3: Any) -> None:
    name = fresh()
    s3.create_bucket(Bucket=name)
    upload = s3.create_multipart_upload(Bucket=name, Key="k")["UploadId"]
    s3.upload_part(Bucket=name, Key="k", UploadId=upload, PartNumber=1, Body=b"x")
    s3.delete_bucket(Bucket=name)
    s3.create_bucket(Bucket=name)
    assert refusal(lambda: s3.list_parts(Bucket=name, Key="k", UploadId=upload)) == ("NoSuchUpload", 404)
    s3.delete_bucket(Bucket=name)


def test_a_bucket_is_in_the_region_that_it_was_made_in(server: TabardServer, s3: Any) -> None:
    name, west = fresh(), server.client("s3", region="eu-west-1")
    west.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    assert s3.get_bucket_location(Bucket=name)["LocationConstraint"] == "eu-west-1"
    again = {"Bucket": name, "CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"}}
    assert refusal(lambda: west.create_bucket(**again)) == ("BucketAlreadyOwnedByYou", 409)
    west.delete_bucket(Bucket=name)


@pytest.mark.parametrize(
    ("region", "constraint", "code"),
    [
        ("eu-west-1", None, "IllegalLocationConstraintException"),
        ("eu-west-1", "us-west-2", "IllegalLocationConstraintException"),
        ("us-east-1", "us-east-1", "InvalidLocationConstraint"),
        ("us-east-1", "mars-1", "InvalidLocationConstraint"),
    ],
)
def test_a_location_that_does_not_fit_is_refused(
    server: TabardServer, region: str, constraint: str | None, code: str
) -> None:
    client = server.client("s3", region=region)
    more: dict[str, Any] = (
        {} if constraint is None else {"CreateBucketConfiguration": {"LocationConstraint": constraint}}
    )
    assert refusal(lambda: client.create_bucket(Bucket=fresh(), **more)) == (code, 400)


def test_boto3_finds_a_bucket_in_another_region_by_itself(server: TabardServer, s3: Any) -> None:
    name, west = fresh(), server.client("s3", region="eu-west-1")
    west.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    elsewhere = server.client("s3", region="us-west-2")
    elsewhere.put_object(Bucket=name, Key="k", Body=b"x")
    assert s3.get_object(Bucket=name, Key="k")["Body"].read() == b"x"
    west.delete_object(Bucket=name, Key="k")
    west.delete_bucket(Bucket=name)


def test_the_wrong_region_is_told_with_the_right_one(server: TabardServer, raw: Raw) -> None:
    name, west = fresh(), server.client("s3", region="eu-west-1")
    west.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    reply = raw("GET", f"/{name}")
    assert (reply.status, reply.error["Code"], reply.error["Region"]) == (
        400,
        "AuthorizationHeaderMalformed",
        "eu-west-1",
    )
    assert reply.headers["x-amz-bucket-region"] == "eu-west-1"
    head = raw("HEAD", f"/{name}")
    assert (head.status, head.headers["x-amz-bucket-region"]) == (301, "eu-west-1")
    west.delete_bucket(Bucket=name)


def test_listing_goes_by_pages_prefix_and_region(server: TabardServer, s3: Any) -> None:
    prefix = fresh()
    names = [f"{prefix}-{letter}" for letter in "abc"]
    for name in names[:2]:
        s3.create_bucket(Bucket=name)
    west = server.client("s3", region="eu-west-1")
    west.create_bucket(Bucket=names[2], CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    first = s3.list_buckets(Prefix=prefix, MaxBuckets=2)
    assert [(each["Name"], each["BucketRegion"]) for each in first["Buckets"]] == [
        (names[0], "us-east-1"),
        (names[1], "us-east-1"),
    ]
    second = s3.list_buckets(Prefix=prefix, MaxBuckets=2, ContinuationToken=first["ContinuationToken"])
    assert [each["Name"] for each in second["Buckets"]] == names[2:]
    assert "ContinuationToken" not in second
    only = s3.list_buckets(Prefix=prefix, BucketRegion="eu-west-1")
    assert [each["Name"] for each in only["Buckets"]] == names[2:]
    west.delete_bucket(Bucket=names[2])
    for name in names[:2]:
        s3.delete_bucket(Bucket=name)


def test_listing_needs_its_own_action_on_everything(caller: Caller) -> None:
    error = fields(caller.s3.list_buckets)
    assert error["Code"] == "AccessDenied"
    assert error["Message"] == (
        f"User: {caller.arn} is not authorized to perform: s3:ListAllMyBuckets because no identity-based policy "
        "allows the s3:ListAllMyBuckets action"
    )
    caller.may(allow("s3:ListAllMyBuckets", "*"))
    caller.s3.list_buckets()


def test_making_a_bucket_can_be_limited_to_a_region(caller: Caller, s3: Any) -> None:
    caller.may(
        allow("s3:CreateBucket", "*", Condition={"StringEquals": {"s3:LocationConstraint": "eu-central-1"}})
    )
    name = fresh()
    assert refusal(lambda: caller.s3.create_bucket(Bucket=name)) == ("AccessDenied", 403)
    caller.s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    s3.delete_bucket(Bucket=name)


def test_tags_at_the_making_are_a_right_of_their_own(caller: Caller, s3: Any) -> None:
    name = fresh()
    tagged: dict[str, Any] = {"CreateBucketConfiguration": {"Tags": [{"Key": "team", "Value": "blue"}]}}
    caller.may(allow("s3:CreateBucket", "*"))
    error = fields(lambda: caller.s3.create_bucket(Bucket=name, **tagged))
    assert "is not authorized to perform: s3:TagResource" in error["Message"]
    only_blue = {
        "StringEquals": {"aws:RequestTag/team": "blue"},
        "ForAllValues:StringEquals": {"aws:TagKeys": "team"},
    }
    caller.may(allow(["s3:CreateBucket", "s3:TagResource"], "*", Condition=only_blue))
    caller.s3.create_bucket(Bucket=name, **tagged)
    assert s3.get_bucket_tagging(Bucket=name)["TagSet"] == [{"Key": "team", "Value": "blue"}]
    s3.delete_bucket(Bucket=name)


@pytest.mark.parametrize(
    ("more", "code", "status"),
    [
        ({"ACL": "public-read"}, "InvalidBucketAclWithObjectOwnership", 400),
        ({"ObjectLockEnabledForBucket": True}, "NotImplemented", 501),
        ({"ObjectOwnership": "ObjectWriter"}, "NotImplemented", 501),
    ],
)
def test_a_wish_that_would_be_ignored_is_refused(
    s3: Any, more: dict[str, Any], code: str, status: int
) -> None:
    assert refusal(lambda: s3.create_bucket(Bucket=fresh(), **more)) == (code, status)


def test_tags_of_a_bucket(s3: Any, bucket: str) -> None:
    assert refusal(lambda: s3.get_bucket_tagging(Bucket=bucket)) == ("NoSuchTagSet", 404)
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [{"Key": "team", "Value": "blue"}]})
    assert s3.get_bucket_tagging(Bucket=bucket)["TagSet"] == [{"Key": "team", "Value": "blue"}]
    s3.delete_bucket_tagging(Bucket=bucket)
    assert refusal(lambda: s3.get_bucket_tagging(Bucket=bucket)) == ("NoSuchTagSet", 404)


def test_another_owner_than_expected_is_refused(server: TabardServer, s3: Any, bucket: str) -> None:
    s3.head_bucket(Bucket=bucket, ExpectedBucketOwner=server.account)
    assert refusal(lambda: s3.list_objects_v2(Bucket=bucket, ExpectedBucketOwner="999999999999")) == (
        "AccessDenied",
        403,
    )


DEFAULTS = [
    ("get_bucket_cors", "NoSuchCORSConfiguration"),
    ("get_bucket_website", "NoSuchWebsiteConfiguration"),
    ("get_bucket_lifecycle_configuration", "NoSuchLifecycleConfiguration"),
    ("get_bucket_replication", "ReplicationConfigurationNotFoundError"),
    ("get_object_lock_configuration", "ObjectLockConfigurationNotFoundError"),
    ("get_public_access_block", "NoSuchPublicAccessBlockConfiguration"),
    ("get_bucket_policy", "NoSuchBucketPolicy"),
    ("get_bucket_policy_status", "NoSuchBucketPolicy"),
]


@pytest.mark.parametrize(("operation", "code"), DEFAULTS)
def test_what_is_not_configured_is_told_so(s3: Any, bucket: str, operation: str, code: str) -> None:
    assert refusal(lambda: getattr(s3, operation)(Bucket=bucket)) == (code, 404)


def test_what_holds_for_every_bucket(s3: Any, bucket: str) -> None:
    def told(operation: str) -> Any:
        reply = getattr(s3, operation)(Bucket=bucket)
        del reply["ResponseMetadata"]
        return reply

    assert told("get_bucket_versioning") == {}
    assert told("get_bucket_logging") == {}
    assert told("get_bucket_notification_configuration") == {}
    assert told("get_bucket_accelerate_configuration") == {}
    assert told("get_bucket_request_payment") == {"Payer": "BucketOwner"}
    assert told("get_bucket_ownership_controls") == {
        "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    }
    acl = told("get_bucket_acl")
    assert [grant["Permission"] for grant in acl["Grants"]] == ["FULL_CONTROL"]
    assert acl["Grants"][0]["Grantee"]["ID"] == acl["Owner"]["ID"]


@pytest.mark.parametrize(
    ("operation", "more"),
    [
        ("put_bucket_versioning", {"VersioningConfiguration": {"Status": "Enabled"}}),
        ("put_bucket_cors", {"CORSConfiguration": {"CORSRules": []}}),
        (
            "put_bucket_ownership_controls",
            {"OwnershipControls": {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}},
        ),
        (
            "put_bucket_encryption",
            {
                "ServerSideEncryptionConfiguration": {
                    "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}]
                }
            },
        ),
    ],
)
def test_what_is_not_built_says_so(s3: Any, bucket: str, operation: str, more: dict[str, Any]) -> None:
    assert refusal(lambda: getattr(s3, operation)(Bucket=bucket, **more)) == ("NotImplemented", 501)


def test_every_bucket_encrypts_by_default(s3: Any, bucket: str) -> None:
    def told() -> Any:
        return s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]

    by_default = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    assert told() == [{**by_default, "BucketKeyEnabled": False}]
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [by_default]})
    s3.delete_bucket_encryption(Bucket=bucket)
    assert told() == [{**by_default, "BucketKeyEnabled": False}]
    two = {"Rules": [by_default, by_default]}
    refused = partial(s3.put_bucket_encryption, Bucket=bucket, ServerSideEncryptionConfiguration=two)
    assert refusal(refused) == ("MalformedXML", 400)


def test_taking_away_what_is_not_there_and_asking_for_what_holds_succeed(s3: Any, bucket: str) -> None:
    """As tools do it for each bucket, to be sure."""
    for kind in ("cors", "website", "lifecycle", "replication"):
        getattr(s3, f"delete_bucket_{kind}")(Bucket=bucket)
    enforced = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=enforced)
    assert refusal(lambda: s3.delete_bucket_cors(Bucket="no-such-bucket")) == ("NoSuchBucket", 404)


def test_lists_of_who_may_are_off(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    assert refusal(lambda: s3.put_bucket_acl(Bucket=bucket, ACL="private")) == (
        "AccessControlListNotSupported",
        400,
    )
    assert refusal(lambda: s3.put_object_acl(Bucket=bucket, Key="k", ACL="public-read")) == (
        "AccessControlListNotSupported",
        400,
    )
