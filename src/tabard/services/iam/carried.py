"""The policies that a user, group or role carries, with their documents.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tabard.catalog import managed_policies
from tabard.core.arn import iam_arn
from tabard.policy import Dialect, Kind, parse
from tabard.services.iam.errors import no_such_entity
from tabard.services.iam.subjects import kind_and_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tabard.policy import Document
    from tabard.services.operation import Call
    from tabard.store.iam import Entities, EntityKind, Group, Role, User


class Carried(NamedTuple):
    """One policy: its ARN where it is managed, else the kind and name of what it is embedded in."""

    name: str
    arn: str | None
    owner_kind: EntityKind
    owner_name: str
    document: Document


def by_user(call: Call, user: User) -> list[Carried]:
    """A user's own policies and those of its groups."""
    return [
        *_own(call, "user", user),
        *(policy for group in call.store.iam.groups.of_user(user) for policy in _own(call, "group", group)),
    ]


def by_entity(call: Call, kind: EntityKind, entity: User | Group | Role) -> list[Carried]:
    """The policies of an entity of the account; a user's with those of its groups."""
    user = call.store.iam.users.by_id(call.account, entity.id) if kind == "user" else None
    return list(_own(call, kind, entity)) if user is None else by_user(call, user)


def managed(call: Call, arn: str) -> Document | None:
    """The document of a managed policy's default version; None where there is none."""
    if arn.startswith(managed_policies.ARN_PREFIX):
        published = managed_policies.get(arn)
        return None if published is None else _document(published.document)
    policies = call.store.iam.policies
    policy = policies.by_arn(arn)
    version = None if policy is None else policies.version(policy, policy.default_version)
    return None if version is None else _document(version.document)


def identity(call: Call, arn: str) -> tuple[EntityKind, User | Group | Role]:
    """The account's user, group or role of this ARN, path included; raises NoSuchEntity, or InvalidInput for no such ARN."""
    kind, name = kind_and_name(call, arn)
    iam = call.store.iam
    repositories: dict[EntityKind, Entities[Any]] = {
        "user": iam.users,
        "group": iam.groups,
        "role": iam.roles,
    }
    repository = repositories[kind]
    entity: User | Group | Role | None = repository.get(call.account, name)
    if entity is None or iam_arn(entity.account, kind, entity.path, entity.name) != arn:
        raise no_such_entity(f"The {kind} with name {name} cannot be found.")
    return kind, entity


def _own(call: Call, kind: EntityKind, entity: User | Group | Role) -> Iterator[Carried]:
    grants = call.store.iam.grants
    for inline in grants.inline(call.account, kind, entity.id):
        yield Carried(inline.name, None, kind, entity.name, _document(inline.document))
    for arn in grants.attached(call.account, kind, entity.id):
        document = managed(call, arn)
        if document is not None:
            yield Carried(arn.rpartition("/")[2], arn, kind, entity.name, document)


def _document(text: str) -> Document:
    """A stored document: it was checked when it was stored."""
    return parse(text, Kind.IDENTITY, Dialect.EVALUATE)
