"""The credential report: a table in CSV of every user of the account, and of the state of their credentials.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html
"""

from __future__ import annotations

import asyncio
import csv
import io
from typing import TYPE_CHECKING, Any

from tabard.core.arn import iam_arn, root_arn
from tabard.core.errors import AwsError
from tabard.core.sources import as_datetime
from tabard.identity.passwords import expires_at
from tabard.services.iam.last_used import last_use
from tabard.services.iam.subjects import on_everything
from tabard.services.operation import LONG, READ, operation
from tabard.store.iam_credentials import CredentialReport

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tabard.services.operation import Call
    from tabard.store.iam import AccessKey, User
    from tabard.store.iam_credentials import SigningCertificate

GOOD_FOR = 4 * 3600
"""Seconds for which a report is not made again; it then counts as expired."""
_USERS_AT_ONCE = 100

COLUMNS = (
    "user",
    "arn",
    "user_creation_time",
    "password_enabled",
    "password_last_used",
    "password_last_changed",
    "password_next_rotation",
    "mfa_active",
    *(
        f"access_key_{number}_{column}"
        for number in (1, 2)
        for column in (
            "active",
            "last_rotated",
            "last_used_date",
            "last_used_region",
            "last_used_service",
        )
    ),
    *(f"cert_{number}_{column}" for number in (1, 2) for column in ("active", "last_rotated")),
)
_NONE = "N/A"


def _time(seconds: float) -> str:
    return as_datetime(float(int(seconds))).isoformat()


def _flag(value: object) -> str:
    return "true" if value else "false"


@operation("iam", "GenerateCredentialReport", LONG, checks=on_everything("iam:GenerateCredentialReport"))
async def generate_credential_report(call: Call, request: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001 - it has no parameters
    """Make the report, unless there is one of the last four hours."""
    present = call.store.iam.credentials.credential_reports.get(call.account, call.account)
    if present is not None and call.now - present.created_at < GOOD_FOR:
        return {"State": "COMPLETE"}
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(COLUMNS)
    async for row in _rows(call):
        writer.writerow(row)
    report = CredentialReport(
        id=call.account,
        account=call.account,
        owner=call.account,
        created_at=float(int(call.now)),
        content=table.getvalue(),
    )
    await call.write(lambda view: view.iam.credentials.credential_reports.put(report))
    description = "No report exists. Starting a new report generation task"
    return {"State": "STARTED", "Description": description}


async def _rows(call: Call) -> AsyncIterator[list[str]]:
    """Root's row and the users', a page at a time, so that others are answered in between."""
    yield _root(call)
    after: str | None = None
    while True:
        page = call.store.iam.users.page(call.account, "/", after, _USERS_AT_ONCE)
        for user in page.items:
            yield _user(call, user)
        after = page.next
        if after is None:
            return
        await asyncio.sleep(0)


def _root(call: Call) -> list[str]:
    account = call.store.iam.accounts.get(call.account)
    return [
        "<root_account>",
        root_arn(call.account),
        _NONE if account is None else _time(account.created_at),
        "not_supported",
        _used(call, call.account) or "no_information",
        "not_supported",
        "not_supported",
        *_held(call, None),
    ]


def _user(call: Call, user: User) -> list[str]:
    held = call.store.iam.credentials
    profile = held.login_profiles.get(call.account, user.id)
    if profile is None:
        password = ["false", _NONE, _NONE, _NONE]
    else:
        rotation = expires_at(held.password_policies.get(call.account, call.account), profile)
        password = [
            "true",
            _used(call, user.id) or "no_information",
            _time(profile.changed_at),
            _NONE if rotation is None else _time(rotation),
        ]
    arn = iam_arn(user.account, "user", user.path, user.name)
    return [user.name, arn, _time(user.created_at), *password, *_held(call, user)]


def _used(call: Call, identifier: str) -> str | None:
    """When a password was last used: signing in notes it under the user's id."""
    use = last_use(call, call.account, identifier)
    return None if use is None else _time(use.at)


def _held(call: Call, user: User | None) -> list[str]:
    """The columns of MFA devices, access keys and certificates."""
    iam = call.store.iam
    owner = call.account if user is None else user.id
    cells = [_flag(iam.credentials.mfa_devices.of_owner(call.account, owner))]
    keys = iam.access_keys.of_user(call.account, None if user is None else user.id)
    certificates = iam.credentials.signing_certificates.of_owner(call.account, owner)
    for number in (0, 1):
        cells += _key(call, keys[number] if number < len(keys) else None)
    for number in (0, 1):
        cells += _certificate(certificates[number] if number < len(certificates) else None)
    return cells


def _key(call: Call, key: AccessKey | None) -> list[str]:
    if key is None:
        return ["false", _NONE, _NONE, _NONE, _NONE]
    use = last_use(call, key.account, key.id)
    used = [_NONE] * 3 if use is None else [_time(use.at), use.region, use.service]
    return [_flag(key.status == "Active"), _time(key.created_at), *used]


def _certificate(certificate: SigningCertificate | None) -> list[str]:
    if certificate is None:
        return ["false", _NONE]
    return [_flag(certificate.status == "Active"), _time(certificate.created_at)]


@operation("iam", "GetCredentialReport", READ, checks=on_everything("iam:GetCredentialReport"))
def get_credential_report(call: Call, request: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001 - it has no parameters
    """Show the last report."""
    report = call.store.iam.credentials.credential_reports.get(call.account, call.account)
    if report is None:
        raise AwsError("ReportNotPresent", "No report has been generated for this account.", 410)
    if call.now - report.created_at >= GOOD_FOR:
        raise AwsError("ReportExpired", "The credential report has expired. Generate a new one.", 410)
    return {
        "Content": report.content.encode(),
        "ReportFormat": "text/csv",
        "GeneratedTime": as_datetime(report.created_at),
    }
