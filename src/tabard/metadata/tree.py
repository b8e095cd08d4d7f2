"""The metadata tree: which path shows what.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-metadata.html#instancedata-data-categories

A leaf is a function of the instance that gives a value, or None for what the instance does not have: then the path is
404 and no listing names it. A branch is a table of names, or a function that makes one for this instance.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

from tabard.metadata.documents import iam_info, identity_document, security_credentials

if TYPE_CHECKING:
    from tabard.metadata.view import InstanceView, MetadataOptions, NetworkInterface, RoleDelivery

VERSIONS = (
    "1.0",
    "2007-01-19",
    "2007-03-01",
    "2007-08-29",
    "2007-10-10",
    "2007-12-15",
    "2008-02-01",
    "2008-09-01",
    "2009-04-04",
    "2011-01-01",
    "2011-05-01",
    "2012-01-12",
    "2014-02-25",
    "2014-11-05",
    "2015-10-20",
    "2016-04-19",
    "2016-06-30",
    "2016-09-02",
    "2018-03-28",
    "2018-08-17",
    "2018-09-24",
    "2019-10-01",
    "2020-10-27",
    "2021-01-03",
    "2021-03-23",
    "2021-07-15",
    "2022-09-24",
    "2024-04-11",
    "latest",
)
_VERSIONS = frozenset(VERSIONS)
_UNLISTED = frozenset({"network-card-index"})  # an older name of network-card, which clients still ask for


class Asking(NamedTuple):
    """An instance, its options, and the version of the protocol that asks."""

    view: InstanceView
    options: MetadataOptions
    delivery: RoleDelivery


Leaf = Callable[[Asking], str | bytes | None]


class Branch(NamedTuple):
    """A branch whose names depend on the instance; None where it does not have it.

    ``shown`` gives the lines of its listing where they are not the names themselves.
    """

    names: Callable[[Asking], Mapping[str, Node] | None]
    shown: Callable[[Asking], list[str]] | None = None


Node = Leaf | Branch | Mapping[str, "Node"]
"""A value, or a branch with more below it."""


def _lines(values: tuple[str, ...]) -> str | None:
    return "\n".join(values) or None


def _text(value: int | None) -> str | None:
    return None if value is None else str(value)


def _primary(read: Callable[[NetworkInterface], str | None]) -> Leaf:
    return lambda asking: read(asking.view.interfaces[0]) if asking.view.interfaces else None


def _interface(interface: NetworkInterface) -> Mapping[str, Node]:
    """``network/interfaces/macs/MAC/``."""
    association = interface.public_ipv4
    below: dict[str, Node] = {
        "device-number": lambda _: str(interface.device_number),
        "interface-id": lambda _: interface.interface_id,
        "ipv4-associations": Branch(
            lambda _: None if association is None else {association: lambda _: interface.private_ipv4}
        ),
        "ipv6s": lambda _: _lines(interface.ipv6s),
        "local-hostname": lambda _: interface.private_hostname,
        "local-ipv4s": lambda _: interface.private_ipv4,
        "mac": lambda _: interface.mac,
        "network-card": lambda _: str(interface.network_card),
        "network-card-index": lambda _: str(interface.network_card),
        "owner-id": lambda asking: asking.view.account,
        "public-hostname": lambda _: interface.public_hostname,
        "public-ipv4s": lambda _: interface.public_ipv4,
        "security-group-ids": lambda _: _lines(tuple([group for group, _ in interface.security_groups])),
        "security-groups": lambda _: _lines(tuple([name for _, name in interface.security_groups])),
        "subnet-id": lambda _: interface.subnet_id,
        "subnet-ipv4-cidr-block": lambda _: interface.subnet_cidr,
        "subnet-ipv6-cidr-blocks": lambda _: _lines(interface.subnet_ipv6_cidrs),
        "vpc-id": lambda _: interface.vpc_id,
        "vpc-ipv4-cidr-block": lambda _: interface.vpc_cidrs[0] if interface.vpc_cidrs else None,
        "vpc-ipv4-cidr-blocks": lambda _: _lines(interface.vpc_cidrs),
        "vpc-ipv6-cidr-blocks": lambda _: _lines(interface.vpc_ipv6_cidrs),
    }
    return below


def _interfaces(asking: Asking) -> Mapping[str, Node] | None:
    return {interface.mac: _interface(interface) for interface in asking.view.interfaces} or None


def _block_devices(asking: Asking) -> Mapping[str, Node] | None:
    devices = asking.view.block_devices

    def device(name: str) -> Leaf:
        return lambda _: devices[name]

    return {name: device(name) for name in devices} or None


def _tags(asking: Asking) -> Mapping[str, Node] | None:
    if asking.options.instance_metadata_tags != "enabled":
        return None
    tags = asking.view.tags()

    def value(key: str) -> Leaf:
        return lambda _: tags[key]

    return {"instance": {key: value(key) for key in tags}} if tags else None


def _public_keys(asking: Asking) -> Mapping[str, Node] | None:
    if asking.view.key_name is None or asking.view.openssh_key is None:
        return None
    return {"0": {"openssh-key": lambda asking: asking.view.openssh_key}}


def _pushed_keys(asking: Asking) -> Mapping[str, Node] | None:
    """EC2 Instance Connect's; the certificate that AWS signs them with is nobody else's to show."""
    keys = asking.view.pushed_keys()

    def of(user: str) -> Leaf:
        return lambda _: "\n".join(keys[user])

    return {"active-keys": {user: of(user) for user in keys}} if keys else None


def _iam(asking: Asking) -> Mapping[str, Node] | None:
    info = asking.view.iam()
    if info is None:
        return None
    below: dict[str, Node] = {"info": lambda _: iam_info(info)}
    if info.role_name is not None:
        below["security-credentials"] = {info.role_name: _credentials}
    return below


def _credentials(asking: Asking) -> str | None:
    found = asking.view.credentials(asking.delivery)
    return None if found is None else security_credentials(found)


def _signature(which: str) -> Leaf:
    def signature(asking: Asking) -> str | None:
        sign = asking.view.sign_identity
        return None if sign is None else str(getattr(sign(identity_document(asking.view).encode()), which))

    return signature


META_DATA: Mapping[str, Node] = {
    "ami-id": lambda asking: asking.view.image_id,
    "ami-launch-index": lambda asking: str(asking.view.launch_index),
    "ami-manifest-path": lambda asking: asking.view.manifest_path,
    "autoscaling": Branch(
        lambda asking: (
            None
            if asking.view.target_lifecycle_state is None
            else {"target-lifecycle-state": lambda asking: asking.view.target_lifecycle_state}
        )
    ),
    "block-device-mapping": Branch(_block_devices),
    "events": {"maintenance": {"history": lambda _: "[]", "scheduled": lambda _: "[]"}},
    "hostname": _primary(lambda interface: interface.private_hostname),
    "iam": Branch(_iam),
    "instance-action": lambda _: "none",
    "instance-id": lambda asking: asking.view.instance_id,
    "instance-life-cycle": lambda asking: asking.view.life_cycle,
    "instance-type": lambda asking: asking.view.instance_type,
    "kernel-id": lambda asking: asking.view.kernel_id,
    "local-hostname": _primary(lambda interface: interface.private_hostname),
    "local-ipv4": _primary(lambda interface: interface.private_ipv4),
    "mac": _primary(lambda interface: interface.mac),
    "managed-ssh-keys": Branch(_pushed_keys),
    "network": {"interfaces": {"macs": Branch(_interfaces)}},
    "placement": {
        "availability-zone": lambda asking: asking.view.availability_zone,
        "availability-zone-id": lambda asking: asking.view.availability_zone_id,
        "group-name": lambda asking: asking.view.placement_group,
        "host-id": lambda asking: asking.view.host_id,
        "partition-number": lambda asking: _text(asking.view.placement_partition),
        "region": lambda asking: asking.view.region,
    },
    "product-codes": lambda asking: _lines(asking.view.product_codes),
    "public-hostname": _primary(lambda interface: interface.public_hostname),
    "public-ipv4": _primary(lambda interface: interface.public_ipv4),
    "public-keys": Branch(_public_keys, lambda asking: [f"0={asking.view.key_name}"]),
    "ramdisk-id": lambda asking: asking.view.ramdisk_id,
    "reservation-id": lambda asking: asking.view.reservation_id,
    "security-groups": _primary(
        lambda interface: _lines(tuple([name for _, name in interface.security_groups]))
    ),
    "services": {
        "domain": lambda asking: asking.view.domain,
        "partition": lambda asking: asking.view.partition,
    },
    "tags": Branch(_tags),
}

ROOT: Mapping[str, Node] = {
    "dynamic": {
        "fws": {"instance-monitoring": lambda asking: asking.view.monitoring},
        "instance-identity": {
            "document": lambda asking: identity_document(asking.view),
            "pkcs7": _signature("pkcs7"),
            "rsa2048": _signature("rsa2048"),
            "signature": _signature("signature"),
        },
    },
    "meta-data": META_DATA,
    "user-data": lambda asking: asking.view.user_data() or None,
}


def look_up(path: str, asking: Asking) -> str | bytes | None:
    """What stands at a path (raw, its query taken off): a value, a branch's listing, or None for nothing.

    A trailing slash makes no difference, as on EC2.
    """
    names = [unquote(name) for name in path.split("/") if name]
    if not names:
        return "\n".join(VERSIONS)
    if names[0] not in _VERSIONS:
        return None
    node: Node = ROOT
    shown: Callable[[Asking], list[str]] | None = None
    for name in names[1:]:
        below = _below(node, asking)
        if below is None or name not in below:
            return None
        node = below[name]
    if isinstance(node, Branch):
        shown = node.shown
    below = _below(node, asking)
    if below is None:
        return node(asking) if not isinstance(node, (Branch, Mapping)) else None
    if shown is not None:
        return "\n".join(shown(asking))
    return _listing(below, asking, slashes=len(names) > 1)


def _below(node: Node, asking: Asking) -> Mapping[str, Node] | None:
    """What a branch holds for this instance; None for a value, and for a branch that the instance does not have."""
    if isinstance(node, Branch):
        return node.names(asking)
    return node if isinstance(node, Mapping) else None


def _listing(below: Mapping[str, Node], asking: Asking, *, slashes: bool) -> str:
    """The names in order, a slash after each that has more below it (but not right under a version, as on EC2)."""
    lines = []
    for name in sorted(below.keys() - _UNLISTED):
        node = below[name]
        if isinstance(node, (Branch, Mapping)):
            if _below(node, asking) is not None:
                lines.append(name + "/" if slashes else name)
        elif node is _credentials or node(asking) is not None:
            lines.append(name)
    return "\n".join(lines)
