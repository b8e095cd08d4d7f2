"""The index finds a statement exactly when reading in order would, and does not grow slower with the number of statements."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest
from benchmarks.policy_worst import worst_documents
from tests.laws import generate
from tests.policy.steps import steps

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


@pytest.mark.parametrize("seed", range(150))
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


def _when(operator: str, key: str, value: Any) -> dict[str, Any]:
    return {"Condition": {operator: {key: value}}}


SHAPES: dict[str, Any] = {
    "exact": lambda n: {"Resource": f"arn:aws:s3:::bucket-{n}/ana/key"},
    "prefix": lambda n: {"Resource": f"arn:aws:s3:::bucket-{n}/*"},
    "pattern": lambda n: {"Resource": f"arn:aws:s3:::bucket-{n}/*/key"},
    "tail": lambda n: {"Resource": f"arn:aws:s3:::*-{n}/ana/key"},
    "variable": lambda n: {"Resource": f"arn:aws:s3:::bucket-{n}/${{aws:username}}/*"},
    "variable of its own": lambda n: {"Resource": f"arn:aws:s3:::*/${{aws:PrincipalTag/own-{n}}}/*"},
    "text": lambda n: _when("StringEquals", "aws:PrincipalTag/team", f"team-{n}"),
    "text in any case": lambda n: _when("StringEqualsIgnoreCase", "aws:PrincipalTag/team", f"TEAM-{n}"),
    "text if it exists": lambda n: _when("StringEqualsIfExists", "aws:PrincipalTag/team", f"team-{n}"),
    "any of several": lambda n: _when("ForAnyValue:StringEquals", "aws:TagKeys", f"team-{n}"),
    "text prefix": lambda n: _when("StringLike", "aws:PrincipalTag/team", f"team-{n}*"),
    "block": lambda n: _when("IpAddress", "aws:SourceIp", f"10.{n // 250}.{n % 250}.0/24"),
    "at most": lambda n: _when("NumericLessThanEquals", "s3:max-keys", f"-{n}"),
    "at least": lambda n: _when("NumericGreaterThan", "s3:max-keys", str(5000 - n)),
    "date": lambda n: _when("DateLessThan", "aws:CurrentTime", str(1_000_000_000 + n)),
    "key of its own": lambda n: _when("StringEquals", f"aws:PrincipalTag/own-{n}", "ana"),
    "key of its own, whatever it is": lambda n: _when("Null", f"aws:PrincipalTag/own-{n}", "false"),
    "variable of its own in a value": lambda n: _when(
        "StringEquals", "aws:username", f"${{aws:PrincipalTag/own-{n}}}"
    ),
    "the rarer of two": lambda n: {
        "Condition": {
            "StringEquals": {"aws:username": "ana", "aws:PrincipalTag/team": f"team-{n}"},
            "StringNotEquals": {"aws:PrincipalTag/team": "none"},
        }
    },
    "left out alike": lambda n: (
        {"NotResource": ["arn:aws:s3:::other/*"]}
        | _when("StringEquals", "aws:PrincipalTag/team", f"team-{n}")
    ),
    "negated alike": lambda n: _when("StringNotEquals", "aws:username", f"ana{'' if n else n}"),
    "action": lambda n: {"Action": [f"service{n}:*", "s3:PutObject"] if n else ["s3:Get*"]},
}


def decided(count: int, statements: list[CompiledStatement], *, found: bool) -> int:
    """The steps of one decision over statements of which only the last applies, or none."""
    layers = Layers(identity=link([_as_policy(statements)]))
    last = count - 1 if found else count + 7
    context = {
        "aws:username": "ana",
        "aws:principaltag/team": f"team-{last}",
        f"aws:principaltag/own-{last}": "ana",
        "aws:tagkeys": ["a", f"team-{last}"],
        "aws:sourceip": f"10.{last // 250}.{last % 250}.7",
        "s3:max-keys": str(5001 - last) if found else "0.5",
        "aws:currenttime": str(999_999_999 + last),
    }
    context["s3:max-keys"] = str(-last) if _is_at_most(statements) else context["s3:max-keys"]
    request = Request(USER, "s3:GetObject", f"arn:aws:s3:::bucket-{last}/ana/key", ACCOUNT, Context(context))  # type: ignore[arg-type] # values of both sorts
    for _ in range(3):
        decide(request, layers)
    return steps(lambda: decide(request, layers))


def _is_at_most(statements: list[CompiledStatement]) -> bool:
    return any(each.operator == "NumericLessThanEquals" for each in statements[0].statement.conditions)


@pytest.mark.parametrize("found", [True, False], ids=["allow", "implicit deny"])
@pytest.mark.parametrize("shape", SHAPES)
def test_a_thousand_statements_cost_no_more_than_half_as_much_again_as_fifty(
    shape: str, *, found: bool
) -> None:
    base = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}

    def measured(count: int) -> int:
        made = [base | SHAPES[shape](n) for n in range(count)]
        for statement in made:
            if "NotResource" in statement:
                del statement["Resource"]
        return decided(count, compiled(made), found=found)

    assert measured(1000) <= 1.5 * measured(51)


def _as_policy(statements: list[CompiledStatement]) -> Any:
    text = json.dumps({"Version": "2012-10-17", "Statement": []})
    policy = compile_document(parse(text, Kind.IDENTITY, Dialect.EVALUATE), Source(Kind.IDENTITY))
    policy.statements = tuple(statements)
    return policy


@pytest.mark.parametrize("name", worst_documents())
def test_the_worst_documents_take_a_few_steps_for_each_character(name: str) -> None:
    """Every decision: the first, the one that makes the index, and a warm one. The benchmark has them in milliseconds."""
    worst = worst_documents()[name]
    size = len(worst.document) + len(worst.context.get("s3:prefix", ""))  # type: ignore[arg-type] # of a text or list
    parsed = parse(worst.document, Kind.IDENTITY, Dialect.EVALUATE)
    layers = Layers(identity=link([compile_document(parsed, Source(Kind.IDENTITY))]))
    for _ in range(3):
        request = Request(USER, "s3:GetObject", worst.resource, ACCOUNT, Context(dict(worst.context)))
        assert steps(lambda request=request: decide(request, layers)) < 10 * size  # type: ignore[misc] # bound
