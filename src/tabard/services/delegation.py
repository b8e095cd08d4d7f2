"""Temporary delegation, as IAM and STS see it: partners, the states of a request, the token that is traded for a session.

AWS takes partners on by hand; here the server's operator does (``tabard partner``).
https://docs.aws.amazon.com/IAM/latest/UserGuide/temporary-delegation-building-integration.html
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from tabard.store.iam_credentials import (
    DelegationNotice,
    DelegationPartner,
    DelegationRequest,
    DelegationTemplate,
)

if TYPE_CHECKING:
    from tabard.core.sources import Random
    from tabard.identity.keyring import KeyRing
    from tabard.store.port import View

NOBODYS = ""
"""The account of every request: who may see it is told by its owner."""
DAY = 86_400.0
LASTS = {
    "UNASSIGNED": DAY,
    **dict.fromkeys(("ASSIGNED", "PENDING_APPROVAL", "ACCEPTED", "REJECTED", "FINALIZED"), 7 * DAY),
}
"""Seconds for which a request stays in a state; then it has expired."""
KEPT = 30 * DAY
"""Seconds for which a request that has expired is remembered; AWS does not say how long."""
NOTICES_AT_MOST = 1_000
"""Of one partner; the oldest are dropped."""
_PURPOSE = b"trade-in-token"
_PREFIX = "TBRT"


class TradeIn(msgspec.Struct, frozen=True, array_like=True):
    """What a trade-in token says."""

    request: str
    partner: str


def now_is(request: DelegationRequest, now: float) -> DelegationRequest:
    """A request as it stands now: in its state, or expired."""
    return replace(request, state="EXPIRED") if now >= request.expires_at else request


def find(view: View, identifier: str, now: float) -> DelegationRequest | None:
    """The request of this id as it stands now; None where there is none, or no longer."""
    request = view.iam.credentials.delegation_requests.get(NOBODYS, identifier)
    if request is None or now >= request.expires_at + KEPT:
        return None
    return now_is(request, now)


def enter(request: DelegationRequest, state: str, now: float) -> DelegationRequest:
    """A request that enters a state."""
    return replace(request, state=state, updated_at=now, expires_at=now + LASTS[state])


def keep(view: View, request: DelegationRequest) -> None:
    """Write a request down."""
    view.iam.credentials.delegation_requests.put(request)


def register(
    view: View, partner: str, name: str, templates: dict[str, DelegationTemplate], now: float
) -> None:
    """Take an account on as a partner, or give it other templates."""
    view.iam.credentials.delegation_partners.put(
        DelegationPartner(
            id=partner, account=partner, owner=partner, created_at=now, name=name, templates=templates
        )
    )


def tell(view: View, keys: KeyRing, random: Random, request: DelegationRequest, now: float) -> None:
    """Tell the partner of a request's state; of a finalized one it gets the token."""
    notices = view.iam.credentials.delegation_notices
    waiting = notices.count(request.requestor)
    if waiting >= NOTICES_AT_MOST:
        notices.delete(notices.all(request.requestor)[0])
    secret = b""
    if request.state == "FINALIZED":
        secret = keys.seal(_PURPOSE, msgspec.msgpack.encode(TradeIn(request.id, request.requestor)))
    notices.put(
        DelegationNotice(
            id=f"{int(now * 1000):015d}-{waiting:04d}-{random(8).hex()}",  # in order, also at one instant
            account=request.requestor,
            created_at=now,
            request=request.id,
            channel=request.channel,
            state=request.state,
            secret=secret,
        )
    )


def take_notices(view: View, partner: str) -> list[DelegationNotice]:
    """What a partner has not been told yet, the oldest first; it is not told again."""
    notices = view.iam.credentials.delegation_notices
    taken = notices.all(partner)
    for each in taken:
        notices.delete(each)
    return taken


def token_of(notice: DelegationNotice) -> str | None:
    """The trade-in token that a notice brings; None where it brings none."""
    return _PREFIX + base64.urlsafe_b64encode(notice.secret).decode() if notice.secret else None


def open_token(keys: KeyRing, token: str) -> TradeIn | None:
    """What a trade-in token says; None for what is none of ours."""
    try:
        sealed = base64.b64decode(token.removeprefix(_PREFIX).encode(), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    plain = keys.open(_PURPOSE, sealed) if token.startswith(_PREFIX) else None
    try:
        return None if plain is None else msgspec.msgpack.decode(plain, type=TradeIn)
    except msgspec.DecodeError:
        return None
