"""Instance profiles on instances.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/attach-iam-role.html. Every association has an id of its own,
which the credentials delivered under it carry: those of a replaced one live on until they expire, as on AWS; those of
one that was ended are refused from then on.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from tabard.core.arn import ec2_arn
from tabard.core.errors import AwsError
from tabard.core.sources import as_datetime, resource_id
from tabard.services.ec2 import finding, profiles
from tabard.services.ec2.errors import invalid_value, missing_parameter
from tabard.services.ec2.filters import filtered
from tabard.services.ec2.identifiers import checked
from tabard.services.ec2.operation import ec2_operation, on_anything
from tabard.services.ec2.pages import page
from tabard.services.operation import READ, WRITE, Call, Check
from tabard.store.ec2 import Association

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tabard.services.ec2.profiles import Profile
    from tabard.store.ec2 import Instance

_ID = re.compile(r"iip-assoc-[0-9a-f]{17}\Z")

REMEMBERED = 2 * 3600.0
"""Seconds for which an ended association is remembered: longer than anything delivered under it lives."""


def associate(call: Call, instance: Instance, profile: Profile) -> Association:
    """Put an instance profile on an instance that has none."""
    association = Association(
        account=call.account,
        region=call.region,
        id=resource_id("iip-assoc", call.node.random),
        instance_id=instance.id,
        profile_id=profile.record.id,
        profile_arn=profile.arn,
        state="associated",
        created_at=call.now,
    )
    call.store.ec2.associations.put(association)
    return association


def disassociate(call: Call, instance: Instance) -> None:
    """End whatever association an instance has or had: nothing delivered to it is honoured any more."""
    repository = call.store.ec2.associations
    present = repository.of_instance(instance.account, instance.id)
    for each in [
        *repository.past(instance.account, instance.id),
        *([present] if present is not None else []),
    ]:
        repository.put(msgspec.structs.replace(each, state="disassociated", ended_at=call.now))


def _described(association: Association, state: str = "associated") -> dict[str, Any]:
    return {
        "AssociationId": association.id,
        "InstanceId": association.instance_id,
        "IamInstanceProfile": {"Arn": association.profile_arn, "Id": association.profile_id},
        "State": state,
        "Timestamp": as_datetime(int(association.created_at)),
    }


def _found(call: Call, association_id: str | None) -> Association:
    if not association_id:
        raise missing_parameter("AssociationId")
    if not _ID.match(association_id):
        raise invalid_value("Invalid value for associationId.")
    association = call.store.ec2.associations.get(call.account, association_id)
    if association is None or association.region != call.region or association.state != "associated":
        raise AwsError("NoSuchAssociation", f"An invalid association-id of '{association_id}' was given")
    return association


def _new_profile(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    return {"ec2:newinstanceprofile": profiles.profile_arn(call, request.get("IamInstanceProfile") or {})}


def _associate_checks(call: Call, request: dict[str, Any]) -> Iterator[Check]:
    instance_id = request.get("InstanceId")
    if not instance_id:
        raise missing_parameter("InstanceId")
    checked("i", [instance_id])
    check = finding.check_on(
        call, "ec2:AssociateIamInstanceProfile", instance_id, _new_profile(call, request)
    )
    yield check
    yield from profiles.pass_role_checks(call, request.get("IamInstanceProfile") or {}, check.resource)


@ec2_operation("AssociateIamInstanceProfile", WRITE, checks=_associate_checks)
def associate_iam_instance_profile(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Put an instance profile on a running or stopped instance that has none."""
    instance = finding.instance(call, request.get("InstanceId"))
    profile = profiles.required(call, request.get("IamInstanceProfile") or {})
    _require_settled(instance)
    if call.store.ec2.associations.of_instance(call.account, instance.id) is not None:
        raise AwsError("IncorrectState", f"There is an existing association for instance {instance.id}")
    return {"IamInstanceProfileAssociation": _described(associate(call, instance, profile), "associating")}


