"""One simulation: its layers, linked once for all its questions, and the replies to them.

What AWS's model says of each field is followed, and recorded answers where they differ: matched statements are of type
``IAM Policy``, and begin where the one before them ends.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_EvaluationResult.html
"""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

from tabard import policy
from tabard.catalog import service_reference
from tabard.policy import Context, Kind, Layers, Outcome, PolicyError, Source
from tabard.services.iam.errors import invalid_input
from tabard.services.iam.simulated_policies import Simulated, SimulatedPrincipal, given, keys_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tabard.core.caller import Caller
    from tabard.policy import PolicySet
    from tabard.services.iam.subjects import Request

DECISIONS = {
    Outcome.ALLOWED: "allowed",
    Outcome.IMPLICITLY_DENIED: "implicitDeny",
    Outcome.EXPLICITLY_DENIED: "explicitDeny",
}
_ACCOUNT = re.compile(r"arn:aws[a-z-]*:iam::([0-9]{12}):root", re.ASCII)
_RANK = {"explicitDeny": 0, "implicitDeny": 1, "allowed": 2}
_TOLD = frozenset((Kind.IDENTITY, Kind.RESOURCE))
"""The layers whose statements and missing keys a simulation lists."""


class Simulator:
    """One simulation's layers, linked once for all its questions."""

    def __init__(self, request: Request, principal: SimulatedPrincipal, resources: list[str]) -> None:
        self._principal = principal
        self._resources = resources
        self._of_source = {each.source: each for each in (*principal.policies, *(principal.boundary or ()))}
        self._values = _context(principal.caller, request)
        resource = self._resource_policy(request)
        told = [each for source, each in self._of_source.items() if source.kind in _TOLD]
        self._layers = Layers(
            identity=_linked(principal.policies),
            boundary=None if principal.boundary is None else _linked(principal.boundary),
            resource=resource,
            scps=self._levels(request),
        )
        self._missing = [key for key in keys_of(told) if key.lower() not in self._values]
        self._owner = principal.caller.account
        if "ResourceOwner" in request:
            self._owner = _owner_named(request["ResourceOwner"])

    def _levels(self, request: Request) -> tuple[PolicySet, ...]:
        """The service control policies, from the organisation's root down to the account."""
        levels = request.get("OrderedOrganizationPolicyInputList", ())
        name = "ServiceControlPolicyInputList"
        return tuple([_linked(given(level.get(name, ()), Kind.SCP, name)) for level in levels])

    def _resource_policy(self, request: Request) -> PolicySet | None:
        text = request.get("ResourcePolicy")
        if text is None:
            return None
        try:
            document = policy.parse(text, Kind.RESOURCE)
        except PolicyError as error:
            raise invalid_input(error.message) from None
        source = Source(Kind.RESOURCE, "", "ResourcePolicy")
        self._of_source[source] = Simulated(document, source, "resource", ("", ""))
        compiled = policy.compile(document, source)
        known = Context(dict(self._values))
        for resource in self._resources:
            if resource != "*" and not any(
                statement.has_resource(resource, known) for statement in compiled.statements
            ):
                raise invalid_input(f"The resource policy is not applicable to resource: {resource}")
        return policy.link([compiled])

    async def result(self, action: str) -> dict[str, Any]:
        """The reply for one action on all the resources."""
        specifics = []
        for resource in self._resources:
            specifics.append(self._specific(action, resource))
            await asyncio.sleep(0)  # policies may be long and questions many: others get their turn
        decision = _worst([specific["EvalResourceDecision"] for specific in specifics])
        result: dict[str, Any] = {
            "EvalActionName": action,
            "EvalResourceName": _template(action, self._resources[0]),
            "EvalDecision": decision,
            "MatchedStatements": _union(
                specific["MatchedStatements"]
                for specific in specifics
                if specific["EvalResourceDecision"] == decision
            ),
            "MissingContextValues": self._missing,
        }
        through = [specific.pop("organizations") for specific in specifics]
        if self._layers.scps:
            result["OrganizationsDecisionDetail"] = {"AllowedByOrganizations": all(through)}
        if self._layers.boundary is not None:
            within = [specific["PermissionsBoundaryDecisionDetail"] for specific in specifics]
            allowed = all(detail["AllowedByPermissionsBoundary"] for detail in within)
            result["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": allowed}
        told = [
            specific["EvalDecisionDetails"] for specific in specifics if "EvalDecisionDetails" in specific
        ]
        everything = self._resources == ["*"]
        if all(through) and (told or not everything):
            kinds = dict.fromkeys(kind for each in told for kind in each)
            result["EvalDecisionDetails"] = {
                kind: _worst([each[kind] for each in told if kind in each]) for kind in kinds
            }
        if not everything:
            result["ResourceSpecificResults"] = specifics
        return result

    def _specific(self, action: str, resource: str) -> dict[str, Any]:
        """The reply for one action on one resource; ``organizations`` is not part of it."""
        owner = _owner_of(resource) or self._owner
        question = policy.Request(
            self._principal.caller, action, resource, owner, Context(dict(self._values))
        )
        explanation = policy.explain(question, self._layers)
        outcome = explanation.decision.outcome
        deciding = {Outcome.EXPLICITLY_DENIED: "Deny", Outcome.ALLOWED: "Allow"}.get(outcome)
        specific: dict[str, Any] = {
            "EvalResourceName": resource,
            "EvalResourceDecision": DECISIONS[outcome],
            "MatchedStatements": [
                self._statement(match.statement)
                for match in explanation.matches
                if match.effect == deciding and match.layer in _TOLD
            ],
            "MissingContextValues": self._missing,
        }
        layers = self._layers
        at_home = policy.Request(question.principal, action, resource, "", question.context)
        if layers.boundary is not None:
            within = policy.decide(at_home, Layers(identity=layers.boundary))
            specific["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": within.allowed}
        through = all(policy.decide(at_home, Layers(identity=level)).allowed for level in layers.scps)
        specific["organizations"] = through
        if owner != self._principal.caller.account and through:
            specific["EvalDecisionDetails"] = _by_source(explanation, bounded=layers.boundary is not None)
        return specific

    def _statement(self, reference: policy.StatementRef) -> dict[str, Any]:
        simulated = self._of_source[reference.source]
        return {
            "SourcePolicyId": simulated.source.name,
            "SourcePolicyType": "Resource Policy" if simulated.type == "resource" else "IAM Policy",
            **simulated.position(reference.index),
        }


