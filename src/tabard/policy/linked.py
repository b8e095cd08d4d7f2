"""Several policies as one set, indexed by action and resource, so that no decision reads them all.

The index of an action is made when the action first comes up. Within it, statements about an exact ARN are
found by one look-up, those about a prefix by one look-up per length that occurs, other patterns by their
literal head or tail.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from tabard.policy.compiled import Compiled, CompiledStatement, ResourcePattern, Shape
from tabard.policy.document import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tabard.policy.context import Context

_CACHED_ACTIONS = 2048
V = TypeVar("V")
Entry = tuple[ResourcePattern | None, CompiledStatement]
Table = dict[str, list[Entry]]


class Finder:
    """The statements of one effect about one action; finds one that applies to a resource and context."""

    __slots__ = ("always", "anywhere", "exact", "heads", "prefixes", "rest", "tails")

    def __init__(self, statements: list[CompiledStatement]) -> None:
        self.always: CompiledStatement | None = None
        self.anywhere: list[CompiledStatement] = []
        self.exact: dict[str, list[CompiledStatement]] = {}
        self.rest: list[CompiledStatement] = []
        prefixes: dict[str, list[CompiledStatement]] = {}
        globs: list[tuple[ResourcePattern, CompiledStatement]] = []
        for statement in statements:
            if statement.statement.not_resources is not None:
                self.rest.append(statement)
                continue
            for pattern in statement.patterns:
                if pattern.shape is Shape.ANY:
                    if statement.test is None:
                        self.always = self.always or statement
                    else:
                        self.anywhere.append(statement)
                elif pattern.shape is Shape.EXACT:
                    self.exact.setdefault(pattern.head, []).append(statement)
                elif pattern.shape is Shape.PREFIX:
                    prefixes.setdefault(pattern.head, []).append(statement)
                else:
                    globs.append((pattern, statement))
        self.prefixes = _by_length(prefixes)
        heads: dict[str, list[tuple[ResourcePattern, CompiledStatement]]] = {}
        tails: dict[str, list[tuple[ResourcePattern, CompiledStatement]]] = {}
        many_tails = len({pattern.tail for pattern, _ in globs}) > len({pattern.head for pattern, _ in globs})
        for pattern, statement in globs:
            if many_tails and pattern.tail:
                tails.setdefault(pattern.tail, []).append((pattern, statement))
            else:
                heads.setdefault(pattern.head, []).append((pattern, statement))
        self.heads = _by_length(heads)
        self.tails = _by_length(tails)

    def find(self, resource: str, context: Context) -> CompiledStatement | None:  # noqa: C901, PLR0912 # the hot path: one pass, no calls
        """A statement that applies, or None."""
        if self.always is not None:
            return self.always
        for statement in self.exact.get(resource, ()):
            test = statement.test
            if test is None or test(context):
                return statement
        for length, table in self.prefixes:
            for statement in table.get(resource[:length], ()):
                test = statement.test
                if test is None or test(context):
                    return statement
        for statement in self.anywhere:
            if statement.holds(context):
                return statement
        for length, patterns in self.heads:
            for pattern, statement in patterns.get(resource[:length], ()):
                if pattern.matches(resource, context) and statement.holds(context):
                    return statement
        for length, patterns in self.tails:
            for pattern, statement in patterns.get(resource[-length:], ()):
                if pattern.matches(resource, context) and statement.holds(context):
                    return statement
        for statement in self.rest:
            if statement.has_resource(resource, context) and statement.holds(context):
                return statement
        return None


def _by_length(table: dict[str, V]) -> tuple[tuple[int, dict[str, V]], ...]:
    lengths: dict[int, dict[str, V]] = {}
    for text, value in table.items():
        lengths.setdefault(len(text), {})[text] = value
    return tuple(lengths.items())


class Candidates:
    """The statements about one action."""

    __slots__ = ("_allow_finder", "_deny_finder", "_seen", "allows", "denies")

    def __init__(self, denies: list[CompiledStatement], allows: list[CompiledStatement]) -> None:
        self.denies = denies
        self.allows = allows
        self._seen = False
        self._deny_finder: Finder | None = None
        self._allow_finder: Finder | None = None

    def deny(self, resource: str, context: Context) -> CompiledStatement | None:
        """A Deny statement that applies, whoever the caller is; None where there is none."""
        finder = self._deny_finder
        if finder is None:
            if not self.denies:
                return None
            if not self._seen:
                return _first(self.denies, resource, context)
            finder = self._deny_finder = Finder(self.denies)
        return finder.find(resource, context)

    def allow(self, resource: str, context: Context) -> CompiledStatement | None:
        """An Allow statement that applies, whoever the caller is; None where there is none."""
        finder = self._allow_finder
        if finder is None:
            if not self._seen:
                self._seen = True
                return _first(self.allows, resource, context)
            finder = self._allow_finder = Finder(self.allows)
        return finder.find(resource, context)


def _first(statements: list[CompiledStatement], resource: str, context: Context) -> CompiledStatement | None:
    """What a ``Finder`` would find, read in order: for a set that is asked once, an index would cost more."""
    for statement in statements:
        if statement.has_resource(resource, context) and statement.holds(context):
            return statement
    return None


class PolicySet:
    """Policies that are evaluated together: a principal's own, one bucket's, one level of SCPs."""

    __slots__ = ("_memo", "explicit", "policies", "statements")

    def __init__(self, policies: tuple[Compiled, ...], *, explicit: bool) -> None:
        self.policies = policies
        self.statements = tuple([statement for policy in policies for statement in policy.statements])
        self.explicit = explicit or any(policy.source.kind is Kind.TRUST for policy in policies)
        """Whether this is a trust policy: without its grant not even the account's own principals pass."""
        self._memo: dict[str, Candidates] = {}

    def candidates(self, action: str) -> Candidates:
        """The statements about an action, in any case."""
        try:
            return self._memo[action]
        except KeyError:
            return self._collect(action)

    def _collect(self, action: str) -> Candidates:
        lowered = action.lower()
        denies: list[CompiledStatement] = []
        allows: list[CompiledStatement] = []
        for statement in self.statements:
            if statement.has_action(lowered):
                (denies if statement.deny else allows).append(statement)
        if len(self._memo) >= _CACHED_ACTIONS:
            self._memo.clear()
        found = self._memo[action] = Candidates(denies, allows)
        return found


def link(compiled: Iterable[Compiled], *, explicit: bool = False) -> PolicySet:
    """One set of several policies; do this once per set and keep it.

    ``explicit`` marks a resource's policy without whose grant nobody passes: a trust policy always is one, and so is
    a KMS key's. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
    """
    return PolicySet(tuple(compiled), explicit=explicit)
