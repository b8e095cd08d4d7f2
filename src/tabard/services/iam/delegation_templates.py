"""What a partner may ask for: a template's policy, filled with the parameters of a request.

A placeholder is ``@{Name}``: within a text it stands for a string, alone in a list also for several.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_DelegationPermission.html
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from tabard import policy
from tabard.core.arn import PARTITION, Arn
from tabard.services.iam import quotas
from tabard.services.iam.errors import invalid_input

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tabard.store.iam_credentials import DelegationPartner, DelegationTemplate

_KIND = "delegation-template/"
_PLACEHOLDER = re.compile(r"@\{([^{}]+)\}")


def template_arn(partner: str, name: str) -> str:
    """The ARN under which a partner asks for a template of its own."""
    return f"arn:{PARTITION}:iam::{partner}:{_KIND}{name}"


def find(partner: DelegationPartner, arn: str) -> DelegationTemplate:
    """The partner's template of this ARN; raises InvalidInput."""
    try:
        parsed = Arn.parse(arn)
    except ValueError:
        raise invalid_input(f"ARN {arn} is not valid.") from None
    found = partner.templates.get(parsed.resource.removeprefix(_KIND))
    if found is None or arn != template_arn(partner.account, parsed.resource.removeprefix(_KIND)):
        raise invalid_input(f"The policy template with ARN {arn} cannot be found.")
    return found


def check(template: DelegationTemplate) -> None:
    """Refuse a template whose policy is no JSON object; what its parameters make of it is checked at each request."""
    try:
        document = json.loads(template.policy)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise invalid_input("A template's policy is a JSON object.")


def filled(template: DelegationTemplate, given: Iterable[dict[str, Any]]) -> str:
    """The policy that a request asks for; raises InvalidInput for parameters that do not fit, or make no policy."""
    values: dict[str, str | list[str]] = {}
    for parameter in given:
        name = parameter.get("Name", "")
        kind, items = parameter.get("Type", "string"), list(parameter.get("Values", ()))
        if not name or name in values:
            raise invalid_input(f"The parameter {name} is given more than once, or has no name.")
        if kind == "string" and len(items) != 1:
            raise invalid_input(f"The parameter {name} is a string and must have exactly one value.")
        if not items:
            raise invalid_input(f"The parameter {name} must have at least one value.")
        values[name] = items[0] if kind == "string" else items
    wanted = set(_PLACEHOLDER.findall(template.policy))
    for name in sorted(wanted ^ set(values)):
        told = "is missing" if name in wanted else "is not in the policy template"
        raise invalid_input(f"The parameter {name} {told}.")
    text = json.dumps(_filled(json.loads(template.policy), values), separators=(",", ":"))
    try:
        policy.parse(text, policy.Kind.IDENTITY)
    except policy.PolicyError as error:
        raise invalid_input(f"The parameters make no valid policy: {error.message}") from None
    if policy.size(text) > quotas.MANAGED_POLICY_SIZE:
        raise invalid_input("The parameters make a policy that is too large.")
    return text


def _filled(value: Any, values: dict[str, str | list[str]]) -> Any:
    if isinstance(value, dict):
        return {_text(key, values): _filled(item, values) for key, item in value.items()}
    if isinstance(value, list):
        found: list[Any] = []
        for item in value:
            whole = _whole(item, values)
            found += whole if isinstance(whole, list) else [_filled(item, values)]
        return found
    if isinstance(value, str):
        whole = _whole(value, values)
        return _text(value, values) if whole is None else whole
    return value


def _whole(value: Any, values: dict[str, str | list[str]]) -> list[str] | None:
    """The strings that a text stands for that is nothing but the placeholder of a list."""
    match = _PLACEHOLDER.fullmatch(value) if isinstance(value, str) else None
    found = None if match is None else values[match[1]]
    return found if isinstance(found, list) else None


def _text(value: str, values: dict[str, str | list[str]]) -> str:
    def one(match: re.Match[str]) -> str:
        found = values[match[1]]
        if isinstance(found, list):
            raise invalid_input(f"The parameter {match[1]} is a list and can not be part of a text.")
        return found

    return _PLACEHOLDER.sub(one, value)
