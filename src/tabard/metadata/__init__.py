"""The instance metadata service (IMDSv1 and v2), without a socket: values in, replies out.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-metadata.html
"""

from tabard.metadata.protocol import hop_limit, respond
from tabard.metadata.tokens import TokenSealer
from tabard.metadata.view import (
    IamInfo,
    IdentitySignatures,
    InstanceView,
    MetadataOptions,
    NetworkInterface,
    RoleCredentials,
    RoleDelivery,
    RoleProblem,
    role_not_trusting_ec2,
)

__all__ = [
    "IamInfo",
    "IdentitySignatures",
    "InstanceView",
    "MetadataOptions",
    "NetworkInterface",
    "RoleCredentials",
    "RoleDelivery",
    "RoleProblem",
    "TokenSealer",
    "hop_limit",
    "respond",
    "role_not_trusting_ec2",
]
