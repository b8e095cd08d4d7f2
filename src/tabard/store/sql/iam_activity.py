"""What users and roles last attempted, by service and operation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from sqlalchemy import bindparam, delete, select

from tabard.store.iam import Activity
from tabard.store.sql.ec2_documents import upsert
from tabard.store.sql.schema_iam import ACTIVITIES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tabard.store.sql.session import Session

_OF = (
    select(ACTIVITIES)
    .where(ACTIVITIES.c.id == bindparam("of_id"))
    .order_by(ACTIVITIES.c.service, ACTIVITIES.c.operation)
)
_FORGET = delete(ACTIVITIES).where(ACTIVITIES.c.id == bindparam("of_id"))


class SqlActivities:
    """See ``tabard.store.iam.Activities``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def of(self, account: str, entity_id: str) -> list[Activity]:
        """The last attempt at each operation that the user or role ever called, by service and operation."""
        return self._session.remembered(
            "activity", account, entity_id, lambda: self._load(account, entity_id)
        )

    def record(self, attempts: Sequence[Activity]) -> None:
        """Write down attempts over the earlier ones at the same operations, the newest of each last."""
        by_account: dict[str, dict[str, None]] = {}
        for attempt in attempts:
            upsert(self._session.connection, ACTIVITIES, msgspec.structs.asdict(attempt))
            by_account.setdefault(attempt.account, {})[attempt.id] = None
        for account, ids in by_account.items():
            self._session.changed("activity", account, tuple(ids), None)

    def forget(self, account: str, entity_id: str) -> None:
        """Take out what a user or role attempted, that is deleted."""
        if self._session.connection.execute(_FORGET, {"of_id": entity_id}).rowcount:
            self._session.changed("activity", account, (entity_id,), None)

    def _load(self, account: str, entity_id: str) -> list[Activity]:
        rows = self._session.connection.execute(_OF, {"of_id": entity_id})
        return [
            Activity(row.id, row.account, row.service, row.operation, row.at, row.region)
            for row in rows
            if row.account == account
        ]
