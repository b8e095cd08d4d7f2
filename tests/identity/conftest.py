"""The world of IAM's tests serves these too."""

from tests.services.iam.conftest import world

__all__ = ["world"]
