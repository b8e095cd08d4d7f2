"""Rules of security groups: allowed, revoked, described.

https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from tabard.core.arn import ec2_arn
from tabard.core.errors import AwsError
from tabard.core.sources import resource_id
from tabard.services.ec2 import groups, security_groups
from tabard.services.ec2.errors import invalid_combination
from tabard.services.ec2.filters import flag
from tabard.services.ec2.identifiers import checked
from tabard.services.ec2.limits import RULES_AT_MOST
from tabard.services.ec2.listing import Listing
from tabard.services.ec2.operation import ec2_operation, on_anything, request_tag_keys
from tabard.services.ec2.security_rules import as_rule, content, peer, requested
from tabard.services.ec2.tagging import create_tags_checks, shown, specifications
from tabard.services.operation import READ, WRITE, Call, Check
from tabard.store.ec2 import SecurityGroup, SecurityRule

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Rule(NamedTuple):
    """A rule and the group that it belongs to."""

    group: SecurityGroup
    rule: SecurityRule


_LISTING: Listing[Rule] = Listing(
    "SecurityGroupRules",
    "SecurityGroupRuleIds",
    "sgr",
    "InvalidSecurityGroupRuleId.NotFound",
    "The security group rule ID '{}' does not exist",
    lambda each: each.rule.id,
    {
        "group-id": lambda each: each.group.id,
        "is-egress": lambda each: flag(each.rule.egress),
        "security-group-rule-id": lambda each: each.rule.id,
    },
)


@ec2_operation("DescribeSecurityGroupRules", READ, checks=on_anything("ec2:DescribeSecurityGroupRules"))
def describe_security_group_rules(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Rules, one by one."""

    def describe(each: Rule, tags: Mapping[str, str]) -> dict[str, Any]:
        return {**as_rule(each.group, each.rule), "Tags": shown(tags)}

    every = [
        Rule(group, rule)
        for group in groups.every(call.store, call.account, call.region)
        for rule in group.rules
    ]
    return _LISTING.reply(call, request, every, describe)


def _group_of(call: Call) -> dict[str, str]:
    return {group.name: group.id for group in groups.every(call.store, call.account, call.region)}


def _authorize_checks(call: Call, request: dict[str, Any]) -> Iterator[Check]:
    action = f"ec2:{call.operation}"
    tags = specifications(request, "security-group-rule")
    yield security_groups.check_on(call, action, request)
    if tags:
        made = ec2_arn(call.region, call.account, "security-group-rule", "*")
        keys: dict[str, Any] = {"ec2:region": call.region, **request_tag_keys(tags["security-group-rule"])}
        yield Check(action, made, keys=keys)
        yield from create_tags_checks(call, {"security-group-rule": made}, tags)


def _authorize(call: Call, request: dict[str, Any], *, egress: bool) -> dict[str, Any]:
    group = security_groups.required(call, request)
    present = {content(rule) for rule in group.rules if rule.egress is egress}
    made: list[SecurityRule] = []
    for wanted in requested(request, _group_of(call)):
        given = wanted.content
        if given in present:
            ports = (
                f", from port: {given.from_port}, to port: {given.to_port}"
                if given.from_port is not None
                else ""
            )
            protocol = "ALL" if given.protocol == "-1" else given.protocol.upper()
            raise AwsError(
                "InvalidPermission.Duplicate",
                f'the specified rule "peer: {peer(given)}, {protocol}{ports}, ALLOW" already exists',
            )
        made.append(
            SecurityRule(
                id=resource_id("sgr", call.node.random),
                egress=egress,
                protocol=given.protocol,
                from_port=given.from_port,
                to_port=given.to_port,
                cidr=given.cidr,
                cidr6=given.cidr6,
                group_id=given.group_id,
                description=wanted.description,
            )
        )
    if len(present) + len(made) > RULES_AT_MOST:
        raise AwsError(
            "RulesPerSecurityGroupLimitExceeded",
            "The maximum number of rules per security group has been reached.",
        )
    call.store.ec2.security_groups.put(msgspec.structs.replace(group, rules=(*group.rules, *made)))
    tags = specifications(request, "security-group-rule").get("security-group-rule", {})
    for rule in made if tags else ():
        call.store.ec2.tags.put(call.account, call.region, rule.id, tags)
    return {
        "Return": True,
        "SecurityGroupRules": [{**as_rule(group, rule), "Tags": shown(tags)} for rule in made],
    }


@ec2_operation("AuthorizeSecurityGroupIngress", WRITE, checks=_authorize_checks)
def authorize_security_group_ingress(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Let more in."""
    return _authorize(call, request, egress=False)


@ec2_operation("AuthorizeSecurityGroupEgress", WRITE, checks=_authorize_checks)
def authorize_security_group_egress(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Let more out."""
    return _authorize(call, request, egress=True)


def _revoke_checks(call: Call, request: dict[str, Any]) -> Iterator[Check]:
    yield security_groups.check_on(call, f"ec2:{call.operation}", request)


def _revoke(call: Call, request: dict[str, Any], *, egress: bool) -> dict[str, Any]:
    group = security_groups.required(call, request)
    ids = checked("sgr", request.get("SecurityGroupRuleIds"))
    if ids and request.get("IpPermissions"):
        raise invalid_combination("Rule ids and ipPermissions may not be used together")
    own = [rule for rule in group.rules if rule.egress is egress]
    if ids:
        gone = [rule for rule in own if rule.id in ids]
        missing = [each for each in ids if each not in {rule.id for rule in gone}]
        if missing:
            raise AwsError(
                "InvalidSecurityGroupRuleId.NotFound",
                f"The security group rule ID '{missing[0]}' does not exist",
            )
    else:
        wanted = [each.content for each in requested(request, _group_of(call))]
        gone = [rule for rule in own if content(rule) in wanted]
        if len(gone) < len(wanted):
            raise AwsError(
                "InvalidPermission.NotFound", "The specified rule does not exist in this security group."
            )
    kept = tuple(rule for rule in group.rules if rule not in gone)
    call.store.ec2.security_groups.put(msgspec.structs.replace(group, rules=kept))
    for rule in gone:
        call.store.ec2.tags.put(call.account, call.region, rule.id, {})
    return {"Return": True, "RevokedSecurityGroupRules": [_revoked(group, rule) for rule in gone]}


def _revoked(group: SecurityGroup, rule: SecurityRule) -> dict[str, Any]:
    entry = as_rule(group, rule)
    referenced = entry.pop("ReferencedGroupInfo", None)
    if referenced is not None:
        entry["ReferencedGroupId"] = referenced["GroupId"]
    del entry["GroupOwnerId"]
    return entry


@ec2_operation("RevokeSecurityGroupIngress", WRITE, checks=_revoke_checks)
def revoke_security_group_ingress(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Let less in."""
    return _revoke(call, request, egress=False)


@ec2_operation("RevokeSecurityGroupEgress", WRITE, checks=_revoke_checks)
def revoke_security_group_egress(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Let less out."""
    return _revoke(call, request, egress=True)
