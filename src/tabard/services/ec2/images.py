"""Images: the one that there is, the host's own user land, described as what it is.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeImages.html
"""

from __future__ import annotations

import platform
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tabard.core.errors import AwsError
from tabard.services.ec2.default_network import derived_id
from tabard.services.ec2.filters import filtered
from tabard.services.ec2.identifiers import checked
from tabard.services.ec2.operation import ec2_operation, on_anything
from tabard.services.ec2.pages import page
from tabard.services.ec2.tagging import shown
from tabard.services.operation import READ, Call

if TYPE_CHECKING:
    from collections.abc import Callable

    from tabard.services.ec2.filters import Reader

OWNER = "amazon"
OWNER_ID = "137112412989"
"""The account that AWS's own images belong to; ours stands in its place, so that ``--owners amazon`` finds
it.
"""

ROOT_DEVICE = "/dev/xvda"
ROOT_SIZE_GIB = 8
_CREATED = "2026-01-01T00:00:00.000Z"
_ARCHITECTURES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}


class Image(NamedTuple):
    """An image."""

    id: str
    name: str
    description: str
    architecture: str


@cache
def default_image(region: str) -> Image:
    """A region's default image: the host's user land, named after its os-release."""
    release = _os_release(Path("/etc/os-release"))
    architecture = _ARCHITECTURES.get(platform.machine().lower(), platform.machine())
    system = release.get("ID", "linux")
    version = release.get("VERSION_ID", "")
    pretty = release.get("PRETTY_NAME", system)
    name = "-".join(filter(None, ("tabard", system, version, architecture)))
    return Image(
        derived_id("ami", region, name),
        name,
        f"The user land of this host, read-only: {pretty}",
        architecture,
    )


def find(region: str, image_id: str) -> Image | None:
    """The image of an id."""
    image = default_image(region)
    return image if image.id == image_id else None


def not_found(image_id: str) -> AwsError:
    """An image that does not exist."""
    return AwsError("InvalidAMIID.NotFound", f"The image id '[{image_id}]' does not exist")


_READERS: dict[str, Reader[Image]] = {
    "architecture": lambda image: image.architecture,
    "block-device-mapping.delete-on-termination": lambda _: "true",
    "block-device-mapping.device-name": lambda _: ROOT_DEVICE,
    "block-device-mapping.volume-size": lambda _: str(ROOT_SIZE_GIB),
    "block-device-mapping.volume-type": lambda _: "gp3",
    "block-device-mapping.encrypted": lambda _: "false",
    "creation-date": lambda _: _CREATED,
    "description": lambda image: image.description,
    "ena-support": lambda _: "true",
    "hypervisor": lambda _: "xen",
    "image-id": lambda image: image.id,
    "image-type": lambda _: "machine",
    "is-public": lambda _: "true",
    "name": lambda image: image.name,
    "owner-alias": lambda _: OWNER,
    "owner-id": lambda _: OWNER_ID,
    "platform": lambda _: None,
    "platform-details": lambda _: "Linux/UNIX",
    "root-device-name": lambda _: ROOT_DEVICE,
    "root-device-type": lambda _: "ebs",
    "state": lambda _: "available",
    "virtualization-type": lambda _: "hvm",
    "imds-support": lambda _: "v2.0",
    "product-code": lambda _: None,
    "kernel-id": lambda _: None,
    "ramdisk-id": lambda _: None,
}


@ec2_operation("DescribeImages", READ, checks=on_anything("ec2:DescribeImages"))
def describe_images(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """The images that the caller can launch."""
    image = default_image(call.region)
    tags = call.store.ec2.tags.of(call.account, image.id)
    for each in checked("ami", request.get("ImageIds")):
        if each != image.id:
            raise not_found(each)
    owners = set(request.get("Owners") or {OWNER})
    executable = set(request.get("ExecutableUsers") or {"all"})
    images = [image] if owners & {OWNER, OWNER_ID} and executable & {"all", "self", call.account} else []
    images = filtered(images, request.get("Filters"), _READERS, lambda _: tags)
    shown_images, token = page(images, request, _by_id, ids="ImageIds")
    reply: dict[str, Any] = {"Images": [_described(each, tags) for each in shown_images]}
    if token:
        reply["NextToken"] = token
    return reply


_by_id: Callable[[Image], str] = lambda image: image.id  # noqa: E731 - a key function


def _described(image: Image, tags: Any) -> dict[str, Any]:
    return {
        "ImageId": image.id,
        "ImageLocation": f"{OWNER}/{image.name}",
        "Name": image.name,
        "Description": image.description,
        "Architecture": image.architecture,
        "CreationDate": _CREATED,
        "Public": True,
        "OwnerId": OWNER_ID,
        "ImageOwnerAlias": OWNER,
        "State": "available",
        "ImageType": "machine",
        "PlatformDetails": "Linux/UNIX",
        "UsageOperation": "RunInstances",
        "RootDeviceName": ROOT_DEVICE,
        "RootDeviceType": "ebs",
        "BlockDeviceMappings": [
            {
                "DeviceName": ROOT_DEVICE,
                "Ebs": {
                    "DeleteOnTermination": True,
                    "VolumeSize": ROOT_SIZE_GIB,
                    "VolumeType": "gp3",
                    "Encrypted": False,
                },
            }
        ],
        "VirtualizationType": "hvm",
        "Hypervisor": "xen",
        "EnaSupport": True,
        "SriovNetSupport": "simple",
        "BootMode": "uefi-preferred",
        "ImdsSupport": "v2.0",
        "Tags": shown(tags),
    }


def _os_release(path: Path) -> dict[str, str]:
    """https://www.freedesktop.org/software/systemd/man/latest/os-release.html."""
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return {}
    pairs = (line.partition("=") for line in lines if "=" in line and not line.startswith("#"))
    return {name.strip(): value.strip().strip("\"'") for name, _, value in pairs}
