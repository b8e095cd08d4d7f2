"""What Alembic runs around the migrations: they happen on the connection, and in the transaction, of whoever upgrades."""

from __future__ import annotations

from alembic import context

from tabard.store.sql import repositories  # noqa: F401 - importing the repositories declares every table
from tabard.store.sql.schema import METADATA

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=METADATA,
    render_as_batch=True,
    transactional_ddl=False,
    include_object=lambda _object, name, kind, _reflected, _other: (
        not (kind == "table" and name == "alembic_version")
    ),
)
context.run_migrations()
