"""The account's rules for passwords.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tabard.core.errors import AwsError
from tabard.services.iam.errors import no_such_entity
from tabard.services.iam.subjects import on_everything
from tabard.services.operation import READ, WRITE, operation
from tabard.store.iam_credentials import PasswordPolicy

if TYPE_CHECKING:
    from types_boto3_iam.type_defs import UpdateAccountPasswordPolicyRequestTypeDef

    from tabard.services.operation import Call

SYMBOLS = frozenset("!@#$%^&*()_+-=[]{}|'")
_DEFAULT_LENGTH = 8
_DEFAULT_KINDS = 3


def policy_of(call: Call) -> PasswordPolicy | None:
    """The account's own rules; None where it has AWS's default ones."""
    return call.store.iam.credentials.password_policies.get(call.account, call.account)


def _nothing_to_delete() -> AwsError:
    return no_such_entity("The account policy with name PasswordPolicy cannot be found.")


def _missing(call: Call) -> AwsError:
    return no_such_entity(f"The Password Policy with domain name {call.account} cannot be found.")


@operation("iam", "GetAccountPasswordPolicy", READ, checks=on_everything("iam:GetAccountPasswordPolicy"))
def get_account_password_policy(call: Call, request: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001 - it has no parameters
    """Show the account's own rules for passwords."""
    policy = policy_of(call)
    if policy is None:
        raise _missing(call)
    shown: dict[str, Any] = {
        "MinimumPasswordLength": policy.length,
        "RequireSymbols": policy.symbols,
        "RequireNumbers": policy.numbers,
        "RequireUppercaseCharacters": policy.uppercase,
        "RequireLowercaseCharacters": policy.lowercase,
        "AllowUsersToChangePassword": policy.users_may_change,
        "ExpirePasswords": bool(policy.max_age),
        "HardExpiry": policy.hard_expiry,
    }
    if policy.max_age:
        shown["MaxPasswordAge"] = policy.max_age
    if policy.reuse:
        shown["PasswordReusePrevention"] = policy.reuse
    return {"PasswordPolicy": shown}


@operation(
    "iam", "UpdateAccountPasswordPolicy", WRITE, checks=on_everything("iam:UpdateAccountPasswordPolicy")
)
def update_account_password_policy(
    call: Call, request: UpdateAccountPasswordPolicyRequestTypeDef
) -> dict[str, Any]:
    """Set the account's rules; what is not said goes back to its default."""
    policy = PasswordPolicy(
        id=call.account,
        account=call.account,
        owner=call.account,
        created_at=float(int(call.now)),
        length=request.get("MinimumPasswordLength", 6),
        symbols=request.get("RequireSymbols", False),
        numbers=request.get("RequireNumbers", False),
        uppercase=request.get("RequireUppercaseCharacters", False),
        lowercase=request.get("RequireLowercaseCharacters", False),
        users_may_change=request.get("AllowUsersToChangePassword", False),
        max_age=request.get("MaxPasswordAge", 0),
        reuse=request.get("PasswordReusePrevention", 0),
        hard_expiry=request.get("HardExpiry", False),
    )
    call.store.iam.credentials.password_policies.put(policy)
    return {}


@operation(
    "iam", "DeleteAccountPasswordPolicy", WRITE, checks=on_everything("iam:DeleteAccountPasswordPolicy")
)
def delete_account_password_policy(call: Call, request: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001 - it has no parameters
    """Go back to AWS's default rules."""
    policy = policy_of(call)
    if policy is None:
        raise _nothing_to_delete()
    call.store.iam.credentials.password_policies.delete(policy)
    return {}


def violation(message: str) -> AwsError:
    """A password that the account's rules do not allow."""
    return AwsError("PasswordPolicyViolation", message, 400)


def check_password(password: str, policy: PasswordPolicy | None, account_name: str) -> None:
    """Refuse a password that breaks the account's rules, or AWS's default ones; raises PasswordPolicyViolation."""
    found = (
        any("A" <= letter <= "Z" for letter in password),
        any("a" <= letter <= "z" for letter in password),
        any("0" <= letter <= "9" for letter in password),
        not SYMBOLS.isdisjoint(password),
    )
    if policy is None:
        _check_default(password, found, account_name)
        return
    if len(password) < policy.length:
        raise violation(f"Password should have a minimum length of {policy.length}")
    asked = (
        (policy.uppercase, "uppercase letter"),
        (policy.lowercase, "lowercase letter"),
        (policy.numbers, "number"),
        (policy.symbols, "symbol"),
    )
    for (required, kind), present in zip(asked, found, strict=True):
        if required and not present:
            raise violation(f"Password should have at least one {kind}")


def _check_default(password: str, found: tuple[bool, ...], account_name: str) -> None:
    if len(password) < _DEFAULT_LENGTH:
        raise violation(f"Password should have a minimum length of {_DEFAULT_LENGTH}")
    if sum(found) < _DEFAULT_KINDS:
        raise violation(
            "Password should include a minimum of three of the following mix of character types: "
            "uppercase, lowercase, numbers, and ! @ # $ % ^ & * ( ) _ + - = [ ] { } | '"
        )
    if password.casefold() == account_name.casefold():
        raise violation("Password should not be identical to your AWS account name or email address")
