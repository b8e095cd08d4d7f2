"""IAM's records and repositories: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html.

Names are unique in an account without regard to case, and are looked up that way. Times are seconds since the
epoch. Deleting an entity takes its keys, memberships, policies and versions along.

Kinds of change (see ``port.Change``), each with the unique id among its keys: ``account``, ``access-key``
(and its user's id, or the account's number for root), ``user``, ``group``, ``role``, ``policy`` (its versions
too), ``instance-profile``, ``grants`` (what is embedded in or attached to the entity
of that id, and the ARNs of the policies that it has begun or ceased to use),
``membership`` (the user's id and the group's), ``last-used``, ``activity`` (the user's or role's id).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol, TypeVar

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tabard.store.iam_credentials import Credentials
    from tabard.store.port import Page

EntityKind = Literal["user", "group", "role"]
"""What a policy can be attached to or embedded in."""


class Account(msgspec.Struct, frozen=True):
    """An AWS account: its twelve digits, its name and when it was made; ``alias`` is its sign-in alias."""

    id: str
    name: str
    created_at: float
    alias: str | None = None


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
    """An IAM role; ``max_session_duration`` in seconds.

    ``trust_policy`` is the document's text, in which users and roles stand as principals by unique id, so
    that one made again under the same name does not inherit the trust.
    """

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


class LastUse(msgspec.Struct, frozen=True):
    """When an access key or a role (by its id) was last used, for which service and in which region."""

    id: str
    account: str
    at: float
    service: str
    region: str


class Activity(msgspec.Struct, frozen=True):
    """When a user or role (by its id) last attempted an operation of a service, allowed or not, and in which region."""

    id: str
    account: str
    service: str
    operation: str
    at: float
    region: str


class InlinePolicy(NamedTuple):
    """A policy embedded in a user, group or role."""

    name: str
    document: str


class PolicyUse(NamedTuple):
    """How many entities a policy is attached to, and of how many it is the permissions boundary."""

    attachments: int
    boundaries: int


class Accounts(Protocol):
    """The accounts of this server. An alias is unique on the server."""

    def get(self, account: str) -> Account | None:
        """The account of these twelve digits."""

    def by_alias(self, alias: str) -> Account | None:
        """The account that has this alias."""

    def all(self) -> list[Account]:
        """Every account, in order of its number."""

    def create(self, account: Account) -> None:
        """Add an account."""

    def replace(self, account: Account) -> None:
        """Write an account's new state over the old."""


class AccessKeys(Protocol):
    """Long-term access keys, found by id whatever the account."""

    def get(self, key_id: str) -> AccessKey | None:
        """The key with this id."""

    def of_user(self, account: str, user_id: str | None) -> list[AccessKey]:
        """The keys of a user, or with None of the account's root, oldest first."""

    def create(self, key: AccessKey) -> None:
        """Add a key."""

    def replace(self, key: AccessKey) -> None:
        """Write a key's new state over the old."""

    def delete(self, key: AccessKey) -> None:
        """Take a key out."""


class LastUses(Protocol):
    """When access keys and roles were last used."""

    def get(self, account: str, entity_id: str) -> LastUse | None:
        """When the key or role was last used; None for never."""

    def record(self, uses: Sequence[LastUse]) -> None:
        """Write down uses, the newest of each id last."""


class Activities(Protocol):
    """What users and roles last attempted; gone with them."""

    def of(self, account: str, entity_id: str) -> list[Activity]:
        """The last attempt at each operation that the user or role ever called, by service and operation."""

    def record(self, attempts: Sequence[Activity]) -> None:
        """Write down attempts over the earlier ones at the same operations, the newest of each last."""


E = TypeVar("E")
E_contra = TypeVar("E_contra", contravariant=True)


class Entities(Protocol[E]):
    """What the repositories of users, groups, roles, policies and instance profiles have in common."""

    def get(self, account: str, name: str) -> E | None:
        """The entity of this name, whatever the case."""

    def by_id(self, account: str, entity_id: str) -> E | None:
        """The entity with this unique id, if it is the account's."""

    def find(self, entity_id: str) -> E | None:
        """The entity with this unique id in any account."""

    def page(self, account: str, path_prefix: str, after: str | None, limit: int) -> Page:
        """Up to ``limit`` entities whose path starts with the prefix, in order of path and folded name.

        ``after`` is the opaque position that the page before ended with. Any text is a position.
        """

    def position(self, entity: E) -> str:
        """Where an entity stands in the listing."""

    def count(self, account: str, at_most: int | None = None) -> int:
        """How many there are in the account; counting stops at ``at_most``."""

    def replace(self, entity: E) -> None:
        """Write an entity's new state over the old; its unique id stays, its name and path may change."""

    def delete(self, entity: E) -> None:
        """Take an entity out, with everything that is its own."""


