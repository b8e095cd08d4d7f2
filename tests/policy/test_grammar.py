"""What IAM refuses, in its words: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tabard.policy import Dialect, Kind, PolicyError, parse

VECTORS = Path(__file__).parent.parent / "vectors" / "policy" / "create_policy_validity.jsonl"
CASES = [json.loads(line) for line in VECTORS.read_text().splitlines()]


def refusal(text: str, kind: Kind = Kind.IDENTITY, dialect: Dialect = Dialect.IAM) -> tuple[str, str] | None:
    try:
        parse(text, kind, dialect)
    except PolicyError as error:
        assert error.status == 400
        return error.code, error.message
    return None


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_create_policy_answers_as_recorded(case: dict[str, Any]) -> None:
    error = case["error"]
    expected = (error["code"], error["message"]) if error else None
    assert refusal(json.dumps(case["document"])) == expected
