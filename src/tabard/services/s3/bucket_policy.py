"""Bucket policies: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from tabard import policy
from tabard.core.arn import Arn, bucket_arn
from tabard.core.errors import AwsError
from tabard.identity import named
from tabard.services.operation import READ, WRITE, Check, operation
from tabard.services.s3.access import bucket_of, canonical_id, linked, on_bucket, question
from tabard.services.s3.checksums import verify_document
from tabard.services.s3.public_access import public_policy_blocked
from tabard.services.s3.publicity import is_public

if TYPE_CHECKING:
    from collections.abc import Mapping

    from types_boto3_s3 import type_defs as shapes

    from tabard.services.operation import Call, Checks
    from tabard.store.s3 import Bucket

LONGEST_POLICY = 20 * 1024
"""Bytes of a bucket policy."""


def _on_policy(action: str) -> Checks:
    """The checks of an operation on the policy itself, from which no policy can lock out the owner's root user."""

    def checks(call: Call, request: Mapping[str, Any]) -> list[Check]:
        bucket = bucket_of(call, request)
        check = question(call, bucket, action)
        owner = call.caller.kind == "Root" and call.caller.account == bucket.account
        return [check.but(policy=None) if owner else check]

    return checks


@operation("s3", "PutBucketPolicy", WRITE, checks=_on_policy("s3:PutBucketPolicy"))
def put_bucket_policy(call: Call, request: shapes.PutBucketPolicyRequestTypeDef) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html."""
    verify_document(call, request, required=False)
    bucket = bucket_of(call, request)
    text = request["Policy"]
    if len(text.encode()) > LONGEST_POLICY:
        raise AwsError("MalformedPolicy", "Policy exceeds the maximum allowed document size.", 400)
    document = policy.parse(text, policy.Kind.RESOURCE, policy.Dialect.S3)
    _check_resources(document, bucket)
    _check_principals(call, document)
    linked(text)
    if bucket.public_access is not None and bucket.public_access.block_policy and is_public(document):
        raise public_policy_blocked(call, bucket)
    call.store.s3.buckets.replace(replace(bucket, policy=_kept(call, document)))
    return {}


def _kept(call: Call, document: policy.Document) -> str:
    """A policy with the unique ids of the users and roles that it names."""
    ids = {
        principal.value: named.id_of(call.store, Arn.parse(principal.value))
        for principal in policy.principals_of(document)
        if principal.type == "AWS" and ":iam:" in principal.value and not principal.value.endswith(":root")
    }
    known = {arn: unique_id for arn, unique_id in ids.items() if unique_id is not None}
    return (known and policy.replace_principals(document.text, known)) or document.text


def _check_resources(document: policy.Document, bucket: Bucket) -> None:
    """Every resource of a bucket's policy is the bucket or is in it."""
    arn = bucket_arn(bucket.name)
    for statement in document.statements:
        for resource in (*(statement.resources or ()), *(statement.not_resources or ())):
            if resource != arn and not resource.startswith(arn + "/"):
                raise AwsError("MalformedPolicy", "Policy has invalid resource", 400)


def _check_principals(call: Call, document: policy.Document) -> None:
    """Accounts, users and roles that a policy names must exist."""
    for principal in policy.principals_of(document):
        if not _exists(call, principal):
            raise policy.invalid_principal(principal, policy.Dialect.S3)


def _exists(call: Call, principal: policy.Principal) -> bool:
    if principal.type == "CanonicalUser":
        return any(canonical_id(account.id) == principal.value for account in call.store.iam.accounts.all())
    if principal.type != "AWS" or principal.value == "*":
        return True
    return _is_principal(call, principal.value)


def _is_principal(call: Call, value: str) -> bool:
    """Whether an account number, or the ARN of an account, user, role or session, names one that exists here."""
    iam = call.store.iam
    if value.isdigit():
        return iam.accounts.get(value) is not None
    parts = value.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn" or parts[2] not in {"iam", "sts"}:
        return False
    account, resource = parts[4], parts[5]
    if iam.accounts.get(account) is None:
        return False
    kind, _, path = resource.partition("/")
    if resource == "root":
        return True
    name = path.rpartition("/")[2]
    if kind == "user":
        user = iam.users.get(account, name)
        return user is not None and f"{user.path}{user.name}" == f"/{path}"
    if kind == "role":
        role = iam.roles.get(account, name)
        return role is not None and f"{role.path}{role.name}" == f"/{path}"
    if kind == "assumed-role":
        return iam.roles.get(account, path.partition("/")[0]) is not None
    return kind == "federated-user"


@operation("s3", "GetBucketPolicy", READ, checks=_on_policy("s3:GetBucketPolicy"))
def get_bucket_policy(call: Call, request: shapes.GetBucketPolicyRequestTypeDef) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketPolicy.html."""
    return {"Policy": named.shown(call.store, _policy_of(bucket_of(call, request)))}


@operation("s3", "GetBucketPolicyStatus", READ, checks=on_bucket("s3:GetBucketPolicyStatus"))
def get_bucket_policy_status(
    call: Call, request: shapes.GetBucketPolicyStatusRequestTypeDef
) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketPolicyStatus.html."""
    document = policy.parse(_policy_of(bucket_of(call, request)), policy.Kind.RESOURCE, policy.Dialect.S3)
    return {"PolicyStatus": {"IsPublic": is_public(document)}}


@operation("s3", "DeleteBucketPolicy", WRITE, checks=_on_policy("s3:DeleteBucketPolicy"))
def delete_bucket_policy(call: Call, request: shapes.DeleteBucketPolicyRequestTypeDef) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketPolicy.html."""
    bucket = bucket_of(call, request)
    if bucket.policy is not None:
        call.store.s3.buckets.replace(replace(bucket, policy=None))
    return {}


def _policy_of(bucket: Bucket) -> str:
    if bucket.policy is None:
        raise AwsError(
            "NoSuchBucketPolicy", "The bucket policy does not exist", 404, {"BucketName": bucket.name}
        )
    return bucket.policy
