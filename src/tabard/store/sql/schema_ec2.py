"""EC2's tables. What is looked up by stands in columns of its own; the rest of a record is one JSON document.

EC2's records are wide, read whole and rarely searched in the database (filters run on the cached records), so
that a column for each of their members would buy nothing but migrations.
"""

from __future__ import annotations

from sqlalchemy import Column, Double, Index, LargeBinary, Table, Text

from tabard.store.sql.schema import METADATA

KEY_PAIRS = Table(
    "ec2_key_pairs",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("account", Text, nullable=False),
    Column("region", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("record", LargeBinary, nullable=False),
    Index("uq_ec2_key_pairs_name", "account", "region", "name", unique=True),
)

INSTANCES = Table(
    "ec2_instances",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("account", Text, nullable=False),
    Column("region", Text, nullable=False),
    Column("launched_at", Double, nullable=False),
    Column("private_ip", Text),
    Column(
        "public_ip",
        Text,
        unique=True,
        comment="a loopback address of this host, hence unique over all accounts",
    ),
    Column("record", LargeBinary, nullable=False),
    Index("ix_ec2_instances_account", "account", "region", "launched_at", "id"),
    Index("uq_ec2_instances_private_ip", "account", "region", "private_ip", unique=True),
)

USER_DATA = Table(
    "ec2_user_data",
    METADATA,
    Column("instance_id", Text, primary_key=True),
    Column("account", Text, nullable=False),
    Column("data", LargeBinary, nullable=False),
)

ASSOCIATIONS = Table(
    "ec2_iam_instance_profile_associations",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("account", Text, nullable=False),
    Column("region", Text, nullable=False),
    Column("instance_id", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("ended_at", Double),
    Column("record", LargeBinary, nullable=False),
    Index("ix_ec2_associations_instance", "instance_id", "state"),
    Index("ix_ec2_associations_account", "account", "region", "state"),
)

SECURITY_GROUPS = Table(
    "ec2_security_groups",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("account", Text, nullable=False),
    Column("region", Text, nullable=False),
    Column("record", LargeBinary, nullable=False),
    Index("ix_ec2_security_groups_account", "account", "region"),
)

CLIENT_TOKENS = Table(
    "ec2_client_tokens",
    METADATA,
    Column("account", Text, primary_key=True),
    Column("region", Text, primary_key=True),
    Column("token", Text, primary_key=True),
    Column("created_at", Double, nullable=False, index=True),
    Column("record", LargeBinary, nullable=False),
)

TAGS = Table(
    "ec2_tags",
    METADATA,
    Column("account", Text, primary_key=True),
    Column("resource_id", Text, primary_key=True),
    Column("region", Text, nullable=False),
    Column("tags", LargeBinary, nullable=False, comment="a JSON object, keys in order"),
)
