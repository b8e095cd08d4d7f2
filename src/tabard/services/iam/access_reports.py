"""Service last accessed details: which services a user, group, role or policy reaches, and who used them when.

Attempts count, allowed or denied, as on AWS; the recorder of last uses notes them (``last_used``).
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed.html
"""

from __future__ import annotations

import asyncio
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from tabard.catalog import managed_policies, service_reference
from tabard.core.arn import iam_arn
from tabard.core.sources import as_datetime
from tabard.services.iam import access_jobs, carried, paging
from tabard.services.iam.errors import invalid_input, no_such_entity
from tabard.services.iam.last_used import attempts_of
from tabard.services.iam.managed import account_of, on_policy
from tabard.services.iam.reach import reached
from tabard.services.iam.subjects import on_everything, on_identity
from tabard.services.operation import LONG, READ, operation
from tabard.store.iam import Group
from tabard.store.iam_credentials import Attempted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from types_boto3_iam.type_defs import (
        GenerateServiceLastAccessedDetailsRequestTypeDef,
        GetServiceLastAccessedDetailsRequestTypeDef,
        GetServiceLastAccessedDetailsWithEntitiesRequestTypeDef,
    )

    from tabard.policy import Document
    from tabard.services.operation import Call, Check
    from tabard.store.iam import Role, User
    from tabard.store.iam_credentials import AccessReport

TRACKED_FOR = 400 * 24 * 3600
"""Seconds for which attempts are reported."""
_MEMBERS_AT_ONCE = 100


def _on_subject(call: Call, request: GenerateServiceLastAccessedDetailsRequestTypeDef) -> Iterable[Check]:
    action, arn = "iam:GenerateServiceLastAccessedDetails", request["Arn"]
    if ":policy/" in arn:
        return on_policy(action)(call, {"PolicyArn": arn})
    return on_identity(action)(call, request)


@operation("iam", "GenerateServiceLastAccessedDetails", LONG, checks=_on_subject)
async def generate_service_last_accessed_details(
    call: Call, request: GenerateServiceLastAccessedDetailsRequestTypeDef
) -> dict[str, Any]:
    """Make a report on a user, group, role or managed policy; it is ready at once."""
    arn = request["Arn"]
    documents, found = _policy(call, arn) if ":policy/" in arn else _identity(call, arn)
    services = await asyncio.to_thread(lambda: list(reached(documents)))
    report = access_jobs.new_job(
        call,
        arn,
        by_action=request.get("Granularity") == "ACTION_LEVEL",
        services=services,
        found=[each async for each in _in_turns(found)],
    )
    await call.write(partial(access_jobs.keep, report))
    return {"JobId": report.id}


async def _in_turns(found: Iterator[Attempted]) -> Any:
    """Everybody, with others answered in between."""
    for number, each in enumerate(found, 1):
        yield each
        if number % _MEMBERS_AT_ONCE == 0:
            await asyncio.sleep(0)


def _identity(call: Call, arn: str) -> tuple[list[Document], Iterator[Attempted]]:
    kind, entity = carried.identity(call, arn)
    documents = [policy.document for policy in carried.by_entity(call, kind, entity)]
    if isinstance(entity, Group):
        return documents, _of_group(call, entity)
    return documents, iter([_attempted(call, kind, entity)])


def _policy(call: Call, arn: str) -> tuple[list[Document], Iterator[Attempted]]:
    if account_of(arn) not in {call.account, managed_policies.ARN_PREFIX.split(":")[4]}:
        raise invalid_input(f"ARN {arn} is not valid.")
    document = carried.managed(call, arn)
    if document is None:
        raise no_such_entity(f"Policy {arn} does not exist.")
    return [document], _of_policy(call, arn)


def _of_policy(call: Call, arn: str) -> Iterator[Attempted]:
    """The users and roles that a policy is attached to, users through their groups too, each once."""
    iam, seen = call.store.iam, set()
    for kind, entity_id in iam.grants.entities_of(call.account, arn):
        if kind == "group":
            group = iam.groups.by_id(call.account, entity_id)
            found = iter(()) if group is None else _of_group(call, group)
        else:
            repository = iam.users if kind == "user" else iam.roles
            entity = repository.by_id(call.account, entity_id)
            found = iter(() if entity is None else [_attempted(call, kind, entity)])
        for each in found:
            if each.id not in seen:
                seen.add(each.id)
                yield each


def _of_group(call: Call, group: Group) -> Iterator[Attempted]:
    after: str | None = None
    while True:
        page = call.store.iam.groups.members(group, after, _MEMBERS_AT_ONCE)
        for user in page.items:
            yield _attempted(call, "user", user)
        after = page.next
        if after is None:
            return


