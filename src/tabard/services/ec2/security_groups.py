"""Security groups: made, described, deleted.

https://docs.aws.amazon.com/vpc/latest/userguide/vpc-security-groups.html. They are kept and shown as AWS keeps them;
the host does not enforce their rules, since nothing reaches an instance but its own doors.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tabard.core.arn import ec2_arn
from tabard.core.errors import AwsError
from tabard.core.sources import resource_id
from tabard.services.ec2 import groups
from tabard.services.ec2.default_network import default_network
from tabard.services.ec2.errors import invalid_value, missing_parameter
from tabard.services.ec2.identifiers import checked
from tabard.services.ec2.limits import SECURITY_GROUPS_AT_MOST
from tabard.services.ec2.listing import Listing
from tabard.services.ec2.operation import ec2_operation, on_anything, request_tag_keys, tag_keys
from tabard.services.ec2.security_rules import as_permissions
from tabard.services.ec2.tagging import create_tags_checks, shown, specifications
from tabard.services.operation import READ, WRITE, Call, Check
from tabard.store.ec2 import SecurityGroup, SecurityRule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

_TEXT = re.compile(r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]*\Z")
_TEXT_AT_MOST = 255


def arn(call: Call, group_id: str) -> str:
    """A security group's ARN."""
    return ec2_arn(call.region, call.account, "security-group", group_id)


def _rules(
    read: Callable[[SecurityRule], str | None], *, egress: bool
) -> Callable[[SecurityGroup], Iterable[str | None]]:
    return lambda group: [read(rule) for rule in group.rules if rule.egress is egress]


def _number(value: int | None) -> str | None:
    return None if value is None else str(value)


_READERS: dict[str, Callable[[SecurityGroup], Iterable[str | None] | str | None]] = {
    "description": lambda group: group.description,
    "group-id": lambda group: group.id,
    "group-name": lambda group: group.name,
    "owner-id": lambda group: group.account,
    "vpc-id": lambda group: group.vpc_id,
}
for _prefix, _egress in (("ip-permission.", False), ("egress.ip-permission.", True)):
    _READERS |= {
        _prefix + "cidr": _rules(lambda rule: rule.cidr, egress=_egress),
        _prefix + "ipv6-cidr": _rules(lambda rule: rule.cidr6, egress=_egress),
        _prefix + "from-port": _rules(lambda rule: _number(rule.from_port), egress=_egress),
        _prefix + "to-port": _rules(lambda rule: _number(rule.to_port), egress=_egress),
        _prefix + "group-id": _rules(lambda rule: rule.group_id, egress=_egress),
        _prefix + "protocol": _rules(lambda rule: rule.protocol, egress=_egress),
        _prefix + "prefix-list-id": lambda _: None,
    }

_LISTING: Listing[SecurityGroup] = Listing(
    "SecurityGroups",
    "GroupIds",
    "sg",
    "InvalidGroup.NotFound",
    "The security group '{}' does not exist",
    lambda group: group.id,
    _READERS,
)


