"""Metadata options:
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-options.html.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from tabard.services.ec2 import finding, instance_view
from tabard.services.ec2.errors import incorrect_instance_state, invalid_value
from tabard.services.ec2.operation import ec2_operation
from tabard.services.operation import WRITE, Call

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tabard.store.ec2 import MetadataOptions

_VALUES = {
    "HttpTokens": ("http_tokens", ("optional", "required")),
    "HttpEndpoint": ("http_endpoint", ("disabled", "enabled")),
    "HttpProtocolIpv6": ("http_protocol_ipv6", ("disabled", "enabled")),
    "InstanceMetadataTags": ("instance_metadata_tags", ("disabled", "enabled")),
}
HOPS_AT_MOST = 64


def requested_options(given: Mapping[str, Any], present: MetadataOptions) -> MetadataOptions:
    """The options that hold once a request's are set; raises ``AwsError`` for values that can not be."""
    changes: dict[str, Any] = {}
    for name, (member, values) in _VALUES.items():
        value = given.get(name)
        if value is None:
            continue
        if value not in values:
            raise invalid_value(
                f"Value ({value}) for parameter {name} is invalid. Valid values: {', '.join(values)}"
            )
        changes[member] = value
    hops = given.get("HttpPutResponseHopLimit")
    if hops is not None:
        if not 1 <= hops <= HOPS_AT_MOST:
            raise invalid_value(
                f"Value ({hops}) for parameter HttpPutResponseHopLimit is invalid. "
                f"Expecting a value between 1 and {HOPS_AT_MOST}."
            )
        changes["http_put_response_hop_limit"] = hops
    return msgspec.structs.replace(present, **changes)


def _checks_keys(_call: Call, request: dict[str, Any]) -> dict[str, Any]:
    keys: dict[str, Any] = {}
    for name in ("HttpTokens", "HttpEndpoint", "HttpPutResponseHopLimit", "InstanceMetadataTags"):
        if request.get(name) is not None:
            keys[f"ec2:attribute/{name.lower()}"] = str(request[name])
    return keys


@ec2_operation(
    "ModifyInstanceMetadataOptions",
    WRITE,
    checks=finding.on_instance("ec2:ModifyInstanceMetadataOptions", _checks_keys),
)
def modify_instance_metadata_options(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Change how an instance may reach its metadata; it holds from the next request on."""
    instance = finding.instance(call, request.get("InstanceId"))
    if instance.state in {"terminated", "shutting-down"}:
        raise incorrect_instance_state(instance.id, "modified")
    options = requested_options(request, instance.metadata_options)
    call.store.ec2.instances.put(msgspec.structs.replace(instance, metadata_options=options))
    return {
        "InstanceId": instance.id,
        "InstanceMetadataOptions": instance_view.metadata_options(options, "pending"),
    }
