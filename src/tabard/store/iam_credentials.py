"""What users and accounts hold beside access keys: passwords, MFA devices, certificates, providers, reports.

Each record has an ``id`` that is unique for its kind in its account, and an ``owner``: the unique id of its user or
role, the account's number for root, empty where it belongs to nobody. ``secret`` is sealed, and is neither in
listings nor in the change log. Times are seconds since the epoch. Deleting a user or role takes its records along.

The kind of a change is the record's ``kind``; its keys are the id, and a line feed with the owner.
"""

from __future__ import annotations

from typing import ClassVar, Protocol, TypeVar

import msgspec


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """What all of them have in common."""

    kind: ClassVar[str]
    id: str
    account: str
    owner: str = ""
    created_at: float
    secret: bytes = b""


class LoginProfile(Record, frozen=True, kw_only=True):
    """A user's password, by the user's id; ``secret`` seals the hashes as JSON, the newest first."""

    kind = "login-profile"
    changed_at: float
    reset_required: bool = False


class PasswordPolicy(Record, frozen=True, kw_only=True):
    """An account's rules for passwords, by its number; ``max_age`` in days, 0 for ever; ``reuse`` is how many count."""

    kind = "password-policy"
    length: int = 6
    symbols: bool = False
    numbers: bool = False
    uppercase: bool = False
    lowercase: bool = False
    users_may_change: bool = False
    max_age: int = 0
    reuse: int = 0
    hard_expiry: bool = False


class MfaDevice(Record, frozen=True, kw_only=True):
    """A virtual MFA device, by its serial number (an ARN); ``secret`` seals its seed.

    ``last_step`` is the thirty-second step of the newest code that was accepted; ``drift`` how many steps its clock
    is ahead of ours. It is nobody's until it is enabled.
    """

    kind = "mfa-device"
    enabled_at: float = 0.0
    last_step: int = 0
    drift: int = 0
    tags: dict[str, str] = {}


class SshPublicKey(Record, frozen=True, kw_only=True):
    """A user's SSH public key in OpenSSH's form."""

    kind = "ssh-public-key"
    body: str
    fingerprint: str
    status: str = "Active"


class SigningCertificate(Record, frozen=True, kw_only=True):
    """A user's X.509 certificate in PEM."""

    kind = "signing-certificate"
    body: str
    status: str = "Active"


class ServiceCredential(Record, frozen=True, kw_only=True):
    """A user's name and password (sealed) for one service; ``expires_at`` is None for never."""

    kind = "service-credential"
    service: str
    login: str
    status: str = "Active"
    expires_at: float | None = None


class ServerCertificate(Record, frozen=True, kw_only=True):
    """A TLS certificate of the account, by its name in lower case; ``secret`` seals its private key."""

    kind = "server-certificate"
    unique_id: str
    name: str
    path: str
    body: str
    expires_at: float
    chain: str = ""
    tags: dict[str, str] = {}


class OidcProvider(Record, frozen=True, kw_only=True):
    """An OpenID Connect provider, by its URL without the scheme."""

    kind = "oidc-provider"
    client_ids: list[str] = []
    thumbprints: list[str] = []
    tags: dict[str, str] = {}


class SamlProvider(Record, frozen=True, kw_only=True):
    """A SAML provider, by its name; ``secret`` seals its decryption keys as JSON, by key id."""

    kind = "saml-provider"
    uuid: str
    metadata: str
    valid_until: float
    encryption_mode: str = ""
    private_keys: dict[str, float] = {}
    tags: dict[str, str] = {}


class DeletionTask(Record, frozen=True, kw_only=True):
    """The deletion of a service-linked role, by the task's id."""

    kind = "deletion-task"
    role_arn: str
    status: str
    reason: str = ""


class CredentialReport(Record, frozen=True, kw_only=True):
    """An account's last credential report, by its number: a table in CSV."""

    kind = "credential-report"
    content: str


class TokenPreferences(Record, frozen=True, kw_only=True):
    """What an account prefers of the tokens of STS's global endpoint, by its number: version 1 or 2."""

    kind = "token-preferences"
    global_endpoint_version: int = 1


class OutboundFederation(Record, frozen=True, kw_only=True):
    """Whether an account's principals may ask for tokens that others trust, by its number.

    ``issuer`` is the account's part of its issuer's URL; it stays the same when the feature is switched off and on.
    """

    kind = "outbound-federation"
    issuer: str
    enabled: bool = True


