"""EC2's repositories in SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from sqlalchemy import bindparam, delete, select

from tabard.store.ec2 import Association, ClientToken, Instance, KeyPair, SecurityGroup
from tabard.store.sql.ec2_documents import Documents, upsert
from tabard.store.sql.schema_ec2 import (
    ASSOCIATIONS,
    CLIENT_TOKENS,
    INSTANCES,
    KEY_PAIRS,
    SECURITY_GROUPS,
    TAGS,
    USER_DATA,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tabard.store.sql.session import Session

_BY_PUBLIC_IP = select(INSTANCES.c.record).where(INSTANCES.c.public_ip == bindparam("address"))
_TAGS_OF = select(TAGS.c.tags).where(
    TAGS.c.account == bindparam("account"), TAGS.c.resource_id == bindparam("resource_id")
)
_NO_TAGS: Mapping[str, str] = {}


class KeyPairs:
    """See ``tabard.store.ec2.KeyPairs``."""

    def __init__(self, session: Session) -> None:
        self._documents = _KeyPairDocuments(session)

    def get(self, account: str, region: str, name: str) -> KeyPair | None:
        """The key pair of a name; names are told apart by case."""
        return self._documents.by_name(account, region).get(name)

    def by_id(self, account: str, region: str, key_pair_id: str) -> KeyPair | None:
        """The key pair of an id."""
        return self._documents.get(account, region, key_pair_id)

    def all(self, account: str, region: str) -> list[KeyPair]:
        """Every key pair, by name."""
        return self._documents.all(account, region)

    def put(self, key_pair: KeyPair) -> None:
        """Remember a key pair."""
        self._documents.put(key_pair)

    def delete(self, key_pair: KeyPair) -> None:
        """Forget a key pair."""
        self._documents.delete(key_pair)


class _KeyPairDocuments(Documents[KeyPair]):
    kind = "ec2-key-pair"
    record = KeyPair
    table = KEY_PAIRS
    order = ("name",)

    def by_name(self, account: str, region: str) -> dict[str, KeyPair]:
        return self._session.listing(
            self.kind,
            account,
            ("names", region),
            lambda: {pair.name: pair for pair in self.all(account, region)},
        )


class Instances(Documents[Instance]):
    """See ``tabard.store.ec2.Instances``."""

    kind = "ec2-instance"
    record = Instance
    table = INSTANCES
    order = ("launched_at", "id")

    def everywhere(self) -> list[Instance]:
        """Every instance of every account and region, read afresh."""
        rows = self._session.connection.execute(select(INSTANCES.c.record).order_by(INSTANCES.c.launched_at))
        return [self._decoder.decode(document) for document in rows.scalars()]

    def with_public_ip(self, address: str) -> Instance | None:
        """The instance that holds a public address, whosever it is."""
        document = self._session.connection.execute(_BY_PUBLIC_IP, {"address": address}).scalar_one_or_none()
        return None if document is None else self._decoder.decode(document)

    def delete(self, instance: Instance) -> None:
        """Forget an instance and its user data."""
        super().delete(instance)
        self._session.connection.execute(delete(USER_DATA).where(USER_DATA.c.instance_id == instance.id))

    def user_data(self, account: str, instance_id: str) -> bytes | None:
        """An instance's user data, as it was before base64."""
        return self._session.connection.execute(
            select(USER_DATA.c.data).where(
                USER_DATA.c.account == account, USER_DATA.c.instance_id == instance_id
            )
        ).scalar_one_or_none()

    def put_user_data(self, account: str, instance_id: str, data: bytes | None) -> None:
        """Set an instance's user data; None takes it away. It stays out of the change log: it may hold
        secrets.
        """
        if data is None:
            self._session.connection.execute(
                delete(USER_DATA).where(
                    USER_DATA.c.account == account, USER_DATA.c.instance_id == instance_id
                )
            )
            return
        row = {"instance_id": instance_id, "account": account, "data": data}
        upsert(self._session.connection, USER_DATA, row)


