"""What an instance's metadata service shows of it, and the credentials of its role.

Credentials are minted when they are asked for and live an hour; from half of their life on the instance is given new
ones, while the old ones live on: whoever holds them has half an hour to come back, and SDKs come back fifteen minutes
before the end. (AWS promises five minutes of overlap.) They carry the association that they were delivered under.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from tabard import metadata, policy
from tabard.core.arn import iam_arn
from tabard.core.caller import Delivery
from tabard.identity.grants import linked
from tabard.identity.principals import service_caller
from tabard.identity.sessions import mint
from tabard.services.ec2 import groups, instance_view
from tabard.services.ec2.default_network import VPC_CIDR, default_network
from tabard.services.ec2.images import ROOT_DEVICE
from tabard.services.ec2.profiles import EC2_PRINCIPAL
from tabard.services.ec2.pushed_keys import PushedKeys

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tabard.core.sources import Clock, Random
    from tabard.identity.keyring import KeyRing
    from tabard.store.ec2 import Association, Instance, SecurityGroup
    from tabard.store.iam import InstanceProfile, Role
    from tabard.store.port import Store

DURATION = 3600
"""Seconds for which an instance's credentials live."""
RENEWED_BEFORE_EXPIRY = 1800.0
"""Seconds before their end from which on an instance is given new ones."""

_TROUBLESHOOTING = "https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_iam-ec2.html#troubleshoot_iam-ec2_errors-info-doc"


class _Issued(NamedTuple):
    """Credentials with what they were issued for; ``role`` is the role's record as it was."""

    association_id: str
    role: Role
    credentials: metadata.RoleCredentials


class _Shown(NamedTuple):
    """A view with the records that it was made from."""

    instance: Instance
    groups: list[SecurityGroup]
    view: metadata.InstanceView
    options: metadata.MetadataOptions


class InstanceMetadata:
    """The metadata of a node's instances. For the event loop's thread only."""

    def __init__(
        self, store: Store, keys: KeyRing, clock: Clock, random: Random, pushed: PushedKeys | None = None
    ) -> None:
        self._store = store
        self._pushed = pushed or PushedKeys(clock)
        self._keys = keys
        self._clock = clock
        self._random = random
        self._shown: dict[str, _Shown] = {}
        self._issued: dict[tuple[str, str], _Issued] = {}

    def of(
        self, account: str, instance_id: str
    ) -> tuple[metadata.InstanceView, metadata.MetadataOptions] | None:
        """An instance's view and metadata options as they are now; None where there is no such instance."""
        view = self._store.read()
        instance = view.ec2.instances.find(account, instance_id)
        if instance is None:
            return None
        members = groups.known(view, instance.account, instance.region, instance.security_groups)
        shown = self._shown.get(instance_id)
        if shown is None or shown.instance is not instance or shown.groups != members:
            shown = self._shown[instance_id] = _Shown(
                instance, members, self._view(instance, members), _options(instance)
            )
        return shown.view, shown.options

    def forget(self, instance_id: str) -> None:
        """Let go of what is remembered of an instance that runs no more."""
        self._shown.pop(instance_id, None)
        for key in [key for key in self._issued if key[0] == instance_id]:
            del self._issued[key]

    def _view(self, instance: Instance, members: list[SecurityGroup]) -> metadata.InstanceView:
        return metadata.InstanceView(
            instance_id=instance.id,
            image_id=instance.image_id,
            instance_type=instance.instance_type,
            account=instance.account,
            region=instance.region,
            availability_zone=instance.zone,
            availability_zone_id=instance.zone_id,
            architecture=instance.architecture,
            reservation_id=instance.reservation_id,
            pending_time=instance.launched_at,
            interfaces=(_interface(instance, members),),
            iam=partial(self._iam, instance),
            credentials=partial(self._credentials, instance),
            user_data=partial(self._user_data, instance),
            tags=partial(self._tags, instance),
            launch_index=instance.launch_index,
            key_name=instance.key_name,
            openssh_key=instance.public_key,
            block_devices={"ami": ROOT_DEVICE, "root": ROOT_DEVICE},
            monitoring="enabled" if instance.monitoring else "disabled",
            pushed_keys=partial(self._pushed.of, instance.id),
        )

    def _user_data(self, instance: Instance) -> bytes | None:
        return self._store.read().ec2.instances.user_data(instance.account, instance.id)

    def _tags(self, instance: Instance) -> Mapping[str, str]:
        return self._store.read().ec2.tags.of(instance.account, instance.id)

    def _profile(self, instance: Instance) -> tuple[Association, InstanceProfile | None, Role | None] | None:
        """What is associated now: the profile is None when it was deleted, the role when there is none in it."""
        view = self._store.read()
        association = view.ec2.associations.of_instance(instance.account, instance.id)
        if association is None:
            return None
        profile = view.iam.instance_profiles.by_id(association.account, association.profile_id)
        if profile is None or profile.role_id is None:
            return association, profile, None
        return association, profile, view.iam.roles.by_id(profile.account, profile.role_id)

    def _iam(self, instance: Instance) -> metadata.IamInfo | None:
        found = self._profile(instance)
        if found is None:
            return None
        association, profile, role = found
        if profile is not None:
            return metadata.IamInfo(
                association.profile_arn,
                association.profile_id,
                role.name if role else None,
                association.created_at,
            )
        return metadata.IamInfo(
            association.profile_arn,
            association.profile_id,
            None,
            self._clock(),
            "InstanceProfileNotFound",
            f"Instance Profile with id {association.profile_id} cannot be found. "
            f"Please see documentation at {_TROUBLESHOOTING}.",
        )

    def _credentials(
        self, instance: Instance, delivery: metadata.RoleDelivery
    ) -> metadata.RoleCredentials | metadata.RoleProblem | None:
        found = self._profile(instance)
        association, _, role = found or (None, None, None)
        if association is None or role is None:
            return None
        now = self._clock()
        issued = self._issued.get((instance.id, delivery))
        if (
            issued is not None
            and issued.association_id == association.id
            and issued.role.id == role.id
            and issued.credentials.expiration - now > RENEWED_BEFORE_EXPIRY
            and (issued.role is role or issued.role.trust_policy == role.trust_policy)
        ):
            return issued.credentials
        if not _trusts_ec2(role, instance):
            return metadata.role_not_trusting_ec2(role.name, now)
        made = _minted(self._keys, self._random, instance, association, role, delivery, now)
        self._issued[instance.id, delivery] = _Issued(association.id, role, made)
        return made


