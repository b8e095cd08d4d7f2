"""The policy engine: a warm decision beside the other engines', the worst documents, and ``tabard evaluate``'s lines."""

from __future__ import annotations

import json
import resource as usage
import subprocess
import sys
import tempfile
import time
from typing import TYPE_CHECKING, Any

from benchmarks import servers
from benchmarks.policy_cases import ACCOUNT, ACTION, USER, Case, cases, microseconds
from tabard import policy
from tabard.core.caller import Caller

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.report import Table

ANA = Caller("User", ACCOUNT, USER, USER, "AIDA", "AIDA", "ana")


def measure_policies() -> Table:
    """Figures of Tabard's engine, and of the peers' in an interpreter of their own on the same core."""
    figures: Table = {f"{case.name} (µs)": {"tabard": decision(case)} for case in cases()}
    figures["implicit deny explained, 51 statements (µs)"] = {"tabard": explanation()}
    for name, (document, resource, context) in worst_documents().items():
        figures[f"worst: {name} ({len(document):,} characters, ms)"] = dict(
            zip(("linked", "first", "second", "warm"), adversarial(document, resource, context), strict=True)
        )
    figures["evaluate, every document new (lines/s)"] = {"tabard": lines_a_second(new=True)}
    figures["evaluate, documents repeat (lines/s)"] = {"tabard": lines_a_second(new=False)}
    python = servers.install_peers()
    command = [str(python), "-m", "benchmarks.policy_peers"]
    done = subprocess.run(command, cwd=servers.ROOT, capture_output=True, check=True)
    for name, row in json.loads(done.stdout).items():
        figures[f"{name} (µs)"] |= row
    return figures


def _linked(document: str) -> policy.PolicySet:
    parsed = policy.parse(document, policy.Kind.IDENTITY, policy.Dialect.EVALUATE)
    return policy.link([policy.compile(parsed, policy.Source(policy.Kind.IDENTITY, name="measured"))])


def _request(resource: str, context: dict[str, str]) -> policy.Request:
    return policy.Request(ANA, ACTION, resource, ACCOUNT, policy.Context(dict(context)))


def decision(case: Case) -> float:
    """A warm decision, in µs."""
    layers, request = policy.Layers(identity=_linked(case.document)), _request(case.resource, case.context)
    if policy.decide(request, layers).allowed is not case.allowed:
        raise RuntimeError(f"the engine is wrong on: {case.name}")
    return microseconds(lambda: policy.decide(request, layers))


def explanation() -> float:
    """The whole trace of a denial, as the audit record keeps it, in µs."""
    case = next(case for case in cases() if case.name == "implicit deny, 51 statements")
    layers, request = policy.Layers(identity=_linked(case.document)), _request(case.resource, case.context)
    return microseconds(lambda: policy.report(policy.explain(request, layers), request))


