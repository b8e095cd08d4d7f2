"""The other engines' time for one warm decision, run by their own interpreter as ``python -m benchmarks.policy_peers``.

Each gets the same rules in its own language and in the state that it keeps between requests: moto a policy document as its
text, as on every request; ministack parsed statements, which is more than it keeps; casbin a loaded enforcer; cedarpy a
parsed policy set. What an engine cannot say, or answers wrongly, is left out.
"""

from __future__ import annotations

import json
import logging
import sys
from typing import TYPE_CHECKING

from benchmarks.policy_cases import ACCOUNT, ACTION, USER, Case, cases, microseconds

if TYPE_CHECKING:
    from collections.abc import Callable


def moto(case: Case) -> Callable[[], bool] | None:
    """Moto: of a condition in an identity policy it reads nothing, so that a right answer there would be by chance."""
    if case.context:
        return None
    from moto.iam.access_control import IAMPolicy, PermissionResult  # in a peer's own environment

    document = case.document
    return lambda: (
        IAMPolicy(document).is_action_permitted(ACTION, case.resource) == PermissionResult.PERMITTED
    )


def ministack(case: Case) -> Callable[[], bool] | None:
    """MiniStack: statements parsed beforehand."""
    from ministack.core.iam_evaluator import EvalContext, evaluate, parse_policy_document  # type: ignore[import-not-found] # a peer's own environment

    policies = [parse_policy_document(case.document)]
    context = EvalContext(
        *(USER, "User", ACCOUNT, ACTION, case.resource, "us-east-1"),
        source_ip=case.context.get("aws:sourceip", "192.0.2.1"),
        secure_transport=True,
        service_context=dict(case.context),
        principal_keys={"aws:username": "ana", **case.context},
    )
    return lambda: bool(evaluate(context, policies).decision == "Allow")


def casbin(case: Case) -> Callable[[], bool] | None:
    """Casbin: allow by prefix alone, with its own ``keyMatch``."""
    if not case.portable:
        return None
    import casbin as library  # type: ignore[import-not-found] # a peer's own environment

    logging.disable(logging.CRITICAL)
    model = library.Model()
    model.load_model_from_text(
        "[request_definition]\nr = sub, obj, act\n[policy_definition]\np = sub, obj, act\n"
        "[policy_effect]\ne = some(where (p.eft == allow))\n"
        "[matchers]\nm = r.sub == p.sub && keyMatch(r.obj, p.obj) && r.act == p.act\n"
    )
    enforcer = library.Enforcer(model)
    enforcer.add_policies([[USER, statement["Resource"], ACTION] for statement in case.statements])
    return lambda: bool(enforcer.enforce(USER, case.resource, ACTION))


def cedarpy(case: Case) -> Callable[[], bool] | None:
    """Cedar: the resource's ARN as an attribute that ``like`` is asked of."""
    if not case.portable:
        return None
    import cedarpy as library  # type: ignore[import-not-found] # a peer's own environment

    policies = "\n".join(
        f'permit(principal == User::"ana", action == Action::"{ACTION}", resource) '
        f'when {{ context.arn like "{statement["Resource"]}" }};'
        for statement in case.statements
    )
    request = {
        "principal": 'User::"ana"',
        "action": f'Action::"{ACTION}"',
        "resource": 'Object::"one"',
        "context": {"arn": case.resource},
    }
    known, nothing = library.PolicySet.from_str(policies), library.Entities.from_json_str("[]")
    return lambda: bool(library.is_authorized(request, known, nothing).allowed)


def main() -> None:
    """Print case to engine to µs, as JSON."""
    figures: dict[str, dict[str, float]] = {}
    for case in cases():
        row = figures[case.name] = {}
        for engine in (cedarpy, casbin, moto, ministack):
            ask = engine(case)
            if ask is not None and ask() is case.allowed:
                row[engine.__name__] = microseconds(ask)
    json.dump(figures, sys.stdout)


if __name__ == "__main__":
    main()
