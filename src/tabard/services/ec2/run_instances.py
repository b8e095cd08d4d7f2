"""RunInstances: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html.

The client token, what was asked for and the instances it made are committed together; the reconciler launches them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tabard.core.arn import ec2_arn
from tabard.core.errors import AwsError
from tabard.core.sources import resource_id
from tabard.services.ec2 import groups, instance_view, key_pairs, profiles
from tabard.services.ec2.addresses import AddressPool
from tabard.services.ec2.default_network import default_network
from tabard.services.ec2.errors import invalid_value
from tabard.services.ec2.images import OWNER
from tabard.services.ec2.launch_request import (
    TAGGABLE,
    LaunchRequest,
    checked_request,
    parameters_hash,
    requested_groups,
    requested_subnet,
    requested_type,
)
from tabard.services.ec2.limits import INSTANCES_AT_MOST
from tabard.services.ec2.operation import ec2_operation, request_tag_keys, tag_keys
from tabard.services.ec2.profile_associations import associate
from tabard.services.ec2.runtime import wake_after
from tabard.services.ec2.tagging import create_tags_checks, specifications
from tabard.services.operation import WRITE, Call, Check
from tabard.store.ec2 import ClientToken, Instance

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKEN_AT_MOST = 64
TOKEN_REMEMBERED = 24 * 3600.0
"""Seconds for which a client token is remembered."""


def _checks(call: Call, request: dict[str, Any]) -> Iterator[Check]:
    """All that a launch touches must be allowed; what does not exist yet stands as ``*``."""
    region, account = call.region, call.account
    tags = specifications(request, *TAGGABLE)
    network = default_network(account, region)
    subnet_id = requested_subnet(call, request)
    subnet = network.subnet(subnet_id)
    zone = subnet.zone if subnet is not None else None
    vpc = ec2_arn(region, account, "vpc", network.vpc_id)
    subnet_arn = ec2_arn(region, account, "subnet", subnet_id)
    tags_of = call.store.ec2.tags.of
    everywhere: dict[str, Any] = {"ec2:region": region, "ec2:islaunchtemplateresource": "false"}
    made = {kind: ec2_arn(region, account, kind, "*") for kind in ("instance", "volume", "network-interface")}

    image_id = request.get("ImageId") or "*"
    image_keys = {
        **everywhere,
        "ec2:imageid": image_id,
        "ec2:imagetype": "machine",
        "ec2:owner": OWNER,
        "ec2:public": "true",
        "ec2:rootdevicetype": "ebs",
        **tag_keys(tags_of(account, image_id)),
    }
    yield Check("ec2:RunInstances", ec2_arn(region, "", "image", image_id), keys=image_keys)

    yield Check(
        "ec2:RunInstances", made["instance"], keys=everywhere | _instance_keys(call, request, zone, tags)
    )
    interface_keys = {
        **everywhere,
        "ec2:subnet": subnet_arn,
        "ec2:vpc": vpc,
        "ec2:availabilityzone": zone,
        "ec2:associatepublicipaddress": "true",
        **request_tag_keys(tags.get("network-interface", {})),
    }
    yield Check("ec2:RunInstances", made["network-interface"], keys=interface_keys)
    subnet_keys = {
        **everywhere,
        "ec2:subnetid": subnet_id,
        "ec2:vpc": vpc,
        "ec2:availabilityzone": zone,
        **tag_keys(tags_of(account, subnet_id)),
    }
    yield Check("ec2:RunInstances", subnet_arn, keys=subnet_keys)
    for group_id in requested_groups(call, request):
        group_keys = {
            **everywhere,
            "ec2:securitygroupid": group_id,
            "ec2:vpc": vpc,
            **tag_keys(tags_of(account, group_id)),
        }
        yield Check("ec2:RunInstances", ec2_arn(region, account, "security-group", group_id), keys=group_keys)
    volume_keys = {
        **everywhere,
        "ec2:availabilityzone": zone,
        "ec2:encrypted": "false",
        "ec2:volumetype": "gp3",
        **request_tag_keys(tags.get("volume", {})),
    }
    yield Check("ec2:RunInstances", made["volume"], keys=volume_keys)
    if request.get("KeyName"):
        yield _key_pair_check(call, request["KeyName"], everywhere)
    if request.get("IamInstanceProfile"):
        yield from profiles.pass_role_checks(call, request["IamInstanceProfile"], made["instance"])
    yield from create_tags_checks(call, made, tags)


def _key_pair_check(call: Call, name: str, everywhere: dict[str, Any]) -> Check:
    keys = {**everywhere, "ec2:keypairname": name}
    pair = call.store.ec2.key_pairs.get(call.account, call.region, name)
    if pair is not None:
        keys |= {"ec2:keypairtype": pair.kind, **tag_keys(call.store.ec2.tags.of(call.account, pair.id))}
    return Check("ec2:RunInstances", key_pairs.arn(call, name), keys=keys)


def _instance_keys(
    call: Call, request: dict[str, Any], zone: str | None, tags: dict[str, dict[str, str]]
) -> dict[str, Any]:
    options = request.get("MetadataOptions") or {}
    profile = request.get("IamInstanceProfile")
    return {
        "ec2:availabilityzone": zone,
        "ec2:ebsoptimized": "true" if request.get("EbsOptimized") else "false",
        "ec2:instancemarkettype": "on-demand",
        "ec2:instancemetadatatags": options.get("InstanceMetadataTags") or "disabled",
        "ec2:instanceprofile": profiles.profile_arn(call, profile) if profile else None,
        "ec2:instancetype": requested_type(request),
        "ec2:metadatahttpendpoint": options.get("HttpEndpoint") or "enabled",
        "ec2:metadatahttpputresponsehoplimit": str(options.get("HttpPutResponseHopLimit") or 2),
        "ec2:metadatahttptokens": options.get("HttpTokens") or "required",
        "ec2:rootdevicetype": "ebs",
        "ec2:tenancy": "default",
        **request_tag_keys(tags.get("instance", {})),
    }


@ec2_operation("RunInstances", WRITE, checks=_checks)
def run_instances(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Launch instances: as many as MaxCount, at least MinCount, or none."""
    token = request.get("ClientToken")
    if token and (len(token) > TOKEN_AT_MOST or not token.isascii()):
        raise invalid_value(
            f"Value ({token}) for parameter clientToken is invalid. Maximum of {TOKEN_AT_MOST} ASCII characters allowed."
        )
    if token:
        call.store.ec2.client_tokens.prune(call.now - TOKEN_REMEMBERED)
        made = call.store.ec2.client_tokens.get(call.account, call.region, token)
        if made is not None:
            return _made_before(call, request, made)
    launch = checked_request(call, request)
    instances = _launched(call, launch, _count(call, launch), request)
    if token:
        ids = tuple(each.id for each in instances)
        call.store.ec2.client_tokens.put(
            ClientToken(call.account, call.region, token, parameters_hash(request), ids, call.now)
        )
    wake_after(call, [each.id for each in instances])
    call.audit["resources"] = [
        {"ARN": instance_view.arn(each), "accountId": each.account, "type": "AWS::EC2::Instance"}
        for each in instances
    ]
    return _reservation(call, instances)


