"""Whether a request is allowed: every layer of policy in AWS's order.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from msgspec import Struct

from tabard.policy.document import Kind
from tabard.policy.principals import Grant

if TYPE_CHECKING:
    from tabard.core.caller import Caller
    from tabard.policy.compiled import CompiledStatement, StatementRef
    from tabard.policy.context import Context
    from tabard.policy.linked import PolicySet


class Outcome(Enum):
    """The three answers that AWS's simulators give, in the words of its evaluation logic."""

    ALLOWED = "Allowed"
    IMPLICITLY_DENIED = "ImplicitlyDenied"
    EXPLICITLY_DENIED = "ExplicitlyDenied"


class Request(Struct):
    """What is asked: by whom, which action (``s3:GetObject``), on which ARN (or ``*``), in which account.

    ``resource_account`` is the account that owns the resource; empty means the caller's own. ``provider``
    names the identity provider whose token the request presents (AssumeRoleWithWebIdentity,
    AssumeRoleWithSAML), and ``canonical_id`` is the canonical user id of the caller's account, where the
    service knows one.
    """

    principal: Caller
    action: str
    resource: str
    resource_account: str
    context: Context
    provider: str = ""
    canonical_id: str = ""


class Layers(Struct, frozen=True):
    """The policies that apply to a request. None (or no level) means that the layer does not limit.

    ``scps`` and ``rcps`` hold one set per level of the organisation, from the root down; AWS's full-access
    RCP is implied at every level. A federated user's session without a policy has an empty set, ``link(())``,
    which allows nothing.
    """

    identity: PolicySet | None = None
    boundary: PolicySet | None = None
    session: PolicySet | None = None
    resource: PolicySet | None = None
    scps: tuple[PolicySet, ...] = ()
    rcps: tuple[PolicySet, ...] = ()
    endpoint: PolicySet | None = None


class Decision(Struct, frozen=True, gc=False):
    """An answer: the layer that decided (None for the account's root) and the statements that did."""

    allowed: bool
    outcome: Outcome
    layer: Kind | None
    statements: tuple[StatementRef, ...] = ()


_ORDINARY = frozenset(("User", "AssumedRole", "FederatedUser"))
_NOT_ALLOWED = {kind: Decision(False, Outcome.IMPLICITLY_DENIED, kind) for kind in Kind}
_NO_IDENTITY = _NOT_ALLOWED[Kind.IDENTITY]
_NONE, _DIRECT = Grant.NONE, Grant.DIRECT
_IDENTITY, _BOUNDARY, _SESSION = Kind.IDENTITY, Kind.BOUNDARY, Kind.SESSION
_ROOT = Decision(True, Outcome.ALLOWED, None)


def decide(request: Request, layers: Layers) -> Decision:
    """Whether a request is allowed, and which layer and statement said so."""
    caller = request.principal
    identity = layers.identity
    if (
        identity is not None
        and layers.resource is None
        and layers.boundary is None
        and layers.session is None
        and not layers.scps
        and not layers.rcps
        and layers.endpoint is None
        and (caller.account == request.resource_account or not request.resource_account)
        and caller.kind in _ORDINARY
    ):
        found = identity.candidates[request.action]
        settled = found.settled
        if settled is not None:
            return settled
        resource, context = request.resource, request.context
        if found.denies:
            statement = found.deny(resource, context)
            if statement is not None:
                return _denied(_IDENTITY, statement)
        find = found.find_allow
        statement = found.allow(resource, context) if find is None else find(resource, context)
        if statement is None:
            return _NO_IDENTITY
        decision = statement.allowed
        if decision is None:
            decision = statement.allowed = _allowed(_IDENTITY, statement)
        if statement is found.always:
            found.settled = decision
        return decision
    return _in_layers(request, layers)


def _denied(layer: Kind, statement: CompiledStatement) -> Decision:
    return Decision(False, Outcome.EXPLICITLY_DENIED, layer, (statement.ref,))


def _allowed(layer: Kind, statement: CompiledStatement | None) -> Decision:
    return Decision(True, Outcome.ALLOWED, layer, () if statement is None else (statement.ref,))


def is_service_linked(caller: Caller) -> bool:
    """Whether the caller wears a service-linked role, which organisation policies do not limit.

    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html
    """
    return ":role/aws-service-role/" in caller.principal_arn


def _in_layers(request: Request, layers: Layers) -> Decision:
    """The whole of it: explicit denies anywhere, then the outer layers, then the resource's and the caller's own."""
    caller = request.principal
    kind = caller.kind
    ordinary = kind in _ORDINARY
    outer = layers.scps or layers.rcps or layers.endpoint is not None
    bounded = ordinary and layers.boundary is not None
    decision = None
    if outer:
        decision = _denied_outside(request, layers, bounded=bounded)
    resource = layers.resource
    if decision is None and resource is not None:
        statement = _named_deny(resource, request, bounded=bounded)
        if statement is not None:
            decision = _denied(_kind_of(resource), statement)
    if decision is None and ordinary:
        decision = _denied_by_own(request, layers)
    if decision is None and outer:
        decision = _limited_outside(request, layers)
    if decision is not None:
        return decision
    grant, granting = (_NONE, None) if resource is None else _grant(resource, request)
    return _permitted(request, layers, grant, granting)


