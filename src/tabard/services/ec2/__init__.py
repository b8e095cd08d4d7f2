"""Elastic Compute Cloud: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Welcome.html.

Importing the package registers its operations.
"""

from tabard.services.ec2 import (
    console_output,
    images,
    instance_attributes,
    instance_state,
    instance_status,
    instance_types,
    instances,
    key_pairs,
    metadata_options,
    network_interfaces,
    profile_associations,
    regions,
    route_tables,
    run_instances,
    security_group_rules,
    security_groups,
    subnets,
    tags,
    volumes,
    vpcs,
)

__all__ = [
    "console_output",
    "images",
    "instance_attributes",
    "instance_state",
    "instance_status",
    "instance_types",
    "instances",
    "key_pairs",
    "metadata_options",
    "network_interfaces",
    "profile_associations",
    "regions",
    "route_tables",
    "run_instances",
    "security_group_rules",
    "security_groups",
    "subnets",
    "tags",
    "volumes",
    "vpcs",
]
