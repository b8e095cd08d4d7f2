"""S3's tables. Keys are stored as their UTF-8 bytes: every database then orders them as S3 does.

``s3_blobs`` names every blob that an object or a part holds: the sweep tells orphans by it.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Double, ForeignKey, Index, Integer, LargeBinary, Table, Text

from tabard.store.sql.schema import METADATA

BUCKETS = Table(
    "s3_buckets",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("account", Text, nullable=False),
    Column("region", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("record", LargeBinary, nullable=False),
    Index(None, "account", "name"),
)

OBJECTS = Table(
    "s3_objects",
    METADATA,
    Column("bucket", Text, ForeignKey("s3_buckets.name"), primary_key=True),
    Column("key", LargeBinary, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("modified_at", Double, nullable=False),
    Column("record", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

UPLOADS = Table(
    "s3_uploads",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("bucket", Text, ForeignKey("s3_buckets.name"), nullable=False),
    Column("key", LargeBinary, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("record", LargeBinary, nullable=False),
    Index(None, "bucket", "key", "id"),
)

PARTS = Table(
    "s3_parts",
    METADATA,
    Column("upload", Text, ForeignKey("s3_uploads.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("record", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

BLOBS = Table(
    "s3_blobs",
    METADATA,
    Column("id", Text, primary_key=True),
    sqlite_with_rowid=False,
)
