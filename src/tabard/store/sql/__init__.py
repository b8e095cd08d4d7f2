"""The SQL driver: one schema through SQLAlchemy Core, for SQLite (embedded) and what speaks PostgreSQL's protocol."""
