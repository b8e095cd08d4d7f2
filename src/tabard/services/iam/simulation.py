"""The policy simulator: what a principal, or policies alone, would be allowed to do.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_testing-policies.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tabard.core.arn import Arn, iam_arn
from tabard.core.caller import Caller
from tabard.policy import Kind
from tabard.services.iam import paging
from tabard.services.iam.errors import invalid_input
from tabard.services.iam.simulated_policies import SimulatedPrincipal, given, keys_of, principal_of
from tabard.services.iam.simulator import Simulator
from tabard.services.iam.subjects import Request, on_everything, on_identity
from tabard.services.operation import LONG, READ, operation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from types_boto3_iam.type_defs import (
        GetContextKeysForCustomPolicyRequestTypeDef,
        GetContextKeysForPrincipalPolicyRequestTypeDef,
        SimulateCustomPolicyRequestTypeDef,
        SimulatePrincipalPolicyRequestTypeDef,
    )

    from tabard.services.operation import Call

NOBODY = "simulation"
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
    arn = iam_arn(call.account, "user", "/", NOBODY)
    policies = given(request["PolicyInputList"], Kind.IDENTITY, "PolicyInputList")
    caller = Caller("User", call.account, arn, arn, NOBODY, NOBODY, NOBODY)
    return await _simulate(request, SimulatedPrincipal(caller, policies))


@operation(
    "iam", "GetContextKeysForCustomPolicy", READ, checks=on_everything("iam:GetContextKeysForCustomPolicy")
)
def get_context_keys_for_custom_policy(
    call: Call,  # noqa: ARG001 - it needs nothing but what is given
    request: GetContextKeysForCustomPolicyRequestTypeDef,
) -> dict[str, Any]:
    """List the condition keys that the given policies mention."""
    return {"ContextKeyNames": keys_of(given(request["PolicyInputList"], Kind.IDENTITY, "PolicyInputList"))}


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
    return {"ContextKeyNames": keys_of(policies)}


async def _simulate(request: Request, principal: SimulatedPrincipal) -> dict[str, Any]:
    """Decide every action on every resource, a page at a time; an item is an action with all its resources."""
    limits = given(
        request.get("PermissionsBoundaryPolicyInputList", ()),
        Kind.BOUNDARY,
        "PermissionsBoundaryPolicyInputList",
    )
    if len(limits) > 1:
        raise invalid_input("PermissionsBoundaryPolicyInputList takes one permissions boundary.")
    if limits:
        principal.boundary = limits
    if "ResourcePolicy" in request and "CallerArn" not in request and principal.caller.name == NOBODY:
        raise invalid_input("CallerArn is required with a ResourcePolicy.")
    if "CallerArn" in request:
        principal.caller = _caller(request["CallerArn"])
    if "ResourcePolicy" in request and principal.caller.kind != "User":
        raise invalid_input("Invalid caller - Caller must be an IAM user in this context.")
    actions, resources = request["ActionNames"], request.get("ResourceArns") or ["*"]
    for action in actions:
        if ":" not in action or "*" in action:
            raise invalid_input(f"Invalid Action: {action}")
    _check_handling(request.get("ResourceHandlingOption"), resources)
    simulator = Simulator(request, principal, resources)
    start = _position(request)
    end = min(len(actions), start + paging.max_items(request))
    results = [await simulator.result(action) for action in actions[start:end]]
    following = paging.encode_marker(str(end)) if end < len(actions) else None
    return paging.reply("EvaluationResults", results, following)


_INSTANCE = ("instance", "image", "security-group")
_HANDLING = {
    "EC2-Classic-InstanceStore": _INSTANCE,
    "EC2-Classic-EBS": (*_INSTANCE, "volume"),
    "EC2-VPC-InstanceStore": (*_INSTANCE, "network-interface"),
    "EC2-VPC-InstanceStore-Subnet": (*_INSTANCE, "network-interface", "subnet"),
    "EC2-VPC-EBS": (*_INSTANCE, "network-interface", "volume"),
    "EC2-VPC-EBS-Subnet": (*_INSTANCE, "network-interface", "subnet", "volume"),
}
"""The resources that must be there in each scenario of launching instances, by the type in their ARN."""


def _check_handling(option: str | None, resources: list[str]) -> None:
    if option is None:
        return
    if option not in _HANDLING:
        raise invalid_input(f"Invalid ResourceHandlingOption: {option}")
    there = {
        resource.split(":", 5)[5].partition("/")[0] for resource in resources if resource.count(":") >= 5
    }
    missing = [kind for kind in _HANDLING[option] if kind not in there]
    if missing:
        raise invalid_input(
            f"ResourceHandlingOption {option} requires resources of type: {', '.join(missing)}"
        )


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
