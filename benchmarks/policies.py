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
from benchmarks.policy_worst import Worst, worst_documents
from tabard import policy
from tabard.core.caller import Caller

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks.report import Table
    from tabard.policy.context import Lazy

ANA = Caller("User", ACCOUNT, USER, USER, "AIDA", "AIDA", "ana")


def measure_policies() -> Table:
    """Figures of Tabard's engine, and of the peers' in an interpreter of their own on the same core."""
    figures: Table = {f"{case.name} (µs)": {"tabard": decision(case)} for case in cases()}
    figures["implicit deny explained, 51 statements (µs)"] = {"tabard": explanation()}
    for name, worst in worst_documents().items():
        figures[f"worst: {name} ({len(worst.document):,} characters, ms)"] = dict(
            zip(("linked", "first", "second", "warm"), adversarial(worst), strict=True)
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


def _request(resource: str, context: Mapping[str, Lazy]) -> policy.Request:
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


def adversarial(worst: Worst) -> tuple[float, ...]:
    """Parsing and linking a document, the first decision under it, the one that makes the index, and a warm one, in ms."""
    best = [float("inf")] * 3
    for _ in range(5):
        times = [time.process_time()]
        layers, request = (
            policy.Layers(identity=_linked(worst.document)),
            _request(worst.resource, worst.context),
        )
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
