"""Why a request was allowed or denied, statement by statement; made only when someone asks.

For every layer: the statements that matched, and the near misses, which are those that would have matched but
for one condition, resource or principal, with the two values that were compared.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from tabard.policy.conditions import condition_test
from tabard.policy.decision import Decision, Layers, Request, decide
from tabard.policy.document import Effect, Kind, Principal
from tabard.policy.operators import parse_operator, takes_variables
from tabard.policy.patterns import resolve, tokens_of
from tabard.policy.principals import Grant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tabard.policy.compiled import CompiledStatement, StatementRef
    from tabard.policy.context import Context
    from tabard.policy.linked import PolicySet

Element = Literal["Principal", "NotPrincipal", "Resource", "NotResource", "Condition"]


class Match(Struct, frozen=True):
    """A statement that applied to the request."""

    layer: Kind
    statement: StatementRef
    effect: Effect


class NearMiss(Struct, frozen=True):
    """A statement that would have applied but for one element.

    ``expected`` is what the policy says, its variables replaced where they have values; ``found`` is what the
    request has, empty where the request does not have the key. ``operator`` and ``key`` are those of the
    condition.
    """

    layer: Kind
    statement: StatementRef
    effect: Effect
    element: Element
    expected: tuple[str, ...]
    found: tuple[str, ...]
    operator: str = ""
    key: str = ""


class Explanation(Struct, frozen=True):
    """A decision with everything that bore on it."""

    decision: Decision
    matches: tuple[Match, ...]
    near_misses: tuple[NearMiss, ...]


def explain(request: Request, layers: Layers) -> Explanation:
    """Decide, and say why: the whole trace, which costs as much as reading every statement."""
    matches: list[Match] = []
    misses: list[NearMiss] = []
    bounded = layers.boundary is not None and request.principal.kind in {
        "User",
        "AssumedRole",
        "FederatedUser",
    }
    for kind, policies in _layers(layers):
        candidates = policies.candidates[request.action]
        for statement in sorted([*candidates.denies, *candidates.allows], key=_written):
            failed = list(islice(_failures(statement, request, kind, bounded=bounded), 2))
            if not failed:
                matches.append(Match(kind, statement.ref, statement.statement.effect))
            elif len(failed) == 1:
                misses.append(failed[0])
    return Explanation(decide(request, layers), tuple(matches), tuple(misses))


def _written(statement: CompiledStatement) -> tuple[str, str, int]:
    ref = statement.ref
    return ref.source.arn, ref.source.name, ref.index


def _layers(layers: Layers) -> Iterator[tuple[Kind, PolicySet]]:
    for level in layers.rcps:
        yield Kind.RCP, level
    for level in layers.scps:
        yield Kind.SCP, level
    if layers.endpoint is not None:
        yield Kind.ENDPOINT, layers.endpoint
    if layers.resource is not None:
        yield Kind.TRUST if layers.resource.explicit else Kind.RESOURCE, layers.resource
    for kind, policies in (
        (Kind.IDENTITY, layers.identity),
        (Kind.BOUNDARY, layers.boundary),
        (Kind.SESSION, layers.session),
    ):
        if policies is not None:
            yield kind, policies


def _failures(
    compiled: CompiledStatement, request: Request, kind: Kind, *, bounded: bool
) -> Iterator[NearMiss]:
    statement, context = compiled.statement, request.context
    effect = statement.effect
    if compiled.grant(request, bounded=bounded) is Grant.NONE:
        named = statement.principals if statement.principals is not None else statement.not_principals
        element: Element = "Principal" if statement.principals is not None else "NotPrincipal"
        yield NearMiss(kind, compiled.ref, effect, element, _named(named or ()), (request.principal.arn,))
    if not compiled.has_resource(request.resource, context):
        resources = statement.resources if statement.resources is not None else statement.not_resources
        element = "Resource" if statement.resources is not None else "NotResource"
        expected = tuple([_resolved(text, context, variables=compiled.variables) for text in resources or ()])
        yield NearMiss(kind, compiled.ref, effect, element, expected, (request.resource,))
    if compiled.holds(context):
        return
    alone = len(statement.conditions) == 1  # then it is known not to hold
    for condition in statement.conditions:
        if alone or not condition_test(condition, variables=compiled.variables)(context):
            operator = parse_operator(condition.operator)
            variables = compiled.variables and operator is not None and takes_variables(operator.base)
            yield NearMiss(
                kind,
                compiled.ref,
                effect,
                "Condition",
                tuple([_resolved(value, context, variables=variables) for value in condition.values]),
                _found(condition.key, context),
                condition.operator,
                condition.key,
            )


def _named(principals: tuple[Principal, ...]) -> tuple[str, ...]:
    return tuple([member.value for member in principals])


def _found(key: str, context: Context) -> tuple[str, ...]:
    value = context.lookup(key.lower())
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else value


def _resolved(text: str, context: Context, *, variables: bool) -> str:
    if not variables or "${" not in text:
        return text
    found = resolve(tokens_of(text, variables=True), context)
    if found is None:
        return text
    return "".join([token if isinstance(token, str) else token.value for token in found])
