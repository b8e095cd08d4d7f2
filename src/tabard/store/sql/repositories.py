"""The repositories of one view, grouped by service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tabard.store.sql.ec2 import Ec2Repositories
from tabard.store.sql.iam import IamRepositories
from tabard.store.sql.s3 import S3Repositories
from tabard.store.sql.session import Session

if TYPE_CHECKING:
    from sqlalchemy import Connection


class SqlView(Session):
    """A ``View``: every repository over one session."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self.iam = IamRepositories(self)
        self.ec2 = Ec2Repositories(self)
        self.s3 = S3Repositories(self)
