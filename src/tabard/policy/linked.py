"""Several policies as one set, indexed by action when the action first comes up, and then by resource (``index``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tabard.policy.document import Kind
from tabard.policy.index import finder, unconditional

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tabard.policy.compiled import Compiled, CompiledStatement
    from tabard.policy.context import Context
    from tabard.policy.decision import Decision
    from tabard.policy.finding import Find

_CACHED_ACTIONS = 2048


class Candidates:
    """The statements about one action."""

    __slots__ = ("_find_deny", "_seen", "allows", "always", "denies", "find_allow", "settled")

    def __init__(self, denies: list[CompiledStatement], allows: list[CompiledStatement]) -> None:
        self.denies = denies
        self.allows = allows
        self._seen = False
        self._find_deny: Find | None = None
        self.find_allow: Find | None = None
        """What ``allow`` does, once it is indexed."""
        self.always: CompiledStatement | None = None
        """The Allow statement that applies whatever the resource and the context are, once that is known."""
        self.settled: Decision | None = None
        """What ``decide`` always comes to, kept here: of a thousand principals it finds one object each, not ten."""

    def deny(self, resource: str, context: Context) -> CompiledStatement | None:
        """A Deny statement that applies, whoever the caller is; None where there is none."""
        find = self._find_deny
        if find is None:
            if not self.denies:
                return None
            if not self._seen:
                return _first(self.denies, resource, context)
            find = self._find_deny = finder(self.denies)
        return find(resource, context)

    def allow(self, resource: str, context: Context) -> CompiledStatement | None:
        """An Allow statement that applies, whoever the caller is; None where there is none."""
        find = self.find_allow
        if find is None:
            if not self._seen:
                self._seen = True
                return _first(self.allows, resource, context)
            find = self.find_allow = finder(self.allows)
            if not self.denies:
                self.always = unconditional(self.allows)
        return find(resource, context)


def _first(statements: list[CompiledStatement], resource: str, context: Context) -> CompiledStatement | None:
    """What the index would find, read in order: for a set that is asked once, an index would cost more."""
    for statement in statements:
        if statement.has_resource(resource, context) and statement.holds(context):
            return statement
    return None


class ByAction(dict[str, Candidates]):
    """The candidates of each action that came up, written as it was; another's are collected."""

    __slots__ = ("_statements",)

    def __init__(self, statements: tuple[CompiledStatement, ...]) -> None:
        super().__init__()
        self._statements = statements

    def __missing__(self, action: str) -> Candidates:
        lowered = action.lower()
        denies: list[CompiledStatement] = []
        allows: list[CompiledStatement] = []
        for statement in self._statements:
            if statement.has_action(lowered):
                (denies if statement.deny else allows).append(statement)
        if len(self) >= _CACHED_ACTIONS:
            self.clear()
        found = self[action] = Candidates(denies, allows)
        return found


class PolicySet:
    """Policies that are evaluated together: a principal's own, one bucket's, one level of SCPs."""

    __slots__ = ("candidates", "explicit", "policies", "statements")

    def __init__(self, policies: tuple[Compiled, ...], *, explicit: bool) -> None:
        self.policies = policies
        self.statements = tuple([statement for policy in policies for statement in policy.statements])
        self.explicit = explicit or any(policy.source.kind is Kind.TRUST for policy in policies)
        """Whether this is a trust policy: without its grant not even the account's own principals pass."""
        self.candidates = ByAction(self.statements)
        """The statements about an action, in any case, collected when it first comes up."""


def link(compiled: Iterable[Compiled], *, explicit: bool = False) -> PolicySet:
    """One set of several policies; do this once per set and keep it.

    ``explicit`` marks a resource's policy without whose grant nobody passes: a trust policy always is one, and so is
    a KMS key's. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
    """
    return PolicySet(tuple(compiled), explicit=explicit)