class IssuerKey(Record, frozen=True, kw_only=True):
    """A key with which an account's issuer signs tokens, by its key id; ``secret`` seals it in PEM.

    ``algorithm`` is JOSE's name (RS256, ES384), ``public`` the key that others verify with, as a JSON Web Key.
    """

    kind = "issuer-key"
    algorithm: str
    public: dict[str, str]


class AccountProperties(Record, frozen=True, kw_only=True):
    """An account's settings, by its number: values by ``Namespace/PropertyName``."""

    kind = "account-properties"
    properties: dict[str, str]


class Attempted(msgspec.Struct, frozen=True):
    """A user or role of an access report; ``attempts`` are service, operation, when and in which region."""

    kind: str
    arn: str
    id: str
    name: str
    path: str
    attempts: list[tuple[str, str, float, str]] = []


class AccessReport(Record, frozen=True, kw_only=True):
    """Which services somebody may use and when they did, by the job's id; ``owner`` asked for it.

    ``about`` is an ARN, or the path of an organisation's entity; ``services`` are the namespaces that the policies allow;
    ``found`` is everybody whom it is about.
    """

    kind = "access-report"
    about: str
    by_action: bool = False
    services: list[str] = []
    found: list[Attempted] = []


class DelegationTemplate(msgspec.Struct, frozen=True):
    """What a partner may ask for: a policy with ``@{Parameters}``, and the boundaries of roles that it makes."""

    policy: str
    boundaries: list[str] = []


class DelegationPartner(Record, frozen=True, kw_only=True):
    """An account that may ask others for permissions for a while, by its number; its templates by their names."""

    kind = "delegation-partner"
    name: str
    templates: dict[str, DelegationTemplate] = {}


class DelegationApprover(msgspec.Struct, frozen=True):
    """Whoever accepted a request: the principal's ARN and unique id; of a role's session also what the session was given."""

    kind: str
    arn: str
    unique_id: str
    session_name: str = ""
    source_identity: str = ""
    tags: dict[str, str] = {}
    transitive: list[str] = []


class DelegationRequest(Record, frozen=True, kw_only=True):
    """What a partner asks for, by its id. It is in no account (``""``); ``owner`` is the number of the one that it is for.

    ``expires_at`` is when its state ends, ``finalized_at`` when the session began.
    """

    kind = "delegation-request"
    requestor: str
    requestor_name: str
    workflow: str
    description: str
    template: str
    parameters: list[dict[str, str | list[str]]]
    policy: str
    boundaries: list[str]
    channel: str
    duration: int
    state: str
    expires_at: float
    updated_at: float
    message: str = ""
    redirect: str = ""
    only_by_owner: bool = False
    owner_id: str = ""
    approver: DelegationApprover | None = None
    notes: str = ""
    rejection: str = ""
    finalized_at: float = 0.0


class DelegationNotice(Record, frozen=True, kw_only=True):
    """What a partner is told about a request; ``secret`` seals the token that it trades for credentials, if there is one."""

    kind = "delegation-notice"
    request: str
    channel: str
    state: str


R = TypeVar("R", bound=Record)


class Records(Protocol[R]):
    """The records of one kind."""

    def get(self, account: str, record_id: str) -> R | None:
        """The record of this id in the account."""

    def of_owner(self, account: str, owner: str) -> list[R]:
        """What a user, role or root has, oldest first."""

    def all(self, account: str) -> list[R]:
        """Every record of the account, in order of its id."""

    def count(self, account: str) -> int:
        """How many the account has."""

    def put(self, record: R) -> None:
        """Add a record, or write its new state over the old."""

    def delete(self, record: R) -> None:
        """Take a record out."""


class Credentials(Protocol):
    """Every kind of record."""

    login_profiles: Records[LoginProfile]
    password_policies: Records[PasswordPolicy]
    mfa_devices: Records[MfaDevice]
    ssh_public_keys: Records[SshPublicKey]
    signing_certificates: Records[SigningCertificate]
    service_credentials: Records[ServiceCredential]
    server_certificates: Records[ServerCertificate]
    oidc_providers: Records[OidcProvider]
    saml_providers: Records[SamlProvider]
    deletion_tasks: Records[DeletionTask]
    credential_reports: Records[CredentialReport]
    token_preferences: Records[TokenPreferences]
    outbound_federations: Records[OutboundFederation]
    issuer_keys: Records[IssuerKey]
    account_properties: Records[AccountProperties]
    access_reports: Records[AccessReport]
    delegation_partners: Records[DelegationPartner]
    delegation_requests: Records[DelegationRequest]
    delegation_notices: Records[DelegationNotice]
