"""What S3 refuses in a bucket policy, in its own words: its code is ``MalformedPolicy``.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tabard.policy.errors import malformed_bucket_policy as malformed
from tabard.policy.operators import is_operator

if TYPE_CHECKING:
    from tabard.policy.json_text import Json

_STATEMENT_KEYS = frozenset(
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


def check_bucket_policy(value: Json) -> None:
    """Refuse a bucket policy, already read as JSON, as PutBucketPolicy does; raises ``PolicyError``."""
    if not isinstance(value, dict):
        raise malformed("Policies must be valid JSON and the first byte must be '{'")
    for field in value:
        if field not in {"Version", "Id", "Statement"}:
            raise malformed(f"Unknown field {field}")
    if value.get("Version", "2008-10-17") not in ("2008-10-17", "2012-10-17"):
        raise malformed("The policy must contain a valid version string")
    if "Statement" not in value:
        raise malformed("Missing required field Statement")
    statements = value["Statement"]
    if isinstance(statements, dict):
        statements = [statements]
    if not isinstance(statements, list) or not statements:
        raise malformed("Could not parse the policy: Statement is empty!")
    sids: set[str] = set()
    for statement in statements:
        _check_statement(statement)
        sid = statement.get("Sid", "")
        if sid and sid in sids:
            raise malformed(f"Duplicate Sid: {sid}")
        sids.add(sid)


def _check_statement(statement: Json) -> None:
    if not isinstance(statement, dict):
        raise malformed("Invalid policy syntax.")
    for field in statement:
        if field not in _STATEMENT_KEYS:
            raise malformed(f"Unknown field {field}")
    if "Effect" not in statement:
        raise malformed("Missing required field Effect")
    if statement["Effect"] not in ("Allow", "Deny"):
        raise malformed(f"Invalid effect: {statement['Effect']}")
    for field in ("Principal", "Action", "Resource"):
        _check_element(statement, field)
    if not isinstance(statement.get("Sid", ""), str):
        raise malformed("Invalid policy syntax.")
    _check_members(statement)


def _check_members(statement: dict[str, Json]) -> None:
    for member in ("Action", "NotAction"):
        for action in _list(statement.get(member, ())):
            _check_action(action)
    for member in ("Resource", "NotResource"):
        for resource in _list(statement.get(member, ())):
            if not isinstance(resource, str) or not resource.startswith("arn:aws:s3:"):
                raise malformed("Policy has invalid resource")
    for member in ("Principal", "NotPrincipal"):
        if member in statement:
            _check_principal(statement[member])
    _check_conditions(statement.get("Condition", {}))


def _check_element(statement: dict[str, Json], field: str) -> None:
    if field in statement and "Not" + field in statement:
        raise malformed("Invalid policy syntax.")
    member = statement.get(field, statement.get("Not" + field))
    if member is None or member == []:
        raise malformed(f"Missing required field {field}")


def _check_action(action: Json) -> None:
    if action != "*" and not (isinstance(action, str) and action.lower().startswith("s3:")):
        raise malformed("Policy has invalid action")


def _check_principal(principal: Json) -> None:
    if principal == "*":
        return
    if not isinstance(principal, dict) or not principal:
        raise malformed("Invalid policy syntax.")
    for name, values in principal.items():
        if name not in {"AWS", "Service", "Federated", "CanonicalUser"}:
            raise malformed("Invalid principal in policy")
        if not _list(values) or not all(isinstance(value, str) for value in _list(values)):
            raise malformed("Invalid principal in policy")


def _check_conditions(block: Json) -> None:
    if not isinstance(block, dict):
        raise malformed("Invalid policy syntax.")
    for operator, keys in block.items():
        if not is_operator(operator):
            raise malformed(f"Invalid Condition type : {operator}")
        if not isinstance(keys, dict):
            raise malformed("Invalid policy syntax.")
        for key in keys:
            prefix = key.partition(":")[0]
            if not key.partition(":")[1] or prefix not in {"aws", "s3", "s3express"}:
                raise malformed("Policy has an invalid condition key")


def _list(value: Json) -> list[Json]:
    return list(value) if isinstance(value, (list, tuple)) else [value]
