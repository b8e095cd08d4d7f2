"""Who is calling: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

CallerKind = Literal["Root", "User", "AssumedRole", "FederatedUser", "Anonymous", "Service"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """The instance that a role session was delivered to (it fills the ``ec2:`` and ``aws:EC2Instance…`` keys).

    ``version`` is the metadata service's: ``1.0`` for credentials fetched without a session token (IMDSv1).
    """

    instance_id: str
    instance_arn: str
    association_id: str
    private_ip: str
    vpc_id: str
    version: str = "2.0"


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated principal, with what its credentials say of themselves.

    ``arn`` is what GetCallerIdentity shows (a session's own ARN); ``principal_arn`` is ``aws:PrincipalArn`` (for a
    session the role's ARN, path included); ``user_id`` is ``aws:userid`` (``AROA…:session``); ``unique_id`` is the
    user's, role's or account's own id. ``name`` is the user's or role's name. ``issued_at`` and ``expires_at`` are
    seconds since the epoch, for temporary credentials only. ``provider`` is the ARN of the identity provider behind a
    session, ``identity_keys`` the condition keys (lower case) that its token gave the session.
    """

    kind: CallerKind
    account: str
    arn: str
    principal_arn: str
    user_id: str
    unique_id: str
    name: str = ""
    session_name: str = ""
    access_key_id: str = ""
    issued_at: float | None = None
    expires_at: float | None = None
    mfa_at: float | None = None
    source_identity: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    transitive_tag_keys: tuple[str, ...] = ()
    delivery: Delivery | None = None
    service_name: str = ""
    provider: str = ""
    identity_keys: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)

    @property
    def is_session(self) -> bool:
        """Whether the credentials are temporary."""
        return self.expires_at is not None


ANONYMOUS = Caller("Anonymous", "anonymous", "anonymous", "", "anonymous", "anonymous")
