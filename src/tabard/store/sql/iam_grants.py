"""The policies of users, groups and roles: embedded and attached."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple, cast

from sqlalchemy import bindparam, delete, func, insert, select, update

from tabard.store.iam import EntityKind, InlinePolicy, PolicyUse
from tabard.store.sql.schema_iam import ATTACHMENTS, INLINE_POLICIES, ROLES, USERS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Table

    from tabard.store.sql.session import Session

_INLINE = (
    select(INLINE_POLICIES.c.name, INLINE_POLICIES.c.document)
    .where(INLINE_POLICIES.c.entity_id == bindparam("entity_id"))
    .order_by(INLINE_POLICIES.c.name)
)
_ATTACHED = (
    select(ATTACHMENTS.c.policy_arn)
    .where(ATTACHMENTS.c.entity_id == bindparam("entity_id"))
    .order_by(ATTACHMENTS.c.position)
)
_COUNTED = ((ATTACHMENTS, ATTACHMENTS.c.policy_arn), (USERS, USERS.c.boundary), (ROLES, ROLES.c.boundary))
_COUNT_ALL = tuple(
    select(column, func.count())
    .where(table.c.account == bindparam("account"), column.is_not(None))
    .group_by(column)
    for table, column in _COUNTED
)
_COUNT_ONE = tuple(
    select(func.count())
    .select_from(table)
    .where(table.c.account == bindparam("account"), column == bindparam("arn"))
    for table, column in _COUNTED
)
_ONE_BY_ONE_AT_MOST = 3
"""Above so many policies it is cheaper to count them all."""
_UNUSED = PolicyUse(0, 0)


def _same(use: PolicyUse) -> PolicyUse:
    return use


class Granted(NamedTuple):
    """What one entity has."""

    inline: list[InlinePolicy]
    attached: list[str]


class SqlGrants:
    """See ``tabard.store.iam.Grants``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def inline(self, account: str, kind: EntityKind, entity_id: str) -> list[InlinePolicy]:  # noqa: ARG002 - ids differ between kinds
        """The embedded policies, in order of name."""
        return self._granted(account, entity_id).inline

    def attached(self, account: str, kind: EntityKind, entity_id: str) -> list[str]:  # noqa: ARG002 - ids differ between kinds
        """The attached policies' ARNs, in the order in which they were attached."""
        return self._granted(account, entity_id).attached

    def put_inline(self, account: str, kind: EntityKind, entity_id: str, policy: InlinePolicy) -> None:
        """Embed a policy, in place of the one of the same name."""
        of_name = (INLINE_POLICIES.c.entity_id == entity_id, INLINE_POLICIES.c.name == policy.name)
        replaced = self._session.connection.execute(
            update(INLINE_POLICIES).where(*of_name).values(document=policy.document)
        )
        if replaced.rowcount == 0:
            row = {
                "entity_id": entity_id,
                "name": policy.name,
                "account": account,
                "kind": kind,
                "document": policy.document,
            }
            self._session.connection.execute(insert(INLINE_POLICIES), row)
        self._changed(account, entity_id)

    def delete_inline(self, account: str, kind: EntityKind, entity_id: str, name: str) -> bool:  # noqa: ARG002 - ids differ between kinds
        """Take an embedded policy out; False when there is none of that name."""
        of_name = (INLINE_POLICIES.c.entity_id == entity_id, INLINE_POLICIES.c.name == name)
        if self._session.connection.execute(delete(INLINE_POLICIES).where(*of_name)).rowcount == 0:
            return False
        self._changed(account, entity_id)
        return True

    def attach(self, account: str, kind: EntityKind, entity_id: str, policy_arn: str) -> None:
        """Attach a policy; nothing changes when it is attached already."""
        if policy_arn in self.attached(account, kind, entity_id):
            return
        row = {"account": account, "kind": kind, "entity_id": entity_id, "policy_arn": policy_arn}
        self._session.connection.execute(insert(ATTACHMENTS), row)
        self._changed(account, entity_id, policy_arn)

    def detach(self, account: str, kind: EntityKind, entity_id: str, policy_arn: str) -> bool:  # noqa: ARG002 - ids differ between kinds
        """Detach a policy; False when it was not attached."""
        of_arn = (ATTACHMENTS.c.entity_id == entity_id, ATTACHMENTS.c.policy_arn == policy_arn)
        if self._session.connection.execute(delete(ATTACHMENTS).where(*of_arn)).rowcount == 0:
            return False
        self._changed(account, entity_id, policy_arn)
        return True

    def drop(self, account: str, entity_id: str) -> None:
        """Forget everything that an entity has: it is gone."""
        connection = self._session.connection
        attached = self._load(entity_id).attached
        connection.execute(delete(INLINE_POLICIES).where(INLINE_POLICIES.c.entity_id == entity_id))
        connection.execute(delete(ATTACHMENTS).where(ATTACHMENTS.c.entity_id == entity_id))
        self._session.changed("grants", account, (entity_id, *attached), None)

    def entities_of(self, account: str, policy_arn: str) -> list[tuple[EntityKind, str]]:
        """Kind and id of what a policy is attached to, in the order in which it was attached."""
        statement = (
            select(ATTACHMENTS.c.kind, ATTACHMENTS.c.entity_id)
            .where(ATTACHMENTS.c.account == account, ATTACHMENTS.c.policy_arn == policy_arn)
            .order_by(ATTACHMENTS.c.position)
        )
        return [
            (cast("EntityKind", row.kind), row.entity_id)
            for row in self._session.connection.execute(statement)
        ]

    def bounded_by(self, account: str, policy_arn: str) -> list[tuple[EntityKind, str]]:
        """Kind and id of the users and roles whose permissions boundary a policy is."""
        found: list[tuple[EntityKind, str]] = []
        kinds: tuple[tuple[EntityKind, Table], ...] = (("user", USERS), ("role", ROLES))
        for kind, table in kinds:
            statement = select(table.c.id).where(table.c.account == account, table.c.boundary == policy_arn)
            found.extend(
                (kind, identifier) for identifier in self._session.connection.execute(statement).scalars()
            )
        return found

    def uses(self, account: str, policy_arns: Sequence[str] | None = None) -> dict[str, PolicyUse]:
        """How much policies are used, of these (or of all); those that are not used are absent.

        A policy's use is remembered under its ARN, beside the entities' grants: whatever changes it names the ARN.
        """
        if policy_arns is None:
            return self._count_all(account)
        space = self._session.cache.space("grants", account)
        found = {arn: space[arn] for arn in policy_arns if arn in space}
        missing = [arn for arn in policy_arns if arn not in found]
        if len(missing) > _ONE_BY_ONE_AT_MOST:
            counted = self._count_all(account)
            counts = {arn: counted.get(arn, _UNUSED) for arn in missing}
        else:
            counts = {arn: self._count(account, arn) for arn in missing}
        for arn, use in counts.items():
            found[arn] = self._session.remembered("grants", account, arn, partial(_same, use))
        return {arn: use for arn, use in found.items() if use != _UNUSED}

    def boundary_changed(self, account: str, before: str | None, after: str | None) -> None:
        """Say that an entity's boundary is another policy now."""
        arns = tuple(arn for arn in (before, after) if arn is not None)
        self._session.changed("grants", account, arns, None)

    def _count(self, account: str, arn: str) -> PolicyUse:
        parameters = {"account": account, "arn": arn}
        execute = self._session.connection.execute
        attached, users, roles = (execute(statement, parameters).scalar_one() for statement in _COUNT_ONE)
        return PolicyUse(attached, users + roles)

    def _count_all(self, account: str) -> dict[str, PolicyUse]:
        execute = self._session.connection.execute
        attached, users, roles = (
            {row[0]: row[1] for row in execute(statement, {"account": account})} for statement in _COUNT_ALL
        )
        return {
            arn: PolicyUse(attached.get(arn, 0), users.get(arn, 0) + roles.get(arn, 0))
            for arn in attached | users | roles
        }

    def _granted(self, account: str, entity_id: str) -> Granted:
        return self._session.remembered("grants", account, entity_id, lambda: self._load(entity_id))

    def _load(self, entity_id: str) -> Granted:
        connection = self._session.connection
        inline = [
            InlinePolicy(row[0], row[1]) for row in connection.execute(_INLINE, {"entity_id": entity_id})
        ]
        return Granted(inline, list(connection.execute(_ATTACHED, {"entity_id": entity_id}).scalars()))

    def _changed(self, account: str, *keys: str) -> None:
        """The entity's id, and the ARN of the policy that it has or has not any more."""
        self._session.changed("grants", account, keys, self._load(keys[0])._asdict())
