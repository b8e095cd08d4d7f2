"""IAM's tables. ``folded`` is the name in lower case, by which it is unique; ``tags`` is a JSON object.

Text that is ordered or compared by range is in the "C" collation: every database orders it by code point.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Double, Index, Integer, LargeBinary, Table, Text, UniqueConstraint

from tabard.store.sql.schema import METADATA

_ORDERED = Text().with_variant(Text(collation="C"), "postgresql")


def _entity(name: str, *columns: Column[object]) -> Table:
    """A table of named things with a path: found by id, by folded name, and listed by path and name."""
    return Table(
        name,
        METADATA,
        Column("id", Text, primary_key=True),
        Column("account", Text, nullable=False),
        Column("name", Text, nullable=False),
        Column("folded", _ORDERED, nullable=False),
        Column("path", _ORDERED, nullable=False),
        Column("created_at", Double, nullable=False),
        *columns,
        UniqueConstraint("account", "folded"),
        Index(None, "account", "path", "folded"),
    )


ACCOUNTS = Table(
    "iam_accounts",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("alias", Text, unique=True),
)

ACCESS_KEYS = Table(
    "iam_access_keys",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("account", Text, nullable=False),
    Column("user_id", Text, comment="NULL for the account's root"),
    Column("secret", LargeBinary, nullable=False, comment="sealed under the key ring"),
    Column("status", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    Index(None, "account", "user_id"),
)

LAST_USES = Table(
    "iam_last_uses",
    METADATA,
    Column("id", Text, primary_key=True, comment="of an access key or a role"),
    Column("account", Text, nullable=False),
    Column("at", Double, nullable=False),
    Column("service", Text, nullable=False),
    Column("region", Text, nullable=False),
)

ACTIVITIES = Table(
    "iam_activities",
    METADATA,
    Column("id", Text, primary_key=True, comment="of a user or a role"),
    Column("service", Text, primary_key=True),
    Column("operation", Text, primary_key=True),
    Column("account", Text, nullable=False),
    Column("at", Double, nullable=False),
    Column("region", Text, nullable=False),
)

USERS = _entity(
    "iam_users",
    Column("boundary", Text),
    Column("tags", Text, nullable=False),
)
Index(None, USERS.c.account, USERS.c.boundary)

GROUPS = _entity("iam_groups")

MEMBERS = Table(
    "iam_members",
    METADATA,
    Column("group_id", Text, primary_key=True),
    Column("user_id", Text, primary_key=True, index=True),
    Column("account", Text, nullable=False),
)

ROLES = _entity(
    "iam_roles",
    Column("trust_policy", Text, nullable=False),
    Column("description", Text),
    Column("max_session_duration", Integer, nullable=False),
    Column("boundary", Text),
    Column("tags", Text, nullable=False),
)
Index(None, ROLES.c.account, ROLES.c.boundary)

POLICIES = _entity(
    "iam_policies",
    Column("updated_at", Double, nullable=False),
    Column("default_version", Text, nullable=False),
    Column("next_version", Integer, nullable=False),
    Column("description", Text),
    Column("tags", Text, nullable=False),
)

POLICY_VERSIONS = Table(
    "iam_policy_versions",
    METADATA,
    Column("policy_id", Text, primary_key=True),
    Column("version", Text, primary_key=True),
    Column("document", Text, nullable=False),
    Column("created_at", Double, nullable=False),
)

INLINE_POLICIES = Table(
    "iam_inline_policies",
    METADATA,
    Column("entity_id", Text, primary_key=True),
    Column("name", _ORDERED, primary_key=True),
    Column("account", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("document", Text, nullable=False),
)

ATTACHMENTS = Table(
    "iam_attachments",
    METADATA,
    Column("position", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("account", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("entity_id", Text, nullable=False),
    Column("policy_arn", Text, nullable=False),
    UniqueConstraint("entity_id", "policy_arn"),
    Index(None, "account", "policy_arn"),
)

INSTANCE_PROFILES = _entity(
    "iam_instance_profiles",
    Column("role_id", Text, index=True),
    Column("tags", Text, nullable=False),
)

RECORDS = Table(
    "iam_records",
    METADATA,
    Column("kind", Text, primary_key=True, comment="login-profile, mfa-device, oidc-provider …"),
    Column("account", Text, primary_key=True),
    Column("id", _ORDERED, primary_key=True),
    Column("owner", Text, nullable=False, comment="a user's or role's id, root's account, or empty"),
    Column("record", Text, nullable=False, comment="as JSON, without the secret"),
    Column("secret", LargeBinary, nullable=False, comment="sealed under the key ring"),
    Index(None, "kind", "account", "owner"),
)
