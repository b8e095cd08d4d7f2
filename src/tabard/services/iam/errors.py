"""IAM's errors, by their codes: https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html."""

from __future__ import annotations

from tabard.core.errors import AwsError


def no_such_entity(message: str) -> AwsError:
    """What was named does not exist."""
    return AwsError("NoSuchEntity", message, 404)


def already_exists(message: str) -> AwsError:
    """The name is taken."""
    return AwsError("EntityAlreadyExists", message, 409)


def delete_conflict(message: str) -> AwsError:
    """Something still depends on what was to be deleted."""
    return AwsError("DeleteConflict", message, 409)


def limit_exceeded(message: str) -> AwsError:
    """A quota would be exceeded."""
    return AwsError("LimitExceeded", message, 409)


def quota_exceeded(quota: str, limit: int) -> AwsError:
    """A named quota would be exceeded."""
    return limit_exceeded(f"Cannot exceed quota for {quota}: {limit}")


def invalid_input(message: str) -> AwsError:
    """A parameter that its form does not rule out, but its meaning does."""
    return AwsError("InvalidInput", message, 400)


def unmodifiable(message: str) -> AwsError:
    """What only AWS may change."""
    return AwsError("UnmodifiableEntity", message, 400)


def validation_error(message: str) -> AwsError:
    """A parameter that is not of its form."""
    return AwsError("ValidationError", message, 400)


def outside_account() -> AwsError:
    """A change to a policy of another account, or of AWS itself."""
    return AwsError("AccessDenied", "Policy is outside your own account.", 403)
