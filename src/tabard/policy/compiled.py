"""A document made ready to be matched. Nothing depends on the request here, so a document is compiled once.

Work is put off until a request needs it: a statement whose action never comes up never has its resources or
conditions compiled. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING

from msgspec import Struct

from tabard.policy.conditions import Test, conditions_test
from tabard.policy.crowds import MANY, AnyOf, Pattern, glob_steps, resource_steps
from tabard.policy.document import Kind
from tabard.policy.globs import Matcher, glob_text, nothing
from tabard.policy.patterns import (
    Token,
    Variable,
    Wild,
    plain,
    resolve,
    resource_matcher,
    resource_text_matcher,
    tokens_of,
    variable_prefix,
    whole_arn,
)
from tabard.policy.principals import Grant, Principals

if TYPE_CHECKING:
    from tabard.policy.context import Context
    from tabard.policy.decision import Decision, Request
    from tabard.policy.document import Document, Source, Statement

ResourceTest = Callable[[str, "Context"], bool]
_CACHED_VARIANTS = 64
_LARGE, _MANY = 4_096, 64
"""A document's characters, and entries of one element: from there on they are compiled before they are asked for."""
_STARS = re.compile(r"\*\*+")
_NAMING = frozenset((Kind.RESOURCE, Kind.TRUST))
"""Policies whose statements name nobody unless they say whom."""


class StatementRef(Struct, frozen=True, gc=False):
    """Which statement: of what policy, at which place (from 0), its Sid where it has one, and what it says."""

    source: Source
    index: int
    sid: str
    statement: Statement


class Shape(Enum):
    """How a resource pattern can be found in an index."""

    ANY = "any"
    EXACT = "exact"
    PREFIX = "prefix"
    GLOB = "glob"


class ResourcePattern:
    """One entry of a Resource or NotResource element."""

    __slots__ = ("_tokens", "_variables", "_variants", "applies", "head", "match", "shape", "tail")

    def __init__(self, text: str, *, variables: bool) -> None:
        self.match: Matcher | None = None
        self.applies: ResourceTest = self.matches
        if variables and "${" in text:
            self._with_variables(text)
        else:
            self._fixed(text if "**" not in text else _STARS.sub("*", text))

    def _fixed(self, text: str) -> None:
        """A pattern of wildcards and literals alone."""
        text = whole_arn(text)
        star, one = text.find("*"), text.find("?")
        self.tail = ""
        if one < 0 and star < 0:
            self.head, self.shape = text, Shape.EXACT
        elif one < 0 and star == len(text) - 1:
            self.head, self.shape = text[:-1], Shape.PREFIX if star else Shape.ANY
        else:
            self.shape = Shape.GLOB
            self.head = text[: star if one < 0 else one if star < 0 else min(star, one)]
            self.tail = text[max(text.rfind("*"), text.rfind("?")) + 1 :]
            self.match = resource_text_matcher(text, self.head, self.tail)

    def _with_variables(self, text: str) -> None:
        tokens = tokens_of(text, variables=True)
        fixed = plain(tokens)
        texts = [token for token in tokens if isinstance(token, str)]
        whole = sum([token.count(":") for token in texts]) >= 5
        self.head = tokens[0] if tokens and isinstance(tokens[0], str) else ""
        self.tail = tokens[-1] if whole and len(tokens) > 1 and isinstance(tokens[-1], str) else ""
        if fixed is None:
            self.shape = Shape.GLOB
            self._tokens: list[Token] = tokens
            self._variables = list(dict.fromkeys([each for each in tokens if isinstance(each, Variable)]))
            self._variants: dict[tuple[str, ...], Matcher] = {}
            self.applies = variable_prefix(tokens) or self.matches
        elif whole and len(tokens) == 1:
            self.shape = Shape.EXACT
        elif len(tokens) == 2 and texts and tokens[1] is Wild.STAR:
            self.shape = Shape.PREFIX
        else:
            self.shape, self.match = Shape.GLOB, resource_matcher(fixed)

    @property
    def needs(self) -> tuple[str, ...]:
        """The keys without which it matches nothing."""
        if self.shape is not Shape.GLOB or self.match is not None:
            return ()
        return tuple([variable.key for variable in self._variables if variable.default is None])

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
            match = self._variants[variant] = resource_matcher(resolve(self._tokens, context) or [])
        return match


