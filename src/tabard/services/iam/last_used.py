"""When access keys and roles were last used, and what users and roles last attempted: noted on every request, written
down now and then.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccessKeyLastUsed.html
"""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import TYPE_CHECKING

from tabard.core.errors import AwsError
from tabard.store.iam import Activity, LastUse

if TYPE_CHECKING:
    from tabard.identity.principals import Principal
    from tabard.services.node import Node
    from tabard.services.operation import Call
    from tabard.store.port import Store, View

log = logging.getLogger(__name__)

EXTENSION = "iam.last_used"
"""Under this name in ``Node.extensions`` replies find what is noted but not yet written down."""
BATCH_AT_MOST = 500
"""Uses that are written in one transaction, so that nobody's change waits long behind them."""
WRITE_EVERY = 60.0
"""Seconds between two writes: what a crash may forget of last uses."""


class LastUsed:
    """Notes uses in memory (the loop's thread) and writes them in batches.

    Give ``used`` to the pipeline, keep ``run`` going as a task, and call ``flush`` once more before the store is closed.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._pending: dict[str, LastUse] = {}
        self._noted: dict[str, tuple[int, str, str, str, str]] = {}
        self._attempts: dict[str, dict[tuple[str, str], Activity]] = {}

    @classmethod
    def of(cls, node: Node) -> LastUsed:
        """The recorder of a node, made at first."""
        recorder = node.extensions.get(EXTENSION)
        if recorder is None:
            recorder = node.extensions[EXTENSION] = cls(node.store)
        assert isinstance(recorder, cls)  # noqa: S101 - the name is ours
        return recorder

    def used(self, principal: Principal, service: str, region: str, now: float, operation: str = "") -> None:
        """Note that somebody attempts an operation, allowed or not: the use of an access key or role, and the attempt
        itself where a user or role makes it. The same within one second is one.
        """
        caller = principal.caller
        unique = caller.unique_id
        note = (int(now), service, region, operation, caller.access_key_id)
        if self._noted.get(unique) == note:
            return
        self._noted[unique] = note
        kind, at = caller.kind, float(note[0])
        if kind == "AssumedRole":
            self._pending[unique] = LastUse(unique, caller.account, at, service, region)
        elif caller.expires_at is None:
            key = caller.access_key_id
            self._pending[key] = LastUse(key, caller.account, at, service, region)
        if kind in {"User", "AssumedRole"}:
            attempt = Activity(unique, caller.account, service, operation, at, region)
            self._attempts.setdefault(unique, {})[service, operation] = attempt

    def signed_in(self, account: str, user_id: str, region: str, now: float) -> None:
        """Note that a user (or root, by the account's number) signed in with their password."""
        self._pending[user_id] = LastUse(user_id, account, float(int(now)), "signin", region)

    def pending(self, identifier: str) -> LastUse | None:
        """A use that is not written down yet."""
        return self._pending.get(identifier)

    def attempts(self, entity_id: str) -> dict[tuple[str, str], Activity]:
        """What a user or role attempted and is not written down yet, by service and operation."""
        return self._attempts.get(entity_id, {})

    async def flush(self) -> None:
        """Write down what was noted. A store that can not write keeps it for the next time."""
        self._noted.clear()
        await self._write_attempts()
        noted = list(self._pending.values())
        for start in range(0, len(noted), BATCH_AT_MOST):
            batch = noted[start : start + BATCH_AT_MOST]
            try:
                await self._store.write(partial(_record, batch))
            except AwsError:
                log.warning("the last uses of %d keys and roles are not written down yet", len(noted) - start)
                return
            for use in batch:
                if self._pending.get(use.id) is use:
                    del self._pending[use.id]

    async def _write_attempts(self) -> None:
        noted = [attempt for of_one in self._attempts.values() for attempt in of_one.values()]
        for start in range(0, len(noted), BATCH_AT_MOST):
            batch = noted[start : start + BATCH_AT_MOST]
            try:
                await self._store.write(partial(_record_attempts, batch))
            except AwsError:
                log.warning("the last attempts at %d operations are not written down yet", len(noted) - start)
                return
            for attempt in batch:
                of_one = self._attempts[attempt.id]
                if of_one.get((attempt.service, attempt.operation)) is attempt:
                    del of_one[attempt.service, attempt.operation]
                    if not of_one:
                        del self._attempts[attempt.id]

    async def run(self, every: float = WRITE_EVERY) -> None:
        """Write every so many seconds until cancelled."""
        while True:
            await asyncio.sleep(every)
            await self.flush()


def _record(batch: list[LastUse], view: View) -> None:
    view.iam.last_uses.record(batch)


def _record_attempts(batch: list[Activity], view: View) -> None:
    """Who was deleted meanwhile is not remembered."""
    iam = view.iam
    there = {
        each.id: (iam.users if each.id.startswith("AIDA") else iam.roles).by_id(each.account, each.id)
        for each in batch
    }
    iam.activities.record([each for each in batch if there[each.id] is not None])


def attempts_of(call: Call, account: str, entity_id: str) -> list[Activity]:
    """What a user or role last attempted, written down or not."""
    recorder = call.node.extensions.get(EXTENSION)
    kept = {(each.service, each.operation): each for each in call.store.iam.activities.of(account, entity_id)}
    noted = {} if recorder is None else recorder.attempts(entity_id)
    return list({**kept, **noted}.values())


def last_use(call: Call, account: str, identifier: str) -> LastUse | None:
    """The last use of an access key or role, written down or not."""
    recorder = call.node.extensions.get(EXTENSION)
    noted: LastUse | None = None if recorder is None else recorder.pending(identifier)
    return noted or call.store.iam.last_uses.get(account, identifier)
