"""The index finds a statement exactly when reading in order would, and does not grow slower with the number of statements."""

from __future__ import annotations

import json
import time
from random import Random
from typing import Any

import pytest
from tests.laws import generate

from tabard.core.caller import Caller
from tabard.policy import Context, Kind, Layers, Request, Source, decide, link, parse
from tabard.policy.compiled import CompiledStatement, compile_document
from tabard.policy.grammar import Dialect
from tabard.policy.index import finder

ACCOUNT = generate.HOME
USER = Caller("User", ACCOUNT, generate.USER, generate.USER, "AIDAANA", "AIDAANA", "ana")


def compiled(statements: list[dict[str, Any]]) -> list[CompiledStatement]:
    text = json.dumps({"Version": "2012-10-17", "Statement": statements})
    document = parse(text, Kind.IDENTITY, Dialect.EVALUATE)
    return list(compile_document(document, Source(Kind.IDENTITY)).statements)


@pytest.mark.parametrize("seed", range(60))
def test_the_index_finds_what_reading_in_order_finds(seed: int) -> None:
    random = Random(seed)  # noqa: S311 # repeatable cases, not secrets
    made = [generate.statement(random, named=False, deny=0) for _ in range(40)]
    strict = [one for one in made if "Condition" in one]
    if seed % 2:
        strict = [one | {"Resource": "*"} for one in strict if "Resource" in one]
    statements = compiled(strict)
    find = finder(statements)
    for _ in range(40):
        context = Context(generate.context(random))
        resource = random.choice(generate.RESOURCES)
        slow = [one for one in statements if one.has_resource(resource, context) and one.holds(context)]
        found = find(resource, context)
        assert (found is None) == (not slow), (resource, strict)
        assert found is None or found in slow


SHAPES: dict[str, Any] = {
    "exact": lambda n: {"Resource": f"arn:aws:s3:::bucket-{n}/key"},
    "prefix": lambda n: {"Resource": f"arn:aws:s3:::bucket-{n}/*"},
    "pattern": lambda n: {"Resource": f"arn:aws:s3:::bucket-{n}/*/key"},
    "tail": lambda n: {"Resource": f"arn:aws:s3:::*-{n}/key"},
    "variable": lambda n: {"Resource": f"arn:aws:s3:::bucket-{n}/${{aws:username}}/*"},
    "condition": lambda n: {"Condition": {"StringEquals": {"aws:PrincipalTag/team": f"team-{n}"}}},
    "condition prefix": lambda n: {"Condition": {"StringLike": {"aws:PrincipalTag/team": f"team-{n}*"}}},
    "condition block": lambda n: {
        "Condition": {"IpAddress": {"aws:SourceIp": f"10.{n // 250}.{n % 250}.0/24"}}
    },
    "action": lambda n: {"Action": [f"service{n}:*", "s3:PutObject"] if n else ["s3:Get*"]},
}


def seconds(request: Request, layers: Layers) -> float:
    for _ in range(3):
        decide(request, layers)
    best = 1.0
    for _ in range(5):
        started = time.perf_counter()
        for _ in range(200):
            decide(request, layers)
        best = min(best, (time.perf_counter() - started) / 200)
    return best


@pytest.mark.parametrize("shape", SHAPES)
def test_a_thousand_statements_cost_little_more_than_fifty(shape: str) -> None:
    """Four times, so that a busy machine does not fail it; reading them in order would cost twenty times as much."""
    base = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}

    def measured(count: int) -> float:
        statements = compiled([base | SHAPES[shape](n) for n in range(count)])
        layers = Layers(identity=link([_as_policy(statements)]))
        last = count - 1
        context = Context(
            {
                "aws:username": "ana",
                "aws:principaltag/team": f"team-{last}",
                "aws:sourceip": f"10.{last // 250}.{last % 250}.7",
            }
        )
        resource = f"arn:aws:s3:::bucket-{count - 1}/ana/key"
        return seconds(Request(USER, "s3:GetObject", resource, ACCOUNT, context), layers)

    assert measured(1000) < 4 * measured(51) + 2e-6


def _as_policy(statements: list[CompiledStatement]) -> Any:
    text = json.dumps({"Version": "2012-10-17", "Statement": []})
    policy = compile_document(parse(text, Kind.IDENTITY, Dialect.EVALUATE), Source(Kind.IDENTITY))
    policy.statements = tuple(statements)
    return policy


def test_the_largest_adversarial_policy_decides_within_five_milliseconds() -> None:
    """Twenty times that, so that a busy machine does not fail it: as large as an inline policy may be."""
    stars = "arn:aws:s3:::" + "*a" * 100
    statements = compiled(
        [
            {"Effect": "Allow", "Action": "s3:*", "NotResource": [stars + str(n) for n in range(8)]},
            {"Effect": "Deny", "Action": "*", "Resource": [stars + "b" * n for n in range(8)]},
            {
                "Effect": "Allow",
                "Action": "*",
                "Resource": "*",
                "Condition": {"StringLike": {"aws:username": ["*a" * 100 + str(n) for n in range(20)]}},
            },
        ]
    )
    layers = Layers(identity=link([_as_policy(statements)]))
    resource = "arn:aws:s3:::" + "a" * 1024
    request = Request(USER, "s3:GetObject", resource, ACCOUNT, Context({"aws:username": "a" * 2000}))
    assert seconds(request, layers) < 0.1
