"""`tabard evaluate` answers line by line, without a server."""

from __future__ import annotations

import json
import subprocess
import sys

POLICY = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}}


def test_lines_in_lines_out() -> None:
    line = {
        "principal": "arn:aws:iam::123456789012:user/alice",
        "resource": "arn:aws:s3:::b/k",
        "identityPolicies": [POLICY],
    }
    lines = [
        json.dumps({**line, "id": 1, "action": "s3:GetObject"}),
        "",
        "not json",
        json.dumps({**line, "id": 2, "action": "s3:PutObject"}),
    ]
    done = subprocess.run(
        [sys.executable, "-m", "tabard.cli", "evaluate"],
        input="\n".join(lines).encode(),
        capture_output=True,
        check=True,
    )
    answers = [json.loads(row) for row in done.stdout.splitlines()]
    assert [(answer["id"], answer["decision"]) for answer in answers] == [
        (1, "allow"),
        (None, "error"),
        (2, "deny"),
    ]
    assert done.stderr == b""
