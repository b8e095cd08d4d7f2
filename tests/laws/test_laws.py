"""The laws of the policy language, each as a property of any generated request.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

import json
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tabard.policy.evaluate import Evaluator
from tests.laws import generate

Json = dict[str, Any]
SEEDS = st.integers(min_value=0, max_value=2**32)
LISTS = ("identityPolicies", "permissionBoundaries", "endpointPolicies")
ALLOW_ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}
DENY_ALL = {"Effect": "Deny", "Action": "*", "Resource": "*"}
RANK = {"ExplicitlyDenied": 0, "ImplicitlyDenied": 1, "Allowed": 2}


def law(test: Any) -> Any:
    return settings(max_examples=300, deadline=None)(given(seed=SEEDS)(test))


def made(seed: int) -> tuple[Random, Json]:
    random = Random(seed)  # noqa: S311 # repeatable cases, not secrets
    return random, generate.line(random)


def result(line: Json) -> str:
    answer = Evaluator().evaluate(json.dumps(line))
    assert answer.result is not None, answer.reason
    return answer.result


def document(*statements: Json) -> Json:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def policies(line: Json) -> list[Json]:
    found = [policy for name in LISTS for policy in line.get(name, [])]
    found += [line[name] for name in ("resourcePolicy", "sessionPolicy") if name in line]
    return found + [policy for name in ("scps", "rcps") for level in line.get(name, []) for policy in level]


def ordinary(line: Json) -> bool:
    """Whether the caller has policies of its own: not root, nobody and no service."""
    return isinstance(line["principal"], str) and not line["principal"].endswith(":root")


@law
def test_an_explicit_deny_wins(seed: int) -> None:
    _, line = made(seed)
    line["endpointPolicies"] = [document(DENY_ALL | {"Principal": "*"}, ALLOW_ALL | {"Principal": "*"})]
    assert result(line) == "ExplicitlyDenied"


@law
def test_an_explicit_deny_in_an_identity_policy_wins_over_every_grant(seed: int) -> None:
    _, line = made(seed)
    line["identityPolicies"].append(document(DENY_ALL))
    line["resourcePolicy"] = document(ALLOW_ALL | {"Principal": "*"})
    assert not ordinary(line) or result(line) == "ExplicitlyDenied"


@law
def test_the_default_is_deny(seed: int) -> None:
    _, line = made(seed)
    for name in (*LISTS, "resourcePolicy", "sessionPolicy"):
        line.pop(name, None)
    line.pop("scps", None)
    line.pop("rcps", None)
    root = isinstance(line["principal"], str) and line["principal"].endswith(":root")
    assert root or result(line) == "ImplicitlyDenied"


@law
def test_the_order_of_statements_and_policies_does_not_matter(seed: int) -> None:
    random, line = made(seed)
    before = result(line)
    for policy in policies(line):
        if isinstance(policy["Statement"], list):
            random.shuffle(policy["Statement"])
    for name in LISTS:
        random.shuffle(line.get(name, []))
    assert result(line) == before


@law
def test_repetition_does_not_matter(seed: int) -> None:
    random, line = made(seed)
    before = result(line)
    for policy in policies(line):
        if isinstance(policy["Statement"], list):
            policy["Statement"].append(random.choice(policy["Statement"]))
    for name in LISTS:
        if line.get(name):
            line[name].append(line[name][0])
    assert result(line) == before


@law
def test_adding_a_deny_never_allows(seed: int) -> None:
    random, line = made(seed)
    before = result(line)
    name = random.choice(["identityPolicies", "resourcePolicy", "rcps"])
    denying = document(generate.statement(random, named=name != "identityPolicies", deny=1))
    if name == "identityPolicies":
        line[name].append(denying)
    elif name == "rcps":
        line.setdefault(name, []).append([denying])
    elif name in line:
        whole = line[name]["Statement"]
        statements = whole if isinstance(whole, list) else [whole]
        line[name] = line[name] | {"Statement": [*statements, *denying["Statement"]]}
    assert RANK[result(line)] <= RANK[before]


@law
def test_adding_an_allow_never_denies(seed: int) -> None:
    random, line = made(seed)
    before = result(line)
    line["identityPolicies"].append(document(generate.statement(random, named=False, deny=0)))
    assert RANK[result(line)] >= RANK[before]


@law
def test_a_boundary_never_grants(seed: int) -> None:
    _, line = made(seed)
    line.pop("permissionBoundaries", None)
    before = result(line)
    line["permissionBoundaries"] = [document(ALLOW_ALL)]
    assert RANK[result(line)] <= RANK[before]


@law
def test_a_session_policy_never_grants(seed: int) -> None:
    random, line = made(seed)
    line.pop("sessionPolicy", None)
    before = result(line)
    line["sessionPolicy"] = generate.document(random, deny=0)
    assert RANK[result(line)] <= RANK[before]


@law
def test_a_session_policy_that_allows_everything_changes_nothing(seed: int) -> None:
    _, line = made(seed)
    line.pop("sessionPolicy", None)
    before = result(line)
    line["sessionPolicy"] = document(ALLOW_ALL)
    assert result(line) == before


@law
def test_a_control_policy_never_grants(seed: int) -> None:
    random, line = made(seed)
    before = result(line)
    line.setdefault("scps", []).append([generate.document(random, deny=0.3)])
    assert RANK[result(line)] <= RANK[before]


@law
def test_full_access_control_policies_change_nothing(seed: int) -> None:
    _, line = made(seed)
    before = result(line)
    line.setdefault("scps", []).append([document(ALLOW_ALL)])
    line.setdefault("rcps", []).append([document(ALLOW_ALL | {"Principal": "*"})])
    assert result(line) == before


@law
def test_every_level_of_control_policies_must_allow(seed: int) -> None:
    random, line = made(seed)
    line["scps"] = [
        [document(ALLOW_ALL)],
        [document(ALLOW_ALL | {"Action": "iam:None"})],
        [document(ALLOW_ALL)],
    ]
    random.shuffle(line["scps"])
    linked = isinstance(line["principal"], str) and "aws-service-role" in line["principal"]
    assert linked or isinstance(line["principal"], dict) or result(line) != "Allowed"


@law
def test_the_case_of_actions_and_keys_does_not_matter(seed: int) -> None:
    _, line = made(seed)
    before = result(line)
    line["action"] = line["action"].swapcase()
    line["context"] = {key.swapcase(): value for key, value in line["context"].items()}
    assert result(line) == before


@law
def test_keys_that_no_policy_mentions_do_not_matter(seed: int) -> None:
    _, line = made(seed)
    before = result(line)
    line["context"]["aws:NobodyAsks"] = ["for", "this"]
    assert result(line) == before


@law
def test_a_decision_asked_again_is_the_same(seed: int) -> None:
    _, line = made(seed)
    evaluator, text = Evaluator(), json.dumps(line)
    assert len({evaluator.evaluate(text).result for _ in range(5)}) == 1
