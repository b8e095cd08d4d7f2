"""The policy simulator: what a principal, or policies alone, would be allowed to do.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_testing-policies.html
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from tabard import policy
from tabard.core.arn import Arn, iam_arn
from tabard.core.caller import Caller
from tabard.policy import Context, Kind, Layers, Outcome, PolicyError, Source
from tabard.services.iam import paging
from tabard.services.iam.errors import invalid_input
from tabard.services.iam.simulated_policies import Simulated, SimulatedPrincipal, given, principal_of
from tabard.services.iam.subjects import Request, on_everything, on_identity
from tabard.services.operation import LONG, READ, operation

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from types_boto3_iam.type_defs import (
        GetContextKeysForCustomPolicyRequestTypeDef,
        GetContextKeysForPrincipalPolicyRequestTypeDef,
        SimulateCustomPolicyRequestTypeDef,
        SimulatePrincipalPolicyRequestTypeDef,
    )

    from tabard.policy import PolicySet
    from tabard.services.operation import Call

_DECISIONS = {
    Outcome.ALLOWED: "allowed",
    Outcome.IMPLICITLY_DENIED: "implicitDeny",
    Outcome.EXPLICITLY_DENIED: "explicitDeny",
}


_TOLD = frozenset((Kind.IDENTITY, Kind.RESOURCE))
"""The layers whose statements a simulation lists."""
_NOBODY = "simulation"
"""The name of a caller that nothing is said of."""


@operation(
    "iam",
    "SimulatePrincipalPolicy",
    LONG,
    checks=on_identity("iam:SimulatePrincipalPolicy", "PolicySourceArn"),
)
async def simulate_principal_policy(
    call: Call, request: SimulatePrincipalPolicyRequestTypeDef
) -> dict[str, Any]:
    """Say what a user, group or role would be allowed to do, with further policies if some are given."""
    principal = principal_of(call, request["PolicySourceArn"])
    excluded = [_excluded(each) for each in request.get("PolicyExclusionList", ())]
    principal.policies = [each for each in principal.policies if each.excluded_as not in excluded]
    if principal.boundary is not None:
        principal.boundary = [each for each in principal.boundary if each.excluded_as not in excluded] or None
    principal.policies += given(request.get("PolicyInputList", ()), Kind.IDENTITY, "PolicyInputList")
    return await _simulate(request, principal)


def _excluded(entry: Mapping[str, Any]) -> tuple[str, str]:
    inline = entry.get("InlinePolicyIdentifier")
    if inline is None:
        return entry.get("PolicyType", ""), entry.get("PolicyArn", "")
    return "inline", f"{inline['AttachmentType']}/{inline['AttachmentName']}/{inline['PolicyName']}"


@operation("iam", "SimulateCustomPolicy", LONG, checks=on_everything("iam:SimulateCustomPolicy"))
async def simulate_custom_policy(call: Call, request: SimulateCustomPolicyRequestTypeDef) -> dict[str, Any]:
    """Say what somebody with the given policies would be allowed to do."""
    arn = iam_arn(call.account, "user", "/", _NOBODY)
    policies = given(request["PolicyInputList"], Kind.IDENTITY, "PolicyInputList")
    caller = Caller("User", call.account, arn, arn, _NOBODY, _NOBODY, _NOBODY)
    return await _simulate(request, SimulatedPrincipal(caller, policies))


@operation(
    "iam", "GetContextKeysForCustomPolicy", READ, checks=on_everything("iam:GetContextKeysForCustomPolicy")
)
def get_context_keys_for_custom_policy(
    call: Call,  # noqa: ARG001 - it needs nothing but what is given
    request: GetContextKeysForCustomPolicyRequestTypeDef,
) -> dict[str, Any]:
    """List the condition keys that the given policies mention."""
    return {"ContextKeyNames": _keys(given(request["PolicyInputList"], Kind.IDENTITY, "PolicyInputList"))}


@operation(
    "iam",
    "GetContextKeysForPrincipalPolicy",
    READ,
    checks=on_identity("iam:GetContextKeysForPrincipalPolicy", "PolicySourceArn"),
)
def get_context_keys_for_principal_policy(
    call: Call, request: GetContextKeysForPrincipalPolicyRequestTypeDef
) -> dict[str, Any]:
    """List the condition keys that a principal's policies, and further ones, mention."""
    policies = principal_of(call, request["PolicySourceArn"]).policies
    policies += given(request.get("PolicyInputList", ()), Kind.IDENTITY, "PolicyInputList")
    return {"ContextKeyNames": _keys(policies)}


def _keys(policies: Iterable[Simulated]) -> list[str]:
    found: dict[str, str] = {}
    for each in policies:
        for key in policy.context_keys(each.document):
            found.setdefault(key.lower(), key)
    return list(found.values())


async def _simulate(request: Request, principal: SimulatedPrincipal) -> dict[str, Any]:
    """Decide every action on every resource, a page at a time."""
    limits = given(
        request.get("PermissionsBoundaryPolicyInputList", ()),
        Kind.BOUNDARY,
        "PermissionsBoundaryPolicyInputList",
    )
    if len(limits) > 1:
        raise invalid_input("PermissionsBoundaryPolicyInputList takes one permissions boundary.")
    if limits:
        principal.boundary = limits
    if "ResourcePolicy" in request and "CallerArn" not in request and principal.caller.name == _NOBODY:
        raise invalid_input("CallerArn is required with a ResourcePolicy.")
    if "CallerArn" in request:
        principal.caller = _caller(request["CallerArn"])
    simulator = _Simulator(request, principal)
    actions, resources = request["ActionNames"], request.get("ResourceArns") or ["*"]
    start, total = _position(request), len(actions) * len(resources)
    end = min(total, start + paging.max_items(request))
    results = []
    for index in range(start, end):
        action, resource = divmod(index, len(resources))
        results.append(simulator.result(actions[action], resources[resource]))
        await asyncio.sleep(0)  # policies may be long and questions many: others get their turn
    following = paging.encode_marker(str(end)) if end < total else None
    return paging.reply("EvaluationResults", results, following)


