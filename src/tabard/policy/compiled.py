"""A document made ready to be matched. Nothing depends on the request here, so a document is compiled once.

Work is put off until a request needs it: a statement whose action never comes up never has its resources or
conditions compiled. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING

from msgspec import Struct

from tabard.policy.conditions import Test, conditions_test
from tabard.policy.document import Kind
from tabard.policy.patterns import (
    Matcher,
    Token,
    Variable,
    Wild,
    glob,
    plain,
    resolve,
    resource_matcher,
    resource_text_matcher,
    tokens_of,
    variable_prefix,
)
from tabard.policy.principals import Grant, Principals

if TYPE_CHECKING:
    from tabard.policy.context import Context
    from tabard.policy.decision import Decision, Request
    from tabard.policy.document import Document, Source, Statement

ResourceTest = Callable[[str, "Context"], bool]
_CACHED_VARIANTS = 64
_NAMING = frozenset((Kind.RESOURCE, Kind.TRUST))
"""Policies whose statements name nobody unless they say whom."""


class StatementRef(Struct, frozen=True, gc=False):
    """Which statement: of what policy, at which place (from 0), and its Sid where it has one."""

    source: Source
    index: int
    sid: str


class Shape(Enum):
    """How a resource pattern can be found in an index."""

    ANY = "any"
    EXACT = "exact"
    PREFIX = "prefix"
    GLOB = "glob"


class ResourcePattern:
    """One entry of a Resource or NotResource element."""

    __slots__ = ("_variables", "_variants", "applies", "head", "match", "shape", "tail", "tokens")

    def __init__(self, text: str, *, variables: bool) -> None:
        wild = ("?" in text or "*" in text[:-1]) and "**" not in text
        if wild and not (variables and "${" in text):
            self._wild(text)
            return
        tokens = tokens_of(text, variables=variables)
        self.tokens: list[Token] = tokens
        self.match: Matcher | None = None
        self.applies: ResourceTest = self.matches
        if len(tokens) == 1 and isinstance(tokens[0], str) and text.count(":") >= 5:
            self.head, self.tail, self.shape = tokens[0], "", Shape.EXACT
            return
        if len(tokens) == 2 and isinstance(tokens[0], str) and tokens[1] is Wild.STAR:
            self.head, self.tail, self.shape = tokens[0], "", Shape.PREFIX
            return
        self.head = tokens[0] if tokens and isinstance(tokens[0], str) else ""
        self.tail = tokens[-1] if len(tokens) > 1 and isinstance(tokens[-1], str) else ""
        self._variants: dict[tuple[str, ...], Matcher] = {}
        self._variables = [token for token in tokens if isinstance(token, Variable)]
        if tokens == [Wild.STAR]:
            self.shape = Shape.ANY
        else:
            self.shape = Shape.GLOB
            fixed = plain(tokens)
            if fixed is not None:
                self.match = resource_matcher(fixed)
            else:
                self.applies = variable_prefix(tokens) or self.matches

    def _wild(self, text: str) -> None:
        """A pattern of wildcards and literals alone, which needs no tokens."""
        stretches = text.replace("?", "*").split("*")
        self.tokens, self._variables, self._variants = [], [], {}
        self.head, self.tail, self.shape = stretches[0], stretches[-1], Shape.GLOB
        self.match = resource_text_matcher(text)
        self.applies = self.matches

    def matches(self, resource: str, context: Context) -> bool:
        """Whether a resource's ARN is of this pattern; a variable without a value matches nothing."""
        shape = self.shape
        if shape is Shape.ANY:
            return True
        if shape is Shape.EXACT:
            return resource == self.head
        if shape is Shape.PREFIX:
            return resource.startswith(self.head)
        match = self.match
        if match is None:
            match = self._bind(context)
            if match is None:
                return False
        return match(resource)

    def _bind(self, context: Context) -> Matcher | None:
        values: list[str] = []
        for variable in self._variables:
            value = variable.value(context)
            if value is None:
                return None
            values.append(value)
        variant = tuple(values)
        match = self._variants.get(variant)
        if match is None:
            if len(self._variants) >= _CACHED_VARIANTS:
                self._variants.clear()
            match = self._variants[variant] = resource_matcher(resolve(self.tokens, context) or [])
        return match