def _on_association(
    call: Call, request: dict[str, Any], action: str, more: dict[str, Any] | None = None
) -> Check:
    """The check on the instance that an association belongs to; on any instance where there is no such association."""
    association = call.store.ec2.associations.get(call.account, request.get("AssociationId") or "")
    if association is None or association.region != call.region:
        keys: dict[str, Any] = {"ec2:region": call.region, **(more or {})}
        return Check(action, ec2_arn(call.region, call.account, "instance", "*"), keys=keys)
    return finding.check_on(call, action, association.instance_id, more)


def _disassociate_checks(call: Call, request: dict[str, Any]) -> Iterator[Check]:
    yield _on_association(call, request, "ec2:DisassociateIamInstanceProfile")


@ec2_operation("DisassociateIamInstanceProfile", WRITE, checks=_disassociate_checks)
def disassociate_iam_instance_profile(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Take the instance profile off an instance; credentials that were delivered to it are refused from now on."""
    association = _found(call, request.get("AssociationId"))
    instance = call.store.ec2.instances.find(call.account, association.instance_id)
    if instance is None:
        raise AwsError("NoSuchAssociation", f"An invalid association-id of '{association.id}' was given")
    call.store.ec2.associations.prune(call.account, call.now - REMEMBERED)
    disassociate(call, instance)
    return {"IamInstanceProfileAssociation": _described(association, "disassociating")}


def _replace_checks(call: Call, request: dict[str, Any]) -> Iterator[Check]:
    check = _on_association(
        call, request, "ec2:ReplaceIamInstanceProfileAssociation", _new_profile(call, request)
    )
    yield check
    yield from profiles.pass_role_checks(call, request.get("IamInstanceProfile") or {}, check.resource)


@ec2_operation("ReplaceIamInstanceProfileAssociation", WRITE, checks=_replace_checks)
def replace_iam_instance_profile_association(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Put another instance profile in a present one's place, in one step and under a new association id.

    AWS does so for running instances alone: https://github.com/aws/aws-cli/issues/5251.
    """
    present = _found(call, request.get("AssociationId"))
    profile = profiles.required(call, request.get("IamInstanceProfile") or {})
    instance = call.store.ec2.instances.find(call.account, present.instance_id)
    if instance is None:
        raise AwsError("NoSuchAssociation", f"An invalid association-id of '{present.id}' was given")
    if instance.state != "running":
        raise AwsError("IncorrectState", f"The association {present.id} is not the active association")
    repository = call.store.ec2.associations
    repository.prune(call.account, call.now - REMEMBERED)
    repository.put(msgspec.structs.replace(present, state="replaced", ended_at=call.now))
    return {"IamInstanceProfileAssociation": _described(associate(call, instance, profile), "associating")}


@ec2_operation(
    "DescribeIamInstanceProfileAssociations",
    READ,
    checks=on_anything("ec2:DescribeIamInstanceProfileAssociations"),
)
def describe_iam_instance_profile_associations(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """The associations that hold now."""
    ids = list(dict.fromkeys(request.get("AssociationIds") or ()))
    found = (
        [_found(call, each) for each in ids]
        if ids
        else call.store.ec2.associations.all(call.account, call.region)
    )
    found = filtered(
        found,
        request.get("Filters"),
        {"instance-id": lambda each: each.instance_id, "state": lambda _: "associated"},
    )
    shown, token = page(sorted(found, key=_id), request, _id, ids="AssociationIds")
    reply: dict[str, Any] = {"IamInstanceProfileAssociations": [_described(each) for each in shown]}
    if token:
        reply["NextToken"] = token
    return reply


def _id(association: Association) -> str:
    return association.id


def _require_settled(instance: Instance) -> None:
    """AWS changes the profile of instances that are running or stopped, and of no others."""
    if instance.state not in {"running", "stopped"}:
        raise AwsError(
            "IncorrectInstanceState",
            f"The instance '{instance.id}' is not in the 'running' or 'stopped' states.",
        )
