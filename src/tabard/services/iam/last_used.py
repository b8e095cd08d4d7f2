"""When access keys and roles were last used: noted on every request, written down now and then.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccessKeyLastUsed.html
"""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import TYPE_CHECKING

from tabard.core.errors import AwsError
from tabard.store.iam import LastUse

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
        self._noted: dict[str, tuple[int, str, str]] = {}

    @classmethod
    def of(cls, node: Node) -> LastUsed:
        """The recorder of a node, made at first."""
        recorder = node.extensions.get(EXTENSION)
        if recorder is None:
            recorder = node.extensions[EXTENSION] = cls(node.store)
        assert isinstance(recorder, cls)  # noqa: S101 - the name is ours
        return recorder

    def used(self, principal: Principal, service: str, region: str, now: float) -> None:
        """Note a use of a user's or root's access key, or of a role. Uses within the same second are one."""
        caller = principal.caller
        if caller.kind == "AssumedRole":
            identifier = caller.unique_id
        elif caller.expires_at is None:
            identifier = caller.access_key_id
        else:
            return
        note = (int(now), service, region)
        if self._noted.get(identifier) == note:
            return
        self._noted[identifier] = note
        self._pending[identifier] = LastUse(identifier, caller.account, float(note[0]), service, region)

    def signed_in(self, account: str, user_id: str, region: str, now: float) -> None:
        """Note that a user (or root, by the account's number) signed in with their password."""
        self._pending[user_id] = LastUse(user_id, account, float(int(now)), "signin", region)

    def pending(self, identifier: str) -> LastUse | None:
        """A use that is not written down yet."""
        return self._pending.get(identifier)

    async def flush(self) -> None:
        """Write down what was noted. A store that can not write keeps it for the next time."""
        noted = list(self._pending.values())
        self._noted.clear()
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

    async def run(self, every: float = WRITE_EVERY) -> None:
        """Write every so many seconds until cancelled."""
        while True:
            await asyncio.sleep(every)
            await self.flush()


def _record(batch: list[LastUse], view: View) -> None:
    view.iam.last_uses.record(batch)


def last_use(call: Call, account: str, identifier: str) -> LastUse | None:
    """The last use of an access key or role, written down or not."""
    recorder = call.node.extensions.get(EXTENSION)
    noted: LastUse | None = None if recorder is None else recorder.pending(identifier)
    return noted or call.store.iam.last_uses.get(account, identifier)
