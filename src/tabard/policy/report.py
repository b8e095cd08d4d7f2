"""An explanation as plain values: what the audit record of a denial keeps and ``tabard explain`` prints.

It is bounded, since a caller decides how often it is denied: so many near misses, values and characters, and no more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tabard.policy.messages import denial_message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tabard.policy.compiled import StatementRef
    from tabard.policy.context import Context
    from tabard.policy.decision import Request
    from tabard.policy.explain import Explanation, NearMiss

STATEMENTS_AT_MOST = 20
VALUES_AT_MOST = 8
CHARACTERS_AT_MOST = 256
KEYS_AT_MOST = 64


def report(explanation: Explanation, request: Request) -> dict[str, Any]:
    """The request, the decision, the statements that matched and those that nearly did, and the context.

    ``nearMisses`` begin with those of the layer that decided, since mending one of those is what would help.
    """
    decision = explanation.decision
    deciding = decision.layer
    misses = sorted(explanation.near_misses, key=lambda miss: (miss.layer is not deciding, miss.effect))
    return {
        "principal": request.principal.arn or request.principal.kind,
        "action": request.action,
        "resource": _text(request.resource),
        "resourceAccount": request.resource_account or request.principal.account,
        "decision": "allow" if decision.allowed else "deny",
        "result": decision.outcome.value,
        "layer": None if deciding is None else deciding.value,
        "statements": [_statement(each) for each in decision.statements],
        "message": None if decision.allowed else denial_message(decision, request),
        "matches": [
            {"layer": match.layer.value, "effect": match.effect, **_statement(match.statement)}
            for match in explanation.matches[:STATEMENTS_AT_MOST]
        ],
        "nearMisses": [_miss(miss) for miss in misses[:STATEMENTS_AT_MOST]],
        "nearMissesLeftOut": max(0, len(misses) - STATEMENTS_AT_MOST),
        "context": _context(request.context),
    }


def _statement(ref: StatementRef) -> dict[str, Any]:
    return {
        "policy": ref.source.arn or ref.source.name,
        "version": ref.source.version_id,
        "sid": ref.sid,
        "index": ref.index,
    }


def _miss(miss: NearMiss) -> dict[str, Any]:
    told = {"layer": miss.layer.value, "effect": miss.effect, **_statement(miss.statement)}
    told["element"] = miss.element
    if miss.key:
        told |= {"operator": miss.operator, "key": miss.key}
    return told | {"expected": _texts(miss.expected), "found": _texts(miss.found)}


def _text(text: str) -> str:
    return text if len(text) <= CHARACTERS_AT_MOST else text[: CHARACTERS_AT_MOST - 1] + "…"


def _texts(values: Sequence[str]) -> list[str]:
    told = [_text(value) for value in values[:VALUES_AT_MOST]]
    return told if len(values) <= VALUES_AT_MOST else [*told, f"… and {len(values) - VALUES_AT_MOST} more"]


def _context(context: Context) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key in context.keys()[:KEYS_AT_MOST]:
        value = context.lookup(key)
        if value is not None:
            found[key] = _text(value) if isinstance(value, str) else _texts(value)
    return found
