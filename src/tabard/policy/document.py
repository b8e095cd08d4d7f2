"""A policy as it was written, element by element; nothing here knows how it is evaluated.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

from enum import Enum
from typing import Literal

from msgspec import Struct

Effect = Literal["Allow", "Deny"]
PrincipalType = Literal["*", "AWS", "Service", "Federated", "CanonicalUser"]


class Kind(Enum):
    """Where a policy is attached; it decides which elements it must and must not have."""

    IDENTITY = "identity-based policy"
    BOUNDARY = "permissions boundary"
    SESSION = "session policy"
    RESOURCE = "resource-based policy"
    TRUST = "role trust policy"
    SCP = "service control policy"
    RCP = "resource control policy"
    ENDPOINT = "VPC endpoint policy"


class Principal(Struct, frozen=True, gc=False):
    """One entry of a Principal or NotPrincipal element; ``*`` alone has type ``*``."""

    type: PrincipalType
    value: str


class Condition(Struct, frozen=True, gc=False):
    """One operator on one key, both as written, and the values, any of which may match."""

    operator: str
    key: str
    values: tuple[str, ...]


class Statement(Struct, frozen=True, gc=False):
    """One statement. An element that the statement does not have is None; ``index`` counts from 0."""

    index: int
    sid: str
    effect: Effect
    principals: tuple[Principal, ...] | None
    not_principals: tuple[Principal, ...] | None
    actions: tuple[str, ...] | None
    not_actions: tuple[str, ...] | None
    resources: tuple[str, ...] | None
    not_resources: tuple[str, ...] | None
    conditions: tuple[Condition, ...]


class Document(Struct, frozen=True, gc=False):
    """A whole policy. ``variables`` is whether ``${…}`` has a meaning, which came with version 2012-10-17."""

    kind: Kind
    version: str
    id: str
    statements: tuple[Statement, ...]
    text: str

    @property
    def variables(self) -> bool:
        """Whether policy variables are replaced: not in version 2008-10-17, which is the default."""
        return self.version == "2012-10-17"


class Source(Struct, frozen=True, gc=False):
    """Where a document comes from: ``arn`` (empty for an inline policy), its name and version."""

    kind: Kind
    arn: str = ""
    name: str = ""
    version_id: str = ""
