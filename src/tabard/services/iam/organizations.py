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


FEATURES = (
    "ListOrganizationsFeatures",
    "EnableOrganizationsRootCredentialsManagement",
    "DisableOrganizationsRootCredentialsManagement",
    "EnableOrganizationsRootSessions",
    "DisableOrganizationsRootSessions",
)
"""The operations on features of an organisation: each is answered as AWS answers an account that is in none."""


def _no_organization(_call: Call, _request: dict[str, Any]) -> NoReturn:
    raise AwsError(
        "OrganizationNotFoundException",
        "The request was rejected because no organization is associated with your account.",
        400,
    )


for _name in FEATURES:
    _mode = READ if _name.startswith("List") else WRITE
    operation("iam", _name, _mode, checks=on_everything(f"iam:{_name}"))(_no_organization)


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
