"""EC2 instance types: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceTypeInfo.html.

The general-purpose, compute- and memory-optimised families that people start with, each as
DescribeInstanceTypes shows it in us-east-1; ``data/SOURCES.md`` names the source. Other types exist on
AWS and are not offered here.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from tabard.catalog.tables import read_index

if TYPE_CHECKING:
    from collections.abc import Mapping

TABLE = "instance_types"


class InstanceType(NamedTuple):
    """An instance type; ``description`` is its ``InstanceTypeInfo`` in wire shape, not to be changed."""

    name: str
    vcpus: int
    memory_mib: int
    architectures: tuple[str, ...]
    hypervisor: str
    burstable: bool
    description: Mapping[str, Any]

    @property
    def family(self) -> str:
        """The part before the dot: ``t3`` of ``t3.micro``."""
        return self.name.partition(".")[0]


@cache
def instance_types() -> dict[str, InstanceType]:
    """Every instance type by name: families alphabetically, small to large. Callers must not change it."""
    published = msgspec.json.decode(read_index(TABLE), type=list[dict[str, Any]])
    return {each.name: each for each in map(_instance_type, published)}


def get(name: str) -> InstanceType | None:
    """The instance type with this name, or ``None``."""
    return instance_types().get(name)


def _instance_type(info: dict[str, Any]) -> InstanceType:
    return InstanceType(
        name=info["InstanceType"],
        vcpus=info["VCpuInfo"]["DefaultVCpus"],
        memory_mib=info["MemoryInfo"]["SizeInMiB"],
        architectures=tuple(info["ProcessorInfo"]["SupportedArchitectures"]),
        hypervisor=info["Hypervisor"],
        burstable=info["BurstablePerformanceSupported"],
        description=info,
    )
