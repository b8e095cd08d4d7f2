"""What an operation states, and what it is given.

AWS's model says an operation's parameters and reply; what it cannot say is stated here: how the operation runs, which
actions it needs on which resources with which condition keys, and whether several checks are all-or-nothing or one per
item. The pipeline (``edge.pipeline``) does the rest, so that no operation can skip a phase.

    @operation("iam", "GetRole", READ, checks=on_role("iam:GetRole"))
    def get_role(call: Call, request: GetRoleRequestTypeDef) -> GetRoleResponseTypeDef: ...

* READ: bounded, runs inline on the event loop, sees the committed state (``call.store``).
* WRITE: resolve, authorize and run happen in one transaction, on the writer's thread; ``call.store`` is the
  transaction's view. No blocking I/O other than the store. ``call.after(effect)`` runs an effect on the loop once the
  transaction is durable, before the reply; effects must be safe to repeat (a reconciler repeats them after a crash).
* LONG: ``async def``; it may stream the body (``call.body``) and do I/O. It is authorised on the committed state before
  the body is read; ``await call.write(job)`` runs ``job(view)`` in a transaction in which the checks are made once more.
* PROVE: as READ, for a caller whom a token in the request names in place of a signature: ``prove`` verifies it first (it may
  do I/O), and the caller is nobody but whom it proves.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import msgspec

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tabard.core.caller import Caller
    from tabard.core.http import HttpRequest
    from tabard.policy import Decision, PolicySet
    from tabard.services.node import Node
    from tabard.store.port import View

Mode = Literal["read", "write", "long", "prove"]
READ: Mode = "read"
WRITE: Mode = "write"
LONG: Mode = "long"
PROVE: Mode = "prove"

KeyValue = str | list[str] | tuple[str, ...] | None
Keys = Mapping[str, "KeyValue | Callable[[], KeyValue]"]
"""Condition keys (lower case) of one check; a callable runs only when an applicable policy mentions the key."""

T = TypeVar("T")


class Check(msgspec.Struct, frozen=True):
    """One question to the policy engine: may the caller do ``action`` on ``resource``?

    ``account`` owns the resource ("" means the caller's account). ``keys`` are the condition keys that belong to this
    check alone (``iam:PassedToService``, ``aws:ResourceTag/…``); the global ones come from the pipeline. ``policy`` is
    the resource's own policy (a bucket's, a role's trust policy), linked; ``canonical_id`` is the canonical user id of the
    caller's account, for the policies that name accounts by it.
    """

    action: str
    resource: str
    account: str = ""
    keys: Keys = MappingProxyType({})
    policy: PolicySet | None = None
    canonical_id: str = ""

    def but(self, **changes: Any) -> Check:
        """The same question with other fields."""
        return msgspec.structs.replace(self, **changes)


class Call(msgspec.Struct, eq=False):
    """One request on its way: who calls, what they said, the state it sees, and what the node offers."""

    service: str
    operation: str
    request_id: str
    now: float
    region: str
    source_ip: str
    secure: bool
    http: HttpRequest
    caller: Caller
    store: View
    node: Node
    account: str
    """The caller's account."""
    body: AsyncIterator[bytes] | None = None
    """The verified body of a streaming operation; ends normally only when its last byte has been verified."""
    decisions: list[Decision] = msgspec.field(default_factory=list)
    """With ``each=True``: one decision per check, in their order, for the operation to report item by item."""
    effects: list[Callable[[], Awaitable[None] | None]] = msgspec.field(default_factory=list)
    run_write: Callable[[Callable[[View], Any]], Awaitable[Any]] | None = None
    proven: Any = None
    """What the token of a PROVE operation was found to say."""
    audit: dict[str, Any] = msgspec.field(default_factory=dict)
    """What the audit record should say beside the request: ``resources``, ``responseElements`` …"""

    def comes_from(self, caller: Caller) -> None:
        """Let it be this caller's from now on."""
        self.caller, self.account = caller, caller.account

    def after(self, effect: Callable[[], Awaitable[None] | None]) -> None:
        """Run ``effect`` on the event loop once the transaction is durable, before the reply."""
        self.effects.append(effect)

    async def write(self, job: Callable[[View], T]) -> T:
        """For LONG operations: run ``job`` in a transaction in which the operation's checks are made once more."""
        if self.run_write is None:
            raise RuntimeError(f"{self.operation} is not a LONG operation")
        result: T = await self.run_write(job)
        return result


Checks = Callable[[Call, Any], Iterable[Check]]
Run = Callable[[Call, Any], Any]
Prove = Callable[[Call, Any], Awaitable[Any]]


class Operation(msgspec.Struct, frozen=True):
    """An operation as the pipeline sees it. ``checks`` is None only for what AWS itself exempts from authorization."""

    service: str
    name: str
    mode: Mode
    checks: Checks | None
    each: bool
    anonymous: bool
    run: Run
    prove: Prove | None = None

    def but(self, **changes: Any) -> Operation:
        """The same operation in other parts."""
        return msgspec.structs.replace(self, **changes)


OPERATIONS: dict[tuple[str, str], Operation] = {}
"""Every operation that is built. What is not here answers as AWS does for an operation it does not know."""


def operation(
    service: str,
    name: str,
    mode: Mode,
    *,
    checks: Checks | None,
    each: bool = False,
    anonymous: bool = False,
    prove: Prove | None = None,
) -> Callable[[Run], Run]:
    """Register a function as an operation.

    ``each``: one decision per check is handed over in ``call.decisions`` instead of refusing the call at the first denial.
    ``anonymous``: the operation may be called unsigned (S3 objects under a public bucket policy); checks still apply.
    ``prove``: of a PROVE operation, verifies the token that stands in place of a signature, before the checks are made of
    what it says; its result is ``call.proven``.
    """

    def register(run: Run) -> Run:
        if (service, name) in OPERATIONS:
            raise ValueError(f"{service}:{name} is registered twice")
        OPERATIONS[service, name] = Operation(service, name, mode, checks, each, anonymous, run, prove)
        return run

    return register
