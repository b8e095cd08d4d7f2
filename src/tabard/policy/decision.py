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
    from collections.abc import Iterator

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
        found = identity.candidates(request.action)
        statement = found.deny(request.resource, request.context)
        if statement is not None:
            return _denied(Kind.IDENTITY, statement)
        statement = found.allow(request.resource, request.context)
        if statement is None:
            return _NO_IDENTITY
        decision = statement.allowed
        if decision is None:
            decision = statement.allowed = Decision(True, Outcome.ALLOWED, Kind.IDENTITY, (statement.ref,))
        return decision
    return _Evaluation(request, layers).decide()


def _denied(layer: Kind, statement: CompiledStatement) -> Decision:
    return Decision(False, Outcome.EXPLICITLY_DENIED, layer, (statement.ref,))


def _allowed(layer: Kind, statement: CompiledStatement | None) -> Decision:
    return Decision(True, Outcome.ALLOWED, layer, () if statement is None else (statement.ref,))


def is_service_linked(caller: Caller) -> bool:
    """Whether the caller wears a service-linked role, which organisation policies do not limit.

    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html
    """
    return ":role/aws-service-role/" in caller.principal_arn


class _Evaluation:
    """One request against every layer."""

    __slots__ = ("_granted", "caller", "layers", "ordinary", "request")

    def __init__(self, request: Request, layers: Layers) -> None:
        self.request = request
        self.layers = layers
        self.caller = request.principal
        self.ordinary = self.caller.kind in _ORDINARY
        self._granted: CompiledStatement | None = None

    def decide(self) -> Decision:
        for kind, policies, named in self._denying():
            statement = self._deny(policies, named=named)
            if statement is not None:
                return _denied(kind, statement)
        for level in self._scps():
            if self._allow(level) is None:
                return _NOT_ALLOWED[Kind.SCP]
        endpoint = self.layers.endpoint
        if endpoint is not None and not self._allowed_by_endpoint(endpoint):
            return _NOT_ALLOWED[Kind.ENDPOINT]
        return self._permitted(self._grant())

    def _scps(self) -> tuple[PolicySet, ...]:
        if self.caller.kind in {"Anonymous", "Service"} or is_service_linked(self.caller):
            return ()
        return self.layers.scps

    def _denying(self) -> Iterator[tuple[Kind, PolicySet, bool]]:
        """The sets whose explicit denies count, and whether their statements name principals."""
        layers = self.layers
        if not is_service_linked(self.caller):
            for level in layers.rcps:
                yield Kind.RCP, level, True
        for level in self._scps():
            yield Kind.SCP, level, False
        if layers.endpoint is not None:
            yield Kind.ENDPOINT, layers.endpoint, True
        if layers.resource is not None:
            yield self._resource_kind(), layers.resource, True
        if self.ordinary:
            if layers.identity is not None:
                yield Kind.IDENTITY, layers.identity, False
            if layers.boundary is not None:
                yield Kind.BOUNDARY, layers.boundary, False
            if layers.session is not None:
                yield Kind.SESSION, layers.session, False

    def _resource_kind(self) -> Kind:
        resource = self.layers.resource
        return Kind.TRUST if resource is not None and resource.explicit else Kind.RESOURCE

    def _deny(self, policies: PolicySet, *, named: bool) -> CompiledStatement | None:
        request = self.request
        found = policies.candidates(request.action)
        if not named:
            return found.deny(request.resource, request.context)
        bounded = self.layers.boundary is not None and self.ordinary
        for statement in found.denies:
            if (
                statement.grant(request, bounded=bounded)
                and statement.has_resource(request.resource, request.context)
                and statement.holds(request.context)
            ):
                return statement
        return None

    def _allow(self, policies: PolicySet) -> CompiledStatement | None:
        request = self.request
        return policies.candidates(request.action).allow(request.resource, request.context)

    def _allowed_by_endpoint(self, endpoint: PolicySet) -> bool:
        """An endpoint policy that names an account means its root alone.

        https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html
        """
        return self._named(endpoint) > Grant.ACCOUNT

    def _named(self, policies: PolicySet) -> Grant:
        """How directly the Allow statements that apply name the caller, at best."""
        request = self.request
        best = Grant.NONE
        for statement in policies.candidates(request.action).allows:
            grant = statement.grant(request, bounded=False)
            if (
                grant > best
                and statement.has_resource(request.resource, request.context)
                and statement.holds(request.context)
            ):
                best = grant
                self._granted = statement
                if best is Grant.DIRECT:
                    break
        return best

    def _grant(self) -> Grant:
        self._granted = None
        resource = self.layers.resource
        return Grant.NONE if resource is None else self._named(resource)

    def _permitted(self, grant: Grant) -> Decision:
        request, caller = self.request, self.caller
        kind = self._resource_kind()
        if caller.kind in {"Anonymous", "Service"}:
            return _allowed(kind, self._granted) if grant is Grant.DIRECT else _NOT_ALLOWED[kind]
        same = not request.resource_account or caller.account == request.resource_account
        explicit = self.layers.resource is not None and self.layers.resource.explicit
        needed = not same or explicit
        if caller.kind == "Root":
            if not needed:
                return _ROOT
            return _allowed(kind, self._granted) if grant else _NOT_ALLOWED[kind]
        if same and grant is Grant.DIRECT:
            return _allowed(kind, self._granted)
        return self._limited(grant, kind, same=same, needed=needed)

    def _limited(self, grant: Grant, kind: Kind, *, same: bool, needed: bool) -> Decision:
        """The identity side: what the caller's own policies, boundary and session policy let through."""
        layers = self.layers
        by_role = same and grant is Grant.ROLE
        statement: CompiledStatement | None = self._granted
        if not by_role:
            statement = None if layers.identity is None else self._allow(layers.identity)
            if statement is None:
                return _NO_IDENTITY
            if needed and not grant:
                return _NOT_ALLOWED[kind]
        if layers.boundary is not None and self._allow(layers.boundary) is None:
            return _NOT_ALLOWED[Kind.BOUNDARY]
        if layers.session is not None and self._allow(layers.session) is None:
            return _NOT_ALLOWED[Kind.SESSION]
        return _allowed(kind if by_role else Kind.IDENTITY, statement)