def _made_before(call: Call, request: dict[str, Any], made: ClientToken) -> dict[str, Any]:
    if made.parameters != parameters_hash(request):
        raise AwsError(
            "IdempotentParameterMismatch",
            "Arguments on this idempotent request are inconsistent with arguments used in previous request(s).",
        )
    found = [call.store.ec2.instances.get(call.account, call.region, each) for each in made.instance_ids]
    instances = [each for each in found if each is not None]
    if not instances or all(each.state == "terminated" for each in instances):
        raise AwsError(
            "IdempotentInstanceTerminated",
            "The client token you have provided is associated with a terminated instance. "
            "Please use a different client token.",
        )
    return _reservation(call, instances)


def _count(call: Call, launch: LaunchRequest) -> int:
    """How many can be launched; raises InstanceLimitExceeded where it is fewer than asked for at least."""
    present = sum(
        each.state != "terminated" for each in call.store.ec2.instances.all(call.account, call.region)
    )
    room = INSTANCES_AT_MOST - present
    if launch.least > room:
        raise AwsError(
            "InstanceLimitExceeded",
            f"You have requested more instances ({present + launch.least}) than your current instance limit of "
            f"{INSTANCES_AT_MOST} allows for the specified instance type.",
        )
    return min(launch.most, room)


def _launched(call: Call, launch: LaunchRequest, count: int, request: dict[str, Any]) -> list[Instance]:
    random, store = call.node.random, call.store.ec2
    reservation_id = resource_id("r", random)
    pool = AddressPool(call.store, call.account, call.region, random)
    made: list[Instance] = []
    for index in range(count):
        private_ip = pool.take_private(launch.subnet, launch.private_ip, with_public=launch.public)
        instance = Instance(
            account=call.account,
            region=call.region,
            id=resource_id("i", random),
            reservation_id=reservation_id,
            launch_index=index,
            image_id=launch.image.id,
            instance_type=launch.instance_type,
            architecture=launch.image.architecture,
            state="pending",
            launched_at=call.now,
            state_changed_at=call.now,
            key_name=launch.key_name,
            public_key=_public_key(call, launch),
            zone=launch.subnet.zone,
            zone_id=launch.subnet.zone_id,
            vpc_id=launch.subnet.vpc_id,
            subnet_id=launch.subnet.id,
            private_ip=private_ip,
            public_ip=pool.take_public(private_ip) if launch.public else None,
            wants_public_ip=launch.public,
            security_groups=tuple(group.id for group in launch.groups),
            interface_id=resource_id("eni", random),
            attachment_id=resource_id("eni-attach", random),
            mac="0a:" + random(5).hex(":"),
            volume_id=resource_id("vol", random),
            volume_size=launch.volume_size,
            client_token=request.get("ClientToken") or "",
            metadata_options=launch.metadata_options,
            shutdown_behavior=launch.shutdown_behavior,
            disable_api_termination=bool(request.get("DisableApiTermination")),
            disable_api_stop=bool(request.get("DisableApiStop")),
            monitoring=bool((request.get("Monitoring") or {}).get("Enabled")),
            ebs_optimized=bool(request.get("EbsOptimized")),
            cpu_credits=(request.get("CreditSpecification") or {}).get("CpuCredits"),
        )
        store.instances.put(instance)
        if launch.user_data is not None:
            store.instances.put_user_data(call.account, instance.id, launch.user_data)
        if launch.profile is not None:
            associate(call, instance, launch.profile)
        _tag(call, launch, instance)
        made.append(instance)
    return made


def _public_key(call: Call, launch: LaunchRequest) -> str | None:
    """Instances keep the public key that they were launched with, whatever becomes of the key pair."""
    if launch.key_name is None:
        return None
    pair = call.store.ec2.key_pairs.get(call.account, call.region, launch.key_name)
    return None if pair is None else pair.public_key


def _tag(call: Call, launch: LaunchRequest, instance: Instance) -> None:
    made = {"instance": instance.id, "volume": instance.volume_id, "network-interface": instance.interface_id}
    for kind, tags in launch.tags.items():
        if kind in made:
            call.store.ec2.tags.put(call.account, call.region, made[kind], tags)


def _reservation(call: Call, instances: list[Instance]) -> dict[str, Any]:
    return {
        "ReservationId": instances[0].reservation_id,
        "OwnerId": call.account,
        "Groups": [],
        "Instances": [
            instance_view.described(
                call, each, groups.known(call.store, each.account, each.region, each.security_groups)
            )
            for each in instances
        ],
    }
