"""Instance profiles as EC2 takes them: by name or ARN, with a role that the caller may pass.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IamInstanceProfileSpecification.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tabard.core.arn import Arn, iam_arn
from tabard.services.ec2.errors import invalid_combination, invalid_value, missing_parameter
from tabard.services.operation import Check

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tabard.services.operation import Call
    from tabard.store.iam import InstanceProfile, Role

EC2_PRINCIPAL = "ec2.amazonaws.com"


class Profile(NamedTuple):
    """An instance profile with its ARN and its role."""

    record: InstanceProfile
    arn: str
    role: Role | None

    @property
    def role_arn(self) -> str | None:
        """The role's ARN."""
        role = self.role
        return None if role is None else iam_arn(role.account, "role", role.path, role.name)


def find(call: Call, given: Mapping[str, Any]) -> Profile | None:
    """The instance profile that a request names; None where the account has none such."""
    name, text = given.get("Name"), given.get("Arn")
    if text:
        try:
            parsed = Arn.parse(text)
        except ValueError:
            return None
        if parsed.service != "iam" or parsed.account != call.account:
            return None
        kind, _, path_and_name = parsed.resource.partition("/")
        if kind != "instance-profile":
            return None
        name = path_and_name.rpartition("/")[2]
    if not name:
        return None
    record = call.store.iam.instance_profiles.get(call.account, name)
    if record is None:
        return None
    arn = iam_arn(record.account, "instance-profile", record.path, record.name)
    if text and text != arn:
        return None
    role = None if record.role_id is None else call.store.iam.roles.by_id(record.account, record.role_id)
    return Profile(record, arn, role)


def required(call: Call, given: Mapping[str, Any]) -> Profile:
    """The instance profile that a request names, with a role; raises ``AwsError`` as EC2 does."""
    name, arn = given.get("Name"), given.get("Arn")
    if name and arn:
        raise invalid_combination(
            "The parameter 'iamInstanceProfile.name' may not be used in combination with 'iamInstanceProfile.arn'"
        )
    if not name and not arn:
        raise missing_parameter("iamInstanceProfile")
    profile = find(call, given)
    if profile is None:
        if arn:
            raise invalid_value(
                f"Value ({arn}) for parameter iamInstanceProfile.arn is invalid. "
                "Invalid IAM Instance Profile ARN"
            )
        raise invalid_value(
            f"Value ({name}) for parameter iamInstanceProfile.name is invalid. "
            "Invalid IAM Instance Profile name"
        )
    if profile.role is None:
        raise invalid_value(f'IAM Instance Profile "{profile.arn}" has no associated IAM Roles')
    return profile


def profile_arn(call: Call, given: Mapping[str, Any]) -> str | None:
    """The ARN that a request means, whether or not there is such a profile: what condition keys are made of."""
    profile = find(call, given)
    if profile is not None:
        return profile.arn
    if given.get("Arn"):
        return str(given["Arn"])
    return iam_arn(call.account, "instance-profile", "/", given["Name"]) if given.get("Name") else None


def pass_role_checks(call: Call, given: Mapping[str, Any], resource_arn: str) -> Iterator[Check]:
    """May the caller hand the profile's role to EC2?
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
    """
    profile = find(call, given)
    if profile is None or profile.role is None or profile.role_arn is None:
        return
    keys: dict[str, Any] = {
        "iam:passedtoservice": EC2_PRINCIPAL,
        "iam:associatedresourcearn": resource_arn,
    }
    for key, value in profile.role.tags.items():
        keys[f"aws:resourcetag/{key.lower()}"] = value
        keys[f"iam:resourcetag/{key.lower()}"] = value
    yield Check("iam:PassRole", profile.role_arn, profile.role.account, keys)
