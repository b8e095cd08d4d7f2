"""Users, roles and instance profiles."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import bindparam, delete, select

from tabard.store.iam import InstanceProfile, Role, User
from tabard.store.sql.iam_entities import Entities, Statements
from tabard.store.sql.schema_iam import INSTANCE_PROFILES, LAST_USES, MEMBERS, ROLES, USERS

if TYPE_CHECKING:
    from tabard.store.sql.iam_accounts import SqlAccessKeys
    from tabard.store.sql.iam_activity import SqlActivities
    from tabard.store.sql.iam_credentials import SqlCredentials
    from tabard.store.sql.iam_grants import SqlGrants
    from tabard.store.sql.session import Session

_PROFILES_OF_ROLE = (
    select(INSTANCE_PROFILES)
    .where(INSTANCE_PROFILES.c.role_id == bindparam("role_id"))
    .order_by(INSTANCE_PROFILES.c.path, INSTANCE_PROFILES.c.folded)
)


B = TypeVar("B", User, Role)


class Bounded(Entities[B]):
    """What users and roles have in common: a permissions boundary, which counts as a use of its policy."""

    def __init__(self, session: Session, grants: SqlGrants) -> None:
        super().__init__(session)
        self._grants = grants

    def _also_changed(self, before: B | None, after: B | None) -> None:
        was = None if before is None else before.boundary
        becomes = None if after is None else after.boundary
        entity = after or before
        if was != becomes and entity is not None:
            self._grants.boundary_changed(entity.account, was, becomes)


class SqlUsers(Bounded[User]):
    """See ``tabard.store.iam.Users``."""

    kind = "user"
    record = User
    statements = Statements(USERS)

    def __init__(
        self,
        session: Session,
        keys: SqlAccessKeys,
        grants: SqlGrants,
        credentials: SqlCredentials,
        activities: SqlActivities,
    ) -> None:
        super().__init__(session, grants)
        self._keys = keys
        self._credentials = credentials
        self._activities = activities

    def delete(self, entity: User) -> None:
        """Take a user out, with access keys, other credentials, memberships and policies."""
        for key in self._keys.of_user(entity.account, entity.id):
            self._keys.delete(key)
        self._credentials.drop_of_user(entity.account, entity.id)
        self._session.connection.execute(delete(LAST_USES).where(LAST_USES.c.id == entity.id))
        self._activities.forget(entity.account, entity.id)
        if self._session.connection.execute(delete(MEMBERS).where(MEMBERS.c.user_id == entity.id)).rowcount:
            self._session.changed("membership", entity.account, (entity.id,), None)
        self._grants.drop(entity.account, entity.id)
        super().delete(entity)


class SqlRoles(Bounded[Role]):
    """See ``tabard.store.iam.Roles``."""

    kind = "role"
    record = Role
    statements = Statements(ROLES)

    def __init__(
        self,
        session: Session,
        grants: SqlGrants,
        profiles: SqlInstanceProfiles,
        credentials: SqlCredentials,
        activities: SqlActivities,
    ) -> None:
        super().__init__(session, grants)
        self._profiles = profiles
        self._credentials = credentials
        self._activities = activities

    def delete(self, entity: Role) -> None:
        """Take a role out, with its policies, and out of its instance profiles."""
        self._profiles.forget_role(entity)
        self._credentials.drop_of_role(entity.account, entity.id)
        self._session.connection.execute(delete(LAST_USES).where(LAST_USES.c.id == entity.id))
        self._activities.forget(entity.account, entity.id)
        self._grants.drop(entity.account, entity.id)
        super().delete(entity)


class SqlInstanceProfiles(Entities[InstanceProfile]):
    """See ``tabard.store.iam.InstanceProfiles``."""

    kind = "instance-profile"
    record = InstanceProfile
    statements = Statements(INSTANCE_PROFILES)

    def of_role(self, role: Role) -> list[InstanceProfile]:
        """The instance profiles that hold a role, in order of path and name."""
        rows = self._session.connection.execute(_PROFILES_OF_ROLE, {"role_id": role.id})
        return [self._from_row(row) for row in rows]

    def forget_role(self, role: Role) -> None:
        """Take a role out of every profile that holds it."""
        from msgspec.structs import replace

        for profile in self.of_role(role):
            self.replace(replace(profile, role_id=None))