def _owner_named(owner: str) -> str:
    """The account in a ResourceOwner; raises InvalidInput, in recorded words, for one that is no account's ARN."""
    found = _ACCOUNT.fullmatch(owner)
    if found is None:
        raise invalid_input(f"'{owner}' is not a valid as a Resource Owner.")
    return found[1]


def _owner_of(resource: str) -> str:
    """The account in a resource's ARN; empty where it names none."""
    parts = resource.split(":", 5)
    return parts[4] if len(parts) == 6 and parts[4].isdecimal() else ""


_SOURCES = (
    ("IAM Policy", Kind.IDENTITY),
    ("Resource Policy", Kind.RESOURCE),
    ("Permissions Boundary Policy", Kind.BOUNDARY),
)


def _by_source(explanation: policy.Explanation, *, bounded: bool) -> dict[str, str]:
    """What each account's policies say by themselves, where two accounts decide."""
    told = {}
    for name, layer in _SOURCES if bounded else _SOURCES[:2]:
        effects = {match.effect for match in explanation.matches if match.layer is layer}
        outcome = Outcome.ALLOWED if "Allow" in effects else Outcome.IMPLICITLY_DENIED
        told[name] = DECISIONS[Outcome.EXPLICITLY_DENIED if "Deny" in effects else outcome]
    return told


def _worst(decisions: Iterable[str]) -> str:
    """The most restrictive of some decisions."""
    return min(decisions, key=_RANK.__getitem__)


def _union(lists: Iterable[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """The members of all lists, each once."""
    found: list[dict[str, Any]] = []
    for each in lists:
        found += [member for member in each if member not in found]
    return found


def _template(action: str, resource: str) -> str:
    """The ARN format of the type of resource that a question is about; a star where it is about none."""
    known = service_reference.action(action)
    service = None if known is None else service_reference.service(known.service)
    if resource == "*" or known is None or service is None:
        return "*"
    kinds = [service.resource_types.get(row.resource_type) for row in known.resource_types]
    formats = [kind.arn_format.replace("${Partition}", "aws") for kind in kinds if kind is not None]
    for each in formats:
        if re.fullmatch(_NAME.sub(".*", re.escape(each)), resource):
            return each
    return formats[0] if formats else "*"


_NAME = re.compile(r"\\\$\\\{[^}]*\\\}")
"""A name in an ARN format, as ``re.escape`` writes it."""


def _linked(policies: Iterable[Simulated]) -> PolicySet:
    return policy.link([policy.compile(each.document, each.source) for each in policies])


def _context(caller: Caller, request: Request) -> dict[str, Any]:
    """The condition keys that follow from the principal, and those that the request gives."""
    values: dict[str, Any] = {
        "aws:principalarn": caller.principal_arn,
        "aws:principalaccount": caller.account,
        "aws:principaltype": caller.kind,
        "aws:userid": caller.user_id,
    }
    if caller.kind == "User":
        values["aws:username"] = caller.name
    for key, value in caller.tags.items():
        values["aws:principaltag/" + key.lower()] = value
    for entry in request.get("ContextEntries", ()):
        given_values = list(entry.get("ContextKeyValues", ()))
        several = entry.get("ContextKeyType", "string").endswith("List")
        name = entry.get("ContextKeyName", "").lower()
        values[name] = given_values if several else (given_values[0] if given_values else None)
    return values
