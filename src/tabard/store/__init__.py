"""Floor 3: what Tabard remembers. ``port`` says what a store is; the records and small protocols per service stand beside
it; ``sql/`` is the driver for SQLite and PostgreSQL."""
