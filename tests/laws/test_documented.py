"""The engine and the reference both answer as AWS's documentation says."""

from __future__ import annotations

import json

import pytest

from tabard.policy.evaluate import Evaluator
from tests.laws import reference
from tests.laws.documented import LAYERS, Case
from tests.laws.documented_elements import CONDITIONS, ELEMENTS
from tests.laws.documented_more import MORE

CASES = LAYERS + ELEMENTS + CONDITIONS + MORE

by_rule = pytest.mark.parametrize("case", CASES, ids=[case.rule for case in CASES])


@by_rule
def test_the_engine_does_what_the_page_says(case: Case) -> None:
    evaluator = Evaluator()
    answers = [evaluator.evaluate(json.dumps(case.line)) for _ in range(3)]
    assert {answer.result for answer in answers} == {case.expected}, (case.page, answers[0].reason)


@by_rule
def test_the_reference_does_what_the_page_says(case: Case) -> None:
    assert reference.evaluate(case.line) == case.expected, case.page
