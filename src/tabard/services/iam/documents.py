"""Policy documents as IAM takes and shows them."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote

from tabard.policy import Kind, parse, size
from tabard.services.iam import quotas
from tabard.services.iam.errors import limit_exceeded, quota_exceeded

if TYPE_CHECKING:
    from tabard.store.iam import EntityKind, InlinePolicy


REMEMBERED_AT_MOST = 8192
"""Characters of a document that is worth remembering; longer ones are mostly white space."""


def encoded(text: str) -> str:
    """A document as replies hold it: percent-encoded (RFC 3986)."""
    return _encoded(text) if len(text) <= REMEMBERED_AT_MOST else quote(text, safe="")


@lru_cache(maxsize=2048)
def _encoded(text: str) -> str:
    return quote(text, safe="")


def check_managed(text: str) -> None:
    """Refuse a managed policy's document that is malformed or too large."""
    parse(text, Kind.IDENTITY)
    if size(text) > quotas.MANAGED_POLICY_SIZE:
        raise quota_exceeded("PolicySize", quotas.MANAGED_POLICY_SIZE)


def check_inline(kind: EntityKind, name: str, policy: InlinePolicy, present: list[InlinePolicy]) -> None:
    """Refuse an inline policy that is malformed, or with which the entity's inline policies are too large together."""
    parse(policy.document, Kind.IDENTITY)
    limit = quotas.INLINE_POLICIES_SIZE[kind]
    others = sum(size(other.document) for other in present if other.name != policy.name)
    if others + size(policy.document) > limit:
        raise limit_exceeded(f"Maximum policy size of {limit} bytes exceeded for {kind} {name}")
