"""The policies that a simulation is about, each with where it comes from.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tabard.catalog import managed_policies
from tabard.core.arn import Arn, assumed_role_arn, iam_arn
from tabard.core.caller import Caller
from tabard.policy import Kind, PolicyError, Source, context_keys, parse
from tabard.services.iam.errors import invalid_input, no_such_entity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tabard.policy import Document
    from tabard.services.operation import Call
    from tabard.store.iam import EntityKind, Group, Role, User


@dataclass(slots=True)
class Simulated:
    """A document, where it comes from (``SourcePolicyId``, ``SourcePolicyType``), and where its statements stand."""

    document: Document
    source: Source
    type: str
    excluded_as: tuple[str, str]
    """How ``PolicyExclusionList`` names it: its policy type, and its ARN or ``kind/name/policy``."""
    _spans: list[tuple[int, int]] | None = None

    def position(self, index: int) -> dict[str, Any]:
        """``StartPosition`` and ``EndPosition`` of a statement."""
        if self._spans is None:
            self._spans = _statement_spans(self.document.text)
        start, end = self._spans[index]
        return {
            "StartPosition": _line(self.document.text, start),
            "EndPosition": _line(self.document.text, end),
        }


@dataclass(slots=True)
class SimulatedPrincipal:
    """Who is simulated: the caller, its policies, and those of its boundary (None: it has none)."""

    caller: Caller
    policies: list[Simulated] = field(default_factory=list)
    boundary: list[Simulated] | None = None


def given(texts: Iterable[str], kind: Kind, name: str) -> list[Simulated]:
    """Policies that a request holds; raises InvalidInput for one that is malformed."""
    found = []
    for index, text in enumerate(texts, 1):
        try:
            document = parse(text, kind)
        except PolicyError as error:
            raise invalid_input(error.message) from None
        identifier = f"{name}.{index}"
        found.append(Simulated(document, Source(kind, "", identifier), "none", ("", identifier)))
    return found


def principal_of(call: Call, arn: str) -> SimulatedPrincipal:
    """The user, group or role of this ARN with its policies; raises NoSuchEntity or InvalidInput."""
    kind, name = _kind_and_name(call, arn)
    iam, account = call.store.iam, call.account
    if kind == "user":
        user = iam.users.get(account, name)
        if user is None or iam_arn(account, kind, user.path, user.name) != arn:
            raise no_such_entity(f"The user with name {name} cannot be found.")
        caller = Caller("User", account, arn, arn, user.id, user.id, user.name, tags=user.tags)
        return _with_boundary(
            call, caller, user, [("user", user), *(("group", g) for g in iam.groups.of_user(user))]
        )
    if kind == "role":
        role = iam.roles.get(account, name)
        if role is None or iam_arn(account, kind, role.path, role.name) != arn:
            raise no_such_entity(f"The role with name {name} cannot be found.")
        session = assumed_role_arn(account, role.name, "simulation")
        identifier = f"{role.id}:simulation"
        caller = Caller(
            "AssumedRole", account, session, arn, identifier, role.id, role.name, "simulation", tags=role.tags
        )
        return _with_boundary(call, caller, role, [("role", role)])
    group = iam.groups.get(account, name)
    if group is None or iam_arn(account, kind, group.path, group.name) != arn:
        raise no_such_entity(f"The group with name {name} cannot be found.")
    caller = Caller("User", account, arn, arn, group.id, group.id, group.name)
    return SimulatedPrincipal(caller, _of_entity(call, "group", group))


def keys_of(policies: Iterable[Simulated]) -> list[str]:
    """The condition keys that policies mention, each once."""
    found: dict[str, str] = {}
    for each in policies:
        for key in context_keys(each.document):
            found.setdefault(key.lower(), key)
    return list(found.values())


def _kind_and_name(call: Call, arn: str) -> tuple[str, str]:
    try:
        parsed = Arn.parse(arn)
    except ValueError:
        raise invalid_input(f"Invalid Entity Arn: {arn}") from None
    kind, _, rest = parsed.resource.partition("/")
    if parsed.service != "iam" or kind not in {"user", "group", "role"}:
        raise invalid_input(f"Invalid Entity Arn: {arn} does not clearly define entity type and name.")
    if parsed.account != call.account:
        raise invalid_input(
            f"Invalid Policy Source Arn: caller's account {call.account} does not have access to policies in "
            f"account {parsed.account}"
        )
    return kind, rest.rpartition("/")[2]


def _with_boundary(
    call: Call, caller: Caller, entity: User | Role, entities: list[tuple[EntityKind, Any]]
) -> SimulatedPrincipal:
    policies = [policy for kind, each in entities for policy in _of_entity(call, kind, each)]
    principal = SimulatedPrincipal(caller, policies)
    if entity.boundary is not None:
        principal.boundary = _managed(call, entity.boundary, Kind.BOUNDARY)
    return principal


def _of_entity(call: Call, kind: EntityKind, entity: User | Group | Role) -> list[Simulated]:
    grants = call.store.iam.grants
    found = []
    for inline in grants.inline(call.account, kind, entity.id):
        identifier = f"{kind}_{entity.name}_{inline.name}"
        source = Source(Kind.IDENTITY, "", identifier)
        excluded_as = ("inline", f"{kind}/{entity.name}/{inline.name}")
        found.append(Simulated(parse(inline.document, Kind.IDENTITY), source, kind, excluded_as))
    for arn in grants.attached(call.account, kind, entity.id):
        found += _managed(call, arn, Kind.IDENTITY)
    return found


def _managed(call: Call, arn: str, kind: Kind) -> list[Simulated]:
    """A managed policy's default version; empty where it is gone."""
    if arn.startswith(managed_policies.ARN_PREFIX):
        published = managed_policies.get(arn)
        if published is None:
            return []
        text, version, type_ = published.document, published.default_version_id, "aws-managed"
    else:
        policy = call.store.iam.policies.by_arn(arn)
        kept = policy and call.store.iam.policies.version(policy, policy.default_version)
        if not kept:
            return []
        text, version, type_ = kept.document, kept.version, "user-managed"
    excluded_as = ("permission-boundary" if kind is Kind.BOUNDARY else type_, arn)
    return [
        Simulated(parse(text, kind), Source(kind, arn, arn.rpartition("/")[2], version), type_, excluded_as)
    ]


def _line(text: str, offset: int) -> dict[str, int]:
    before = text[:offset]
    return {"Line": before.count("\n") + 1, "Column": offset - before.rfind("\n")}


def _statement_spans(text: str) -> list[tuple[int, int]]:
    """Where each statement of a well-formed document starts and ends.

    As in recorded answers it starts where what stands before it ends: the bracket, or the statement before it.
    """
    decoder = json.JSONDecoder()
    position = _skip(text, 0) + 1
    while True:
        key, position = decoder.raw_decode(text, _skip(text, position))
        start = _skip(text, _skip(text, position) + 1)
        _, end = decoder.raw_decode(text, start)
        if key == "Statement":
            break
        position = _skip(text, end) + 1
    if text[start] == "{":
        return [(start, end)]
    spans, position, before = [], start, start + 1
    while text[position] != "]":
        _, end = decoder.raw_decode(text, _skip(text, position + 1))
        spans.append((before, end))
        position, before = _skip(text, end), end
    return spans


def _skip(text: str, position: int) -> int:
    while text[position].isspace():
        position += 1
    return position