def _scps(request: Request, layers: Layers) -> tuple[PolicySet, ...]:
    """The service control policies that bind the caller."""
    if request.principal.kind in {"Anonymous", "Service"} or is_service_linked(request.principal):
        return ()
    return layers.scps


def _denied_outside(request: Request, layers: Layers, *, bounded: bool) -> Decision | None:
    if layers.rcps and not is_service_linked(request.principal):
        for level in layers.rcps:
            statement = _named_deny(level, request, bounded=bounded)
            if statement is not None:
                return _denied(Kind.RCP, statement)
    for level in _scps(request, layers):
        statement = level.candidates[request.action].deny(request.resource, request.context)
        if statement is not None:
            return _denied(Kind.SCP, statement)
    if layers.endpoint is not None:
        statement = _named_deny(layers.endpoint, request, bounded=bounded)
        if statement is not None:
            return _denied(Kind.ENDPOINT, statement)
    return None


def _denied_by_own(request: Request, layers: Layers) -> Decision | None:
    action, resource, context = request.action, request.resource, request.context
    for kind, policies in (
        (_IDENTITY, layers.identity),
        (_BOUNDARY, layers.boundary),
        (_SESSION, layers.session),
    ):
        if policies is not None:
            statement = policies.candidates[action].deny(resource, context)
            if statement is not None:
                return _denied(kind, statement)
    return None


def _limited_outside(request: Request, layers: Layers) -> Decision | None:
    """What no level of SCPs, or no endpoint policy, allows.

    An endpoint policy that names an account means its root alone:
    https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html
    """
    for level in _scps(request, layers):
        if _allow(level, request) is None:
            return _NOT_ALLOWED[Kind.SCP]
    if layers.endpoint is not None and _grant(layers.endpoint, request)[0] <= Grant.ACCOUNT:
        return _NOT_ALLOWED[Kind.ENDPOINT]
    return None


def _named_deny(policies: PolicySet, request: Request, *, bounded: bool) -> CompiledStatement | None:
    """A Deny that applies, of a policy whose statements say whom they mean."""
    for statement in policies.candidates[request.action].denies:
        if (
            statement.grant(request, bounded=bounded) is not _NONE
            and statement.has_resource(request.resource, request.context)
            and statement.holds(request.context)
        ):
            return statement
    return None


def _grant(policies: PolicySet, request: Request) -> tuple[Grant, CompiledStatement | None]:
    """How directly the Allow statements that apply name the caller, at best, and which does."""
    best, granting = _NONE, None
    for statement in policies.candidates[request.action].allows:
        grant = statement.grant(request, bounded=False)
        if (
            grant > best
            and statement.has_resource(request.resource, request.context)
            and statement.holds(request.context)
        ):
            best, granting = grant, statement
            if best is _DIRECT:
                break
    return best, granting


def _allow(policies: PolicySet, request: Request) -> CompiledStatement | None:
    return policies.candidates[request.action].allow(request.resource, request.context)


def _kind_of(resource: PolicySet | None) -> Kind:
    return Kind.TRUST if resource is not None and resource.explicit else Kind.RESOURCE


def _permitted(
    request: Request, layers: Layers, grant: Grant, granting: CompiledStatement | None
) -> Decision:
    """What the resource's policy and the caller's own make of it, where nothing denies explicitly."""
    caller = request.principal
    kind = _kind_of(layers.resource)
    if caller.kind in {"Anonymous", "Service"}:
        return _allowed(kind, granting) if grant is _DIRECT else _NOT_ALLOWED[kind]
    same = not request.resource_account or caller.account == request.resource_account
    needed = not same or kind is Kind.TRUST
    if caller.kind == "Root":
        if not needed:
            return _ROOT
        return _allowed(kind, granting) if grant else _NOT_ALLOWED[kind]
    if same and grant is _DIRECT:
        return _allowed(kind, granting)
    if same and grant is Grant.ROLE:
        return _limited(request, layers, kind, granting)
    statement = None if layers.identity is None else _allow(layers.identity, request)
    if statement is None:
        return _NO_IDENTITY
    if needed and grant is _NONE:
        return _NOT_ALLOWED[kind]
    return _limited(request, layers, Kind.IDENTITY, statement)


def _limited(request: Request, layers: Layers, kind: Kind, statement: CompiledStatement | None) -> Decision:
    """What boundary and session policy let through of what one layer allows."""
    if layers.boundary is not None and _allow(layers.boundary, request) is None:
        return _NOT_ALLOWED[Kind.BOUNDARY]
    if layers.session is not None and _allow(layers.session, request) is None:
        return _NOT_ALLOWED[Kind.SESSION]
    return _allowed(kind, statement)
