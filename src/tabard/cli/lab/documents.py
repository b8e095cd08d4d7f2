"""The policy documents of the story, as the files that its commands name."""

from __future__ import annotations

import json
from typing import Any


def trust(*, service: str | None = None, user: str | None = None) -> dict[str, Any]:
    """A trust policy for a service (``ec2.amazonaws.com``), a user's ARN, or both."""
    principal: dict[str, str] = {}
    if service is not None:
        principal["Service"] = service
    if user is not None:
        principal["AWS"] = user
    return _document({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})


def allow(
    *actions: str, resource: str = "*", condition: dict[str, dict[str, str]] | None = None
) -> dict[str, Any]:
    """An identity policy that allows these actions, and nothing else."""
    statement: dict[str, Any] = {"Effect": "Allow", "Action": list(actions), "Resource": resource}
    if condition is not None:
        statement["Condition"] = condition
    return _document(statement)


def revoke_sessions(before: str) -> dict[str, Any]:
    """What the console attaches to a role to revoke its sessions: nothing is allowed to those issued before a time.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html
    """
    condition = {"DateLessThan": {"aws:TokenIssueTime": before}}
    return _document({"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition})


def compact(document: dict[str, Any]) -> str:
    """The document on one line."""
    return json.dumps(document, separators=(", ", ": "))


def _document(statement: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [statement]}