def _minted(
    keys: KeyRing,
    random: Random,
    instance: Instance,
    association: Association,
    role: Role,
    version: str,
    now: float,
) -> metadata.RoleCredentials:
    made = mint(
        keys,
        random,
        kind="role",
        account=role.account,
        principal_id=role.id,
        session_name=instance.id,
        now=now,
        duration=DURATION,
        delivery=Delivery(
            instance.id,
            instance_view.arn(instance),
            association.id,
            instance.private_ip or "",
            instance.vpc_id,
            version,
        ),
    )
    return metadata.RoleCredentials(
        made.access_key_id, made.secret_access_key, made.session_token, made.expires_at, now
    )


def _trusts_ec2(role: Role, instance: Instance) -> bool:
    """Whether the role's trust policy lets EC2 put the role on for this instance."""
    arn = iam_arn(role.account, "role", role.path, role.name)
    keys: dict[str, Any] = {
        "aws:sourceaccount": instance.account,
        "aws:sourcearn": instance_view.arn(instance),
        "aws:principalisawsservice": "true",
        "aws:principalservicename": EC2_PRINCIPAL,
        "aws:requestedregion": instance.region,
        "sts:rolesessionname": instance.id,
    }
    request = policy.Request(
        service_caller(EC2_PRINCIPAL), "sts:AssumeRole", arn, role.account, policy.Context(keys)
    )
    trust = linked(role.trust_policy, policy.Kind.TRUST, arn)
    return policy.decide(request, policy.Layers(resource=trust)).allowed


def _interface(instance: Instance, members: list[SecurityGroup]) -> metadata.NetworkInterface:
    subnet = default_network(instance.account, instance.region).subnet(instance.subnet_id)
    address = instance.private_ip or ""
    return metadata.NetworkInterface(
        mac=instance.mac,
        interface_id=instance.interface_id,
        private_ipv4=address,
        private_hostname=instance_view.private_dns_name(instance.region, instance.private_ip),
        subnet_id=instance.subnet_id,
        subnet_cidr=str(subnet.cidr) if subnet is not None else VPC_CIDR,
        vpc_id=instance.vpc_id,
        vpc_cidrs=(VPC_CIDR,),
        security_groups=tuple((group.id, group.name) for group in members),
        public_ipv4=instance.public_ip,
    )


def _options(instance: Instance) -> metadata.MetadataOptions:
    options = instance.metadata_options
    switches: dict[str, Literal["enabled", "disabled"]] = {"enabled": "enabled", "disabled": "disabled"}
    return metadata.MetadataOptions(
        http_endpoint=switches[options.http_endpoint],
        http_tokens="required" if options.http_tokens == "required" else "optional",
        http_put_response_hop_limit=options.http_put_response_hop_limit,
        instance_metadata_tags=switches[options.instance_metadata_tags],
    )
