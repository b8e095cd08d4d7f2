"""Signing in with account, user name, password and code, and choosing a password where one must be chosen.

* ``POST /_/console/password`` ``{account, user, password, code?, device?}``: a session; or what is missing for one.
* ``POST /_/console/password-change`` ``{ticket, old, new}``: a session under the new password.

What is missing has a code of its own: ``MultiFactorAuthenticationRequired`` (send the same again with a code) and
``PasswordChangeRequired`` (with a ticket: what was proved need not be proved again, and a code is good only once).

A browser in which somebody signed in holds a sealed *device token* for that user. Its attempts are counted by themselves, so
that whoever guesses from the same address (behind one proxy all addresses are the same) locks nobody out who was here before.
https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import math
from collections import OrderedDict
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from tabard.core.errors import AwsError
from tabard.edge.console.records import FAILED, NO_SUCH_USER, identity_of_claim
from tabard.identity.password_sign_in import Claimed, NeedsCode, PasswordSignIn, SignedIn, Throttled, claimed
from tabard.identity.passwords import is_password
from tabard.services.iam.last_used import LastUsed
from tabard.services.iam.login_profiles import choose_password

if TYPE_CHECKING:
    from tabard.core.http import HttpRequest
    from tabard.edge.console.records import Records
    from tabard.edge.http import Origin
    from tabard.services.node import Node
    from tabard.store.iam import User

TICKET_GOOD_FOR = 10 * 60
"""Seconds in which a new password may be chosen."""
_TICKETS_AT_MOST = 1000
_DEVICE_PURPOSE = b"sign-in-device"
_TEXT_AT_MOST = 512

INCORRECT = AwsError(
    "AuthenticationFailed", "Your authentication information is incorrect. Please try again.", 403
)


class Attempt(msgspec.Struct):
    """What the form sends."""

    account: str
    user: str
    password: str
    code: str = ""
    device: str = ""


class Change(msgspec.Struct):
    """What the form for a new password sends."""

    ticket: str
    old: str
    new: str


class Proved(NamedTuple):
    """Who may have a session, since when MFA counts, and the token by which their browser is known again."""

    user: User
    mfa_at: float | None
    device: str


class _Ticket(NamedTuple):
    account: str
    user_id: str
    mfa_at: float | None
    expires_at: float


class PasswordDoor:
    """Names and passwords, for one node."""

    def __init__(self, node: Node, records: Records) -> None:
        self._node = node
        self._records = records
        self._check = PasswordSignIn(node.store, node.keys, node.extensions)
        self._tickets: OrderedDict[str, _Ticket] = OrderedDict()

    async def enter(self, request: HttpRequest, origin: Origin, attempt: Attempt, now: float) -> Proved:
        """Who these words prove; raises AwsError, whose ``fields`` say what is missing. Success is recorded by the caller."""
        if max(map(len, (attempt.account, attempt.user, attempt.password, attempt.code))) > _TEXT_AT_MOST:
            raise INCORRECT
        who = claimed(self._node.store.read(), attempt.account.strip(), attempt.user.strip())
        source = self._known_device(attempt.device, who) or origin.source_ip or ""
        outcome = await self._check.check(
            attempt.account.strip(),
            attempt.user.strip(),
            attempt.password,
            attempt.code.strip() or None,
            source,
            now,
        )
        if isinstance(outcome, SignedIn):
            if outcome.must_change:
                ticket = self._ticket(outcome, now)
                raise AwsError(
                    "PasswordChangeRequired", "You must change your password.", 401, {"ticket": ticket}
                )
            return self._proved(outcome.user, outcome.mfa_at, now)
        if isinstance(outcome, NeedsCode):
            self._records.write(request, origin, "CheckMfa", identity_of_claim(who), who.account)
            raise needs_code(outcome.serials)
        error = INCORRECT
        if isinstance(outcome, Throttled):
            seconds = max(1, math.ceil(outcome.seconds))
            error = AwsError(
                "Throttled",
                f"Too many attempts have failed. Try again in {seconds} seconds.",
                429,
                {"retryAfter": str(seconds)},
            )
        reason = FAILED if who.user else NO_SUCH_USER
        self._records.write(
            request,
            origin,
            "ConsoleLogin",
            identity_of_claim(who),
            who.account,
            error=AwsError("", reason) if not isinstance(outcome, Throttled) else error,
            mfa=bool(attempt.code),
        )
        raise error

    async def change(self, request: HttpRequest, origin: Origin, change: Change, now: float) -> Proved:
        """Set the password that somebody must choose; raises AwsError as IAM's ChangePassword does."""
        ticket = self._tickets.get(change.ticket)
        user = None
        if ticket is not None and now < ticket.expires_at:
            user = self._node.store.read().iam.users.by_id(ticket.account, ticket.user_id)
        if ticket is None or user is None:
            raise AwsError("PasswordChangeExpired", "Too much time has passed. Sign in again.", 403)
        error = None
        try:
            profile = self._node.store.read().iam.credentials.login_profiles.get(user.account, user.id)
            if not await asyncio.to_thread(is_password, self._node.keys, profile, change.old):
                raise INCORRECT
            await choose_password(self._node, user, change.old, change.new, now)
        except AwsError as problem:
            error = problem
            raise
        finally:
            self._records.password_changed(request, origin, user, error)
        self._tickets.pop(change.ticket, None)
        return self._proved(user, ticket.mfa_at, now)

    def _ticket(self, proved: SignedIn, now: float) -> str:
        while len(self._tickets) >= _TICKETS_AT_MOST:
            self._tickets.popitem(last=False)
        ticket = base64.urlsafe_b64encode(self._node.random(32)).decode().rstrip("=")
        self._tickets[ticket] = _Ticket(
            proved.user.account, proved.user.id, proved.mfa_at, now + TICKET_GOOD_FOR
        )
        return ticket

    def _proved(self, user: User, mfa_at: float | None, now: float) -> Proved:
        node = self._node
        LastUsed.of(node).signed_in(user.account, user.id, node.region, now)
        name = base64.b64encode(node.random(12)).decode()
        sealed = node.keys.seal(_DEVICE_PURPOSE, f"{user.account} {user.id} {name}".encode())
        return Proved(user, mfa_at, base64.b64encode(sealed).decode())

    def _known_device(self, token: str, who: Claimed) -> str | None:
        """Under which name this browser's attempts for this user are counted; None where it was never here for them."""
        if not token or who.user is None or len(token) > _TEXT_AT_MOST:
            return None
        try:
            plain = self._node.keys.open(_DEVICE_PURPOSE, base64.b64decode(token, validate=True))
        except (binascii.Error, ValueError):
            return None
        account, user_id, name = (plain or b"  ").decode().split(" ", 2)
        return f"device {name}" if (account, user_id) == (who.user.account, who.user.id) else None


def needs_code(serials: tuple[str, ...]) -> AwsError:
    """That a code of one of these devices is missing."""
    fields = {"devices": " ".join(serials)}
    return AwsError("MultiFactorAuthenticationRequired", "Enter the code of your MFA device.", 401, fields)