def _attempted(call: Call, kind: str, entity: User | Role) -> Attempted:
    arn = iam_arn(entity.account, kind, entity.path, entity.name)
    attempts = [
        (each.service, each.operation, each.at, each.region)
        for each in attempts_of(call, entity.account, entity.id)
        if call.now - each.at < TRACKED_FOR
    ]
    return Attempted(kind.upper(), arn, entity.id, entity.name, entity.path, attempts)


@operation(
    "iam",
    "GetServiceLastAccessedDetails",
    READ,
    checks=on_everything("iam:GetServiceLastAccessedDetails"),
)
def get_service_last_accessed_details(
    call: Call, request: GetServiceLastAccessedDetailsRequestTypeDef
) -> dict[str, Any]:
    """Show the services of a report, by namespace, each with the last attempt at it."""
    report = access_jobs.find(call, request["JobId"])
    page = paging.listed(
        request, report.services, lambda name: name, "ServicesLastAccessed", partial(_service, report)
    )
    return {
        "JobStatus": "COMPLETED",
        "JobType": "ACTION_LEVEL" if report.by_action else "SERVICE_LEVEL",
        **_dates(report),
        **page,
    }


def _dates(report: AccessReport) -> dict[str, Any]:
    return {
        "JobCreationDate": as_datetime(report.created_at),
        "JobCompletionDate": as_datetime(report.created_at),
    }


def _service(report: AccessReport, namespace: str) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "ServiceName": service_reference.title(namespace) or namespace,
        "ServiceNamespace": namespace,
        "TotalAuthenticatedEntities": 0,
    }
    attempts = [(*each, by.arn) for by in report.found for each in by.attempts if each[0] == namespace]
    if attempts:
        _, _, at, region, arn = max(attempts, key=lambda each: each[2])
        shown["LastAuthenticated"] = as_datetime(at)
        shown["LastAuthenticatedEntity"] = arn
        shown["LastAuthenticatedRegion"] = region
        shown["TotalAuthenticatedEntities"] = len({each[4] for each in attempts})
    if report.by_action and _tracked(namespace):
        shown["TrackedActionsLastAccessed"] = [
            _action(name, [each for each in attempts if each[1] == name])
            for name in sorted(_tracked(namespace))
        ]
    return shown


def _action(name: str, attempts: list[tuple[str, str, float, str, str]]) -> dict[str, Any]:
    shown: dict[str, Any] = {"ActionName": name}
    if attempts:
        _, _, at, region, arn = max(attempts, key=lambda each: each[2])
        shown["LastAccessedEntity"] = arn
        shown["LastAccessedTime"] = as_datetime(at)
        shown["LastAccessedRegion"] = region
    return shown


@cache
def _tracked(namespace: str) -> frozenset[str]:
    """The actions whose attempts are noted: management operations of the services that are served here, by their names."""
    from tabard.services.operation import OPERATIONS

    built = {name for service, name in OPERATIONS if service == namespace}
    return frozenset(
        name
        for name in built.intersection(service_reference.action_names(namespace))
        if not _on_objects(namespace, name)
    )


def _on_objects(namespace: str, name: str) -> bool:
    """Whether an action works on data rather than on what holds it: AWS tracks no actions of S3's objects."""
    action = service_reference.action(f"{namespace}:{name}")
    return action is not None and any(row.resource_type == "object" for row in action.resource_types)


@operation(
    "iam",
    "GetServiceLastAccessedDetailsWithEntities",
    READ,
    checks=on_everything("iam:GetServiceLastAccessedDetailsWithEntities"),
)
def get_service_last_accessed_details_with_entities(
    call: Call, request: GetServiceLastAccessedDetailsWithEntitiesRequestTypeDef
) -> dict[str, Any]:
    """Show the users and roles of a report with their last attempts at one service, the most recent first."""
    report = access_jobs.find(call, request["JobId"])
    namespace = request["ServiceNamespace"].lower()
    if service_reference.title(namespace) is None:
        raise invalid_input(f"Invalid service namespace: {request['ServiceNamespace']}")
    found = report.found if namespace in report.services else []
    entities = [
        (max((each[2] for each in by.attempts if each[0] == namespace), default=0.0), by) for by in found
    ]
    page = paging.listed(
        request,
        entities,
        lambda each: f"{9e11 - each[0]:.3f}{each[1].id}",
        "EntityDetailsList",
        _details,
    )
    return {"JobStatus": "COMPLETED", **_dates(report), **page}


def _details(entity: tuple[float, Attempted]) -> dict[str, Any]:
    at, by = entity
    info = {"Arn": by.arn, "Name": by.name, "Type": by.kind, "Id": by.id, "Path": by.path}
    return {"EntityInfo": info} if not at else {"EntityInfo": info, "LastAuthenticated": as_datetime(at)}
