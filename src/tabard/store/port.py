"""What a store is: committed state to read, transactions to write, and a change log that keeps caches true.

A *view* gives the repositories over one state of the store. The read view sees what is committed and belongs to the event
loop's thread; a transaction's view sees its own changes too and belongs to the writer. Both cache what they read and drop it
by the change log, so that no decision is made from state older than the last acknowledged change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tabard.store import ec2, iam, s3

T = TypeVar("T")


class Change(NamedTuple):
    """One entity changed: its kind (``role``), its account, and every key it is looked up by (unique id, folded name)."""

    kind: str
    account: str
    keys: tuple[str, ...]


class View(Protocol):
    """The repositories over one state of the store. Not to be shared between threads."""

    @property
    def iam(self) -> iam.Repositories:
        """Accounts, users, groups, roles, policies, instance profiles and access keys."""

    @property
    def ec2(self) -> ec2.Repositories:
        """Key pairs, instances, associations, networks and tags."""

    @property
    def s3(self) -> s3.Repositories:
        """Buckets, objects and uploads."""

    def watch(self, listener: Callable[[Sequence[Change]], None]) -> None:
        """Call ``listener`` whenever changes become visible in this view (or, in a transaction, are undone)."""


class Store(Protocol):
    """A store of records. Writes are grouped: the reply may be sent once ``write`` returns, the change is then durable."""

    @property
    def revision(self) -> int:
        """The number of the last committed change that the read view has seen."""

    def read(self) -> View:
        """The view of what is committed; for the event loop's thread only."""

    def transaction_view(self) -> View:
        """The writer's own view, to hang caches on with ``watch``; only a job given to ``write`` may read it."""

    async def write(self, job: Callable[[View], T]) -> T:
        """Run a job in a transaction of its own, on the writer's thread.

        An exception undoes what the job did and is raised here. A store that can not write (full disk, locked database)
        raises ``AwsError`` ServiceUnavailable (503) and has changed nothing.
        """

    def close(self) -> None:
        """Finish the writes under way and let go of files and connections."""


class Page(NamedTuple):
    """One page of a listing, and the position to go on from (None when it was the last)."""

    items: list[Any]
    next: str | None
