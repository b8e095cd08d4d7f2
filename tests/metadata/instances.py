"""The instance of the shared vectors, as a view."""

from __future__ import annotations

import dataclasses
from typing import Any

from tabard.core.http import HttpReply, HttpRequest
from tabard.metadata import (
    IamInfo,
    InstanceView,
    MetadataOptions,
    NetworkInterface,
    RoleCredentials,
    TokenSealer,
    respond,
)

NOW = 1_585_853_440.0  # 2020-04-02T18:50:40Z
SEALER = TokenSealer(b"k" * 32)
OPTIONS = MetadataOptions()
REQUIRED = MetadataOptions(http_tokens="required")

INTERFACE = NetworkInterface(
    mac="0e:49:61:0f:c3:11",
    interface_id="eni-0f95d3625f5c521cc",
    private_ipv4="172.16.34.43",
    private_hostname="ip-172-16-34-43.ec2.internal",
    subnet_id="subnet-0ac62554",
    subnet_cidr="192.0.2.0/24",
    vpc_id="vpc-d295a6a7",
    vpc_cidrs=("192.0.2.0/24",),
    security_groups=(("sg-0b07f8f6cb485d4df", "ura-launch-wizard-harry-1"),),
    public_ipv4="192.0.2.54",
    public_hostname="ec2-192-0-2-54.compute-1.amazonaws.com",
    ipv6s=("2001:db8:8:4::2",),
    subnet_ipv6_cidrs=("2001:db8::/32",),
    vpc_ipv6_cidrs=("2001:db8::/32",),
)

CREDENTIALS = RoleCredentials("ASIAEXAMPLE", "the-secret", "the-token", NOW + 3600, NOW)


def instance(**changes: Any) -> InstanceView:
    """The vectors' instance, but for what is given."""
    view = InstanceView(
        instance_id="i-1234567890abcdef0",
        image_id="ami-0a887e401f7654935",
        instance_type="m4.xlarge",
        account="515336597381",
        region="us-east-1",
        availability_zone="us-east-1a",
        availability_zone_id="use1-az4",
        architecture="x86_64",
        reservation_id="r-046cb3eca3e201d2f",
        pending_time=1_572_505_344,
        interfaces=(INTERFACE,),
        iam=lambda: IamInfo(
            "arn:aws:iam::896453262835:instance-profile/baskinc-role",
            "AIPA5BOGHHXZELSK34VU4",
            "baskinc-role",
            NOW,
        ),
        credentials=lambda _: CREDENTIALS,
        user_data=lambda: b"MTIzNCxqb2huLHJlYm9vdCx0cnVlCg==",
        tags=lambda: {"Name": "test-instance", "Test": "test-tag"},
        key_name="test",
        openssh_key="ssh-rsa AAAAB3NzaC1yc2E test",
        block_devices={"ami": "/dev/xvda", "root": "/dev/xvda", "ebs0": "sdb"},
    )
    return dataclasses.replace(view, **changes)


def ask(
    path: str,
    view: InstanceView | None = None,
    options: MetadataOptions = OPTIONS,
    *,
    method: str = "GET",
    now: float = NOW,
    **headers: str,
) -> HttpReply:
    """One request to the service."""
    sent = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    request = HttpRequest(method, path, "", sent)
    return respond(request, view or instance(), options, SEALER, now)


def text(path: str, view: InstanceView | None = None, options: MetadataOptions = OPTIONS) -> str | None:
    """What a path shows, None for 404."""
    reply = ask(path, view, options)
    assert isinstance(reply.body, bytes)
    if reply.status == 404:
        return None
    assert reply.status == 200
    return reply.body.decode()
