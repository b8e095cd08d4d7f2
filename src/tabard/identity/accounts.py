"""Making accounts: each is closed off from the others until its own policies say otherwise.

https://docs.aws.amazon.com/accounts/latest/reference/accounts-welcome.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tabard.core.errors import AwsError
from tabard.core.sources import access_key_id, secret_access_key
from tabard.identity.principals import SECRET_PURPOSE
from tabard.store.iam import AccessKey, Account

if TYPE_CHECKING:
    from tabard.core.sources import Random
    from tabard.identity.keyring import KeyRing
    from tabard.store.port import View

NAME_AT_MOST = 50
"""Characters of an account's name, as in AWS Organizations."""
ROOT_KEYS_AT_MOST = 2


class RootKey(NamedTuple):
    """A root access key; its secret is told once."""

    access_key_id: str
    secret_access_key: str


def new_root_key(account: str, random: Random) -> RootKey:
    """A key for an account's root, written down nowhere yet."""
    return RootKey(access_key_id("AKIA", account, random), secret_access_key(random))


def free_number(random: Random) -> str:
    """Twelve digits for an account."""
    return f"{1 + int.from_bytes(random(8), 'big') % 999_999_999_999:012d}"


def create(view: View, keys: KeyRing, account: Account, key: RootKey) -> None:
    """Write an account down with its root key; raises ``AwsError`` where the number is taken."""
    if view.iam.accounts.get(account.id) is not None:
        raise AwsError("AccountAlreadyExists", f"There is an account {account.id} already.", 409)
    view.iam.accounts.create(account)
    keep_root_key(view, keys, account.id, key, account.created_at)


def keep_root_key(view: View, keys: KeyRing, account: str, key: RootKey, now: float) -> None:
    """Write one more root key of an account down; raises ``AwsError`` where it has two."""
    if len(view.iam.access_keys.of_user(account, None)) >= ROOT_KEYS_AT_MOST:
        raise AwsError(
            "LimitExceeded",
            f"The root of account {account} has {ROOT_KEYS_AT_MOST} access keys; delete one first.",
            409,
        )
    sealed = keys.seal(SECRET_PURPOSE, key.secret_access_key.encode())
    view.iam.access_keys.create(AccessKey(key.access_key_id, account, None, sealed, "Active", now))


def first(view: View) -> Account | None:
    """The account that a server was started with; None for an empty store."""
    return min(view.iam.accounts.all(), key=lambda each: (each.created_at, each.id), default=None)
