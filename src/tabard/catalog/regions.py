"""Regions of the ``aws`` partition and their availability zones.

https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html and
https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-availability-zones.html. On AWS,
regions launched before 2019-03-20 are on for every account, and in older regions each account has its
own mapping of zone names to zone ids; here the mapping is one, the same for every account.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple


class Zone(NamedTuple):
    """An availability zone: ``name`` (``us-east-1a``), ``zone_id`` (``use1-az1``), and its group."""

    name: str
    zone_id: str
    region: str
    group_name: str
    group_long_name: str
    network_border_group: str


class Region(NamedTuple):
    """A region: ``opt_in_required`` says whether AWS leaves it off until an account asks for it."""

    name: str
    long_name: str
    opt_in_required: bool
    zones: tuple[Zone, ...]

    @property
    def endpoint(self) -> str:
        """The host name of its EC2 endpoint, as DescribeRegions shows it."""
        return f"ec2.{self.name}.amazonaws.com"

    @property
    def opt_in_status(self) -> str:
        """What DescribeRegions shows for an account that has opted in to every region."""
        return "opted-in" if self.opt_in_required else "opt-in-not-required"


# name, long name, opt-in required, prefix of zone ids, zones as letter+number
_FACTS = """
af-south-1     | Africa (Cape Town)         | yes | afs1  | a1 b2 c3
ap-east-1      | Asia Pacific (Hong Kong)   | yes | ape1  | a1 b2 c3
ap-east-2      | Asia Pacific (Taipei)      | yes | ape2  | a1 b2 c3
ap-northeast-1 | Asia Pacific (Tokyo)       | no  | apne1 | a4 c1 d2
ap-northeast-2 | Asia Pacific (Seoul)       | no  | apne2 | a1 b2 c3 d4
ap-northeast-3 | Asia Pacific (Osaka)       | no  | apne3 | a3 b1 c2
ap-south-1     | Asia Pacific (Mumbai)      | no  | aps1  | a1 b3 c2
ap-south-2     | Asia Pacific (Hyderabad)   | yes | aps2  | a1 b2 c3
ap-southeast-1 | Asia Pacific (Singapore)   | no  | apse1 | a1 b2 c3
ap-southeast-2 | Asia Pacific (Sydney)      | no  | apse2 | a1 b3 c2
ap-southeast-3 | Asia Pacific (Jakarta)     | yes | apse3 | a1 b2 c3
ap-southeast-4 | Asia Pacific (Melbourne)   | yes | apse4 | a1 b2 c3
ap-southeast-5 | Asia Pacific (Malaysia)    | yes | apse5 | a1 b2 c3
ap-southeast-6 | Asia Pacific (New Zealand) | yes | apse6 | a1 b2 c3
ap-southeast-7 | Asia Pacific (Thailand)    | yes | apse7 | a1 b2 c3
ca-central-1   | Canada (Central)           | no  | cac1  | a1 b2 d4
ca-west-1      | Canada West (Calgary)      | yes | caw1  | a1 b2 c3
eu-central-1   | Europe (Frankfurt)         | no  | euc1  | a2 b3 c1
eu-central-2   | Europe (Zurich)            | yes | euc2  | a1 b2 c3
eu-north-1     | Europe (Stockholm)         | no  | eun1  | a1 b2 c3
eu-south-1     | Europe (Milan)             | yes | eus1  | a1 b2 c3
eu-south-2     | Europe (Spain)             | yes | eus2  | a1 b2 c3
eu-west-1      | Europe (Ireland)           | no  | euw1  | a3 b1 c2
eu-west-2      | Europe (London)            | no  | euw2  | a2 b3 c1
eu-west-3      | Europe (Paris)             | no  | euw3  | a1 b2 c3
il-central-1   | Israel (Tel Aviv)          | yes | ilc1  | a1 b2 c3
me-central-1   | Middle East (UAE)          | yes | mec1  | a1 b2 c3
me-south-1     | Middle East (Bahrain)      | yes | mes1  | a1 b2 c3
mx-central-1   | Mexico (Central)           | yes | mxc1  | a1 b2 c3
sa-east-1      | South America (Sao Paulo)  | no  | sae1  | a1 b2 c3
us-east-1      | US East (N. Virginia)      | no  | use1  | a6 b1 c2 d4 e3 f5
us-east-2      | US East (Ohio)             | no  | use2  | a1 b2 c3
us-west-1      | US West (N. California)    | no  | usw1  | a3 b1
us-west-2      | US West (Oregon)           | no  | usw2  | a2 b1 c3 d4
"""


@cache
def regions() -> dict[str, Region]:
    """Every region by name, in alphabetical order. Callers must not change the result."""
    return {region.name: region for region in map(_region, _FACTS.strip().splitlines())}


def get(name: str) -> Region | None:
    """The region with this name, or ``None``."""
    return regions().get(name)


@cache
def zones() -> dict[str, Zone]:
    """Every availability zone by name. Callers must not change the result."""
    return {zone.name: zone for region in regions().values() for zone in region.zones}


def _region(line: str) -> Region:
    name, long_name, opt_in, prefix, listed = (part.strip() for part in line.split("|"))
    members = tuple(
        Zone(
            name=f"{name}{zone[0]}",
            zone_id=f"{prefix}-az{zone[1:]}",
            region=name,
            group_name=f"{name}-zg-1",
            group_long_name=f"{long_name} 1",
            network_border_group=name,
        )
        for zone in listed.split()
    )
    return Region(name, long_name, opt_in == "yes", members)