class Creatable(Protocol[E_contra]):
    """What is made by itself (a policy is made with its first version)."""

    def create(self, entity: E_contra) -> None:
        """Add an entity; its name must be free."""


class Users(Entities[User], Creatable[User], Protocol):
    """IAM users."""


class Groups(Entities[Group], Creatable[Group], Protocol):
    """IAM groups and who is in them."""

    def of_user(self, user: User) -> list[Group]:
        """The groups that a user is in, in order of path and name."""

    def members(self, group: Group, after: str | None, limit: int) -> Page:
        """Up to ``limit`` users of a group, in order of path and name, after a position."""

    def has_members(self, group: Group) -> bool:
        """Whether anybody is in the group."""

    def add(self, group: Group, user: User) -> None:
        """Put a user into a group; nothing changes when they are in it already."""

    def remove(self, group: Group, user: User) -> bool:
        """Take a user out of a group; False when they were not in it."""


class Roles(Entities[Role], Creatable[Role], Protocol):
    """IAM roles."""


class Policies(Entities[Policy], Protocol):
    """Customer-managed policies and their versions."""

    def by_arn(self, arn: str) -> Policy | None:
        """The policy of this ARN, whose path and case count."""

    def create(self, entity: Policy, version: PolicyVersion) -> None:
        """Add a policy with its first version."""

    def version(self, policy: Policy, version: str) -> PolicyVersion | None:
        """One version of a policy."""

    def versions(self, policy: Policy) -> list[PolicyVersion]:
        """Every version of a policy, newest first."""

    def add_version(self, policy: Policy, version: PolicyVersion) -> None:
        """Add a version to a policy."""

    def delete_version(self, policy: Policy, version: str) -> None:
        """Take a version out of a policy."""

    def versions_in_use(self, account: str) -> int:
        """How many versions the account's policies have together."""


class Grants(Protocol):
    """The policies of a user, group or role (by its unique id): embedded (inline) and attached (by ARN)."""

    def inline(self, account: str, kind: EntityKind, entity_id: str) -> list[InlinePolicy]:
        """The embedded policies, in order of name."""

    def put_inline(self, account: str, kind: EntityKind, entity_id: str, policy: InlinePolicy) -> None:
        """Embed a policy, in place of the one of the same name."""

    def delete_inline(self, account: str, kind: EntityKind, entity_id: str, name: str) -> bool:
        """Take an embedded policy out; False when there is none of that name."""

    def attached(self, account: str, kind: EntityKind, entity_id: str) -> list[str]:
        """The attached policies' ARNs, in the order in which they were attached."""

    def attach(self, account: str, kind: EntityKind, entity_id: str, policy_arn: str) -> None:
        """Attach a policy; nothing changes when it is attached already."""

    def detach(self, account: str, kind: EntityKind, entity_id: str, policy_arn: str) -> bool:
        """Detach a policy; False when it was not attached."""

    def entities_of(self, account: str, policy_arn: str) -> list[tuple[EntityKind, str]]:
        """Kind and id of what a policy is attached to, in the order in which it was attached."""

    def bounded_by(self, account: str, policy_arn: str) -> list[tuple[EntityKind, str]]:
        """Kind and id of the users and roles whose permissions boundary a policy is."""

    def uses(self, account: str, policy_arns: Sequence[str] | None = None) -> dict[str, PolicyUse]:
        """How much policies are used, of these (or of all); those that are not used are absent."""


class InstanceProfiles(Entities[InstanceProfile], Creatable[InstanceProfile], Protocol):
    """Instance profiles."""

    def of_role(self, role: Role) -> list[InstanceProfile]:
        """The instance profiles that hold a role, in order of path and name."""


class Repositories(Protocol):
    """Everything IAM remembers."""

    accounts: Accounts
    access_keys: AccessKeys
    last_uses: LastUses
    activities: Activities
    users: Users
    groups: Groups
    roles: Roles
    policies: Policies
    grants: Grants
    instance_profiles: InstanceProfiles
    credentials: Credentials
