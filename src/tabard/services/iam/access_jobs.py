"""Jobs that report who used which service when: each belongs to whoever asked for it, and is kept for a day.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_GenerateServiceLastAccessedDetails.html
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from tabard.services.iam.errors import no_such_entity
from tabard.store.iam_credentials import AccessReport

if TYPE_CHECKING:
    from tabard.services.operation import Call
    from tabard.store.port import View

KEPT_FOR = 24 * 3600
"""Seconds after which a report is gone; AWS does not say how long it keeps one."""
_SWEPT_ONCE_IN = 64


def new_job(call: Call, about: str, **findings: object) -> AccessReport:
    """A report that is made now, about an ARN or the path of an organisation's entity."""
    return AccessReport(
        id=str(uuid.UUID(bytes=call.node.random(16), version=4)),
        account=call.account,
        owner=call.caller.unique_id,
        created_at=call.now,
        about=about,
        **findings,  # type: ignore[arg-type] # the record's own fields, by name
    )


def keep(report: AccessReport, view: View) -> None:
    """Keep a report; now and then take out what the same caller has no more use for."""
    reports = view.iam.credentials.access_reports
    if int(report.id[:2], 16) < 256 // _SWEPT_ONCE_IN:
        for old in reports.of_owner(report.account, report.owner):
            if report.created_at - old.created_at >= KEPT_FOR:
                reports.delete(old)
    reports.put(report)


def find(call: Call, job_id: str, *, of_organization: bool = False) -> AccessReport:
    """The caller's own report; raises NoSuchEntity for what is unknown, gone, another caller's or of the other kind."""
    report = call.store.iam.credentials.access_reports.get(call.account, job_id)
    if (
        report is None
        or report.owner != call.caller.unique_id
        or call.now - report.created_at >= KEPT_FOR
        or report.about.startswith("o-") is not of_organization
    ):
        raise no_such_entity(f"The job with id {job_id} cannot be found.")
    return report
