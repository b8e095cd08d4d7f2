"""Finding the instances that a request names, and the checks of operations on instances."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tabard.core.arn import ec2_arn
from tabard.services.ec2.errors import missing_parameter, no_such_instances
from tabard.services.ec2.identifiers import checked
from tabard.services.ec2.instance_view import condition_keys
from tabard.services.operation import Call, Check

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tabard.services.operation import Checks
    from tabard.store.ec2 import Instance

    MoreKeys = Callable[[Call, dict[str, Any]], dict[str, Any]]


def instances(call: Call, ids: Iterable[str] | None, parameter: str = "InstanceId") -> list[Instance]:
    """The instances of these ids, in their order; raises ``AwsError`` for none given, malformed or unknown
    ones.
    """
    wanted = checked("i", ids)
    if not wanted:
        raise missing_parameter(parameter)
    repository = call.store.ec2.instances
    found = [(each, repository.get(call.account, call.region, each)) for each in wanted]
    missing = [each for each, record in found if record is None]
    if missing:
        raise no_such_instances(missing)
    return [record for _, record in found if record is not None]


def instance(call: Call, instance_id: str | None) -> Instance:
    """The instance of an id."""
    return instances(call, [instance_id] if instance_id else None)[0]


def check_on(call: Call, action: str, instance_id: str, more: dict[str, Any] | None = None) -> Check:
    """The check of an action on an instance, whether or not it exists."""
    record = call.store.ec2.instances.get(call.account, call.region, instance_id)
    keys: dict[str, Any] = (
        {"ec2:region": call.region, "ec2:instanceid": instance_id}
        if record is None
        else condition_keys(call.store, record)
    )
    if more:
        keys |= more
    return Check(action, ec2_arn(call.region, call.account, "instance", instance_id), keys=keys)


def on_instance(action: str, more: MoreKeys | None = None) -> Checks:
    """The checks of an operation on one instance (``InstanceId``)."""

    def checks(call: Call, request: dict[str, Any]) -> Iterator[Check]:
        instance_id = request.get("InstanceId")
        if not instance_id:
            raise missing_parameter("InstanceId")
        checked("i", [instance_id])
        yield check_on(call, action, instance_id, more(call, request) if more is not None else None)

    return checks


def on_instances(action: str) -> Checks:
    """The checks of an operation on several instances (``InstanceIds``): all of them, or nothing is done."""

    def checks(call: Call, request: dict[str, Any]) -> Iterator[Check]:
        ids = checked("i", request.get("InstanceIds"))
        if not ids:
            raise missing_parameter("InstanceId")
        for each in ids:
            yield check_on(call, action, each)

    return checks
