"""The default VPC of each account and region, with a subnet per zone and the default security group.

It is there from the beginning, as on AWS, and nothing of it is written down: its ids follow from the account
and region. https://docs.aws.amazon.com/vpc/latest/userguide/default-vpc-components.html
"""

from __future__ import annotations

import hashlib
import ipaddress
from functools import lru_cache
from typing import NamedTuple

from tabard.catalog import regions
from tabard.store.ec2 import SecurityGroup, SecurityRule

VPC_CIDR = "172.31.0.0/16"

_RESERVED_FIRST = 4
"""The network's own address, the router, the resolver and one in reserve; the last address is reserved as
well.
"""


class Subnet(NamedTuple):
    """A default subnet."""

    id: str
    vpc_id: str
    zone: str
    zone_id: str
    cidr: ipaddress.IPv4Network

    @property
    def capacity(self) -> int:
        """How many addresses instances can have."""
        return self.cidr.num_addresses - _RESERVED_FIRST - 1

    def address(self, number: int) -> str:
        """The ``number``-th (modulo the capacity) address that an instance can have."""
        return str(self.cidr[_RESERVED_FIRST + number % self.capacity])

    def offers(self, address: str) -> bool:
        """Whether an instance can have this address; raises ``ValueError`` for what is no address."""
        offset = int(ipaddress.IPv4Address(address)) - int(self.cidr.network_address)
        return _RESERVED_FIRST <= offset < self.cidr.num_addresses - 1


class DefaultNetwork(NamedTuple):
    """The default VPC and what belongs to it."""

    account: str
    region: str
    vpc_id: str
    dhcp_options_id: str
    route_table_id: str
    route_association_id: str
    network_acl_id: str
    security_group: SecurityGroup
    subnets: tuple[Subnet, ...]

    def subnet(self, subnet_id: str) -> Subnet | None:
        """The subnet of an id."""
        return next((each for each in self.subnets if each.id == subnet_id), None)

    def subnet_of_zone(self, zone: str) -> Subnet | None:
        """The subnet of a zone."""
        return next((each for each in self.subnets if each.zone == zone), None)

    @property
    def preferred(self) -> Subnet:
        """Where instances go that name no zone: the same for one account and region, different between them."""
        return self.subnets[int(self.vpc_id[4:8], 16) % len(self.subnets)]


def derived_id(prefix: str, *parts: str) -> str:
    """The id of something that follows from what it belongs to."""
    return f"{prefix}-{hashlib.sha256('|'.join((prefix, *parts)).encode()).hexdigest()[:17]}"


@lru_cache(maxsize=256)
def default_network(account: str, region: str) -> DefaultNetwork:
    """The default network of an account in a region."""
    vpc_id = derived_id("vpc", account, region)
    known = regions.get(region)
    zones = known.zones if known is not None else ()
    blocks = ipaddress.IPv4Network(VPC_CIDR).subnets(new_prefix=20)
    subnets = tuple(
        Subnet(derived_id("subnet", account, zone.name), vpc_id, zone.name, zone.zone_id, block)
        for zone, block in zip(sorted(zones), blocks, strict=False)
    )
    group_id = derived_id("sg", account, region)
    group = SecurityGroup(
        account=account,
        region=region,
        id=group_id,
        name="default",
        description="default VPC security group",
        vpc_id=vpc_id,
        rules=(
            SecurityRule(
                id=derived_id("sgr", "in", group_id), egress=False, protocol="-1", group_id=group_id
            ),
            SecurityRule(id=derived_id("sgr", "out", group_id), egress=True, protocol="-1", cidr="0.0.0.0/0"),
        ),
    )
    return DefaultNetwork(
        account,
        region,
        vpc_id,
        derived_id("dopt", account, region),
        derived_id("rtb", account, region),
        derived_id("rtbassoc", account, region),
        derived_id("acl", account, region),
        group,
        subnets,
    )
