"""Passwords, MFA devices, certificates, providers and reports: documents by kind, account and id."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgspec
from msgspec.structs import replace
from sqlalchemy import bindparam, delete, func, select

from tabard.store import iam_credentials as port
from tabard.store.sql.ec2_documents import upsert
from tabard.store.sql.schema_iam import RECORDS

if TYPE_CHECKING:
    from sqlalchemy import Row

    from tabard.store.sql.session import Session

R = TypeVar("R", bound=port.Record)

_OF_KIND = (RECORDS.c.kind == bindparam("of_kind"), RECORDS.c.account == bindparam("of_account"))
_ALL = select(RECORDS.c.record, RECORDS.c.secret).where(*_OF_KIND).order_by(RECORDS.c.id)
_ONE = select(RECORDS.c.record, RECORDS.c.secret).where(*_OF_KIND, RECORDS.c.id == bindparam("of_id"))
_OF_OWNER = select(RECORDS.c.record, RECORDS.c.secret).where(
    *_OF_KIND, RECORDS.c.owner == bindparam("of_owner")
)
_COUNT = select(func.count()).select_from(RECORDS).where(*_OF_KIND)
_DELETE = delete(RECORDS).where(*_OF_KIND, RECORDS.c.id == bindparam("of_id"))


class SqlRecords(Generic[R]):
    """See ``tabard.store.iam_credentials.Records``."""

    def __init__(self, session: Session, record: type[R]) -> None:
        self._session = session
        self._kind = record.kind
        self._decoder = msgspec.json.Decoder(record)

    def get(self, account: str, record_id: str) -> R | None:
        """The record of this id. What is not there is not remembered: ids to ask for are endless."""
        space = self._session.cache.space(self._kind, account)
        found: R | None = space.get(record_id)
        if found is None:
            row = self._execute(_ONE, account, of_id=record_id).first()
            if row is not None:
                found = space[record_id] = self._from_row(row)
                self._session.cache.grew()
        return found

    def of_owner(self, account: str, owner: str) -> list[R]:
        """What a user, role or root has, oldest first."""
        return self._session.remembered(
            self._kind, account, _owner_key(owner), lambda: self._load_of_owner(account, owner)
        )

    def all(self, account: str) -> list[R]:
        """Every record of the account, in order of its id."""
        return [self._from_row(row) for row in self._execute(_ALL, account)]

    def count(self, account: str) -> int:
        """How many the account has."""
        return int(self._execute(_COUNT, account).scalar_one())

    def put(self, record: R) -> None:
        """Add a record, or write its new state over the old."""
        before = self.get(record.account, record.id)
        state = msgspec.json.encode(replace(record, secret=b"")).decode()
        upsert(
            self._session.connection,
            RECORDS,
            {
                "kind": self._kind,
                "account": record.account,
                "id": record.id,
                "owner": record.owner,
                "record": state,
                "secret": record.secret,
            },
        )
        owners = {record.owner} if before is None else {record.owner, before.owner}
        keys = (record.id, *map(_owner_key, sorted(owners)))
        self._session.changed(self._kind, record.account, keys, replace(record, secret=b""))

    def delete(self, record: R) -> None:
        """Take a record out."""
        self._execute(_DELETE, record.account, of_id=record.id)
        self._session.changed(self._kind, record.account, (record.id, _owner_key(record.owner)), None)

    def _load_of_owner(self, account: str, owner: str) -> list[R]:
        found = [self._from_row(row) for row in self._execute(_OF_OWNER, account, of_owner=owner)]
        return sorted(found, key=lambda record: (record.created_at, record.id))

    def _execute(self, statement: Any, account: str, **parameters: str) -> Any:
        named = {"of_kind": self._kind, "of_account": account, **parameters}
        return self._session.connection.execute(statement, named)

    def _from_row(self, row: Row[Any]) -> R:
        record = self._decoder.decode(row.record)
        return replace(record, secret=row.secret) if row.secret else record


def _owner_key(owner: str) -> str:
    """The cache key of an owner's records; no id holds a line feed."""
    return "\n" + owner


class SqlCredentials:
    """See ``tabard.store.iam_credentials.Credentials``."""

    def __init__(self, session: Session) -> None:
        self.login_profiles: port.Records[port.LoginProfile] = SqlRecords(session, port.LoginProfile)
        self.password_policies: port.Records[port.PasswordPolicy] = SqlRecords(session, port.PasswordPolicy)
        self.mfa_devices: port.Records[port.MfaDevice] = SqlRecords(session, port.MfaDevice)
        self.ssh_public_keys: port.Records[port.SshPublicKey] = SqlRecords(session, port.SshPublicKey)
        self.signing_certificates: port.Records[port.SigningCertificate] = SqlRecords(
            session, port.SigningCertificate
        )
        self.service_credentials: port.Records[port.ServiceCredential] = SqlRecords(
            session, port.ServiceCredential
        )
        self.server_certificates: port.Records[port.ServerCertificate] = SqlRecords(
            session, port.ServerCertificate
        )
        self.oidc_providers: port.Records[port.OidcProvider] = SqlRecords(session, port.OidcProvider)
        self.saml_providers: port.Records[port.SamlProvider] = SqlRecords(session, port.SamlProvider)
        self.deletion_tasks: port.Records[port.DeletionTask] = SqlRecords(session, port.DeletionTask)
        self.credential_reports: port.Records[port.CredentialReport] = SqlRecords(
            session, port.CredentialReport
        )
        self.token_preferences: port.Records[port.TokenPreferences] = SqlRecords(
            session, port.TokenPreferences
        )
        self.outbound_federations: port.Records[port.OutboundFederation] = SqlRecords(
            session, port.OutboundFederation
        )
        self.issuer_keys: port.Records[port.IssuerKey] = SqlRecords(session, port.IssuerKey)
        self.account_properties: port.Records[port.AccountProperties] = SqlRecords(
            session, port.AccountProperties
        )
        self.access_reports: port.Records[port.AccessReport] = SqlRecords(session, port.AccessReport)
        self.delegation_partners: port.Records[port.DelegationPartner] = SqlRecords(
            session, port.DelegationPartner
        )
        self.delegation_requests: port.Records[port.DelegationRequest] = SqlRecords(
            session, port.DelegationRequest
        )
        self.delegation_notices: port.Records[port.DelegationNotice] = SqlRecords(
            session, port.DelegationNotice
        )

    def drop_of_user(self, account: str, user_id: str) -> None:
        """Take out what a user has, who is deleted."""
        for records in (
            self.login_profiles,
            self.mfa_devices,
            self.ssh_public_keys,
            self.signing_certificates,
            self.service_credentials,
            self.access_reports,
        ):
            _drop(records, account, user_id)

    def drop_of_role(self, account: str, role_id: str) -> None:
        """Take out what a role has, that is deleted."""
        _drop(self.access_reports, account, role_id)


def _drop(records: port.Records[Any], account: str, owner: str) -> None:
    for record in records.of_owner(account, owner):
        records.delete(record)
