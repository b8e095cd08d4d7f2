"""S3's repositories in SQL.

Buckets are cached, and every change of one is in the change log: policies and listings hang on them. Objects,
uploads and parts are data: they are read from the database each time, and are not in the log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from sqlalchemy import bindparam, delete, insert, select, update

from tabard.store.s3 import Bucket
from tabard.store.sql.s3_objects import SqlBlobs, SqlObjects
from tabard.store.sql.s3_uploads import SqlUploads
from tabard.store.sql.schema_s3 import BUCKETS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tabard.store.s3 import Buckets, Objects, Uploads
    from tabard.store.sql.session import Session

_BY_NAME = select(BUCKETS.c.record).where(BUCKETS.c.name == bindparam("name"))
_OF_ACCOUNT = (
    select(BUCKETS.c.record).where(BUCKETS.c.account == bindparam("account")).order_by(BUCKETS.c.name)
)
_UPDATE = update(BUCKETS).where(BUCKETS.c.name == bindparam("of_name")).values(record=bindparam("new_record"))
_DELETE = delete(BUCKETS).where(BUCKETS.c.name == bindparam("of_name"))

_decode = msgspec.json.Decoder(Bucket).decode

_EVERY_ACCOUNT = ""
"""Bucket names are looked up whatever the account, so that is where their changes and caches belong."""


class SqlBuckets:
    """See ``tabard.store.s3.Buckets``."""

    def __init__(self, session: Session, uploads: SqlUploads) -> None:
        self._session = session
        self._uploads = uploads

    def get(self, name: str) -> Bucket | None:
        """The bucket of a name, cached."""
        return self._session.remembered("bucket", _EVERY_ACCOUNT, name, lambda: self._load(name))

    def of_account(self, account: str) -> list[Bucket]:
        """An account's buckets by name, cached: the same list until one of them changes."""
        return self._session.listing("bucket", _EVERY_ACCOUNT, account, lambda: self._list(account))

    def create(self, bucket: Bucket) -> None:
        """Add a bucket whose name is free."""
        self._session.connection.execute(
            insert(BUCKETS),
            {
                "name": bucket.name,
                "account": bucket.account,
                "region": bucket.region,
                "created_at": bucket.created_at,
                "record": msgspec.json.encode(bucket),
            },
        )
        self._session.changed("bucket", _EVERY_ACCOUNT, (bucket.name,), bucket)

    def replace(self, bucket: Bucket) -> None:
        """Put another policy or other tags in an existing bucket's place."""
        self._session.connection.execute(
            _UPDATE, {"of_name": bucket.name, "new_record": msgspec.json.encode(bucket)}
        )
        self._session.changed("bucket", _EVERY_ACCOUNT, (bucket.name,), bucket)

    def delete(self, bucket: Bucket) -> list[str]:
        """See ``Buckets.delete``."""
        freed = self._uploads.delete_of_bucket(bucket.name)
        self._session.connection.execute(_DELETE, {"of_name": bucket.name})
        self._session.changed("bucket", _EVERY_ACCOUNT, (bucket.name,), None)
        return freed

    def _load(self, name: str) -> Bucket | None:
        record = self._session.connection.execute(_BY_NAME, {"name": name}).scalar_one_or_none()
        return None if record is None else _decode(record)

    def _list(self, account: str) -> list[Bucket]:
        rows = self._session.connection.execute(_OF_ACCOUNT, {"account": account}).scalars()
        return [_decode(record) for record in rows]


class S3Repositories:
    """See ``tabard.store.s3.Repositories``."""

    def __init__(self, session: Session) -> None:
        blobs = SqlBlobs(session)
        self._blobs = blobs
        uploads = SqlUploads(session, blobs)
        self.uploads: Uploads = uploads
        self.objects: Objects = SqlObjects(session, blobs)
        self.buckets: Buckets = SqlBuckets(session, uploads)

    def known_blobs(self, blobs: Sequence[str]) -> set[str]:
        """See ``Repositories.known_blobs``."""
        return self._blobs.known(blobs)