class Associations(Documents[Association]):
    """See ``tabard.store.ec2.Associations``."""

    kind = "ec2-association"
    record = Association
    table = ASSOCIATIONS

    def get(self, account: str, association_id: str) -> Association | None:  # type: ignore[override] # ids are enough
        """The association of an id, whatever its state."""
        return self.find(account, association_id)

    def of_instance(self, account: str, instance_id: str) -> Association | None:
        """The association that an instance has now."""
        return self._present(account).get(instance_id)

    def past(self, account: str, instance_id: str) -> list[Association]:
        """The associations of an instance that were replaced by others."""
        columns = ASSOCIATIONS.c
        return self._list(
            account,
            ("past", instance_id),
            (columns.account == account, columns.instance_id == instance_id, columns.state == "replaced"),
        )

    def all(self, account: str, region: str) -> list[Association]:
        """Every association that holds now."""
        return [each for each in self._present(account).values() if each.region == region]

    def _present(self, account: str) -> dict[str, Association]:
        """Every association of an account that holds now, by instance: one query, whoever asks for however many."""

        def load() -> dict[str, Association]:
            columns = ASSOCIATIONS.c
            found = self._load_all(account, (columns.account == account, columns.state == "associated"))
            return {each.instance_id: each for each in found}

        return self._session.listing(self.kind, account, "present", load)

    def prune(self, account: str, before: float) -> None:
        """Forget what ended before an instant: nothing delivered under it can be alive."""
        rows = self._session.connection.execute(
            select(ASSOCIATIONS.c.record).where(
                ASSOCIATIONS.c.account == account, ASSOCIATIONS.c.ended_at < before
            )
        )
        for document in rows.scalars().all():
            self.delete(self._decoder.decode(document))


class SecurityGroups(Documents[SecurityGroup]):
    """See ``tabard.store.ec2.SecurityGroups``."""

    kind = "ec2-security-group"
    record = SecurityGroup
    table = SECURITY_GROUPS


class ClientTokens:
    """See ``tabard.store.ec2.ClientTokens``. Only transactions ask for them, so nothing is cached."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, account: str, region: str, token: str) -> ClientToken | None:
        """What was asked for under a token."""
        columns = CLIENT_TOKENS.c
        document = self._session.connection.execute(
            select(columns.record).where(
                columns.account == account, columns.region == region, columns.token == token
            )
        ).scalar_one_or_none()
        return None if document is None else msgspec.json.decode(document, type=ClientToken)

    def put(self, token: ClientToken) -> None:
        """Remember a token."""
        row = {
            "account": token.account,
            "region": token.region,
            "token": token.token,
            "created_at": token.created_at,
            "record": msgspec.json.encode(token),
        }
        upsert(self._session.connection, CLIENT_TOKENS, row)

    def prune(self, before: float) -> None:
        """Forget the tokens from before an instant."""
        self._session.connection.execute(delete(CLIENT_TOKENS).where(CLIENT_TOKENS.c.created_at < before))


class Tags:
    """See ``tabard.store.ec2.Tags``."""

    kind = "ec2-tags"

    def __init__(self, session: Session) -> None:
        self._session = session

    def of(self, account: str, resource_id: str) -> Mapping[str, str]:
        """A resource's tags; empty where it has none."""
        if not resource_id:
            return _NO_TAGS
        return self._session.remembered(
            self.kind, account, resource_id, lambda: self._load(account, resource_id)
        )

    def all(self, account: str, region: str) -> dict[str, Mapping[str, str]]:
        """The tags of every resource that has some, by resource id."""
        return self._session.listing(self.kind, account, region, lambda: self._load_all(account, region))

    def put(self, account: str, region: str, resource_id: str, tags: Mapping[str, str]) -> None:
        """Make a resource's tags be these."""
        if tags:
            row = {
                "account": account,
                "resource_id": resource_id,
                "region": region,
                "tags": msgspec.json.encode(tags),
            }
            upsert(self._session.connection, TAGS, row)
        else:
            self._session.connection.execute(
                delete(TAGS).where(TAGS.c.account == account, TAGS.c.resource_id == resource_id)
            )
        self._session.changed(self.kind, account, (resource_id,), dict(tags) or None)

    def _load(self, account: str, resource_id: str) -> Mapping[str, str]:
        document = self._session.connection.execute(
            _TAGS_OF, {"account": account, "resource_id": resource_id}
        ).scalar_one_or_none()
        return _NO_TAGS if document is None else msgspec.json.decode(document, type=dict[str, str])

    def _load_all(self, account: str, region: str) -> dict[str, Mapping[str, str]]:
        rows = self._session.connection.execute(
            select(TAGS.c.resource_id, TAGS.c.tags)
            .where(TAGS.c.account == account, TAGS.c.region == region)
            .order_by(TAGS.c.resource_id)
        )
        return {resource_id: msgspec.json.decode(tags, type=dict[str, str]) for resource_id, tags in rows}


class Ec2Repositories:
    """See ``tabard.store.ec2.Repositories``."""

    def __init__(self, session: Session) -> None:
        self.key_pairs = KeyPairs(session)
        self.instances = Instances(session)
        self.associations = Associations(session)
        self.security_groups = SecurityGroups(session)
        self.client_tokens = ClientTokens(session)
        self.tags = Tags(session)
