"""Buckets: made, found, listed and deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tabard.catalog import regions
from tabard.core.arn import bucket_arn
from tabard.core.errors import AwsError
from tabard.core.sources import as_datetime
from tabard.services.operation import READ, WRITE, Check, operation
from tabard.services.s3.access import bucket_of, on_bucket, owner
from tabard.services.s3.errors import invalid_argument, invalid_bucket_name, not_implemented
from tabard.services.s3.naming import is_bucket_name
from tabard.services.s3.request_keys import request_keys
from tabard.services.s3.runtime import discard
from tabard.services.s3.tagging import bucket_tags
from tabard.services.s3.tokens import open_token, seal_token
from tabard.store.s3 import Bucket

if TYPE_CHECKING:
    from types_boto3_s3 import type_defs as shapes

    from tabard.services.operation import Call

HOME = "us-east-1"
"""The region whose endpoint makes buckets anywhere, and whose buckets have no location constraint."""

MOST_BUCKETS = 10_000


def _create_checks(call: Call, request: dict[str, Any]) -> list[Check]:
    arn, keys = bucket_arn(request["Bucket"]), request_keys(call)
    configuration = request.get("CreateBucketConfiguration") or {}
    keys["s3:locationconstraint"] = configuration.get("LocationConstraint")
    tags = bucket_tags(configuration.get("Tags", []))
    if not tags:
        return [Check("s3:CreateBucket", arn, keys=keys)]
    keys.update({f"aws:requesttag/{key.lower()}": value for key, value in tags.items()})
    keys["aws:tagkeys"] = list(tags)
    return [Check("s3:CreateBucket", arn, keys=keys), Check("s3:TagResource", arn, keys=keys)]


@operation("s3", "CreateBucket", WRITE, checks=_create_checks)
def create_bucket(call: Call, request: shapes.CreateBucketRequestTypeDef) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html."""
    name = request["Bucket"]
    if not is_bucket_name(name):
        raise invalid_bucket_name(name)
    _refuse_what_is_not_built(request)
    configuration = request.get("CreateBucketConfiguration") or {}
    region = _region_of(call, configuration.get("LocationConstraint"))
    existing = call.store.s3.buckets.get(name)
    if existing is None:
        tags = bucket_tags(configuration.get("Tags", []))
        call.store.s3.buckets.create(Bucket(name, call.account, region, call.now, tags=tags))
    elif existing.account != call.account:
        raise AwsError(
            "BucketAlreadyExists",
            "The requested bucket name is not available. The bucket namespace is shared by all users of the "
            "system. Please select a different name and try again.",
            409,
            {"BucketName": name},
        )
    elif not existing.region == region == HOME:
        raise AwsError(
            "BucketAlreadyOwnedByYou",
            "Your previous request to create the named bucket succeeded and you already own it.",
            409,
            {"BucketName": name},
        )
    location = f"/{name}" if region == HOME else f"http://{call.http.header(b'host') or ''}/{name}"
    return {"Location": location, "BucketArn": bucket_arn(name)}


def _region_of(call: Call, constraint: str | None) -> str:
    """Where a new bucket goes: the request's region, or anywhere when it was sent to us-east-1."""
    if constraint is None or constraint == "":
        if call.region == HOME:
            return HOME
        raise AwsError(
            "IllegalLocationConstraintException",
            "The unspecified location constraint is incompatible for the region specific endpoint this request "
            "was sent to.",
            400,
        )
    region = "eu-west-1" if constraint == "EU" else constraint
    if regions.get(region) is None or region == HOME:
        raise AwsError(
            "InvalidLocationConstraint",
            "The specified location-constraint is not valid",
            400,
            {"LocationConstraint": constraint},
        )
    if call.region not in {HOME, region}:
        raise AwsError(
            "IllegalLocationConstraintException",
            f"The {constraint} location constraint is incompatible for the region specific endpoint this request "
            "was sent to.",
            400,
        )
    return region


