"""The metadata that every table hangs on, and the change log itself. Tables of a service are in ``schema_<service>.py``."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Double, Integer, LargeBinary, MetaData, Table, Text

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

CHANGES = Table(
    "changes",
    METADATA,
    Column("revision", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("at", Double, nullable=False),
    Column("kind", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("keys", Text, nullable=False),
    Column("state", LargeBinary, comment="the new state as JSON; NULL when the entity is gone"),
    sqlite_autoincrement=True,
)
