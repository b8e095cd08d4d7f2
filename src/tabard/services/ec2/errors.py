"""EC2's errors, with AWS's codes and messages.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tabard.core.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Sequence


def dry_run_operation() -> AwsError:
    """What a request with DryRun answers when the caller may make it and it is sound."""
    return AwsError("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412)


def missing_parameter(name: str) -> AwsError:
    """A parameter that must be there is not."""
    return AwsError("MissingParameter", f"The request must contain the parameter {name}")


def invalid_value(message: str) -> AwsError:
    """A parameter's value is not one that can be."""
    return AwsError("InvalidParameterValue", message)


def invalid_combination(message: str) -> AwsError:
    """Parameters that do not go together."""
    return AwsError("InvalidParameterCombination", message)


def unsupported(message: str) -> AwsError:
    """Something that AWS does and we do not."""
    return AwsError("UnsupportedOperation", message)


def malformed_id(code: str, prefix: str, value: str) -> AwsError:
    """An id that is not of its kind's form."""
    expecting = "" if value.startswith(f"{prefix}-") else f' (expecting "{prefix}-...")'
    return AwsError(code, f'Invalid id: "{value}"{expecting}')


def no_such_instances(ids: Sequence[str]) -> AwsError:
    """Instances that do not exist (any longer)."""
    if len(ids) == 1:
        return AwsError("InvalidInstanceID.NotFound", f"The instance ID '{ids[0]}' does not exist")
    return AwsError("InvalidInstanceID.NotFound", f"The instance IDs '{', '.join(ids)}' do not exist")


def incorrect_instance_state(instance_id: str, verb: str) -> AwsError:
    """An instance that is in no state for what was asked."""
    return AwsError(
        "IncorrectInstanceState",
        f"The instance '{instance_id}' is not in a state from which it can be {verb}.",
    )


def not_permitted(instance_id: str, verb: str, attribute: str) -> AwsError:
    """An instance that is protected by one of its attributes."""
    return AwsError(
        "OperationNotPermitted",
        f"The instance '{instance_id}' may not be {verb}. Modify its '{attribute}' instance attribute and try again.",
    )
