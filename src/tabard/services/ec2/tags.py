"""CreateTags, DeleteTags and DescribeTags: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tabard.core.arn import ec2_arn
from tabard.core.errors import AwsError
from tabard.services.ec2 import groups, images, key_pairs
from tabard.services.ec2.default_network import default_network
from tabard.services.ec2.errors import missing_parameter, no_such_instances
from tabard.services.ec2.filters import filtered
from tabard.services.ec2.identifiers import resource_type
from tabard.services.ec2.instance_view import condition_keys
from tabard.services.ec2.operation import ec2_operation, on_anything, request_tag_keys, tag_keys
from tabard.services.ec2.pages import page
from tabard.services.ec2.tagging import checked_tags, within_limit
from tabard.services.operation import READ, WRITE, Call, Check

if TYPE_CHECKING:
    from collections.abc import Iterator

RESOURCES_AT_MOST = 1000

_NOT_FOUND = {
    "volume": ("InvalidVolume.NotFound", "The volume '{}' does not exist."),
    "network-interface": (
        "InvalidNetworkInterfaceID.NotFound",
        "The networkInterface ID '{}' does not exist",
    ),
    "security-group": ("InvalidGroup.NotFound", "The security group '{}' does not exist"),
    "security-group-rule": (
        "InvalidSecurityGroupRuleId.NotFound",
        "The security group rule ID '{}' does not exist",
    ),
    "subnet": ("InvalidSubnetID.NotFound", "The subnet ID '{}' does not exist"),
    "vpc": ("InvalidVpcID.NotFound", "The vpc ID '{}' does not exist"),
    "key-pair": ("InvalidKeyPair.NotFound", "The key pair with ID '{}' does not exist"),
    "image": ("InvalidAMIID.NotFound", "The image id '[{}]' does not exist"),
    "route-table": ("InvalidRouteTableID.NotFound", "The routeTable ID '{}' does not exist"),
    "network-acl": ("InvalidNetworkAclID.NotFound", "The networkAcl ID '{}' does not exist"),
    "dhcp-options": ("InvalidDhcpOptionID.NotFound", "The dhcpOption ID '{}' does not exist"),
}


class Tag(NamedTuple):
    """One tag of one resource, as DescribeTags lists it."""

    resource_id: str
    key: str
    value: str


def _kind(resource_id: str) -> str:
    kind = resource_type(resource_id)
    if kind is None:
        raise AwsError("InvalidID", f"The ID '{resource_id}' is not valid")
    return kind


def _resources(request: dict[str, Any]) -> list[str]:
    ids = list(dict.fromkeys(request.get("Resources") or ()))
    if not ids:
        raise missing_parameter("resourceIdSet")
    if len(ids) > RESOURCES_AT_MOST:
        raise AwsError(
            "InvalidParameterValue", f"No more than {RESOURCES_AT_MOST} resources can be tagged at once."
        )
    return ids


def _exists(call: Call, resource_id: str, kind: str) -> bool:
    view, account, region = call.store, call.account, call.region
    network = default_network(account, region)
    match kind:
        case "instance":
            found = view.ec2.instances.get(account, region, resource_id)
            return found is not None and found.state != "terminated"
        case "volume" | "network-interface":
            return any(
                resource_id in {each.volume_id, each.interface_id} and each.state != "terminated"
                for each in view.ec2.instances.all(account, region)
            )
        case "key-pair":
            return view.ec2.key_pairs.by_id(account, region, resource_id) is not None
        case "security-group":
            return groups.find(view, account, region, resource_id) is not None
        case "security-group-rule":
            return any(
                rule.id == resource_id
                for group in groups.every(view, account, region)
                for rule in group.rules
            )
        case "subnet":
            return network.subnet(resource_id) is not None
        case "image":
            return images.find(region, resource_id) is not None
        case _:
            return resource_id in {
                network.vpc_id,
                network.route_table_id,
                network.network_acl_id,
                network.dhcp_options_id,
            }


def _require(call: Call, resource_id: str) -> None:
    kind = _kind(resource_id)
    if not _exists(call, resource_id, kind):
        if kind == "instance":
            raise no_such_instances([resource_id])
        code, message = _NOT_FOUND.get(kind, ("InvalidID", "The ID '{}' is not valid"))
        raise AwsError(code, message.format(resource_id))


def _arn(call: Call, resource_id: str, kind: str) -> str:
    if kind == "image":
        return ec2_arn(call.region, "", kind, resource_id)
    if kind == "key-pair":
        pair = call.store.ec2.key_pairs.by_id(call.account, call.region, resource_id)
        return key_pairs.arn(call, pair.name if pair is not None else resource_id)
    return ec2_arn(call.region, call.account, kind, resource_id)


def _check(call: Call, action: str, resource_id: str, requested: dict[str, Any]) -> Check:
    kind = _kind(resource_id)
    keys: dict[str, Any] = {"ec2:region": call.region}
    if kind == "instance":
        instance = call.store.ec2.instances.get(call.account, call.region, resource_id)
        keys |= (
            condition_keys(call.store, instance) if instance is not None else {"ec2:instanceid": resource_id}
        )
    else:
        keys |= tag_keys(call.store.ec2.tags.of(call.account, resource_id))
    return Check(action, _arn(call, resource_id, kind), keys=keys | requested)


def _create_checks(call: Call, request: dict[str, Any]) -> Iterator[Check]:
    requested = request_tag_keys(checked_tags(request.get("Tags") or ()))
    for each in _resources(request):
        yield _check(call, "ec2:CreateTags", each, requested)


@ec2_operation("CreateTags", WRITE, checks=_create_checks)
def create_tags(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Add tags to resources, or give present ones other values: to all of the resources, or to none."""
    tags = checked_tags(request.get("Tags") or ())
    if not tags:
        raise missing_parameter("tagSet")
    ids = _resources(request)
    for each in ids:
        _require(call, each)
    for each in ids:
        present = call.store.ec2.tags.of(call.account, each)
        call.store.ec2.tags.put(call.account, call.region, each, within_limit({**present, **tags}))
    return {}


