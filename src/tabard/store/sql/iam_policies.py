"""Customer-managed policies and their versions."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Row, bindparam, delete, func, insert, select

from tabard.core.arn import iam_arn
from tabard.store.iam import Policy, PolicyVersion
from tabard.store.sql.iam_entities import Entities, Statements, folded
from tabard.store.sql.schema_iam import POLICIES, POLICY_VERSIONS

_VERSIONS = select(POLICY_VERSIONS).where(POLICY_VERSIONS.c.policy_id == bindparam("policy_id"))
_VERSIONS_IN_USE = (
    select(func.count())
    .select_from(POLICY_VERSIONS)
    .join(POLICIES, POLICIES.c.id == POLICY_VERSIONS.c.policy_id)
    .where(POLICIES.c.account == bindparam("account"))
)


def _version(row: Row[Any]) -> PolicyVersion:
    return PolicyVersion(row.policy_id, row.version, row.document, row.created_at)


class _Policies(Entities[Policy]):
    kind = "policy"
    record = Policy
    statements = Statements(POLICIES)


class SqlPolicies(_Policies):
    """See ``tabard.store.iam.Policies``. A version's change is its policy's change."""

    def by_arn(self, arn: str) -> Policy | None:
        """The policy of this ARN, whose path and case count."""
        parts = arn.split(":", 5)
        if len(parts) != 6 or not parts[5].startswith("policy/"):
            return None
        policy = self.get(parts[4], arn.rpartition("/")[2])
        if policy is None or iam_arn(policy.account, "policy", policy.path, policy.name) != arn:
            return None
        return policy

    def create(self, entity: Policy, version: PolicyVersion) -> None:  # type: ignore[override]  # a policy is born with a version
        """Add a policy with its first version."""
        self._session.connection.execute(insert(POLICY_VERSIONS), msgspec.structs.asdict(version))
        super().create(entity)

    def delete(self, entity: Policy) -> None:
        """Take a policy out with every version."""
        of_policy = POLICY_VERSIONS.c.policy_id == entity.id
        self._session.connection.execute(delete(POLICY_VERSIONS).where(of_policy))
        super().delete(entity)

    def version(self, policy: Policy, version: str) -> PolicyVersion | None:
        """One version of a policy."""
        return next((known for known in self.versions(policy) if known.version == version), None)

    def versions(self, policy: Policy) -> list[PolicyVersion]:
        """Every version of a policy, newest first."""
        return self._session.remembered(
            self.kind, policy.account, f"{policy.id}/versions", lambda: self._load_versions(policy)
        )

    def add_version(self, policy: Policy, version: PolicyVersion) -> None:
        """Add a version to a policy."""
        self._session.connection.execute(insert(POLICY_VERSIONS), msgspec.structs.asdict(version))
        self._changed(policy, policy)

    def delete_version(self, policy: Policy, version: str) -> None:
        """Take a version out of a policy."""
        of_version = (POLICY_VERSIONS.c.policy_id == policy.id, POLICY_VERSIONS.c.version == version)
        self._session.connection.execute(delete(POLICY_VERSIONS).where(*of_version))
        self._changed(policy, policy)

    def versions_in_use(self, account: str) -> int:
        """How many versions the account's policies have together."""
        return int(self._session.connection.execute(_VERSIONS_IN_USE, {"account": account}).scalar_one())

    def _changed(self, entity: Policy, state: Policy | None) -> None:
        keys = (entity.id, folded(entity.name), f"{entity.id}/versions")
        self._session.changed(self.kind, entity.account, keys, state)

    def _load_versions(self, policy: Policy) -> list[PolicyVersion]:
        rows = self._session.connection.execute(_VERSIONS, {"policy_id": policy.id})
        return sorted(map(_version, rows), key=lambda version: int(version.version[1:]), reverse=True)
