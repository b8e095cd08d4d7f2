"""The engine against the reference, over generated requests; what they once disagreed on is kept as data."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tabard.policy.evaluate import Evaluator
from tests.laws import generate, reference

COUNTEREXAMPLES = Path(__file__).parent / "counterexamples.jsonl"


def answers(evaluator: Evaluator, line: dict[str, Any]) -> set[str | None]:
    """The engine's answers: as when a policy set is new, and as when it is indexed."""
    text = json.dumps(line)
    return {evaluator.evaluate(text).result for _ in range(4)}


def compare(first: int, cases: int) -> dict[str, int]:
    evaluator = Evaluator()
    outcomes: dict[str, int] = {}
    for seed in range(first, first + cases):
        line = generate.line(Random(seed))  # noqa: S311 # repeatable cases, not secrets
        expected = reference.evaluate(line)
        assert answers(evaluator, line) == {expected}, f"seed {seed}: {json.dumps(line)}"
        outcomes[expected] = outcomes.get(expected, 0) + 1
    return outcomes


def test_the_engine_agrees_with_the_reference() -> None:
    outcomes = compare(0, 10_000)
    assert all(count > 1_000 for count in outcomes.values()), outcomes
    assert len(outcomes) == 3


@pytest.mark.long
@pytest.mark.parametrize("part", range(10))
def test_the_engine_agrees_with_the_reference_a_million_times(part: int) -> None:
    compare(1_000_000 + part * 100_000, 100_000)


@pytest.mark.parametrize("text", COUNTEREXAMPLES.read_text().splitlines())
def test_a_counterexample_stays_solved(text: str) -> None:
    case = json.loads(text)
    assert reference.evaluate(case["line"]) == case["expected"], case["why"]
    assert answers(Evaluator(), case["line"]) == {case["expected"]}, case["why"]