def _refuse_what_is_not_built(request: shapes.CreateBucketRequestTypeDef) -> None:
    """A wish that would be ignored is refused: object lock, ACLs, and buckets of another kind."""
    ownership = request.get("ObjectOwnership", "BucketOwnerEnforced")
    grants = ("GrantFullControl", "GrantRead", "GrantReadACP", "GrantWrite", "GrantWriteACP")
    if request.get("ACL", "private") != "private" or any(grant in request for grant in grants):
        raise AwsError(
            "InvalidBucketAclWithObjectOwnership",
            "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
            400,
        )
    if request.get("BucketNamespace", "global") != "global":
        raise not_implemented("x-amz-bucket-namespace")
    if ownership != "BucketOwnerEnforced":
        raise not_implemented("x-amz-object-ownership")
    if request.get("ObjectLockEnabledForBucket"):
        raise not_implemented("x-amz-bucket-object-lock-enabled")
    configuration = request.get("CreateBucketConfiguration") or {}
    if "Location" in configuration or "Bucket" in configuration:
        raise AwsError("InvalidRequest", "Directory buckets are not supported by this endpoint.", 400)


@operation("s3", "DeleteBucket", WRITE, checks=on_bucket("s3:DeleteBucket"))
def delete_bucket(call: Call, request: shapes.DeleteBucketRequestTypeDef) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucket.html. Unfinished uploads go with it."""
    bucket = bucket_of(call, request)
    if call.store.s3.objects.any(bucket.name):
        raise AwsError(
            "BucketNotEmpty",
            "The bucket you tried to delete is not empty",
            409,
            {"BucketName": bucket.name},
        )
    discard(call, call.store.s3.buckets.delete(bucket))
    return {}


@operation("s3", "HeadBucket", READ, checks=on_bucket("s3:ListBucket"), anonymous=True)
def head_bucket(call: Call, request: shapes.HeadBucketRequestTypeDef) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html."""
    bucket = bucket_of(call, request)
    return {"BucketRegion": bucket.region, "BucketArn": bucket_arn(bucket.name), "AccessPointAlias": False}


@operation("s3", "GetBucketLocation", READ, checks=on_bucket("s3:GetBucketLocation", any_region=True))
def get_bucket_location(call: Call, request: shapes.GetBucketLocationRequestTypeDef) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html. us-east-1 is told as nothing."""
    region = bucket_of(call, request, any_region=True).region
    return {"LocationConstraint": None if region == HOME else region}


def _list_checks(call: Call, _request: dict[str, Any]) -> list[Check]:
    return [Check("s3:ListAllMyBuckets", "*", keys=request_keys(call))]


_shown: dict[str, tuple[list[Bucket], dict[str, Any]]] = {}
"""By account: the reply to a plain ListBuckets, and the listing that it was made from."""


@operation("s3", "ListBuckets", READ, checks=_list_checks)
def list_buckets(call: Call, request: shapes.ListBucketsRequestTypeDef) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html."""
    buckets = call.store.s3.buckets.of_account(call.account)
    if not request and len(buckets) <= MOST_BUCKETS:
        shown = _shown.get(call.account)
        if shown is None or shown[0] is not buckets:
            reply = {"Buckets": [_entry(bucket) for bucket in buckets], "Owner": owner(call.account)}
            shown = _shown[call.account] = (buckets, reply)
        return shown[1]
    return _page(call, request, buckets)


def _page(call: Call, request: shapes.ListBucketsRequestTypeDef, buckets: list[Bucket]) -> dict[str, Any]:
    limit = request.get("MaxBuckets", MOST_BUCKETS)
    if not 1 <= limit <= MOST_BUCKETS:
        raise invalid_argument(
            f"Argument max-buckets must be an integer between 1 and {MOST_BUCKETS}.",
            "max-buckets",
            str(limit),
        )
    token = request.get("ContinuationToken")
    after = "" if token is None else open_token("buckets", token)
    prefix, region = request.get("Prefix", ""), request.get("BucketRegion")
    fitting = [
        bucket
        for bucket in buckets
        if bucket.name > after
        and bucket.name.startswith(prefix)
        and (region is None or bucket.region == region)
    ]
    shown = fitting[:limit]
    reply: dict[str, Any] = {
        "Buckets": [{**_entry(bucket), "BucketRegion": bucket.region} for bucket in shown],
        "Owner": owner(call.account),
    }
    if "Prefix" in request:
        reply["Prefix"] = prefix
    if len(fitting) > limit:
        reply["ContinuationToken"] = seal_token("buckets", shown[-1].name)
    return reply


def _entry(bucket: Bucket) -> dict[str, Any]:
    return {"Name": bucket.name, "CreationDate": as_datetime(bucket.created_at)}
