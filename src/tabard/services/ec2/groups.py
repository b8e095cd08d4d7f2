"""Finding security groups: those that were made, and the default one that every VPC has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tabard.core.errors import AwsError
from tabard.services.ec2.default_network import default_network

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tabard.store.ec2 import SecurityGroup
    from tabard.store.port import View


def find(view: View, account: str, region: str, group_id: str) -> SecurityGroup | None:
    """The security group of an id."""
    stored = view.ec2.security_groups.get(account, region, group_id)
    if stored is not None:
        return stored
    default = default_network(account, region).security_group
    return default if default.id == group_id else None


def every(view: View, account: str, region: str) -> list[SecurityGroup]:
    """Every security group, the default one among them, by id."""
    stored = view.ec2.security_groups.all(account, region)
    default = default_network(account, region).security_group
    if any(group.id == default.id for group in stored):
        return stored
    return sorted([*stored, default], key=lambda group: group.id)


def by_name(view: View, account: str, region: str, name: str) -> SecurityGroup | None:
    """The security group of the default VPC with a name."""
    return next((group for group in every(view, account, region) if group.name == name), None)


def required(view: View, account: str, region: str, group_id: str) -> SecurityGroup:
    """The security group of an id; raises InvalidGroup.NotFound."""
    group = find(view, account, region, group_id)
    if group is None:
        raise AwsError("InvalidGroup.NotFound", f"The security group '{group_id}' does not exist")
    return group


def required_by_name(view: View, account: str, region: str, name: str) -> SecurityGroup:
    """The security group of the default VPC with a name; raises InvalidGroup.NotFound."""
    group = by_name(view, account, region, name)
    if group is None:
        vpc_id = default_network(account, region).vpc_id
        raise AwsError(
            "InvalidGroup.NotFound", f"The security group '{name}' does not exist in default VPC '{vpc_id}'"
        )
    return group


def known(view: View, account: str, region: str, ids: Iterable[str]) -> list[SecurityGroup]:
    """The groups of these ids that there still are."""
    found = (find(view, account, region, group_id) for group_id in ids)
    return [group for group in found if group is not None]
