"""Whether a bucket policy makes its bucket public, by S3's own definition.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tabard.policy import Condition, Document, Statement

_FIXING_KEYS = frozenset(
    {
        "aws:principalorgid",
        "aws:principalarn",
        "aws:principalaccount",
        "aws:principalservicename",
        "aws:sourcearn",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:sourceowner",
        "aws:sourceaccount",
        "aws:userid",
        "s3:dataaccesspointarn",
        "s3:dataaccesspointaccount",
    }
)
"""Keys that, held to fixed values, keep a grant to everyone from being public."""

_HOLDING = frozenset({"stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike"})
_WIDEST_V4, _WIDEST_V6 = 8, 32
"""Prefix lengths below which a range of addresses is as good as everyone."""


def is_public(document: Document) -> bool:
    """Whether any statement grants anything to everyone."""
    return any(_opens(statement) for statement in document.statements)


def _opens(statement: Statement) -> bool:
    if statement.effect != "Allow":
        return False
    everyone = statement.not_principals is not None or any(
        "*" in principal.value for principal in statement.principals or ()
    )
    return everyone and not any(_fixes(condition) for condition in statement.conditions)


def _fixes(condition: Condition) -> bool:
    """Whether a condition limits a grant to callers that are known."""
    key = condition.key.lower()
    operator = condition.operator.lower().removeprefix("foranyvalue:")
    if operator.endswith("ifexists") or operator.startswith("forallvalues:"):
        return False
    if key == "aws:sourceip":
        return operator == "ipaddress" and all(_is_narrow(value) for value in condition.values)
    fixed = not any("*" in value or "?" in value or "${" in value for value in condition.values)
    return key in _FIXING_KEYS and operator in _HOLDING and fixed


def _is_narrow(value: str) -> bool:
    try:
        network = ipaddress.ip_network(value, strict=False)
    except ValueError:
        return False
    return network.prefixlen >= (_WIDEST_V4 if network.version == 4 else _WIDEST_V6)
