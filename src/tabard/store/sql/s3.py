"""S3's repositories in SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tabard.store.sql.session import Session


class S3Repositories:
    """See ``tabard.store.s3.Repositories``."""

    def __init__(self, session: Session) -> None:
        self._session = session
