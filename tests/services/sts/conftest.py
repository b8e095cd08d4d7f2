"""The world of IAM's tests serves STS's too."""

from tests.services.iam.conftest import empty_world, world

__all__ = ["empty_world", "world"]
