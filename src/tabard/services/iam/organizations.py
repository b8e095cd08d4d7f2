"""What IAM does for organisations, for an account that is in none: the only kind that there is here.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-enable-root-access.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed-view-data-orgs.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from tabard.core.arn import PARTITION
from tabard.core.errors import AwsError
from tabard.core.sources import as_datetime
from tabard.services.iam import access_jobs
from tabard.services.iam.subjects import on_everything
from tabard.services.operation import READ, WRITE, Check, operation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from types_boto3_iam.type_defs import (
        GenerateOrganizationsAccessReportRequestTypeDef,
        GetOrganizationsAccessReportRequestTypeDef,
    )

    from tabard.services.operation import Call


def _no_organization() -> NoReturn:
    raise AwsError(
        "OrganizationNotFoundException",
        "The request was rejected because no organization is associated with your account.",
        400,
    )


@operation("iam", "ListOrganizationsFeatures", READ, checks=on_everything("iam:ListOrganizationsFeatures"))
def list_organizations_features(call: Call, request: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001 - there is no organisation to look into
    """List which features of centralised root access the organisation uses."""
    _no_organization()


@operation(
    "iam",
    "EnableOrganizationsRootCredentialsManagement",
    WRITE,
    checks=on_everything("iam:EnableOrganizationsRootCredentialsManagement"),
)
def enable_organizations_root_credentials_management(call: Call, request: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001 - there is no organisation to change
    """Manage the root credentials of the organisation's accounts from its management account."""
    _no_organization()


@operation(
    "iam",
    "DisableOrganizationsRootCredentialsManagement",
    WRITE,
    checks=on_everything("iam:DisableOrganizationsRootCredentialsManagement"),
)
def disable_organizations_root_credentials_management(call: Call, request: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001 - there is no organisation to change
    """Manage the root credentials of the organisation's accounts no more."""
    _no_organization()


@operation(
    "iam",
    "EnableOrganizationsRootSessions",
    WRITE,
    checks=on_everything("iam:EnableOrganizationsRootSessions"),
)
def enable_organizations_root_sessions(call: Call, request: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001 - there is no organisation to change
    """Let the management account act as the root of the organisation's accounts."""
    _no_organization()


@operation(
    "iam",
    "DisableOrganizationsRootSessions",
    WRITE,
    checks=on_everything("iam:DisableOrganizationsRootSessions"),
)
def disable_organizations_root_sessions(call: Call, request: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001 - there is no organisation to change
    """Let the management account act as root of the others no more."""
    _no_organization()


def _on_entity(call: Call, request: GenerateOrganizationsAccessReportRequestTypeDef) -> Iterable[Check]:
    policy = request.get("OrganizationsPolicyId")
    arn = f"arn:{PARTITION}:iam::{call.account}:access-report/{request['EntityPath']}"
    keys = {} if policy is None else {"iam:organizationspolicyid": policy}
    return (Check("iam:GenerateOrganizationsAccessReport", arn, keys=keys),)


@operation("iam", "GenerateOrganizationsAccessReport", WRITE, checks=_on_entity)
def generate_organizations_access_report(
    call: Call, request: GenerateOrganizationsAccessReportRequestTypeDef
) -> dict[str, Any]:
    """Begin a report of what an organisation's accounts use; that there is no organisation, the report says."""
    job = access_jobs.new_job(call, request["EntityPath"])
    access_jobs.keep(job, call.store)
    return {"JobId": job.id}


@operation(
    "iam", "GetOrganizationsAccessReport", READ, checks=on_everything("iam:GetOrganizationsAccessReport")
)
def get_organizations_access_report(
    call: Call, request: GetOrganizationsAccessReportRequestTypeDef
) -> dict[str, Any]:
    """Show what became of a report: it failed, for want of an organisation."""
    job = access_jobs.find(call, request["JobId"], of_organization=True)
    return {
        "JobStatus": "FAILED",
        "JobCreationDate": as_datetime(job.created_at),
        "JobCompletionDate": as_datetime(job.created_at),
        "ErrorDetails": {
            "Code": "AWSOrganizationsNotInUseException",
            "Message": "Your account is not a member of an organization.",
        },
    }
