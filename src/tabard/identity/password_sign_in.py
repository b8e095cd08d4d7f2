"""From account, name, password and MFA code to a user: what signing in to the console proves.

Outcomes are values. A wrong name, a wrong password and a user without one are told apart by nobody, neither by words nor
by time. Guessing is bounded by where it comes from, so that nobody can lock anybody else out; hashing is bounded for
the whole node. https://docs.aws.amazon.com/IAM/latest/UserGuide/console_how-users-sign-in-iam.html
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, NamedTuple

from tabard.identity.mfa import Attempts, consume
from tabard.identity.passwords import expires_at, is_password

if TYPE_CHECKING:
    from tabard.identity.keyring import KeyRing
    from tabard.store.iam import User
    from tabard.store.port import Store, View

FAILURES_AT_MOST = 10
"""Wrong attempts from one address within ``WINDOW`` seconds; further ones are not even looked at."""
WINDOW = 60.0
_SOURCES_AT_MOST = 10_000
_HASHES_AT_ONCE = 2


class SignedIn(NamedTuple):
    """The user, when they used MFA, and whether they must choose a new password first."""

    user: User
    mfa_at: float | None
    must_change: bool


class NeedsCode(NamedTuple):
    """The password was right, but the user has MFA devices, of these serial numbers."""

    serials: tuple[str, ...]


class Refused(NamedTuple):
    """Name, password or code was wrong (or the password has expired for good); which, is not told."""


class Throttled(NamedTuple):
    """Too many wrong attempts came from this address; seconds until the next is looked at."""

    seconds: float


Outcome = SignedIn | NeedsCode | Refused | Throttled


class Claimed(NamedTuple):
    """Who somebody says they are, for the audit trail alone: the account's number and the user, where there are such."""

    account: str
    user: User | None


class PasswordSignIn:
    """Checks passwords for one node. ``extensions`` are the node's, where its MFA attempts are counted."""

    def __init__(self, store: Store, keys: KeyRing, extensions: dict[str, Any]) -> None:
        self._store = store
        self._keys = keys
        self._attempts = Attempts.of(extensions)
        self._failures: dict[str, list[float]] = {}
        self._hashing = asyncio.Semaphore(_HASHES_AT_ONCE)

    async def check(
        self, account_or_alias: str, name: str, password: str, code: str | None, source: str, now: float
    ) -> Outcome:
        """What these prove, and where they come from; a right code is used up."""
        waits = self._waits(source, now)
        if waits > 0:
            return Throttled(waits)
        self._note(source, now)  # counted before the hash is, so that many at once gain nothing
        outcome = await self._checked(account_or_alias, name, password, code, now)
        if not isinstance(outcome, Refused):
            self._forgive(source, now)
        return outcome

    async def _checked(
        self, account_or_alias: str, name: str, password: str, code: str | None, now: float
    ) -> Outcome:
        view = self._store.read()
        user = claimed(view, account_or_alias, name).user
        held = view.iam.credentials
        profile = None if user is None else held.login_profiles.get(user.account, user.id)
        async with self._hashing:
            right = await asyncio.to_thread(is_password, self._keys, profile, password)
        if not right or user is None or profile is None:
            return Refused()
        policy = held.password_policies.get(user.account, user.account)
        until = expires_at(policy, profile)
        expired = until is not None and now >= until
        if expired and policy is not None and policy.hard_expiry:
            return Refused()
        must_change = expired or profile.reset_required
        devices = held.mfa_devices.of_owner(user.account, user.id)
        if not devices:
            return SignedIn(user, None, must_change)
        if not code:
            return NeedsCode(tuple(device.id for device in devices))
        accepted = self._attempts.verify(self._keys, devices, code, now)
        if accepted is None or not await self._store.write(lambda writing: consume(writing, accepted)):
            return Refused()
        return SignedIn(user, now, must_change)

    def _waits(self, source: str, now: float) -> float:
        recent = [at for at in self._failures.get(source, ()) if at > now - WINDOW]
        if recent:
            self._failures[source] = recent
        else:
            self._failures.pop(source, None)
        return 0.0 if len(recent) < FAILURES_AT_MOST else recent[0] + WINDOW - now

    def _note(self, source: str, now: float) -> None:
        if len(self._failures) >= _SOURCES_AT_MOST and source not in self._failures:
            self._failures = {key: at for key, at in self._failures.items() if at[-1] > now - WINDOW}
        if len(self._failures) < _SOURCES_AT_MOST:
            self._failures.setdefault(source, []).append(now)

    def _forgive(self, source: str, now: float) -> None:
        """What was right counts as no failure; those before it still do."""
        noted = self._failures.get(source)
        if noted and now in noted:
            noted.remove(now)
            if not noted:
                del self._failures[source]


def claimed(view: View, account_or_alias: str, name: str) -> Claimed:
    """Whom an account's number or alias and a user's name mean; nothing of it may be told to whoever asks."""
    accounts = view.iam.accounts
    account = accounts.get(account_or_alias) if account_or_alias.isdigit() else None
    account = account or accounts.by_alias(account_or_alias)
    return Claimed("", None) if account is None else Claimed(account.id, view.iam.users.get(account.id, name))
