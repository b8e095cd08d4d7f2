"""Whether a Principal or NotPrincipal element names a caller, and how directly.

How directly matters: a grant to an account only lets that account's administrators grant, one to a role is
still limited by boundary and session policy, one to a user, a session or to everyone is not.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
"""

from __future__ import annotations

import re
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tabard.core.caller import Caller
    from tabard.policy.decision import Request
    from tabard.policy.document import Principal

_ROOT = re.compile(r"arn:aws[a-z-]*:iam::([0-9]{12}):root", re.ASCII)


class Grant(IntEnum):
    """How directly a statement names the caller."""

    NONE = 0
    ACCOUNT = 1
    """The caller's account: for it, not for its users and roles."""
    ROLE = 2
    """The role behind the caller's session, or the user behind a federated one."""
    DIRECT = 3
    """The caller itself, or everyone."""


class Principals:
    """A compiled Principal element."""

    __slots__ = ("_accounts", "_aws", "_canonical", "_everyone", "_federated", "_services")

    def __init__(self, members: tuple[Principal, ...]) -> None:
        self._everyone = any(member.type == "*" for member in members)
        self._services = frozenset([member.value for member in members if member.type == "Service"])
        self._federated = frozenset([member.value for member in members if member.type == "Federated"])
        self._canonical = frozenset([member.value for member in members if member.type == "CanonicalUser"])
        aws = [member.value for member in members if member.type == "AWS"]
        roots = {value: match[1] for value in aws if (match := _ROOT.fullmatch(value))}
        accounts = {value for value in aws if len(value) == 12 and value.isdigit()}
        self._accounts = frozenset(accounts | set(roots.values()))
        self._aws = frozenset(aws) - accounts - roots.keys()

    def grant(self, request: Request) -> Grant:
        """How directly this Principal element names the caller of a request."""
        if self._everyone:
            return Grant.DIRECT
        caller = request.principal
        kind = caller.kind
        if kind == "Service":
            return Grant.DIRECT if caller.service_name in self._services else Grant.NONE
        if self._federated and self._names_provider(request):
            return Grant.DIRECT
        if kind == "Anonymous":
            return Grant.NONE
        aws = self._aws
        if aws:
            if caller.arn in aws and (caller.arn != caller.principal_arn or kind != "AssumedRole"):
                return Grant.DIRECT
            if caller.principal_arn in aws or caller.unique_id in aws or self._names_role(caller):
                return Grant.DIRECT if kind in {"User", "Root"} else Grant.ROLE
        if caller.account in self._accounts or (self._canonical and request.canonical_id in self._canonical):
            return Grant.DIRECT if kind == "Root" else Grant.ACCOUNT
        return Grant.NONE

    def lists(self, request: Request) -> bool:
        """Whether a Deny's NotPrincipal exempts the caller: it must list the caller itself.

        The account does not stand for its users, nor a role for each of its sessions.
        """
        grant = self.grant(request)
        caller = request.principal
        return grant is Grant.DIRECT or (grant is Grant.ROLE and caller.arn == caller.principal_arn)

    def lists_any(self, request: Request) -> bool:
        """Whether a NotPrincipal element lists any identity of the caller."""
        return self.grant(request) is not Grant.NONE

    def _names_role(self, caller: Caller) -> bool:
        """Whether a role with a path is named, where only the session's ARN is known (it has no path)."""
        if caller.kind != "AssumedRole" or caller.unique_id or not caller.name:
            return False
        start, end = f":iam::{caller.account}:role/", f"/{caller.name}"
        return any(start in value and value.endswith(end) for value in self._aws)

    def _names_provider(self, request: Request) -> bool:
        if request.provider:
            return request.provider in self._federated
        found = request.context.lookup("aws:federatedprovider")
        return isinstance(found, str) and found in self._federated
