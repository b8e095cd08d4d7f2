"""What AWS refuses in a policy that is attached to a resource: a bucket's policy, a role's trust policy.

They are read by another parser than identity policies, with words of its own; S3 calls the error ``MalformedPolicy``, IAM
``MalformedPolicyDocument``. https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tabard.policy.errors import PolicyError, malformed, malformed_bucket_policy
from tabard.policy.operators import is_operator

if TYPE_CHECKING:
    from collections.abc import Callable

    from tabard.policy.json_text import Json

_FIELDS = frozenset(("Version", "Id", "Statement"))
_STATEMENT_FIELDS = frozenset(
    (
        "Sid",
        "Effect",
        "Principal",
        "NotPrincipal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
    )
)
_OBJECT_ACTIONS = frozenset(("s3:abortmultipartupload", "s3:listmultipartuploadparts"))
_BUCKET_CONDITION_PREFIXES = frozenset(("aws", "s3", "s3express"))


def check_bucket_policy(value: Json) -> None:
    """Refuse a bucket policy, already read as JSON, as PutBucketPolicy does; raises ``PolicyError``."""
    for statement in _statements(value, malformed_bucket_policy):
        _check_statement(statement, malformed_bucket_policy, ("Principal", "Action", "Resource"))
        _check_bucket_statement(statement)


def check_trust_policy(value: Json) -> None:
    """Refuse a trust policy, already read as JSON, as CreateRole does; raises ``PolicyError``."""
    for statement in _statements(value, malformed):
        for field in ("Resource", "NotResource"):
            if field in statement:
                raise malformed(f"Has prohibited field {field}")
        _check_statement(statement, malformed, ("Principal", "Action"))


def _statements(value: Json, fail: Callable[[str], PolicyError]) -> list[dict[str, Json]]:
    if not isinstance(value, dict):
        raise fail("Policies must be valid JSON and the first byte must be '{'")
    for field in value:
        if field not in _FIELDS:
            raise fail(f"Unknown field {field}")
    if value.get("Version", "2008-10-17") not in ("2008-10-17", "2012-10-17"):
        raise fail("The policy must contain a valid version string")
    if "Statement" not in value:
        raise fail("Missing required field Statement")
    statements = value["Statement"]
    if isinstance(statements, dict):
        statements = [statements]
    if not isinstance(statements, list):
        raise fail("Invalid policy syntax.")
    if not statements:
        raise fail("Could not parse the policy: Statement is empty!")
    for statement in statements:
        if not isinstance(statement, dict):
            raise fail("Invalid policy syntax.")
    return statements


def _check_statement(
    statement: dict[str, Json], fail: Callable[[str], PolicyError], required: tuple[str, ...]
) -> None:
    for field in statement:
        if field not in _STATEMENT_FIELDS:
            raise fail(f"Unknown field {field}")
    if "Effect" not in statement:
        raise fail("Missing required field Effect")
    if statement["Effect"] not in ("Allow", "Deny"):
        raise fail(f"Invalid effect: {statement['Effect']}")
    for field in required:
        if field in statement and "Not" + field in statement:
            raise fail("Invalid policy syntax.")
        if statement.get(field, statement.get("Not" + field)) in (None, []):
            raise fail(f"Missing required field {field}")
    if not isinstance(statement.get("Sid", ""), str):
        raise fail("Invalid policy syntax.")
    for member in ("Principal", "NotPrincipal"):
        if member in statement:
            _check_principal(statement[member], fail)
    _check_conditions(statement.get("Condition", {}), fail)


def _check_principal(principal: Json, fail: Callable[[str], PolicyError]) -> None:
    if principal == "*":
        return
    if not isinstance(principal, dict) or not principal:
        raise fail("Invalid principal in policy")
    for name, values in principal.items():
        if name not in {"AWS", "Service", "Federated", "CanonicalUser"}:
            raise fail("Invalid principal in policy")
        if not _list(values) or not all(isinstance(value, str) for value in _list(values)):
            raise fail("Invalid principal in policy")


def _check_conditions(block: Json, fail: Callable[[str], PolicyError]) -> None:
    if not isinstance(block, dict):
        raise fail("Invalid policy syntax.")
    for operator, keys in block.items():
        if not is_operator(operator):
            raise fail(f"Invalid Condition type : {operator}")
        if not isinstance(keys, dict):
            raise fail("Invalid policy syntax.")


def _check_bucket_statement(statement: dict[str, Json]) -> None:
    resources = [
        each
        for member in ("Resource", "NotResource")
        if member in statement
        for each in _list(statement[member])
    ]
    for resource in resources:
        if not isinstance(resource, str) or not resource.startswith("arn:aws:s3:"):
            raise malformed_bucket_policy("Policy has invalid resource")
    for member in ("Action", "NotAction"):
        for action in _list(statement.get(member, ())):
            if not isinstance(action, str) or (action != "*" and not action.lower().startswith("s3:")):
                raise malformed_bucket_policy("Policy has invalid action")
    if "Resource" in statement:
        for action in _list(statement.get("Action", ())):
            if not any(_applies(action.lower(), resource) for resource in resources):
                raise malformed_bucket_policy("Action does not apply to any resource(s) in statement")
    for keys in statement.get("Condition", {}).values():
        for key in keys:
            prefix, colon, _ = key.partition(":")
            if not colon or prefix.lower() not in _BUCKET_CONDITION_PREFIXES:
                raise malformed_bucket_policy("Policy has an invalid condition key")


def _applies(action: str, resource: str) -> bool:
    """Whether an action could be about a resource: objects have a slash in their ARN, buckets have none."""
    if "*" in action or "?" in action:
        return True
    about_objects = action in _OBJECT_ACTIONS or ("object" in action and "bucket" not in action)
    named = resource.rpartition(":")[2]
    wild = named.endswith("*") or "*" in named.partition("/")[0]
    return wild or ("/" in named) is about_objects


def _list(value: Json) -> list[Json]:
    return list(value) if isinstance(value, (list, tuple)) else [value]
