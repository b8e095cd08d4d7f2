"""What the metadata service knows of an instance: plain values, and functions for what is costly or changes.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-metadata.html#instancedata-data-categories
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

RoleDelivery = Literal["1.0", "2.0"]
"""Which version of the protocol delivers a role's credentials; it is their ``ec2:RoleDelivery`` condition key."""


@dataclass(frozen=True, slots=True)
class MetadataOptions:
    """An instance's metadata options, worded as ``ModifyInstanceMetadataOptions`` has them.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyInstanceMetadataOptions.html
    """

    http_endpoint: Literal["enabled", "disabled"] = "enabled"
    http_tokens: Literal["optional", "required"] = "optional"
    http_put_response_hop_limit: int = 1
    instance_metadata_tags: Literal["enabled", "disabled"] = "disabled"


@dataclass(frozen=True, slots=True)
class IamInfo:
    """The instance profile that is associated, and the role in it (None for a profile without one).

    ``code`` is ``Success``, or what is wrong with the association, with ``message`` saying so. ``last_updated`` is in
    seconds since the epoch.
    """

    profile_arn: str
    profile_id: str
    role_name: str | None
    last_updated: float
    code: str = "Success"
    message: str = ""


@dataclass(frozen=True, slots=True)
class RoleCredentials:
    """A role's credentials for this instance; times are in seconds since the epoch. The ``repr`` shows no secret."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    token: str = field(repr=False)
    expiration: float
    last_updated: float


@dataclass(frozen=True, slots=True)
class RoleProblem:
    """Why a role gives no credentials, as the metadata service says it."""

    code: str
    message: str
    last_updated: float


def role_not_trusting_ec2(role_name: str, now: float) -> RoleProblem:
    """The role's trust policy does not let EC2 assume it.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_iam-ec2.html#troubleshoot_iam-ec2_errors-info-doc
    """
    message = (
        f"EC2 cannot assume the role {role_name}. Please see documentation at https://docs.aws.amazon.com/IAM/"
        "latest/UserGuide/troubleshoot_iam-ec2.html#troubleshoot_iam-ec2_errors-info-doc."
    )
    return RoleProblem("AssumeRoleUnauthorizedAccess", message, now)


@dataclass(frozen=True, slots=True)
class NetworkInterface:
    """A network interface; the first of an instance is its primary one."""

    mac: str
    interface_id: str
    private_ipv4: str
    private_hostname: str
    subnet_id: str
    subnet_cidr: str
    vpc_id: str
    vpc_cidrs: tuple[str, ...]
    security_groups: tuple[tuple[str, str], ...]
    """Id and name of each."""
    device_number: int = 0
    network_card: int = 0
    public_ipv4: str | None = None
    public_hostname: str | None = None
    ipv6s: tuple[str, ...] = ()
    subnet_ipv6_cidrs: tuple[str, ...] = ()
    vpc_ipv6_cidrs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IdentitySignatures:
    """The identity document's signatures, as base64 text: RSA, PKCS #7 with DSA, PKCS #7 with RSA-2048."""

    signature: str
    pkcs7: str
    rsa2048: str


@dataclass(frozen=True, slots=True)
class InstanceView:
    """One instance as its own metadata service shows it. What is None is answered with 404, as on AWS.

    ``pending_time`` is the launch in seconds since the epoch. ``iam`` gives the association of this moment, or None.
    ``credentials`` gives the role's for the version of the protocol that asks, None when there is no role by now.
    ``sign_identity`` signs the identity document; without one its signatures are absent rather than made up.
    """

    instance_id: str
    image_id: str
    instance_type: str
    account: str
    region: str
    availability_zone: str
    availability_zone_id: str
    architecture: str
    reservation_id: str
    pending_time: float
    interfaces: tuple[NetworkInterface, ...]
    iam: Callable[[], IamInfo | None]
    credentials: Callable[[RoleDelivery], RoleCredentials | RoleProblem | None]
    user_data: Callable[[], bytes | None]
    tags: Callable[[], Mapping[str, str]]
    launch_index: int = 0
    key_name: str | None = None
    openssh_key: str | None = None
    block_devices: Mapping[str, str] = field(default_factory=dict)
    """Virtual name to device: ``ami``, ``root``, ``ebs0`` …"""
    life_cycle: str = "on-demand"
    manifest_path: str = "(unknown)"
    monitoring: str = "disabled"
    partition: str = "aws"
    domain: str = "amazonaws.com"
    placement_group: str | None = None
    placement_partition: int | None = None
    host_id: str | None = None
    kernel_id: str | None = None
    ramdisk_id: str | None = None
    product_codes: tuple[str, ...] = ()
    target_lifecycle_state: str | None = None
    sign_identity: Callable[[bytes], IdentitySignatures] | None = None
    pushed_keys: Callable[[], Mapping[str, list[str]]] = dict
    """The SSH keys that open the instance's door for a moment, by user."""
