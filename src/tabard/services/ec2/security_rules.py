"""Rules of security groups: from a request's IpPermissions to single rules and back.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from tabard.core.errors import AwsError
from tabard.services.ec2.errors import invalid_value, missing_parameter, unsupported
from tabard.services.ec2.identifiers import checked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tabard.store.ec2 import SecurityGroup, SecurityRule

_NAMES = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6"}
_NUMBER = re.compile(r"[0-9]{1,3}").fullmatch
_WITH_PORTS = {"tcp", "udp"}
_WITH_TYPES = {"icmp", "icmpv6"}
DESCRIPTION_AT_MOST = 255


class Content(NamedTuple):
    """What a rule lets through: two rules of a group may not have the same."""

    protocol: str
    from_port: int | None
    to_port: int | None
    cidr: str | None = None
    cidr6: str | None = None
    group_id: str | None = None


class Wanted(NamedTuple):
    """A rule that a request speaks of, with its description."""

    content: Content
    description: str | None


def content(rule: SecurityRule) -> Content:
    """What a rule lets through."""
    return Content(rule.protocol, rule.from_port, rule.to_port, rule.cidr, rule.cidr6, rule.group_id)


def peer(rule: Content) -> str:
    """Whom a rule is about."""
    return rule.cidr or rule.cidr6 or rule.group_id or ""


def requested(request: Mapping[str, Any], group_of: Mapping[str, str]) -> list[Wanted]:
    """The rules that a request speaks of, in IpPermissions or in its own parameters.

    ``group_of`` finds a group's id by its name. Raises ``AwsError`` for rules that cannot be.
    """
    permissions = list(request.get("IpPermissions") or ())
    if request.get("IpProtocol") or request.get("CidrIp") or request.get("SourceSecurityGroupName"):
        if permissions:
            raise AwsError(
                "InvalidParameterCombination",
                "The parameter 'ipPermissions' may not be used in combination with others",
            )
        permissions.append(_of_parameters(request))
    if not permissions:
        raise missing_parameter("ipPermissions")
    found = [wanted for permission in permissions for wanted in _of_permission(permission, group_of)]
    if len({each.content for each in found}) < len(found):
        raise invalid_value("The same permission must not appear multiple times")
    return found


def _of_parameters(request: Mapping[str, Any]) -> dict[str, Any]:
    permission: dict[str, Any] = {
        "IpProtocol": request.get("IpProtocol") or "-1",
        "FromPort": request.get("FromPort"),
        "ToPort": request.get("ToPort"),
    }
    if request.get("CidrIp"):
        permission["IpRanges"] = [{"CidrIp": request["CidrIp"]}]
    if request.get("SourceSecurityGroupName"):
        permission["UserIdGroupPairs"] = [{"GroupName": request["SourceSecurityGroupName"]}]
    return permission


def _of_permission(permission: Mapping[str, Any], group_of: Mapping[str, str]) -> Iterator[Wanted]:
    protocol, first, last = _traffic(permission)
    if permission.get("PrefixListIds"):
        raise unsupported("Prefix lists are not supported")
    count = 0
    for each in permission.get("IpRanges") or ():
        count += 1
        yield Wanted(Content(protocol, first, last, cidr=_cidr(each.get("CidrIp"), 4)), _description(each))
    for each in permission.get("Ipv6Ranges") or ():
        count += 1
        yield Wanted(Content(protocol, first, last, cidr6=_cidr(each.get("CidrIpv6"), 6)), _description(each))
    for each in permission.get("UserIdGroupPairs") or ():
        count += 1
        yield Wanted(Content(protocol, first, last, group_id=_group(each, group_of)), _description(each))
    if not count:
        raise missing_parameter("ipPermissions.ipRanges")


def _traffic(permission: Mapping[str, Any]) -> tuple[str, int | None, int | None]:
    given = str(permission.get("IpProtocol") or "").lower()
    if not given:
        raise missing_parameter("ipProtocol")
    protocol = _NAMES.get(given, given)
    if protocol not in {"-1", *_WITH_PORTS, *_WITH_TYPES} and not (_NUMBER(protocol) and int(protocol) < 256):
        raise invalid_value(f"Invalid value '{given}' for IP protocol. Unknown protocol.")
    first, last = permission.get("FromPort"), permission.get("ToPort")
    if protocol in _WITH_PORTS:
        if first is None or last is None:
            raise invalid_value(
                "Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange."
            )
        if not 0 <= first <= last <= 65_535:
            raise invalid_value(f"Invalid TCP/UDP port range ({first}:{last})")
        return protocol, first, last
    if protocol in _WITH_TYPES:
        first, last = -1 if first is None else first, -1 if last is None else last
        if not (-1 <= first <= 255 and -1 <= last <= 255):
            raise invalid_value(f"ICMP code ({first}:{last}) out of range")
        return protocol, first, last
    return protocol, None, None


def _cidr(text: str | None, version: int) -> str:
    try:
        network = ipaddress.ip_network(text or "", strict=False)
    except ValueError:
        network = None
    if network is None or network.version != version or "/" not in (text or ""):
        raise invalid_value(f"CIDR block {text} is malformed")
    return str(network)


def _description(given: Mapping[str, Any]) -> str | None:
    text: str | None = given.get("Description") or None
    if text is not None and len(text) > DESCRIPTION_AT_MOST:
        raise invalid_value(
            f"Invalid rule description. Rule descriptions may be up to {DESCRIPTION_AT_MOST} characters"
        )
    return text


def _group(pair: Mapping[str, Any], group_of: Mapping[str, str]) -> str:
    group_id, name = pair.get("GroupId"), pair.get("GroupName")
    if group_id:
        checked("sg", [group_id])
        if group_id not in group_of.values():
            raise AwsError("InvalidGroup.NotFound", f"The security group '{group_id}' does not exist")
        return str(group_id)
    if name is not None and name in group_of:
        return group_of[name]
    raise AwsError("InvalidGroup.NotFound", f"The security group '{name}' does not exist")


def as_permissions(rules: Iterable[SecurityRule], account: str) -> list[dict[str, Any]]:
    """Rules as IpPermissions: one for each kind of traffic."""
    permissions: dict[tuple[str, int | None, int | None], dict[str, Any]] = {}
    for rule in rules:
        entry = permissions.setdefault(
            (rule.protocol, rule.from_port, rule.to_port),
            {
                "IpProtocol": rule.protocol,
                "IpRanges": [],
                "Ipv6Ranges": [],
                "PrefixListIds": [],
                "UserIdGroupPairs": [],
            },
        )
        if rule.from_port is not None:
            entry["FromPort"], entry["ToPort"] = rule.from_port, rule.to_port
        note = {} if rule.description is None else {"Description": rule.description}
        if rule.cidr is not None:
            entry["IpRanges"].append({"CidrIp": rule.cidr, **note})
        elif rule.cidr6 is not None:
            entry["Ipv6Ranges"].append({"CidrIpv6": rule.cidr6, **note})
        elif rule.group_id is not None:
            entry["UserIdGroupPairs"].append({"GroupId": rule.group_id, "UserId": account, **note})
    return list(permissions.values())


def as_rule(group: SecurityGroup, rule: SecurityRule) -> dict[str, Any]:
    """One rule as replies show it."""
    entry: dict[str, Any] = {
        "SecurityGroupRuleId": rule.id,
        "GroupId": group.id,
        "GroupOwnerId": group.account,
        "IsEgress": rule.egress,
        "IpProtocol": rule.protocol,
        "FromPort": -1 if rule.from_port is None else rule.from_port,
        "ToPort": -1 if rule.to_port is None else rule.to_port,
    }
    if rule.cidr is not None:
        entry["CidrIpv4"] = rule.cidr
    if rule.cidr6 is not None:
        entry["CidrIpv6"] = rule.cidr6
    if rule.group_id is not None:
        entry["ReferencedGroupInfo"] = {"GroupId": rule.group_id, "UserId": group.account}
    if rule.description is not None:
        entry["Description"] = rule.description
    return entry
