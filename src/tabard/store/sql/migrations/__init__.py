"""Alembic's migrations, one file for each step from one release's schema to the next.

A new step: change the tables, then ``python -m tools.migration "what changed"``, read what it wrote, and set ``HEAD`` in
``store/sql/upgrade.py``. ``tests/store/test_upgrade.py`` holds the steps against the tables.
"""