def _position(request: Request) -> int:
    """The question that a page starts with."""
    position = paging.decode_marker(request) or "0"
    if not position.isdecimal() or len(position) > 12:
        raise paging.invalid_marker()
    return int(position)


def _caller(arn: str) -> Caller:
    """The caller that a resource policy would see: a user, group or role, never a session or a service."""
    try:
        parsed = Arn.parse(arn)
    except ValueError:
        raise invalid_input(f"Invalid Entity Arn: {arn}") from None
    kind, _, rest = parsed.resource.partition("/")
    if parsed.service != "iam" or kind not in {"user", "group", "role"} or not rest:
        raise invalid_input("CallerArn must be the ARN of a user, group or role.")
    name = rest.rpartition("/")[2]
    return Caller("AssumedRole" if kind == "role" else "User", parsed.account, arn, arn, name, name, name)


class _Simulator:
    """One simulation's layers, linked once for all its questions."""

    def __init__(self, request: Request, principal: SimulatedPrincipal) -> None:
        self._principal = principal
        self._of_source = {each.source: each for each in (*principal.policies, *(principal.boundary or ()))}
        resource = self._resource_policy(request)
        self._layers = Layers(
            identity=_linked(principal.policies),
            boundary=None if principal.boundary is None else _linked(principal.boundary),
            resource=resource,
            scps=self._levels(request),
        )
        self._values = _context(principal.caller, request)
        self._mentioned = [key for key in _keys(self._of_source.values()) if key.lower() not in self._values]
        owner = request.get("ResourceOwner", "")
        self._owner = owner.split(":")[4] if owner.startswith("arn:") else owner or principal.caller.account

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
        return policy.link([policy.compile(document, source)])

    def result(self, action: str, resource: str) -> dict[str, Any]:
        """The reply for one action on one resource."""
        if ":" not in action:
            raise invalid_input(f"Invalid Action: {action}")
        owner = _owner_of(resource) or self._owner
        question = policy.Request(
            self._principal.caller, action, resource, owner, Context(dict(self._values))
        )
        explanation = policy.explain(question, self._layers)
        decision = _DECISIONS[explanation.decision.outcome]
        deciding = {
            Outcome.EXPLICITLY_DENIED: "Deny",
            Outcome.ALLOWED: "Allow",
        }.get(explanation.decision.outcome)
        statements = [
            self._statement(match.statement)
            for match in explanation.matches
            if match.effect == deciding and match.layer in _TOLD
        ]
        result: dict[str, Any] = {
            "EvalActionName": action,
            "EvalResourceName": resource,
            "EvalDecision": decision,
            "MatchedStatements": statements,
            "MissingContextValues": self._mentioned,
        }
        specific: dict[str, Any] = {
            "EvalResourceName": resource,
            "EvalResourceDecision": decision,
            "MatchedStatements": statements,
            "MissingContextValues": self._mentioned,
        }
        if self._layers.boundary is not None:
            within = policy.decide(question, Layers(identity=self._layers.boundary))
            detail = {"AllowedByPermissionsBoundary": within.allowed}
            result["PermissionsBoundaryDecisionDetail"] = specific["PermissionsBoundaryDecisionDetail"] = (
                detail
            )
        if self._layers.scps:
            through = all(
                policy.decide(question, Layers(identity=level)).allowed for level in self._layers.scps
            )
            result["OrganizationsDecisionDetail"] = {"AllowedByOrganizations": through}
        foreign = owner != self._principal.caller.account
        if resource != "*" or foreign:
            details = _by_source(explanation) if foreign else {}
            result["EvalDecisionDetails"] = specific["EvalDecisionDetails"] = details
        if resource != "*":
            result["ResourceSpecificResults"] = [specific]
        return result

    def _statement(self, reference: policy.StatementRef) -> dict[str, Any]:
        simulated = self._of_source[reference.source]
        return {
            "SourcePolicyId": simulated.source.name,
            "SourcePolicyType": simulated.type,
            **simulated.position(reference.index),
        }


def _owner_of(resource: str) -> str:
    """The account in a resource's ARN; empty where it names none."""
    parts = resource.split(":", 5)
    return parts[4] if len(parts) == 6 and parts[4].isdecimal() else ""


def _by_source(explanation: policy.Explanation) -> dict[str, str]:
    """What each account's policies say by themselves, where two accounts decide."""
    told = {}
    for name, layer in (("IAM Policy", Kind.IDENTITY), ("Resource Policy", Kind.RESOURCE)):
        effects = {match.effect for match in explanation.matches if match.layer is layer}
        outcome = Outcome.ALLOWED if "Allow" in effects else Outcome.IMPLICITLY_DENIED
        told[name] = _DECISIONS[Outcome.EXPLICITLY_DENIED if "Deny" in effects else outcome]
    return told


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
