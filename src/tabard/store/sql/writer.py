"""The one writer: a thread that gathers waiting jobs and commits them together.

Each job runs in a savepoint of its own, so that one that fails undoes only itself; the replies are sent after the commit
that holds them all. One by one SQLite does two to four thousand durable transactions a second; together, far more.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from sqlalchemy import func, insert, select
from sqlalchemy.exc import DBAPIError

from tabard.core.errors import service_unavailable
from tabard.store.sql.schema import CHANGES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from tabard.core.sources import Clock
    from tabard.store.port import Change
    from tabard.store.sql.repositories import SqlView

log = logging.getLogger(__name__)

BATCH_AT_MOST = 64

Publish = Callable[["Sequence[Change]", int], None]
"""Makes committed changes visible to readers, on the event loop's thread, before any reply is released."""


class _Job(NamedTuple):
    run: Callable[[Any], Any]
    future: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop


class Writer:
    """Runs jobs against ``view`` in grouped transactions; ``publish`` is called on the loop after each commit."""

    def __init__(self, view: SqlView, clock: Clock, publish: Publish) -> None:
        self._view = view
        self._clock = clock
        self._publish = publish
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="tabard-writer", daemon=True)
        self._thread.start()

    def submit(self, run: Callable[[Any], Any]) -> asyncio.Future[Any]:
        """Queue a job; its future is resolved on the calling loop after the commit."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        self._jobs.put(_Job(run, future, loop))
        return future

    def close(self) -> None:
        """Finish what is queued and stop the thread."""
        self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        while True:
            job = self._jobs.get()
            batch: list[_Job] = []
            while job is not None:
                batch.append(job)
                if len(batch) == BATCH_AT_MOST or self._jobs.empty():
                    break
                job = self._jobs.get()
            if batch:
                self._commit(batch)
            if job is None:
                return

    def _commit(self, batch: list[_Job]) -> None:
        outcomes: list[tuple[Any, BaseException | None]] = []
        connection = self._view.connection
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            outcomes.extend(self._attempt(connection, job) for job in batch)
            revision = self._append_changes(connection)
            connection.exec_driver_sql("COMMIT")
        except Exception as error:
            log.exception("a group of %d writes was not committed", len(batch))
            self._undo(connection)
            failure = _unavailable(error)
            changes: list[Change] = []
            outcomes = [(None, failure)] * len(batch)
            revision = 0
        else:
            changes = [change for change, _ in self._view.pending]
        self._view.pending.clear()
        self._release(batch, outcomes, changes, revision)

    def _attempt(self, connection: Connection, job: _Job) -> tuple[Any, BaseException | None]:
        """Run one job in a savepoint; what it raises is its caller's, unless the database itself gave up."""
        mark = len(self._view.pending)
        connection.exec_driver_sql("SAVEPOINT job")
        try:
            result = job.run(self._view)
        except Exception as error:
            if isinstance(error, DBAPIError) and error.connection_invalidated:
                raise
            connection.exec_driver_sql("ROLLBACK TO job")
            connection.exec_driver_sql("RELEASE job")
            undone = [change for change, _ in self._view.pending[mark:]]
            del self._view.pending[mark:]
            self._view.forget(undone)
            return None, _unavailable(error) if isinstance(error, DBAPIError) else error
        connection.exec_driver_sql("RELEASE job")
        return result, None

    def _append_changes(self, connection: Connection) -> int:
        if not self._view.pending:
            return 0
        now = self._clock()
        rows = [
            {
                "at": now,
                "kind": change.kind,
                "account": change.account,
                "keys": msgspec.json.encode(change.keys).decode(),
                "state": state,
            }
            for change, state in self._view.pending
        ]
        connection.execute(insert(CHANGES), rows)
        return int(connection.execute(select(func.max(CHANGES.c.revision))).scalar_one())

    def _undo(self, connection: Connection) -> None:
        changes = [change for change, _ in self._view.pending]
        try:
            connection.exec_driver_sql("ROLLBACK")
        except DBAPIError:
            log.debug("nothing to roll back", exc_info=True)
        self._view.forget(changes)
        self._view.cache.clear()

    def _release(
        self,
        batch: list[_Job],
        outcomes: list[tuple[Any, BaseException | None]],
        changes: Sequence[Change],
        revision: int,
    ) -> None:
        """Publish on the loop first, then resolve the futures: no reply overtakes the change it acknowledges."""

        def on_loop() -> None:
            if changes:
                self._publish(changes, revision)
            for job, (result, error) in zip(batch, outcomes, strict=True):
                if job.future.cancelled():
                    continue
                if error is None:
                    job.future.set_result(result)
                else:
                    job.future.set_exception(error)

        try:
            batch[0].loop.call_soon_threadsafe(on_loop)
        except RuntimeError:  # the loop is closed: nobody waits any more, what was committed stays committed
            log.debug("the event loop closed before %d writes were acknowledged", len(batch))


def _unavailable(error: BaseException) -> BaseException:
    if isinstance(error, DBAPIError):
        return service_unavailable()
    return error