class ActionSet:
    """The entries of an Action or NotAction element, compared without regard to case."""

    __slots__ = ("exact", "prefixes", "wild")

    def __init__(self, actions: tuple[str, ...]) -> None:
        exact: list[str] = []
        prefixes: list[str] = []
        wild: list[Matcher] = []
        for action in actions:
            lowered = action.lower()
            if "?" not in lowered:
                star = lowered.find("*")
                if star < 0:
                    exact.append(lowered)
                    continue
                if star == len(lowered) - 1:
                    prefixes.append(lowered[:-1])
                    continue
            wild.append(glob(plain(tokens_of(lowered, variables=False)) or []))
        self.exact = exact[0] if len(exact) == 1 else frozenset(exact)
        self.prefixes = tuple(prefixes)
        self.wild = wild

    def has(self, action: str) -> bool:
        """Whether an action (in lower case) is among them."""
        exact = self.exact
        if action == exact if exact.__class__ is str else action in exact:
            return True
        if action.startswith(self.prefixes):
            return True
        for match in self.wild:  # noqa: SIM110 # a loop that returns is twice as fast as any() over a generator
            if match(action):
                return True
        return False


class CompiledStatement:
    """A statement with its elements as tests."""

    __slots__ = (
        "_actions",
        "_not_principals",
        "_patterns",
        "_principals",
        "_test",
        "_tested",
        "allowed",
        "deny",
        "ref",
        "statement",
        "variables",
    )

    def __init__(self, statement: Statement, source: Source, *, variables: bool) -> None:
        self.statement = statement
        self.deny = statement.effect == "Deny"
        self.ref = StatementRef(source, statement.index, statement.sid)
        self.variables = variables
        self.allowed: Decision | None = None
        self._actions: ActionSet | None = None
        self._patterns: tuple[ResourcePattern, ...] | None = None
        self._principals: Principals | None = None
        self._not_principals: Principals | None = None
        self._test: Test | None = None
        self._tested = False

    def has_action(self, action: str) -> bool:
        """Whether the statement speaks of an action (in lower case)."""
        actions = self._actions
        if actions is None:
            statement = self.statement
            actions = self._actions = ActionSet(statement.actions or statement.not_actions or ())
        return actions.has(action) is not (self.statement.not_actions is not None)

    @property
    def patterns(self) -> tuple[ResourcePattern, ...]:
        """The entries of Resource or NotResource; a statement with neither (trust) is about any resource."""
        if self._patterns is None:
            statement = self.statement
            texts = statement.resources or statement.not_resources or ("*",)
            self._patterns = tuple([ResourcePattern(text, variables=self.variables) for text in texts])
        return self._patterns

    def has_resource(self, resource: str, context: Context) -> bool:
        """Whether the statement speaks of a resource."""
        negated = self.statement.not_resources is not None
        for pattern in self.patterns:
            if pattern.matches(resource, context):
                return not negated
        return negated

    @property
    def test(self) -> Test | None:
        """The Condition element's test; None where there is no condition."""
        if not self._tested:
            self._test = conditions_test(self.statement.conditions, variables=self.variables)
            self._tested = True
        return self._test

    def holds(self, context: Context) -> bool:
        """Whether the statement's conditions hold."""
        test = self.test
        return test is None or test(context)

    def grant(self, request: Request, *, bounded: bool) -> Grant:
        """How directly the caller is named; a statement without Principal is about whoever it is attached to.

        ``bounded`` is whether the caller has a permissions boundary: a Deny with NotPrincipal then always
        applies,
        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
        """
        statement = self.statement
        if statement.principals is not None:
            if self._principals is None:
                self._principals = Principals(statement.principals)
            return self._principals.grant(request)
        if statement.not_principals is None:
            return Grant.NONE if self.ref.source.kind in _NAMING else Grant.DIRECT
        if self._not_principals is None:
            self._not_principals = Principals(statement.not_principals)
        listed = self._not_principals
        exempt = listed.lists(request) and not bounded if self.deny else listed.lists_any(request)
        return Grant.NONE if exempt else Grant.DIRECT


class Compiled:
    """A compiled document: what ``link`` takes. Safe to share between threads and policy sets."""

    __slots__ = ("document", "source", "statements")

    def __init__(self, document: Document, source: Source) -> None:
        self.document = document
        self.source = source
        variables = document.variables
        self.statements = tuple(
            [CompiledStatement(statement, source, variables=variables) for statement in document.statements]
        )


def compile_document(document: Document, source: Source) -> Compiled:
    """Make a document ready to be linked; do this once per document and keep it."""
    return Compiled(document, source)
