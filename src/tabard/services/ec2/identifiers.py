"""The ids of EC2's resources: a prefix, a hyphen, and eight or seventeen hexadecimal digits.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resource-ids.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tabard.services.ec2.errors import malformed_id

if TYPE_CHECKING:
    from collections.abc import Iterable

_DIGITS = re.compile(r"(?:[0-9a-f]{8}|[0-9a-f]{17})\Z")

_MALFORMED = {
    "i": "InvalidInstanceID.Malformed",
    "ami": "InvalidAMIID.Malformed",
    "sg": "InvalidGroupId.Malformed",
    "subnet": "InvalidSubnetID.Malformed",
    "vpc": "InvalidVpcID.Malformed",
    "eni": "InvalidNetworkInterfaceID.Malformed",
    "vol": "InvalidVolumeID.Malformed",
    "rtb": "InvalidRouteTableID.Malformed",
    "igw": "InvalidInternetGatewayId.Malformed",
    "acl": "InvalidNetworkAclID.Malformed",
    "dopt": "InvalidDhcpOptionsID.Malformed",
    "sgr": "InvalidSecurityGroupRuleId.Malformed",
    "key": "InvalidKeyPair.Malformed",
}

RESOURCE_TYPES = {
    "i": "instance",
    "ami": "image",
    "key": "key-pair",
    "sg": "security-group",
    "sgr": "security-group-rule",
    "subnet": "subnet",
    "vpc": "vpc",
    "eni": "network-interface",
    "vol": "volume",
    "rtb": "route-table",
    "igw": "internet-gateway",
    "acl": "network-acl",
    "dopt": "dhcp-options",
}
"""The resource type (as tags, ARNs and filters name it) by an id's prefix."""


def checked(prefix: str, ids: Iterable[str] | None) -> list[str]:
    """The ids, once each and in order; raises ``AwsError`` for one that is not of the prefix's form."""
    found = list(dict.fromkeys(ids or ()))
    for each in found:
        head, _, digits = each.partition("-")
        if head != prefix or not _DIGITS.match(digits):
            raise malformed_id(_MALFORMED[prefix], prefix, each)
    return found


def resource_type(resource_id: str) -> str | None:
    """What kind of resource an id is of; None for a form that we do not know."""
    head, _, digits = resource_id.partition("-")
    return RESOURCE_TYPES.get(head) if _DIGITS.match(digits) else None
