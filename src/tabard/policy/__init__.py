"""Floor 2: the policy language. Plain values in, a decision out; no clock, no I/O, no logging.

    document = parse(text, Kind.IDENTITY)
    policies = link([compile(document, Source(Kind.IDENTITY, arn))])
    decision = decide(Request(caller, "s3:GetObject", arn, account, Context(keys)), Layers(identity=policies))

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

from tabard.policy.compiled import Compiled, StatementRef
from tabard.policy.compiled import compile_document as compile  # noqa: A004 # the verb of the field
from tabard.policy.context import Context
from tabard.policy.decision import Decision, Layers, Outcome, Request, decide
from tabard.policy.document import Condition, Document, Kind, Principal, Source, Statement
from tabard.policy.errors import PolicyError
from tabard.policy.explain import Explanation, Match, NearMiss, explain
from tabard.policy.grammar import Dialect, invalid_principal, parse, principals_of
from tabard.policy.inspect import context_keys, replace_principals, resources_of, size
from tabard.policy.linked import PolicySet, link
from tabard.policy.messages import denial_message, matched_statements
from tabard.policy.report import report

__all__ = [
    "Compiled",
    "Condition",
    "Context",
    "Decision",
    "Dialect",
    "Document",
    "Explanation",
    "Kind",
    "Layers",
    "Match",
    "NearMiss",
    "Outcome",
    "PolicyError",
    "PolicySet",
    "Principal",
    "Request",
    "Source",
    "Statement",
    "StatementRef",
    "compile",
    "context_keys",
    "decide",
    "denial_message",
    "explain",
    "invalid_principal",
    "link",
    "matched_statements",
    "parse",
    "principals_of",
    "replace_principals",
    "report",
    "resources_of",
    "size",
]
