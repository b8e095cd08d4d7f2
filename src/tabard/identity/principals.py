"""From credentials to a principal: who it is, its secret, and its policies linked for decisions.

Everything is cached, and every cached thing knows what it was made from: a change in the store drops what depends on it
before the change is acknowledged. Each view of the store has a ``Principals`` of its own.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

from tabard.core.arn import PARTITION, assumed_role_arn, federated_user_arn, iam_arn, root_arn
from tabard.core.caller import Caller, Delivery
from tabard.identity.grants import EVERYTHING, NOTHING, Granted, Grants
from tabard.identity.sessions import Claims, open_token
from tabard.policy import Layers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tabard.identity.keyring import KeyRing
    from tabard.policy import PolicySet
    from tabard.store.port import Change, View

SECRET_PURPOSE = b"access-key"
_CREDENTIALS_AT_MOST = 20_000


class Problem(Enum):
    """Why credentials were refused; ``auth.dialects`` says it in the words of each service."""

    UNKNOWN_KEY = "unknown-key"
    INACTIVE_KEY = "inactive-key"
    INVALID_TOKEN = "invalid-token"  # noqa: S105 - a reason, not a secret
    EXPIRED_TOKEN = "expired-token"  # noqa: S105 - a reason, not a secret


@dataclass(slots=True, eq=False)
class Principal:
    """A caller with its secret and its linked policies; None where a layer does not apply. None of it ever changes.

    ``recorded`` is for who writes the records of its requests: what is the same in all of them, kept as long as it is.
    """

    caller: Caller
    secret: str
    identity: PolicySet | None
    boundary: PolicySet | None
    session: PolicySet | None
    token: str | None = None
    chained: bool = False
    console: bool = False
    layers: Layers = field(init=False)
    """The three as the policy engine takes them, for checks on what has no policy of its own."""
    recorded: Any = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.layers = Layers(identity=self.identity, boundary=self.boundary, session=self.session)

    def __repr__(self) -> str:
        return f"Principal({self.caller.arn})"


class Principals:
    """The principals of one view."""

    def __init__(self, view: View, keys: KeyRing) -> None:
        self._view = view
        self._keys = keys
        self._grants = Grants(view)
        self._cached: OrderedDict[str, Principal] = OrderedDict()
        self._made_from: dict[tuple[str, str, str], set[str]] = {}
        view.watch(self._on_changes)

    @property
    def grants(self) -> Grants:
        """The linked policies of this view's users and roles."""
        return self._grants

    def authenticate(self, key_id: str, token: str | None, now: float) -> Principal | Problem:
        """The principal behind an access key id and, for temporary credentials, its session token.

        The signature has yet to be verified with ``Principal.secret``; nothing here proves that the caller knows it.
        """
        principal = self._cached.get(key_id)
        if principal is None or principal.token != token:
            found = self._session(key_id, token) if token is not None else self._long_term(key_id)
            if isinstance(found, Problem):
                return found
            principal = found
        expires_at = principal.caller.expires_at
        if expires_at is not None and now >= expires_at:
            return Problem.EXPIRED_TOKEN
        return principal

    def _long_term(self, key_id: str) -> Principal | Problem:
        key = self._view.iam.access_keys.get(key_id)
        if key is None:
            return Problem.UNKNOWN_KEY
        if key.status != "Active":
            return Problem.INACTIVE_KEY
        secret = self._keys.open(SECRET_PURPOSE, key.secret)
        if secret is None:
            return Problem.UNKNOWN_KEY
        if key.user_id is None:
            principal = Principal(_root(key.account, key_id), secret.decode(), None, None, None)
            return self._keep(key_id, principal, [("access-key", key.account, key_id)])
        user = self._view.iam.users.by_id(key.account, key.user_id)
        if user is None:
            return Problem.UNKNOWN_KEY
        granted = self._grants.of_user(user)
        arn = iam_arn(user.account, "user", user.path, user.name)
        caller = Caller(
            "User", user.account, arn, arn, user.id, user.id, user.name, access_key_id=key_id, tags=user.tags
        )
        principal = Principal(caller, secret.decode(), granted.identity, granted.boundary, None)
        return self._keep(key_id, principal, [("access-key", key.account, key_id), *granted.made_from])

    def _session(self, key_id: str, token: str) -> Principal | Problem:
        claims = open_token(self._keys, token)
        if claims is None or claims.access_key_id != key_id:
            return Problem.INVALID_TOKEN
        match claims.kind:
            case "role":
                return self._role_session(claims, token)
            case "session-user":
                return self._user_session(claims, token)
            case "session-root":
                if self._view.iam.accounts.get(claims.account) is None:
                    return Problem.INVALID_TOKEN
                caller = _root(claims.account, key_id, claims)
                principal = Principal(caller, claims.secret, None, None, None, token, console=claims.console)
                return self._keep(key_id, principal, [("account", claims.account, claims.account)])
            case "federated":
                return self._federated_session(claims, token)

    def _role_session(self, claims: Claims, token: str) -> Principal | Problem:
        role = self._view.iam.roles.by_id(claims.account, claims.principal_id)
        if role is None:
            return Problem.INVALID_TOKEN
        delivery = None if claims.delivery is None else Delivery(*claims.delivery)
        made_from: list[tuple[str, str, str]] = []
        if delivery is not None:
            made_from.append(("ec2-association", claims.account, delivery.association_id))
            association = self._view.ec2.associations.get(claims.account, delivery.association_id)
            if association is None or association.state == "disassociated":
                return Problem.INVALID_TOKEN
        granted = self._grants.of_role(role)
        caller = Caller(
            "AssumedRole",
            role.account,
            assumed_role_arn(role.account, role.name, claims.session_name),
            iam_arn(role.account, "role", role.path, role.name),
            f"{role.id}:{claims.session_name}",
            role.id,
            role.name,
            claims.session_name,
            claims.access_key_id,
            claims.issued_at,
            claims.expires_at,
            claims.mfa_at,
            claims.source_identity,
            {**role.tags, **claims.tags},
            claims.transitive,
            delivery,
            provider=claims.provider,
            identity_keys=claims.identity_keys,
        )
        return self._with_session_policies(caller, claims, token, granted, made_from)

    def _user_session(self, claims: Claims, token: str) -> Principal | Problem:
        user = self._view.iam.users.by_id(claims.account, claims.principal_id)
        if user is None:
            return Problem.INVALID_TOKEN
        arn = iam_arn(user.account, "user", user.path, user.name)
        caller = Caller(
            "User",
            user.account,
            arn,
            arn,
            user.id,
            user.id,
            user.name,
            "",
            claims.access_key_id,
            claims.issued_at,
            claims.expires_at,
            claims.mfa_at,
            tags=user.tags,
        )
        return self._with_session_policies(caller, claims, token, self._grants.of_user(user), [])

    def _federated_session(self, claims: Claims, token: str) -> Principal | Problem:
        """What GetFederationToken gave out: what both its caller's policies and those passed allow."""
        account, tags = claims.account, claims.tags
        if claims.principal_id == account:
            if self._view.iam.accounts.get(account) is None:
                return Problem.INVALID_TOKEN
            granted = Granted(EVERYTHING, None, (("account", account, account),))
            arn, name = root_arn(account), ""
        else:
            user = self._view.iam.users.by_id(account, claims.principal_id)
            if user is None:
                return Problem.INVALID_TOKEN
            granted = self._grants.of_user(user)
            arn, name = iam_arn(account, "user", user.path, user.name), user.name
            tags = {**user.tags, **tags}
        caller = Caller(
            "FederatedUser",
            account,
            federated_user_arn(account, claims.session_name),
            arn,
            f"{account}:{claims.session_name}",
            claims.principal_id,
            name,
            claims.session_name,
            claims.access_key_id,
            claims.issued_at,
            claims.expires_at,
            tags=tags,
        )
        return self._with_session_policies(caller, claims, token, granted, [], limited=True)

    def _with_session_policies(
        self,
        caller: Caller,
        claims: Claims,
        token: str,
        granted: Granted,
        made_from: list[tuple[str, str, str]],
        *,
        limited: bool = False,
    ) -> Principal:
        session, more = self._grants.session_set(claims.policies, claims.policy_arns)
        if session is None and limited:
            session = NOTHING
        principal = Principal(
            caller,
            claims.secret,
            granted.identity,
            granted.boundary,
            session,
            token,
            claims.chained,
            claims.console,
        )
        return self._keep(claims.access_key_id, principal, [*granted.made_from, *made_from, *more])

    def _keep(
        self, key_id: str, principal: Principal, made_from: Sequence[tuple[str, str, str]]
    ) -> Principal:
        if len(self._cached) >= _CREDENTIALS_AT_MOST:
            self._cached.popitem(last=False)
        self._cached[key_id] = principal
        for source in made_from:
            self._made_from.setdefault(source, set()).add(key_id)
        return principal

    def _on_changes(self, changes: Sequence[Change]) -> None:
        for change in changes:
            for key in change.keys:
                for key_id in self._made_from.pop((change.kind, change.account, key), ()):
                    self._cached.pop(key_id, None)


def _root(account: str, key_id: str, claims: Claims | None = None) -> Caller:
    arn = root_arn(account)
    if claims is None:
        return Caller("Root", account, arn, arn, account, account, access_key_id=key_id)
    return Caller(
        "Root",
        account,
        arn,
        arn,
        account,
        account,
        access_key_id=key_id,
        issued_at=claims.issued_at,
        expires_at=claims.expires_at,
        mfa_at=claims.mfa_at,
    )


def service_caller(service: str) -> Caller:
    """An AWS service as a principal, such as ``ec2.amazonaws.com`` asking for an instance's role."""
    arn = f"arn:{PARTITION}:iam::aws:service/{service}"
    return Caller("Service", "aws", arn, "", service, service, service_name=service)
