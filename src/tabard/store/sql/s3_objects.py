"""Objects in SQL, and the list of blobs that are in use."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import bindparam, delete, exists, insert, select
from sqlalchemy.dialects import sqlite

from tabard.store.s3 import Listed, Object
from tabard.store.sql.schema_s3 import BLOBS, OBJECTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sqlalchemy import Table
    from sqlalchemy.sql.dml import Insert

    from tabard.store.s3 import Position
    from tabard.store.sql.session import Session

_ROW = (OBJECTS.c.bucket == bindparam("of_bucket"), OBJECTS.c.key == bindparam("of_key"))
_GET = select(OBJECTS.c.record).where(*_ROW)
_DELETE = delete(OBJECTS).where(*_ROW)
_ANY = select(exists().where(OBJECTS.c.bucket == bindparam("of_bucket")))
_IN_BUCKET = (
    select(OBJECTS.c.record)
    .where(OBJECTS.c.bucket == bindparam("of_bucket"))
    .order_by(OBJECTS.c.key)
    .limit(bindparam("at_most"))
)
_FROM = _IN_BUCKET.where(OBJECTS.c.key >= bindparam("of_key"))
_AFTER = _IN_BUCKET.where(OBJECTS.c.key > bindparam("of_key"))


@cache
def _upsert(dialect: str) -> Insert:
    """The statement that adds an object, or puts it in another's place, in a database's dialect."""
    insert: Callable[[Table], Any] = sqlite.insert
    if dialect != "sqlite":
        from sqlalchemy.dialects import postgresql  # 23 ms of the start, where it is not needed

        insert = postgresql.insert
    row = insert(OBJECTS)
    changed = {name: row.excluded[name] for name in ("size", "modified_at", "record")}
    statement: Insert = row.on_conflict_do_update(index_elements=["bucket", "key"], set_=changed)
    return statement


_decode = msgspec.json.Decoder(Object).decode
_decode_listed = msgspec.json.Decoder(Listed).decode


def utf8(key: str) -> bytes:
    """A key as it is stored and ordered."""
    return key.encode("utf-8")


class SqlBlobs:
    """The blobs in use, one row each."""

    _known = select(BLOBS.c.id).where(BLOBS.c.id.in_(bindparam("ids", expanding=True)))
    _forget = delete(BLOBS).where(BLOBS.c.id.in_(bindparam("ids", expanding=True)))

    def __init__(self, session: Session) -> None:
        self._session = session

    def use(self, blobs: Iterable[str]) -> None:
        """Note blobs that an object or part holds from now on."""
        rows = [{"id": blob} for blob in blobs]
        if rows:
            self._session.connection.execute(insert(BLOBS), rows)

    def free(self, blobs: Sequence[str]) -> list[str]:
        """Note that nothing holds these blobs any more; returns them."""
        for start in range(0, len(blobs), 400):
            self._session.connection.execute(self._forget, {"ids": list(blobs[start : start + 400])})
        return list(blobs)

    def known(self, blobs: Sequence[str]) -> set[str]:
        """Which of some blobs are in use."""
        return set(self._session.connection.execute(self._known, {"ids": list(blobs)}).scalars())


class SqlObjects:
    """See ``tabard.store.s3.Objects``."""

    def __init__(self, session: Session, blobs: SqlBlobs) -> None:
        self._session = session
        self._blobs = blobs
        self._upsert = _upsert(session.connection.dialect.name)

    def get(self, bucket: str, key: str) -> Object | None:
        """The object under a key."""
        row = {"of_bucket": bucket, "of_key": utf8(key)}
        record = self._session.connection.execute(_GET, row).scalar_one_or_none()
        return None if record is None else _decode(record)

    def any(self, bucket: str) -> bool:
        """Whether a bucket holds anything."""
        return bool(self._session.connection.execute(_ANY, {"of_bucket": bucket}).scalar_one())

    def scan(self, bucket: str, start: Position, limit: int) -> list[Listed]:
        """See ``Objects.scan``."""
        rows = self._session.connection.execute(
            _FROM if start.inclusive else _AFTER,
            {"of_bucket": bucket, "of_key": start.key, "at_most": limit},
        )
        return [_decode_listed(record) for record in rows.scalars()]

    def put(self, entity: Object) -> list[str]:
        """See ``Objects.put``."""
        before = self.get(entity.bucket, entity.key)
        held = () if before is None else before.blobs
        blobs = entity.blobs
        self._session.connection.execute(
            self._upsert,
            {
                "bucket": entity.bucket,
                "key": utf8(entity.key),
                "size": entity.size,
                "modified_at": entity.modified_at,
                "record": msgspec.json.encode(entity),
            },
        )
        if held == blobs:
            return []
        kept = set(held) & set(blobs)
        self._blobs.use(blob for blob in blobs if blob not in kept)
        return self._blobs.free([blob for blob in held if blob not in kept])

    def delete(self, bucket: str, key: str) -> list[str]:
        """Take an object away, if it is there; returns its blobs."""
        before = self.get(bucket, key)
        if before is None:
            return []
        self._session.connection.execute(_DELETE, {"of_bucket": bucket, "of_key": utf8(key)})
        return self._blobs.free(before.blobs)
