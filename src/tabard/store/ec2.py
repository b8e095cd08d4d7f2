"""EC2's records and repositories: key pairs, instances, their instance profiles, security groups and tags.

Everything is of one account and one region. Ids are unique everywhere. Times are seconds since the epoch.
Records are never changed in place: a repository's ``put`` makes the record with that id be the given one.
"""

# ruff: noqa: D102 - a Protocol of a few verbs is described by its docstring

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

InstanceState = Literal["pending", "running", "shutting-down", "terminated", "stopping", "stopped"]
"""https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html"""

AssociationState = Literal["associated", "replaced", "disassociated"]
"""Credentials delivered under an association are honoured until they expire, unless it is ``disassociated``
or gone.
"""


class KeyPair(msgspec.Struct, frozen=True):
    """A key pair's public half; ``kind`` is ``rsa`` or ``ed25519``, ``public_key`` in OpenSSH's one-line
    format.
    """

    account: str
    region: str
    id: str
    name: str
    kind: str
    fingerprint: str
    public_key: str
    created_at: float


class MetadataOptions(msgspec.Struct, frozen=True):
    """How an instance may reach its metadata.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceMetadataOptionsResponse.html
    """

    http_tokens: str = "required"
    http_endpoint: str = "enabled"
    http_put_response_hop_limit: int = 2
    http_protocol_ipv6: str = "disabled"
    instance_metadata_tags: str = "disabled"


class StateReason(msgspec.Struct, frozen=True):
    """Why an instance is in its state: AWS's code and message."""

    code: str
    message: str


class Instance(msgspec.Struct, frozen=True, kw_only=True):
    """An instance: what was asked for, and the state it is in.

    The state says what is to be done as well: the reconciler launches what is ``pending``, keeps up what is
    ``running``, and ends what is ``stopping`` or ``shutting-down``. ``boot`` counts the starts that were
    asked for: a machine that was started for an earlier one is started anew. ``public_ip`` is None while the
    instance is stopped.
    """

    account: str
    region: str
    id: str
    reservation_id: str
    launch_index: int
    image_id: str
    instance_type: str
    architecture: str
    state: InstanceState
    boot: int = 1
    launched_at: float
    state_changed_at: float
    state_reason: StateReason | None = None
    transition_reason: str = ""
    key_name: str | None = None
    public_key: str | None = None
    zone: str
    zone_id: str
    vpc_id: str
    subnet_id: str
    private_ip: str | None
    public_ip: str | None
    wants_public_ip: bool = True
    security_groups: tuple[str, ...]
    interface_id: str
    attachment_id: str
    mac: str
    volume_id: str
    volume_size: int
    client_token: str = ""
    requester: str = ""
    metadata_options: MetadataOptions = MetadataOptions()
    shutdown_behavior: str = "stop"
    disable_api_termination: bool = False
    disable_api_stop: bool = False
    monitoring: bool = False
    ebs_optimized: bool = False
    source_dest_check: bool = True
    cpu_credits: str | None = None
    delete_volume_on_termination: bool = True


class Association(msgspec.Struct, frozen=True, kw_only=True):
    """An instance profile on an instance. ``profile_id`` is the profile's unique id: one made again is
    another one.
    """

    account: str
    region: str
    id: str
    instance_id: str
    profile_id: str
    profile_arn: str
    state: AssociationState
    created_at: float
    ended_at: float | None = None


class SecurityRule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule of a security group; exactly one of ``cidr``, ``cidr6``, ``group_id`` and ``prefix_list_id``
    is set.

    Ports are None for protocol ``-1`` (all traffic); for ICMP they are type and code.
    """

    id: str
    egress: bool
    protocol: str
    from_port: int | None = None
    to_port: int | None = None
    cidr: str | None = None
    cidr6: str | None = None
    group_id: str | None = None
    prefix_list_id: str | None = None
    description: str | None = None


class SecurityGroup(msgspec.Struct, frozen=True, kw_only=True):
    """A security group of a VPC, with its rules."""

    account: str
    region: str
    id: str
    name: str
    description: str
    vpc_id: str
    rules: tuple[SecurityRule, ...] = ()


class ClientToken(msgspec.Struct, frozen=True):
    """A request that was made under a client token: what it asked for (hashed), and the instances that came
    of it.
    """

    account: str
    region: str
    token: str
    parameters: str
    instance_ids: tuple[str, ...]
    created_at: float


class KeyPairs(Protocol):
    """Key pairs, by name or id."""

    def get(self, account: str, region: str, name: str) -> KeyPair | None: ...
    def by_id(self, account: str, region: str, key_pair_id: str) -> KeyPair | None: ...
    def all(self, account: str, region: str) -> list[KeyPair]: ...
    def put(self, key_pair: KeyPair) -> None: ...
    def delete(self, key_pair: KeyPair) -> None: ...


class Instances(Protocol):
    """Instances. ``all`` is in the order of launch; ``everywhere`` is for the reconciler, every account and
    region.
    """

    def get(self, account: str, region: str, instance_id: str) -> Instance | None: ...
    def find(self, account: str, instance_id: str) -> Instance | None: ...
    def all(self, account: str, region: str) -> list[Instance]: ...
    def everywhere(self) -> list[Instance]: ...
    def with_public_ip(self, address: str) -> Instance | None: ...
    def put(self, instance: Instance) -> None: ...
    def delete(self, instance: Instance) -> None: ...
    def user_data(self, account: str, instance_id: str) -> bytes | None: ...
    def put_user_data(self, account: str, instance_id: str, data: bytes | None) -> None: ...


class Associations(Protocol):
    """Instance profiles on instances.

    ``get`` finds by id alone and is cached, for identity to ask on every request: None, or a state of
    ``disassociated``, means that credentials delivered under the association are refused. ``of_instance`` is
    the one that holds now, ``all`` every one that holds now, ``past`` those of an instance that were
    replaced.
    """

    def get(self, account: str, association_id: str) -> Association | None: ...
    def of_instance(self, account: str, instance_id: str) -> Association | None: ...
    def past(self, account: str, instance_id: str) -> list[Association]: ...
    def all(self, account: str, region: str) -> list[Association]: ...
    def put(self, association: Association) -> None: ...
    def prune(self, account: str, before: float) -> None: ...


class SecurityGroups(Protocol):
    """Security groups that were made, and a VPC's default one once its rules were changed."""

    def get(self, account: str, region: str, group_id: str) -> SecurityGroup | None: ...
    def all(self, account: str, region: str) -> list[SecurityGroup]: ...
    def put(self, group: SecurityGroup) -> None: ...
    def delete(self, group: SecurityGroup) -> None: ...


class ClientTokens(Protocol):
    """Client tokens, forgotten once they are older than AWS remembers them."""

    def get(self, account: str, region: str, token: str) -> ClientToken | None: ...
    def put(self, token: ClientToken) -> None: ...
    def prune(self, before: float) -> None: ...


class Tags(Protocol):
    """Tags of every resource that has an id."""

    def of(self, account: str, resource_id: str) -> Mapping[str, str]: ...
    def all(self, account: str, region: str) -> dict[str, Mapping[str, str]]: ...
    def put(self, account: str, region: str, resource_id: str, tags: Mapping[str, str]) -> None: ...


class Repositories(Protocol):
    """Everything EC2 remembers."""

    @property
    def key_pairs(self) -> KeyPairs: ...
    @property
    def instances(self) -> Instances: ...
    @property
    def associations(self) -> Associations: ...
    @property
    def security_groups(self) -> SecurityGroups: ...
    @property
    def client_tokens(self) -> ClientTokens: ...
    @property
    def tags(self) -> Tags: ...
