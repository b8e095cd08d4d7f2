"""The policies of a user or role, gathered from wherever they are attached and linked into one set."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tabard import policy
from tabard.catalog import managed_policies
from tabard.core.arn import Arn
from tabard.core.remembering import by_length

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tabard.policy import Compiled, PolicySet
    from tabard.store.iam import EntityKind, Role, User
    from tabard.store.port import Change, View

Source = tuple[str, str, str]
"""What something was made from, as the change log names it: kind, account, key."""

_GRANTED_AT_MOST = 20_000
_DOCUMENTS_AT_MOST = 32 * 1024 * 1024
"""Characters of the documents that are kept compiled beside those that principals in use hold."""


class Granted(NamedTuple):
    """A principal's linked identity policies, its boundary (None: it has none) and what both were made from."""

    identity: PolicySet
    boundary: PolicySet | None
    made_from: tuple[Source, ...]


@by_length(_DOCUMENTS_AT_MOST)
def compiled(text: str, kind: policy.Kind, name: str, version: str = "") -> Compiled:
    """A stored policy document compiled, once for as long as its text stays the same; ``name`` is its ARN, where it has one."""
    arn = name if name.startswith("arn:") else ""
    document = policy.parse(text, kind, policy.Dialect.EVALUATE)  # it was checked when it was stored
    return policy.compile(document, policy.Source(kind, arn, name, version))


@by_length(_DOCUMENTS_AT_MOST)
def linked(text: str, kind: policy.Kind, name: str) -> PolicySet:
    """A resource's or role's own policy, compiled and linked, once for as long as its text stays the same."""
    return policy.link([compiled(text, kind, name)])


NOTHING = policy.link(())
EVERYTHING = policy.link(
    [
        policy.compile(
            policy.parse(
                '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}',
                policy.Kind.IDENTITY,
                policy.Dialect.EVALUATE,
            ),
            policy.Source(policy.Kind.IDENTITY, "", "account root", ""),
        )
    ]
)
"""What an account's root may do, where it is limited by session policies."""


class Grants:
    """Gathers and links; one for each view of the store."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._granted: dict[str, Granted] = {}
        self._made_from: dict[Source, set[str]] = {}
        view.watch(self._on_changes)

    def of_user(self, user: User) -> Granted:
        """A user's own policies and those of its groups."""
        found = self._granted.get(user.id)
        if found is None:
            sources: list[Source] = [("membership", user.account, user.id)]
            gathered = self._of_entity(user.account, "user", user.id, user.name, sources)
            for group in self._view.iam.groups.of_user(user):
                sources.append(("group", group.account, group.id))
                gathered += self._of_entity(group.account, "group", group.id, group.name, sources)
            found = self._link(user.account, "user", user.id, gathered, user.boundary, sources)
        return found

    def of_role(self, role: Role) -> Granted:
        """A role's own policies."""
        found = self._granted.get(role.id)
        if found is None:
            sources: list[Source] = []
            gathered = self._of_entity(role.account, "role", role.id, role.name, sources)
            found = self._link(role.account, "role", role.id, gathered, role.boundary, sources)
        return found

    def session_set(
        self, documents: Sequence[str], arns: Sequence[str]
    ) -> tuple[PolicySet | None, list[Source]]:
        """The session policies that a session was made with; None when it was made without."""
        if not documents and not arns:
            return None, []
        sources: list[Source] = []
        gathered = [compiled(text, policy.Kind.SESSION, "session policy") for text in documents]
        gathered += [
            found for arn in arns if (found := self._managed(arn, policy.Kind.SESSION, sources)) is not None
        ]
        return policy.link(gathered), sources

    def _of_entity(
        self, account: str, kind: EntityKind, entity_id: str, name: str, sources: list[Source]
    ) -> list[Compiled]:
        grants = self._view.iam.grants
        sources.append(("grants", account, entity_id))
        gathered = [
            compiled(inline.document, policy.Kind.IDENTITY, f"{kind}/{name}/{inline.name}")
            for inline in grants.inline(account, kind, entity_id)
        ]
        gathered += [
            found
            for arn in grants.attached(account, kind, entity_id)
            if (found := self._managed(arn, policy.Kind.IDENTITY, sources)) is not None
        ]
        return gathered

    def _managed(self, arn: str, kind: policy.Kind, sources: list[Source]) -> Compiled | None:
        """A managed policy's default version: AWS's from the catalogue, a customer's from the store."""
        if Arn.parse(arn).account == "aws":
            published = managed_policies.get(arn)
            return published and compiled(published.document, kind, arn, published.default_version_id)
        customer = self._view.iam.policies.by_arn(arn)
        if customer is None:
            return None
        version = self._view.iam.policies.version(customer, customer.default_version)
        if version is None:
            return None
        sources.append(("policy", customer.account, customer.id))
        return compiled(version.document, kind, arn, version.version)

    def _link(
        self,
        account: str,
        kind: EntityKind,
        entity_id: str,
        gathered: list[Compiled],
        boundary: str | None,
        sources: list[Source],
    ) -> Granted:
        sources.append((kind, account, entity_id))
        bound: PolicySet | None = None
        if boundary is not None:
            limit = self._managed(boundary, policy.Kind.BOUNDARY, sources)
            bound = policy.link([] if limit is None else [limit])
        granted = Granted(policy.link(gathered), bound, tuple(sources))
        if len(self._granted) >= _GRANTED_AT_MOST:
            self._granted.clear()
            self._made_from.clear()
        self._granted[entity_id] = granted
        for source in sources:
            self._made_from.setdefault(source, set()).add(entity_id)
        return granted

    def _on_changes(self, changes: Sequence[Change]) -> None:
        for change in changes:
            for key in change.keys:
                for entity_id in self._made_from.pop((change.kind, change.account, key), ()):
                    self._granted.pop(entity_id, None)
