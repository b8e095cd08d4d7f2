"""IAM's records and repositories: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html.

Names are unique in an account without regard to case; every repository's ``get`` finds by name that way. Times are seconds
since the epoch. Listings are in order of path and name, and go on after a given (folded) position.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

import msgspec

if TYPE_CHECKING:
    from tabard.store.port import Page

EntityKind = Literal["user", "group", "role"]
"""What a policy can be attached to or embedded in."""


class Account(msgspec.Struct, frozen=True):
    """An AWS account: its twelve digits, its name and when it was made."""

    id: str
    name: str
    created_at: float


class User(msgspec.Struct, frozen=True):
    """An IAM user; ``boundary`` is the ARN of its permissions boundary."""

    account: str
    id: str
    name: str
    path: str
    created_at: float
    boundary: str | None = None
    tags: dict[str, str] = {}


class Group(msgspec.Struct, frozen=True):
    """An IAM group."""

    account: str
    id: str
    name: str
    path: str
    created_at: float


class Role(msgspec.Struct, frozen=True):
    """An IAM role; ``trust_policy`` is the document's text, ``max_session_duration`` in seconds."""

    account: str
    id: str
    name: str
    path: str
    created_at: float
    trust_policy: str
    description: str | None = None
    max_session_duration: int = 3600
    boundary: str | None = None
    tags: dict[str, str] = {}
    last_used_at: float | None = None
    last_used_region: str | None = None


class Policy(msgspec.Struct, frozen=True):
    """A customer-managed policy (AWS's own are in the catalogue)."""

    account: str
    id: str
    name: str
    path: str
    created_at: float
    updated_at: float
    default_version: str
    next_version: int = 2
    description: str | None = None
    tags: dict[str, str] = {}


class PolicyVersion(msgspec.Struct, frozen=True):
    """One version (``v1``, ``v2`` …) of a customer-managed policy, with its document's text."""

    policy_id: str
    version: str
    document: str
    created_at: float


class InstanceProfile(msgspec.Struct, frozen=True):
    """An instance profile, the container that hands at most one role to EC2."""

    account: str
    id: str
    name: str
    path: str
    created_at: float
    role_id: str | None = None
    tags: dict[str, str] = {}


class AccessKey(msgspec.Struct, frozen=True):
    """A long-term access key; ``user_id`` is None for the account's root, ``secret`` is sealed."""

    id: str
    account: str
    user_id: str | None
    secret: bytes
    status: str
    created_at: float


class InlinePolicy(NamedTuple):
    """A policy embedded in a user, group or role."""

    name: str
    document: str


class Accounts(Protocol):
    """The accounts of this server."""

    def get(self, account: str) -> Account | None: ...
    def all(self) -> list[Account]: ...
    def create(self, account: Account) -> None: ...


class AccessKeys(Protocol):
    """Long-term access keys, found by id whatever the account."""

    def get(self, key_id: str) -> AccessKey | None: ...
    def of_user(self, account: str, user_id: str | None) -> list[AccessKey]: ...
    def create(self, key: AccessKey) -> None: ...
    def replace(self, key: AccessKey) -> None: ...
    def delete(self, key: AccessKey) -> None: ...


class Users(Protocol):
    """IAM users."""

    def get(self, account: str, name: str) -> User | None: ...
    def by_id(self, account: str, user_id: str) -> User | None: ...
    def page(self, account: str, path_prefix: str, after: str | None, limit: int) -> Page: ...
    def count(self, account: str) -> int: ...
    def create(self, user: User) -> None: ...
    def replace(self, user: User) -> None: ...
    def delete(self, user: User) -> None: ...


class Groups(Protocol):
    """IAM groups and who is in them."""

    def get(self, account: str, name: str) -> Group | None: ...
    def by_id(self, account: str, group_id: str) -> Group | None: ...
    def page(self, account: str, path_prefix: str, after: str | None, limit: int) -> Page: ...
    def count(self, account: str) -> int: ...
    def create(self, group: Group) -> None: ...
    def replace(self, group: Group) -> None: ...
    def delete(self, group: Group) -> None: ...
    def of_user(self, user: User) -> list[Group]: ...
    def members(self, group: Group) -> list[User]: ...
    def add(self, group: Group, user: User) -> None: ...
    def remove(self, group: Group, user: User) -> bool: ...


class Roles(Protocol):
    """IAM roles."""

    def get(self, account: str, name: str) -> Role | None: ...
    def by_id(self, account: str, role_id: str) -> Role | None: ...
    def page(self, account: str, path_prefix: str, after: str | None, limit: int) -> Page: ...
    def count(self, account: str) -> int: ...
    def create(self, role: Role) -> None: ...
    def replace(self, role: Role) -> None: ...
    def delete(self, role: Role) -> None: ...


class Policies(Protocol):
    """Customer-managed policies and their versions. Found by name or by ARN (of this account)."""

    def get(self, account: str, name: str) -> Policy | None: ...
    def by_arn(self, arn: str) -> Policy | None: ...
    def page(self, account: str, path_prefix: str, after: str | None, limit: int) -> Page: ...
    def count(self, account: str) -> int: ...
    def create(self, policy: Policy, version: PolicyVersion) -> None: ...
    def replace(self, policy: Policy) -> None: ...
    def delete(self, policy: Policy) -> None: ...
    def version(self, policy: Policy, version: str) -> PolicyVersion | None: ...
    def versions(self, policy: Policy) -> list[PolicyVersion]: ...
    def add_version(self, policy: Policy, version: PolicyVersion) -> None: ...
    def delete_version(self, policy: Policy, version: str) -> None: ...


class Grants(Protocol):
    """The policies of a user, group or role: embedded (inline) and attached (by ARN), in the order they were attached."""

    def inline(self, account: str, kind: EntityKind, entity_id: str) -> list[InlinePolicy]: ...
    def put_inline(self, account: str, kind: EntityKind, entity_id: str, policy: InlinePolicy) -> None: ...
    def delete_inline(self, account: str, kind: EntityKind, entity_id: str, name: str) -> bool: ...
    def attached(self, account: str, kind: EntityKind, entity_id: str) -> list[str]: ...
    def attach(self, account: str, kind: EntityKind, entity_id: str, policy_arn: str) -> None: ...
    def detach(self, account: str, kind: EntityKind, entity_id: str, policy_arn: str) -> bool: ...
    def entities_of(self, account: str, policy_arn: str) -> list[tuple[EntityKind, str]]: ...
    def bounded_by(self, account: str, policy_arn: str) -> list[tuple[EntityKind, str]]: ...


class InstanceProfiles(Protocol):
    """Instance profiles."""

    def get(self, account: str, name: str) -> InstanceProfile | None: ...
    def by_id(self, account: str, profile_id: str) -> InstanceProfile | None: ...
    def page(self, account: str, path_prefix: str, after: str | None, limit: int) -> Page: ...
    def count(self, account: str) -> int: ...
    def of_role(self, role: Role) -> list[InstanceProfile]: ...
    def create(self, profile: InstanceProfile) -> None: ...
    def replace(self, profile: InstanceProfile) -> None: ...
    def delete(self, profile: InstanceProfile) -> None: ...


class Repositories(Protocol):
    """Everything IAM remembers."""

    accounts: Accounts
    access_keys: AccessKeys
    users: Users
    groups: Groups
    roles: Roles
    policies: Policies
    grants: Grants
    instance_profiles: InstanceProfiles