def worst_documents() -> dict[str, tuple[str, str, dict[str, str]]]:
    """Documents made to be slow, each as large as IAM or S3 takes: the text, a resource and a context."""
    text = "a" * 1023 + "b"

    def document(statement: dict[str, Any]) -> str:
        allow = {"Effect": "Allow", "Action": "s3:*", **statement}
        return json.dumps({"Version": "2012-10-17", "Statement": [allow]})

    def on(resource: str | list[str]) -> str:
        return document({"Resource": resource})

    def when(operator: str, values: list[str]) -> str:
        return document({"Resource": "*", "Condition": {operator: {"s3:prefix": values}}})

    def many(value: Callable[[int], str], size: int = 19_000) -> list[str]:
        """So many different values as fit."""
        return [value(number) for number in range(size // (len(value(100)) + 4))]

    arn, short = f"arn:aws:s3:::{text}", "arn:aws:s3:::b/k"
    return {
        "one pattern of many stars": (on("arn:aws:s3:::" + "a*" * 10_000 + "c"), arn, {}),
        "one pattern of stars and question marks": (on("arn:aws:s3:::" + "*a?" * 6_600 + "c"), arn, {}),
        "question marks in the account": (on("arn:aws:s3::" + "?*" * 3_000 + ":" + "*a" * 6_000), arn, {}),
        "patterns that nearly match": (
            on(["arn:aws:s3::" + "?*" * 480 + ":" + "*a" * 500 + f"*{number:02}*b" for number in range(10)]),
            "arn:aws:s3:::" + "a:" * 512 + "ab",
            {},
        ),
        "many patterns": (on(["arn:aws:s3:::" + f"*a{number:03}*?a*b" for number in range(700)]), arn, {}),
        "many values with stars": (
            when("StringLike", [f"*a*{number:04}*a*" for number in range(1_000)]),
            short,
            {"s3:prefix": text},
        ),
        "many values with question marks": (
            when("StringLike", many(lambda number: f"*a?{number:04}*")),
            short,
            {"s3:prefix": text},
        ),
        "the same, in a text of 8,000 characters": (
            when("StringLike", many(lambda number: f"*a?b{number:04}*")),
            short,
            {"s3:prefix": "a" * 7_999 + "b"},
        ),
        "long values that nearly match": (
            when("StringLike", many(lambda number: "*" + "a" * (50 + number % 9) + "b" + "a" * 50 + "*")),
            short,
            {"s3:prefix": text},
        ),
        "many patterns of segments": (
            on(many(lambda number: f"arn:aws:s3:*?::*a{number:03}:*b")),
            "arn:aws:s3:::" + "a::" * 300 + "ab",
            {},
        ),
        "many ARNs in a condition": (
            when("ArnLike", many(lambda number: f"*?:*?:*?:*?:*?:*{number:03}a?b")),
            short,
            {"s3:prefix": f"arn:aws:s3:us-east-1:{ACCOUNT}:" + "0123456789a" * 80},
        ),
        "many actions": (
            document({"Action": many(lambda number: f"s3:*t*{number % 90:02}?t"), "Resource": "*"}),
            short,
            {},
        ),
        "many patterns with a variable each": (
            on(many(lambda number: f"arn:aws:s3:::*${{aws:PrincipalTag/k{number:03}}}*")),
            arn,
            {f"aws:principaltag/k{number:03}": f"a{number}" for number in range(500)},
        ),
        "many statements": (
            json.dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": [
                        {"Effect": "Allow", "Action": "s3:*", "Resource": f"arn:aws:s3:::*a?{number:03}*"}
                        for number in range(230)
                    ],
                }
            ),
            arn,
            {},
        ),
        "many plain values": (
            when("StringEquals", [f"{number:05}" for number in range(2_500)]),
            short,
            {"s3:prefix": text},
        ),
        "many variables": (
            on("arn:aws:s3:::" + "${aws:username}*" * 1_200),
            "arn:aws:s3:::" + "ana" * 340,
            {"aws:username": "ana"},
        ),
        "many address blocks": (
            document(
                {
                    "Resource": "*",
                    "Condition": {
                        "IpAddress": {"aws:SourceIp": [f"10.{n // 250}.{n % 250}.0/24" for n in range(1_200)]}
                    },
                }
            ),
            short,
            {"aws:sourceip": "192.0.2.1"},
        ),
    }


def adversarial(document: str, resource: str, context: dict[str, str]) -> tuple[float, ...]:
    """Parsing and linking a document, the first decision under it, the one that makes the index, and a warm one, in ms."""
    best = [float("inf")] * 3
    for _ in range(5):
        times = [time.process_time()]
        layers, request = policy.Layers(identity=_linked(document)), _request(resource, context)
        times.append(time.process_time())
        for _ in range(2):
            policy.decide(request, layers)
            times.append(time.process_time())
        best = [
            min(known, after - before) for known, before, after in zip(best, times, times[1:], strict=False)
        ]
    return *[seconds * 1e3 for seconds in best], microseconds(lambda: policy.decide(request, layers)) / 1e3


def lines_a_second(*, new: bool, count: int = 6_000) -> float:
    """What ``tabard evaluate`` answers a second on one core, start included: five documents of five statements a line."""
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
        for number in range(count if new else 5 * count):
            file.write(json.dumps(_line(number, number if new else number % 10)) + "\n")
        file.flush()
        before = usage.getrusage(usage.RUSAGE_CHILDREN)
        command = [sys.executable, "-m", "tabard.cli", "evaluate", file.name]
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        after = usage.getrusage(usage.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return (count if new else 5 * count) / spent


def _line(number: int, variant: int) -> dict[str, Any]:
    documents = [
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": f"S{statement}",
                    "Effect": "Allow" if statement else "Deny",
                    "Action": "ec2:*" if statement == 2 else ["s3:GetObject", "s3:PutObject"],
                    "Resource": f"arn:aws:s3:::bucket-{variant}-{document}-{statement}/*",
                }
                | ({"Condition": {"Bool": {"aws:SecureTransport": "true"}}} if statement % 2 else {})
                for statement in range(5)
            ],
        }
        for document in range(5)
    ]
    return {
        "id": number,
        "principal": USER,
        "action": ACTION,
        "resource": f"arn:aws:s3:::bucket-{variant}-4-4/key",
        "identityPolicies": documents,
    }
