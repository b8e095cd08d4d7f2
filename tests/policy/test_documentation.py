"""What docs/policies.md shows runs as it stands there, in an interpreter of its own, and answers what the page says."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from tabard.policy.evaluate import Evaluator

PAGE = (Path(__file__).parents[2] / "docs" / "policies.md").read_text()


def test_the_example_in_python_runs_alone() -> None:
    program = PAGE.partition("```python\n")[2].partition("```")[0]
    program += (
        "\nimport sys\nprint(sorted({name.split('.')[1] for name in sys.modules if name[:7] == 'tabard.'}))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    outcome, message, expected, packages = done.stdout.splitlines()
    assert outcome == "ImplicitlyDenied"
    assert message.startswith(
        "User: arn:aws:iam::111122223333:user/ana is not authorized to perform: s3:PutObject"
    )
    assert expected == "['arn:aws:s3:::reports/ana/*']"
    assert packages == "['core', 'policy']"


def test_the_example_of_evaluate_answers_as_the_page_says() -> None:
    asked, answer = re.findall(
        r"echo '(.*?)' \| tr -d '\\n' \| tabard evaluate\n +(\{[^\n]*\})", PAGE, re.DOTALL
    )[0]
    assert json.loads(Evaluator().evaluate_line(asked.replace("\n", ""))) == json.loads(answer)
