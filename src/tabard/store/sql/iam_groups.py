"""Groups and membership."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, insert, select, tuple_

from tabard.store.iam import Group, User
from tabard.store.port import Page
from tabard.store.sql.iam_entities import Entities, Statements, position
from tabard.store.sql.schema_iam import GROUPS, MEMBERS, USERS

if TYPE_CHECKING:
    from tabard.store.sql.iam_grants import SqlGrants
    from tabard.store.sql.iam_users import SqlUsers
    from tabard.store.sql.session import Session

_GROUPS_OF_USER = (
    select(MEMBERS.c.group_id)
    .join(GROUPS, GROUPS.c.id == MEMBERS.c.group_id)
    .where(MEMBERS.c.user_id == bindparam("user_id"))
    .order_by(GROUPS.c.path, GROUPS.c.folded)
)
_MEMBERS = (
    select(USERS.c.id)
    .join(MEMBERS, MEMBERS.c.user_id == USERS.c.id)
    .where(MEMBERS.c.group_id == bindparam("group_id"))
    .order_by(USERS.c.path, USERS.c.folded)
    .limit(bindparam("at_most"))
)
_MEMBERS_AFTER = _MEMBERS.where(
    tuple_(USERS.c.path, USERS.c.folded) > tuple_(bindparam("path"), bindparam("folded"))
)
_MEMBER_IDS = select(MEMBERS.c.user_id).where(MEMBERS.c.group_id == bindparam("group_id"))


class SqlGroups(Entities[Group]):
    """See ``tabard.store.iam.Groups``."""

    kind = "group"
    record = Group
    statements = Statements(GROUPS)

    def __init__(self, session: Session, users: SqlUsers, grants: SqlGrants) -> None:
        super().__init__(session)
        self._users = users
        self._grants = grants

    def delete(self, entity: Group) -> None:
        """Take a group out, its policies and memberships with it."""
        members = self._session.connection.execute(_MEMBER_IDS, {"group_id": entity.id}).scalars().all()
        self._session.connection.execute(delete(MEMBERS).where(MEMBERS.c.group_id == entity.id))
        if members:
            self._session.changed("membership", entity.account, (entity.id, *members), None)
        self._grants.drop(entity.account, entity.id)
        super().delete(entity)

    def of_user(self, user: User) -> list[Group]:
        """The groups that a user is in, in order of path and name."""
        ids = self._session.remembered("membership", user.account, user.id, lambda: self._ids_of_user(user))
        groups = (self.by_id(user.account, group_id) for group_id in ids)
        return [group for group in groups if group is not None]

    def members(self, group: Group, after: str | None, limit: int) -> Page:
        """Up to ``limit`` users of a group, in order of path and name, after a position."""
        parameters = {"group_id": group.id, "at_most": limit + 1}
        statement = _MEMBERS
        if after is not None:
            statement = _MEMBERS_AFTER
            path, _, folded = after.partition("\n")
            parameters |= {"path": path, "folded": folded}
        ids = self._session.connection.execute(statement, parameters).scalars().all()
        found = [self._users.by_id(group.account, user_id) for user_id in ids[:limit]]
        users = [user for user in found if user is not None]
        return Page(users, position(users[-1]) if len(ids) > limit else None)

    def has_members(self, group: Group) -> bool:
        """Whether anybody is in the group."""
        found = self._session.connection.execute(_MEMBER_IDS.limit(1), {"group_id": group.id}).first()
        return found is not None

    def add(self, group: Group, user: User) -> None:
        """Put a user into a group; nothing changes when they are in it already."""
        if any(other.id == group.id for other in self.of_user(user)):
            return
        row = {"group_id": group.id, "user_id": user.id, "account": group.account}
        self._session.connection.execute(insert(MEMBERS), row)
        self._membership_changed(group, user)

    def remove(self, group: Group, user: User) -> bool:
        """Take a user out of a group; False when they were not in it."""
        of_both = (MEMBERS.c.group_id == group.id, MEMBERS.c.user_id == user.id)
        if self._session.connection.execute(delete(MEMBERS).where(*of_both)).rowcount == 0:
            return False
        self._membership_changed(group, user)
        return True

    def _membership_changed(self, group: Group, user: User) -> None:
        self._session.changed("membership", user.account, (user.id, group.id), self._ids_of_user(user))

    def _ids_of_user(self, user: User) -> list[str]:
        return list(self._session.connection.execute(_GROUPS_OF_USER, {"user_id": user.id}).scalars())
