"""EC2's repositories in SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tabard.store.sql.session import Session


class Ec2Repositories:
    """See ``tabard.store.ec2.Repositories``."""

    def __init__(self, session: Session) -> None:
        self._session = session
