"""Buckets on the way of a request: found, in the right region, and put as a question to the policy engine.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/security_iam_service-with-iam.html
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from tabard import policy
from tabard.core.arn import bucket_arn
from tabard.core.remembering import by_length
from tabard.services.operation import Check
from tabard.services.s3.errors import access_denied, no_such_bucket, wrong_region
from tabard.services.s3.publicity import is_public
from tabard.services.s3.request_keys import names_region, request_keys

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tabard.policy import PolicySet
    from tabard.services.operation import Call, Checks, Keys
    from tabard.store.s3 import Bucket, Object


@by_length(16 * 1024 * 1024)
def linked(document: str) -> PolicySet:
    """A bucket policy's document, ready for decisions; made once per document."""
    parsed = policy.parse(document, policy.Kind.RESOURCE, policy.Dialect.S3)
    return policy.link([policy.compile(parsed, policy.Source(policy.Kind.RESOURCE))])


@by_length(4 * 1024 * 1024)
def opens_to_everyone(document: str) -> bool:
    """Whether a bucket policy's document makes its bucket public; found out once per document."""
    return is_public(policy.parse(document, policy.Kind.RESOURCE, policy.Dialect.S3))


@lru_cache(maxsize=4096)
def canonical_id(account: str) -> str:
    """The account's canonical user id, by which S3 names owners: 64 hexadecimal digits."""
    return hashlib.sha256(f"canonical-user:{account}".encode()).hexdigest()


def owner(account: str) -> dict[str, str]:
    """An owner as S3 shows one."""
    return {"ID": canonical_id(account)}


def bucket_of(call: Call, request: Mapping[str, Any], *, any_region: bool = False) -> Bucket:
    """The bucket that a request names.

    Raises NoSuchBucket; AuthorizationHeaderMalformed where the request was signed for another region than the
    bucket's; AccessDenied where the caller expects another owner. As on AWS all of these come before the decision.
    """
    name = request["Bucket"]
    bucket = find_bucket(call, name)
    if bucket.region != call.region and not any_region and names_region(call):
        raise wrong_region(call.region, bucket.region, head=call.http.method == "HEAD")
    expected = request.get("ExpectedBucketOwner")
    if expected is not None and expected != bucket.account:
        raise access_denied()
    if "resources" not in call.audit:
        call.audit["resources"] = _touched(bucket, request.get("Key"))
    return bucket


def _touched(bucket: Bucket, key: str | None) -> list[dict[str, str]]:
    """What the audit record says that a request is about."""
    resources = [{"accountId": bucket.account, "type": "AWS::S3::Bucket", "ARN": bucket_arn(bucket.name)}]
    if key is not None:
        resources.insert(0, {"type": "AWS::S3::Object", "ARN": bucket_arn(bucket.name, key)})
    return resources


def find_bucket(call: Call, name: str) -> Bucket:
    """A bucket by name, wherever it is."""
    bucket = call.store.s3.buckets.get(name)
    if bucket is None:
        raise no_such_bucket(name)
    return bucket


def question(
    call: Call, bucket: Bucket, action: str, key: str | None = None, keys: Keys | None = None
) -> Check:
    """May the caller do ``action`` on the bucket, or on the object under ``key`` in it?"""
    every = request_keys(call)
    every["s3:resourceaccount"] = bucket.account
    if keys:
        every.update(keys)
    arn, account = bucket_arn(bucket.name, key), call.caller.account
    if bucket.policy is None or (bucket.public_access is not None and _restricted(bucket, account)):
        return Check(action, arn, bucket.account, every)
    named = canonical_id(account) if account else ""
    return Check(action, arn, bucket.account, every, linked(bucket.policy), named)


def _restricted(bucket: Bucket, account: str | None) -> bool:
    """Whether what the bucket's policy grants does not count for a caller: RestrictPublicBuckets, of a public policy."""
    block, document = bucket.public_access, bucket.policy
    return (
        block is not None
        and block.restrict
        and account != bucket.account
        and document is not None
        and opens_to_everyone(document)
    )


def on_bucket(action: str, *, any_region: bool = False) -> Checks:
    """The checks of an operation that needs one action on its bucket."""

    def checks(call: Call, request: Mapping[str, Any]) -> list[Check]:
        return [question(call, bucket_of(call, request, any_region=any_region), action)]

    return checks


def on_object(action: str) -> Checks:
    """The checks of an operation that needs one action on the object that it names."""

    def checks(call: Call, request: Mapping[str, Any]) -> list[Check]:
        return [question(call, bucket_of(call, request), action, request["Key"])]

    return checks


def object_questions(
    call: Call, bucket: Bucket, key: str, actions: tuple[str, ...]
) -> tuple[list[Check], Object | None]:
    """May the caller do these to an existing object? The object is read once, for the checks and their keys.

    Where there is none, only who may list the bucket learns so; others are denied as if they had asked to.
    """
    found = call.store.s3.objects.get(bucket.name, key)
    checks = [question(call, bucket, action, key, existing_tags(found)) for action in actions]
    if found is None:
        checks.append(question(call, bucket, "s3:ListBucket", None, {"s3:prefix": key}))
    return checks, found


def on_existing_object(*actions: str) -> Checks:
    """The checks of an operation that reads an object."""

    def checks(call: Call, request: Mapping[str, Any]) -> list[Check]:
        return object_questions(call, bucket_of(call, request), request["Key"], actions)[0]

    return checks


def existing_tags(found: Object | None) -> Keys:
    """The condition keys of an object's tags."""
    if found is None or not found.tags:
        return {}
    return {f"s3:existingobjecttag/{name.lower()}": value for name, value in found.tags.items()}