class ManyPatterns(ResourcePattern):
    """Many patterns of wildcards and literals alone, which are matched at once."""

    __slots__ = ()

    def __init__(self, texts: list[str]) -> None:
        self.shape = Shape.GLOB
        self.head = self.tail = ""
        self.match = AnyOf(
            (), [Pattern(len(text), partial(_matcher, text), partial(resource_steps, text)) for text in texts]
        )
        self.applies = self.matches


def _matcher(text: str) -> Matcher:
    return ResourcePattern(text, variables=False).match or nothing


def _together(
    texts: tuple[str, ...], patterns: list[ResourcePattern], *, variables: bool
) -> tuple[ResourcePattern, ...]:
    """The patterns of a statement, where there are many that need a matcher: these as one."""
    if len(texts) < MANY:
        return tuple(patterns)
    alone: list[ResourcePattern] = []
    together: list[str] = []
    for text, pattern in zip(texts, patterns, strict=True):
        if pattern.match is None or (variables and "${" in text):
            alone.append(pattern)
        else:
            together.append(whole_arn(_STARS.sub("*", text)))
    return (*alone, ManyPatterns(together)) if len(together) >= MANY else tuple(patterns)


class ActionSet:
    """The entries of an Action or NotAction element, compared without regard to case."""

    __slots__ = ("_many", "exact", "prefixes", "wild")

    def __init__(self, actions: tuple[str, ...]) -> None:
        exact: list[str] = []
        prefixes: list[str] = []
        wild: list[tuple[str, str, str]] = []
        for action in actions:
            lowered = action.lower()
            star = lowered.find("*")
            if "?" in lowered or (0 <= star < len(lowered) - 1):
                head, *_, tail = lowered.replace("?", "*").split("*")
                wild.append((head, tail, lowered))
            elif star < 0:
                exact.append(lowered)
            else:
                prefixes.append(lowered[:-1])
        self.exact = exact[0] if len(exact) == 1 else frozenset(exact)
        self.prefixes = tuple(prefixes)
        self.wild = wild
        self._many: AnyOf | None = None
        if len(wild) >= MANY:
            self._many = AnyOf(
                (),
                [
                    Pattern(len(each), partial(glob_text, each), partial(glob_steps, each))
                    for _, _, each in wild
                ],
            )

    def has(self, action: str) -> bool:
        """Whether an action (in lower case) is among them."""
        exact = self.exact
        if action == exact if exact.__class__ is str else action in exact:
            return True
        if action.startswith(self.prefixes):
            return True
        if self._many is not None:
            return self._many(action)
        for head, tail, pattern in self.wild:
            if action.startswith(head) and action.endswith(tail) and glob_text(pattern)(action):
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
        self.ref = StatementRef(source, statement.index, statement.sid, statement)
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
            patterns = [ResourcePattern(text, variables=self.variables) for text in texts]
            self._patterns = _together(texts, patterns, variables=self.variables)
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

    def prepare(self) -> None:
        """Do at once what else waits for a request, where it is so much that a decision should not wait for it."""
        statement = self.statement
        resources = statement.resources or statement.not_resources or ()
        if len(resources) > _MANY or sum(map(len, resources)) > _LARGE:
            _ = self.patterns
        if any(len(condition.values) > _MANY for condition in statement.conditions):
            _ = self.test
        if len(statement.actions or statement.not_actions or ()) > _MANY:
            self.has_action("")

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
        if len(document.text) > _LARGE:
            for compiled in self.statements:
                compiled.prepare()


def compile_document(document: Document, source: Source) -> Compiled:
    """Make a document ready to be linked; do this once per document and keep it."""
    return Compiled(document, source)
