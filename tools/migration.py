"""Write a migration from the committed steps to the tables as they are: ``python tools/migration.py NUMBER "what changed"``.

Read what it wrote before committing it, and set ``HEAD`` in ``store/sql/upgrade.py`` to the number.
"""

from __future__ import annotations

import sys

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from tabard.store.sql.upgrade import MIGRATIONS


def main() -> None:
    """Write one migration."""
    number, message = sys.argv[1], sys.argv[2]
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    with create_engine("sqlite://").connect() as connection:
        config.attributes["connection"] = connection
        if list(MIGRATIONS.glob("versions/[0-9]*.py")):
            command.upgrade(config, "head")
        command.revision(config, message, autogenerate=True, rev_id=number)


if __name__ == "__main__":
    main()