@ec2_operation("DescribeSecurityGroups", READ, checks=on_anything("ec2:DescribeSecurityGroups"))
def describe_security_groups(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Security groups with their rules; GroupNames finds those of the default VPC."""
    every = groups.every(call.store, call.account, call.region)
    names = request.get("GroupNames")
    if names:
        every = [
            groups.required_by_name(call.store, call.account, call.region, each)
            for each in dict.fromkeys(names)
        ]

    def describe(group: SecurityGroup, tags: Mapping[str, str]) -> dict[str, Any]:
        return {
            "GroupId": group.id,
            "GroupName": group.name,
            "Description": group.description,
            "OwnerId": group.account,
            "VpcId": group.vpc_id,
            "SecurityGroupArn": arn(call, group.id),
            "IpPermissions": as_permissions((rule for rule in group.rules if not rule.egress), group.account),
            "IpPermissionsEgress": as_permissions(
                (rule for rule in group.rules if rule.egress), group.account
            ),
            "Tags": shown(tags),
        }

    return _LISTING.reply(call, request, every, describe)


def _vpc_id(call: Call, request: dict[str, Any]) -> str:
    return request.get("VpcId") or default_network(call.account, call.region).vpc_id


def _create_checks(call: Call, request: dict[str, Any]) -> Iterator[Check]:
    tags = specifications(request, "security-group")
    vpc_id = _vpc_id(call, request)
    vpc = ec2_arn(call.region, call.account, "vpc", vpc_id)
    made = arn(call, "*")
    keys: dict[str, Any] = {"ec2:region": call.region}
    yield Check(
        "ec2:CreateSecurityGroup",
        made,
        keys={**keys, "ec2:vpc": vpc, **request_tag_keys(tags.get("security-group", {}))},
    )
    vpc_tags = tag_keys(call.store.ec2.tags.of(call.account, vpc_id))
    yield Check("ec2:CreateSecurityGroup", vpc, keys={**keys, "ec2:vpcid": vpc_id, **vpc_tags})
    yield from create_tags_checks(call, {"security-group": made}, tags)


@ec2_operation("CreateSecurityGroup", WRITE, checks=_create_checks)
def create_security_group(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Make a security group that lets nothing in and everything out."""
    name, description = request.get("GroupName") or "", request.get("Description") or ""
    vpc_id = _vpc_id(call, request)
    for parameter, text in (("GroupName", name), ("GroupDescription", description)):
        if not text:
            raise missing_parameter(parameter)
        if len(text) > _TEXT_AT_MOST or not _TEXT.match(text):
            raise invalid_value(
                f"Value ({text}) for parameter {parameter} is invalid. Character sets beyond ASCII are not supported."
            )
    if name.lower().startswith("sg-"):
        raise invalid_value(f"Value ({name}) for parameter GroupName is invalid. It may not begin with sg-.")
    checked("vpc", [vpc_id])
    if vpc_id != default_network(call.account, call.region).vpc_id:
        raise AwsError("InvalidVpcID.NotFound", f"The vpc ID '{vpc_id}' does not exist")
    if name == "default":
        raise AwsError("InvalidParameterValue", "Cannot use reserved security group name: default")
    present = groups.every(call.store, call.account, call.region)
    if any(group.name == name for group in present):
        raise AwsError(
            "InvalidGroup.Duplicate", f"The security group '{name}' already exists for VPC '{vpc_id}'"
        )
    if len(present) >= SECURITY_GROUPS_AT_MOST:
        raise AwsError(
            "SecurityGroupLimitExceeded", "The maximum number of security groups has been reached."
        )
    random = call.node.random
    group = SecurityGroup(
        account=call.account,
        region=call.region,
        id=resource_id("sg", random),
        name=name,
        description=description,
        vpc_id=vpc_id,
        rules=(SecurityRule(id=resource_id("sgr", random), egress=True, protocol="-1", cidr="0.0.0.0/0"),),
    )
    call.store.ec2.security_groups.put(group)
    tags = specifications(request, "security-group").get("security-group", {})
    if tags:
        call.store.ec2.tags.put(call.account, call.region, group.id, tags)
    return {"GroupId": group.id, "SecurityGroupArn": arn(call, group.id), "Tags": shown(tags)}


def meant(call: Call, request: dict[str, Any]) -> SecurityGroup | None:
    """The security group that a request names by id, or by name in the default VPC."""
    group_id, name = request.get("GroupId"), request.get("GroupName")
    if group_id:
        checked("sg", [group_id])
        return groups.find(call.store, call.account, call.region, group_id)
    if name:
        return groups.by_name(call.store, call.account, call.region, name)
    raise missing_parameter("GroupId")


def required(call: Call, request: dict[str, Any]) -> SecurityGroup:
    """The same; raises InvalidGroup.NotFound."""
    group = meant(call, request)
    if group is not None:
        return group
    if request.get("GroupId"):
        return groups.required(call.store, call.account, call.region, request["GroupId"])
    return groups.required_by_name(call.store, call.account, call.region, request["GroupName"])


def check_on(call: Call, action: str, request: dict[str, Any]) -> Check:
    """The check of an action on the group that a request names, whether or not it exists."""
    group = meant(call, request)
    group_id = group.id if group is not None else request.get("GroupId") or "*"
    keys: dict[str, Any] = {"ec2:region": call.region, "ec2:securitygroupid": group_id}
    if group is not None:
        keys["ec2:vpc"] = ec2_arn(call.region, call.account, "vpc", group.vpc_id)
        keys |= tag_keys(call.store.ec2.tags.of(call.account, group.id))
    return Check(action, arn(call, group_id), keys=keys)


def _delete_checks(call: Call, request: dict[str, Any]) -> Iterator[Check]:
    yield check_on(call, "ec2:DeleteSecurityGroup", request)


@ec2_operation("DeleteSecurityGroup", WRITE, checks=_delete_checks)
def delete_security_group(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Delete a security group that no instance has and no other group speaks of."""
    group = required(call, request)
    if group.name == "default":
        raise AwsError(
            "CannotDelete", f'the specified group: "{group.id}" name: "default" cannot be deleted by a user'
        )
    instances = call.store.ec2.instances.all(call.account, call.region)
    others = groups.every(call.store, call.account, call.region)
    if any(group.id in each.security_groups and each.state != "terminated" for each in instances) or any(
        rule.group_id == group.id for other in others if other.id != group.id for rule in other.rules
    ):
        raise AwsError("DependencyViolation", f"resource {group.id} has a dependent object")
    call.store.ec2.security_groups.delete(group)
    for resource in (group.id, *(rule.id for rule in group.rules)):
        call.store.ec2.tags.put(call.account, call.region, resource, {})
    return {"Return": True, "GroupId": group.id}
