"""Multipart uploads and their parts in SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from sqlalchemy import bindparam, delete, insert, select, tuple_

from tabard.store.s3 import Part, Upload
from tabard.store.sql.s3_objects import utf8
from tabard.store.sql.schema_s3 import PARTS, UPLOADS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tabard.store.s3 import UploadPosition
    from tabard.store.sql.s3_objects import SqlBlobs
    from tabard.store.sql.session import Session

_GET = select(UPLOADS.c.record).where(UPLOADS.c.id == bindparam("of_id"))
_DELETE = delete(UPLOADS).where(UPLOADS.c.id == bindparam("of_id"))
_IN_BUCKET = (
    select(UPLOADS.c.record)
    .where(UPLOADS.c.bucket == bindparam("of_bucket"))
    .order_by(UPLOADS.c.key, UPLOADS.c.id)
    .limit(bindparam("at_most"))
)
_AFTER_KEY = _IN_BUCKET.where(UPLOADS.c.key > bindparam("of_key"))
_AFTER_UPLOAD = _IN_BUCKET.where(
    tuple_(UPLOADS.c.key, UPLOADS.c.id) > tuple_(bindparam("of_key"), bindparam("of_id"))
)

_PART = (PARTS.c.upload == bindparam("of_upload"), PARTS.c.number == bindparam("of_number"))
_GET_PART = select(PARTS.c.record).where(*_PART)
_DELETE_PART = delete(PARTS).where(*_PART)
_DELETE_PARTS = delete(PARTS).where(PARTS.c.upload == bindparam("of_upload"))
_LIST_PARTS = (
    select(PARTS.c.record)
    .where(PARTS.c.upload == bindparam("of_upload"), PARTS.c.number > bindparam("of_number"))
    .order_by(PARTS.c.number)
    .limit(bindparam("at_most"))
)

_EVERY_PART = 10_000

_decode = msgspec.json.Decoder(Upload).decode
_decode_part = msgspec.json.Decoder(Part).decode


class SqlUploads:
    """See ``tabard.store.s3.Uploads``."""

    def __init__(self, session: Session, blobs: SqlBlobs) -> None:
        self._session = session
        self._blobs = blobs

    def get(self, upload: str) -> Upload | None:
        """The upload of an id."""
        record = self._session.connection.execute(_GET, {"of_id": upload}).scalar_one_or_none()
        return None if record is None else _decode(record)

    def create(self, upload: Upload) -> None:
        """Begin an upload."""
        self._session.connection.execute(
            insert(UPLOADS),
            {
                "id": upload.id,
                "bucket": upload.bucket,
                "key": utf8(upload.key),
                "created_at": upload.created_at,
                "record": msgspec.json.encode(upload),
            },
        )

    def scan(self, bucket: str, start: UploadPosition | None, limit: int) -> list[Upload]:
        """See ``Uploads.scan``."""
        bound: dict[str, object] = {"of_bucket": bucket, "at_most": limit}
        statement = _IN_BUCKET
        if start is not None:
            bound["of_key"] = start.key
            statement = _AFTER_KEY
            if start.upload is not None:
                bound["of_id"] = start.upload
                statement = _AFTER_UPLOAD
        rows = self._session.connection.execute(statement, bound).scalars()
        return [_decode(record) for record in rows]

    def put_part(self, part: Part) -> list[str]:
        """See ``Uploads.put_part``."""
        freed: list[str] = []
        before = self.part(part.upload, part.number)
        if before is not None:
            self._session.connection.execute(
                _DELETE_PART, {"of_upload": part.upload, "of_number": part.number}
            )
            freed = self._blobs.free([before.blob])
        self._session.connection.execute(
            insert(PARTS),
            {"upload": part.upload, "number": part.number, "record": msgspec.json.encode(part)},
        )
        self._blobs.use([part.blob])
        return freed

    def part(self, upload: str, number: int) -> Part | None:
        """One part of an upload."""
        row = {"of_upload": upload, "of_number": number}
        record = self._session.connection.execute(_GET_PART, row).scalar_one_or_none()
        return None if record is None else _decode_part(record)

    def parts(self, upload: str, after: int, limit: int) -> list[Part]:
        """Up to ``limit`` parts with higher numbers than ``after``, in the order of their numbers."""
        rows = self._session.connection.execute(
            _LIST_PARTS, {"of_upload": upload, "of_number": after, "at_most": limit}
        )
        return [_decode_part(record) for record in rows.scalars()]

    def delete(self, upload: Upload, kept: Iterable[str] = ()) -> list[str]:
        """See ``Uploads.delete``. The blobs ``kept`` are free to be used by an object."""
        blobs = [part.blob for part in self.parts(upload.id, 0, _EVERY_PART)]
        self._session.connection.execute(_DELETE_PARTS, {"of_upload": upload.id})
        self._session.connection.execute(_DELETE, {"of_id": upload.id})
        remaining = set(kept)
        return [blob for blob in self._blobs.free(blobs) if blob not in remaining]

    def delete_of_bucket(self, bucket: str) -> list[str]:
        """End every upload to a bucket; returns the blobs of their parts."""
        freed: list[str] = []
        while uploads := self.scan(bucket, None, 100):
            for upload in uploads:
                freed += self.delete(upload)
        return freed
