"""S3's records and repositories: https://docs.aws.amazon.com/AmazonS3/latest/userguide/Welcome.html.

Bucket names are unique over all accounts. Keys are ordered by the bytes of their UTF-8 form. Times are
seconds since the epoch; sizes are bytes. The bytes themselves are blobs (``tabard.objects``), and a row names
every blob in use. The one kind of change (see ``port.Change``) is ``bucket``: in no account, its key the name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class PublicAccessBlock(msgspec.Struct, frozen=True):
    """What of a public grant is refused, or does not count."""

    block_acls: bool = False
    ignore_acls: bool = False
    block_policy: bool = False
    restrict: bool = False


class Bucket(msgspec.Struct, frozen=True):
    """A bucket; ``account`` owns it, ``policy`` is its policy document's text, as it was put."""

    name: str
    account: str
    region: str
    created_at: float
    policy: str | None = None
    tags: dict[str, str] = {}
    public_access: PublicAccessBlock | None = None


class Checksum(msgspec.Struct, frozen=True, array_like=True):
    """A checksum: its algorithm (``CRC32`` …), FULL_OBJECT or COMPOSITE, and its value in base64."""

    algorithm: str
    kind: str
    value: str


class Segment(msgspec.Struct, frozen=True, array_like=True):
    """A stretch of an object's bytes: one blob. ``number`` is its part's, 0 where there are no parts."""

    blob: str
    size: int
    number: int = 0
    checksum: Checksum | None = None


class Object(msgspec.Struct, frozen=True):
    """An object. ``etag`` is unquoted; ``headers`` are the system metadata by member name (ContentType …)."""

    bucket: str
    key: str
    size: int
    etag: str
    modified_at: float
    segments: tuple[Segment, ...] = ()
    checksum: Checksum | None = None
    headers: dict[str, str] = {}
    metadata: dict[str, str] = {}
    tags: dict[str, str] = {}
    upload: str | None = None

    @property
    def blobs(self) -> tuple[str, ...]:
        """The blobs that hold the object's bytes."""
        return tuple(segment.blob for segment in self.segments)


class Listed(msgspec.Struct, frozen=True):
    """An object as listings show it."""

    key: str
    size: int
    etag: str
    modified_at: float
    checksum: Checksum | None = None


class Upload(msgspec.Struct, frozen=True):
    """A multipart upload under way.

    ``checksum`` is the algorithm and kind (FULL_OBJECT, COMPOSITE) of what it will make, and ``asked``
    whether the client chose it.
    """

    id: str
    bucket: str
    key: str
    created_at: float
    account: str
    initiator_arn: str
    initiator_id: str
    checksum: tuple[str, str]
    asked: bool = False
    headers: dict[str, str] = {}
    metadata: dict[str, str] = {}
    tags: dict[str, str] = {}


class Part(msgspec.Struct, frozen=True):
    """One part of a multipart upload."""

    upload: str
    number: int
    blob: str
    size: int
    etag: str
    modified_at: float
    checksum: Checksum | None = None


class Position(NamedTuple):
    """Where a listing of keys goes on: at this key (in UTF-8), or after it."""

    key: bytes
    inclusive: bool = True


class UploadPosition(NamedTuple):
    """Where a listing of uploads goes on: after this key and upload (None: after all of the key's)."""

    key: bytes
    upload: str | None = None


class Buckets(Protocol):
    """The buckets of every account."""

    def get(self, name: str) -> Bucket | None:
        """The bucket of a name, whoever owns it."""

    def of_account(self, account: str) -> list[Bucket]:
        """An account's buckets by name; the same list until one of them changes."""

    def create(self, bucket: Bucket) -> None:
        """Add a bucket whose name is free."""

    def replace(self, bucket: Bucket) -> None:
        """Change a bucket's policy or tags."""

    def delete(self, bucket: Bucket) -> list[str]:
        """Delete an empty bucket, and what was being uploaded to it; returns the blobs that are free now."""


class Objects(Protocol):
    """The objects of every bucket. What is taken away gives back its blobs, to delete after the commit."""

    def get(self, bucket: str, key: str) -> Object | None:
        """The object under a key."""

    def any(self, bucket: str) -> bool:
        """Whether a bucket holds an object."""

    def scan(self, bucket: str, start: Position, limit: int) -> list[Listed]:
        """Up to ``limit`` objects in the order of their keys."""

    def put(self, entity: Object) -> list[str]:
        """Create or replace an object; returns the blobs of the one before that it does not hold itself."""

    def delete(self, bucket: str, key: str) -> list[str]:
        """Take an object away, if it is there."""


class Uploads(Protocol):
    """Multipart uploads under way, and their parts."""

    def get(self, upload: str) -> Upload | None:
        """The upload of an id."""

    def create(self, upload: Upload) -> None:
        """Begin an upload."""

    def scan(self, bucket: str, start: UploadPosition | None, limit: int) -> list[Upload]:
        """Up to ``limit`` uploads in the order of their keys, then of their ids (which rise with time)."""

    def put_part(self, part: Part) -> list[str]:
        """Create or replace a part; returns the blob of the one before."""

    def part(self, upload: str, number: int) -> Part | None:
        """One part."""

    def parts(self, upload: str, after: int, limit: int) -> list[Part]:
        """Up to ``limit`` parts whose numbers are above ``after``, in order."""

    def delete(self, upload: Upload, kept: Iterable[str] = ()) -> list[str]:
        """End an upload; returns the blobs of its parts but those ``kept``."""


class Repositories(Protocol):
    """Everything S3 remembers."""

    buckets: Buckets
    objects: Objects
    uploads: Uploads

    def known_blobs(self, blobs: Sequence[str]) -> set[str]:
        """Which of these blobs some object or part holds."""