def _delete_checks(call: Call, request: dict[str, Any]) -> Iterator[Check]:
    names = [str(tag["Key"]) for tag in request.get("Tags") or () if tag.get("Key")]
    requested: dict[str, Any] = {"aws:tagkeys": names} if names else {}
    requested |= {
        f"aws:requesttag/{str(tag['Key']).lower()}": tag["Value"]
        for tag in request.get("Tags") or ()
        if tag.get("Key") and tag.get("Value") is not None
    }
    for each in _resources(request):
        yield _check(call, "ec2:DeleteTags", each, requested)


@ec2_operation("DeleteTags", WRITE, checks=_delete_checks)
def delete_tags(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Take tags away: by key, by key where the value is the given one, or all. Tags that are not there are no error."""
    ids = _resources(request)
    for each in ids:
        _kind(each)
    given = request.get("Tags")
    for each in ids:
        present = dict(call.store.ec2.tags.of(call.account, each))
        if not present:
            continue
        if not given:
            present = {}
        for tag in given or ():
            key, value = tag.get("Key") or "", tag.get("Value")
            if key in present and (value is None or present[key] == value):
                del present[key]
        call.store.ec2.tags.put(call.account, call.region, each, present)
    return {}


@ec2_operation("DescribeTags", READ, checks=on_anything("ec2:DescribeTags"))
def describe_tags(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """The tags of the region's resources, one by one."""
    every = [
        Tag(resource_id, key, value)
        for resource_id, tags in call.store.ec2.tags.all(call.account, call.region).items()
        for key, value in sorted(tags.items())
    ]
    filters: list[dict[str, Any]] = []
    for each in request.get("Filters") or ():
        name = each.get("Name") or ""
        if name.startswith("tag:"):
            filters.append({"Name": "key", "Values": [name[4:].replace("\\", "\\\\")]})
            filters.append({"Name": "value", "Values": each.get("Values")})
        else:
            filters.append(each)
    found = filtered(
        every,
        filters,
        {
            "key": lambda tag: tag.key,
            "value": lambda tag: tag.value,
            "resource-id": lambda tag: tag.resource_id,
            "resource-type": lambda tag: resource_type(tag.resource_id),
        },
    )
    shown, token = page(found, request, lambda tag: f"{tag.resource_id} {tag.key}")
    reply: dict[str, Any] = {
        "Tags": [
            {
                "ResourceId": tag.resource_id,
                "ResourceType": resource_type(tag.resource_id),
                "Key": tag.key,
                "Value": tag.value,
            }
            for tag in shown
        ]
    }
    if token:
        reply["NextToken"] = token
    return reply
